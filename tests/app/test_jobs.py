"""Jobs: failures are said, and the job goes on; a stop ends all."""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING, cast

from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from evergauge.jobs import Job, ended, start_jobs, stop_jobs
from evergauge.status import Liveness
from evergauge.telemetry import LoopMetrics, StallMonitor
from support.virtual_time import in_virtual_time, now

if TYPE_CHECKING:
    from evergauge.service import Service


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


@in_virtual_time
async def test_a_job_that_is_cancelled_by_nobody_is_started_again() -> None:
    starts = list[float]()

    async def run() -> None:
        starts.append(now())
        waiting = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(1, waiting.cancel)
        await waiting

    with capture_logs() as logs:
        running = start_jobs([Job("confused", run)], Random(1))
        await asyncio.sleep(10)
        assert ended(running) == []
        await stop_jobs(running)
    assert len(starts) >= 3
    assert {line["event"] for line in logs} == {"a job was cancelled by nobody"}
    assert ended(running) == ["confused"]


# Liveness


class Feeds:
    """As much of a service as liveness asks for."""

    def __init__(self) -> None:
        self.tasks: list[asyncio.Task[None]] = []


async def for_ever() -> None:
    await asyncio.Event().wait()


@in_virtual_time
async def test_alive_is_a_loop_that_is_looked_at_and_nothing_that_has_ended() -> None:
    feeds, jobs = Feeds(), list[asyncio.Task[None]]()
    monitor = StallMonitor(LoopMetrics(CollectorRegistry()), tick=0.5, clock=now)
    liveness = Liveness(monitor, jobs, cast("Service", feeds))
    jobs += start_jobs([Job("stalls", monitor.run), Job("tick", for_ever)], Random(1))
    feeds.tasks += start_jobs([Job("feed pods", for_ever)], Random(1))
    await asyncio.sleep(300)
    assert liveness.troubles() == []
    feeds.tasks[0].cancel()
    await asyncio.sleep(1)
    assert liveness.troubles() == ["feed pods has ended"]
    jobs[0].cancel()
    await asyncio.sleep(59)
    assert liveness.troubles() == ["stalls has ended", "feed pods has ended"]
    await asyncio.sleep(2)
    assert liveness.troubles()[-1].startswith("nobody has looked at the event loop for 6")
    jobs.clear()
    feeds.tasks.clear()
    assert len(liveness.troubles()) == 1


@in_virtual_time
async def test_a_loop_that_was_stuck_and_turns_again_is_alive() -> None:
    stuck = 0.0
    monitor = StallMonitor(LoopMetrics(CollectorRegistry()), clock=lambda: now() + stuck)
    jobs = start_jobs([Job("stalls", monitor.run)], Random(1))
    liveness = Liveness(monitor, jobs, cast("Service", Feeds()))
    await asyncio.sleep(1)
    stuck = 100.0
    assert liveness.troubles() != []
    await asyncio.sleep(0.1)
    assert liveness.troubles() == []
    await stop_jobs(jobs)
