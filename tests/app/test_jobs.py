"""Jobs: failures are said, and the job goes on; a stop ends all."""

from __future__ import annotations

import asyncio
from random import Random

from structlog.testing import capture_logs

from evergauge.jobs import Job, start_jobs, stop_jobs
from support.virtual_time import in_virtual_time, now


@in_virtual_time
async def test_a_failing_job_is_named_and_started_again_while_the_others_run() -> None:
    starts = dict[str, list[float]]()

    def job(name: str, error: Exception | None) -> Job:
        async def run() -> None:
            starts.setdefault(name, []).append(now())
            if error:
                raise error
            if name == "short":
                return
            await asyncio.Event().wait()

        return Job(name, run)

    jobs = [job("sound", None), job("broken", ValueError("no")), job("short", None)]
    with capture_logs() as logs:
        running = start_jobs(jobs, Random(1))
        await asyncio.sleep(20)
        await stop_jobs(running)
    assert len(starts["sound"]) == 1
    assert 4 <= len(starts["broken"]) == len(starts["short"]) <= 7
    assert {(line["job"], line["event"]) for line in logs} == {
        ("broken", "a job failed"),
        ("short", "a job ended that never should"),
    }
    assert asyncio.all_tasks() == {asyncio.current_task()}
