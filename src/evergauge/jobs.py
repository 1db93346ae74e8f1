"""Jobs that run as long as they are wanted: one that fails by a mistake of ours takes nothing else along."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog

from evergauge.kube.waiting import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Sequence
    from random import Random

log = structlog.get_logger(__name__)

FIRST_DELAY = 1.0
"""Seconds until a job that failed is started again; they double each time."""


class Job(NamedTuple):
    """Something that never ends by itself."""

    name: str
    run: Callable[[], Coroutine[Any, Any, None]]


def start_jobs(jobs: Iterable[Job], rng: Random) -> Sequence[asyncio.Task[None]]:
    """Start all jobs; for `stop_jobs`."""
    return [asyncio.create_task(_for_ever(job, rng), name=job.name) for job in jobs]


async def stop_jobs(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel jobs and wait for their end."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def ended(tasks: Iterable[asyncio.Task[None]]) -> Sequence[str]:
    """The names of jobs that have ended for good, as none should before it is stopped."""
    return [task.get_name() for task in tasks if task.done()]


async def _for_ever(job: Job, rng: Random) -> None:
    backoff = Backoff(rng, first=FIRST_DELAY)
    while True:
        try:
            await job.run()
            log.error("a job ended that never should", job=job.name)
        except asyncio.CancelledError:
            if _is_stopped():
                raise
            log.exception("a job was cancelled by nobody", job=job.name)
        except Exception:
            log.exception("a job failed", job=job.name)
        await asyncio.sleep(backoff.delay())


def _is_stopped() -> bool:
    """Whether the task that runs was told to end, not just something that it waits for."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0
