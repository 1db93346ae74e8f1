"""Jobs that run as long as the process: one that fails by a mistake of ours takes nothing else along."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog

from evergauge.kube.waiting import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from random import Random

log = structlog.get_logger(__name__)

FIRST_DELAY = 1.0
"""Seconds until a job that failed is started again; they double each time."""


class Job(NamedTuple):
    """Something that never ends by itself."""

    name: str
    run: Callable[[], Coroutine[Any, Any, None]]


async def run_until(stop: asyncio.Event, jobs: Iterable[Job], rng: Random) -> None:
    """Run all jobs until told to stop, then cancel them and wait for their end."""
    tasks = [asyncio.create_task(_for_ever(job, rng), name=job.name) for job in jobs]
    try:
        await stop.wait()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _for_ever(job: Job, rng: Random) -> None:
    backoff = Backoff(rng, first=FIRST_DELAY)
    while True:
        try:
            await job.run()
            log.error("a job ended that never should", job=job.name)
        except Exception:
            log.exception("a job failed", job=job.name)
        await asyncio.sleep(backoff.delay())
