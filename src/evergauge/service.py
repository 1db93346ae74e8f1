"""The generation in service, and the next one while it is prepared.

A generation is one complete set of stores with its feeds. When the shard changes, the next generation is built beside the served
one, its feeds sync, and then it takes the served one's place in one step: no scrape sees a store that is empty or half full.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple, Protocol

import structlog

from evergauge.jobs import Job, start_jobs, stop_jobs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from random import Random

    from evergauge.kube.feed import Feed
    from evergauge.kube.source import Source
    from evergauge.pipeline.exposer import Exposed, StoreExposer
    from evergauge.shard import Partition

log = structlog.get_logger(__name__)


class Speaker(Protocol):
    """The observer of a generation's feeds."""

    def speak(self) -> None:
        """The generation is in service: what its feeds say of their states counts from now on."""


class Generation(NamedTuple):
    """See the module. kinds: by resource, in the order of the output."""

    partition: Partition
    feeds: Sequence[Feed]
    kinds: Mapping[str, Exposed]
    observer: Speaker


class Service:
    """Which generation is served.

    current: None before the first one.
    """

    def __init__(
        self,
        build: Callable[[Partition], Generation],
        exposer: StoreExposer,
        rng: Random,
        *,
        served: Callable[[Partition], object],
        dropped: Callable[[Source], object],
        may_let_go: Callable[[Partition, Partition], Awaitable[None]],
    ) -> None:
        """build: a generation for a shard, of which nothing runs yet.

        served: told the shard of each generation that is taken into service. dropped: told of each feed that has ended for good.
        may_let_go: returns when others serve what the shard loses by passing from its first argument to the second.
        """
        self.current: Generation | None = None
        self._build = build
        self._exposer = exposer
        self._rng = rng
        self._served = served
        self._dropped = dropped
        self._may_let_go = may_let_go
        self._tasks: Sequence[asyncio.Task[None]] = ()
        self._wanted: Partition | None = None
        self._news = asyncio.Event()

    def want(self, partition: Partition) -> None:
        """Serve this shard, as soon as that can be done without a gap."""
        self._wanted = partition
        self._news.set()

    async def run(self) -> None:
        """Pass to what is wanted, whenever that changes. The feeds go on until `close`."""
        if self._wanted:
            self._news.set()
        while True:
            await self._news.wait()
            self._news.clear()
            await self._follow()

    async def close(self) -> None:
        """End all feeds."""
        await stop_jobs(self._tasks)

    async def _follow(self) -> None:
        """Pass to the generation that is wanted; ends early when another one is."""
        wanted = self._wanted
        if wanted is None or (self.current and self.current.partition == wanted):
            return
        change = asyncio.create_task(self._pass_to(wanted))
        news = asyncio.create_task(self._news.wait())
        try:
            await asyncio.wait((change, news), return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()
            change.cancel()
            ended = await asyncio.gather(change, return_exceptions=True)
        if isinstance(ended[0], Exception):
            raise ended[0]

    async def _pass_to(self, partition: Partition) -> None:
        generation = self._build(partition)
        tasks = start_jobs((Job(f"feed {feed.source}", feed.run) for feed in generation.feeds), self._rng)
        try:
            if self.current:
                log.info("preparing another shard", of=partition.total, ordinal=partition.ordinal)
                await asyncio.gather(*(feed.settled.wait() for feed in generation.feeds))
                await self._may_let_go(self.current.partition, partition)
        except BaseException:
            await self._end(generation, tasks)
            raise
        before, tasks_before = self.current, self._tasks
        self.current, self._tasks = generation, tasks
        if not generation.feeds:
            log.warning("nothing is exposed: the flags leave no resource, family or namespace")
        self._exposer.take(generation.kinds)
        self._served(partition)
        generation.observer.speak()
        for feed in generation.feeds:
            feed.report()
        log.info("serving a shard", of=partition.total, ordinal=partition.ordinal)
        if before:
            await asyncio.shield(self._end(before, tasks_before))

    async def _end(self, generation: Generation, tasks: Sequence[asyncio.Task[None]]) -> None:
        await stop_jobs(tasks)
        for feed in generation.feeds:
            self._dropped(feed.source)
