"""The generation in service, and the next one while it is prepared.

A generation is one complete set of stores with its feeds. Where a shard gains objects, the next generation is built beside the served
one, its feeds sync, and then it takes the served one's place in one step: no scrape sees a store that is empty or half full. Where
it only loses objects, the served generation drops them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple, Protocol

import structlog

from evergauge.jobs import Job, start_jobs, stop_jobs
from evergauge.pipeline.feed_store import Served

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from random import Random

    from evergauge.kube.feed import Feed
    from evergauge.kube.source import Source
    from evergauge.pipeline.exposer import Exposed, StoreExposer
    from evergauge.shard import Holding

log = structlog.get_logger(__name__)


class Speaker(Protocol):
    """The observer of a generation's feeds."""

    def speak(self) -> None:
        """The generation is in service: what its feeds say of their states counts from now on."""


class Mine:
    """Which objects a generation keeps: what its shard holds, which may become less while it is in service."""

    __slots__ = ("holding",)

    def __init__(self, holding: Holding) -> None:
        self.holding = holding

    def owns(self, uid: str) -> bool:
        """Whether to take in the object with this UID."""
        return self.holding.owns(uid)

    def keeps(self, uid: str) -> bool:
        """Whether to keep it if it is here."""
        return self.holding.keeps(uid)

    def selector(self) -> str:
        """What to ask the API server for."""
        return self.holding.selector


class Generation(NamedTuple):
    """See the module. kinds: by resource, in the order of the output. bound: the freshness bound in force, in seconds."""

    mine: Mine
    feeds: Sequence[Feed]
    kinds: Mapping[str, Exposed]
    observer: Speaker
    bound: float

    @property
    def served(self) -> Sequence[Served]:
        """Its feeds, each with the store that it fills."""
        stores = (store for kind in self.kinds.values() for store in kind.stores)
        return [Served(feed, store) for feed, store in zip(self.feeds, stores, strict=True)]


class Observer(Protocol):
    """Who is told of generations."""

    def serving(self, holding: Holding) -> None:
        """What is served from now on."""

    def prepared(self, generations: int) -> None:
        """How many generations are prepared beside the served one."""

    def dropped(self, source: Source) -> None:
        """A feed has ended for good."""


class Service:
    """Which generation is served, and what it holds.

    current: None before the first one. holding: what is served, whole; None before the first sync.
    """

    def __init__(
        self,
        build: Callable[[Holding, Generation | None], Generation],
        exposer: StoreExposer,
        rng: Random,
        observer: Observer,
    ) -> None:
        """build: a generation that holds this, of which nothing runs yet; it may take over what the one in service has."""
        self.current: Generation | None = None
        self.holding: Holding | None = None
        self._build = build
        self._exposer = exposer
        self._rng = rng
        self._observer = observer
        self._tasks: Sequence[asyncio.Task[None]] = ()

    @property
    def lacks(self) -> frozenset[str]:
        """The feeds in service that have never synced: they aren't permitted."""
        return (
            frozenset(str(feed.source) for feed in self.current.feeds if not feed.synced.is_set())
            if self.current
            else frozenset()
        )

    @property
    def seen(self) -> Mapping[str, str]:
        """By feed in service, the version up to which it has seen everything."""
        return {str(feed.source): feed.version for feed in self.current.feeds} if self.current else {}

    async def serve(self, holding: Holding, *, covered: bool = False) -> None:
        """Serve this. Returns when all feeds have synced or aren't permitted; until then what was before is served, if there was anything.

        covered: others serve all of it meanwhile. Cancelled, it goes on serving what was before.
        """
        before, tasks_before = self.current, self._tasks
        generation = self._build(holding, before)
        tasks = start_jobs((Job(f"feed {feed.source}", feed.run) for feed in generation.feeds), self._rng)
        if before or covered:
            await self._prepare(generation, tasks, before)
            self._take(generation, tasks)
            self.holding = holding
        else:
            # Nobody else serves it, so what comes first is better than nothing. The process isn't ready until it is whole.
            self._take(generation, tasks)
            await _settled(generation, ())
            self.holding = holding
        if before:
            await asyncio.shield(self._end(before, tasks_before))

    @property
    def tasks(self) -> Sequence[asyncio.Task[None]]:
        """The feeds of the generation in service, as they run."""
        return self._tasks

    def hold(self, holding: Holding) -> None:
        """Keep only this from now on: what is held already, or less."""
        if self.current:
            self.current.mine.holding = holding
            self.holding = holding
            if holding.before is None:
                self._observer.serving(holding)

    async def passing(self) -> Mapping[str, str]:
        """By feed, the newest version of the objects that are served and no longer taken in; feeds without any are left out."""
        served = self.current.served if self.current else ()
        newest = {str(feed.source): await store.newest_passing() for feed, store in served}
        return {feed: str(version) for feed, version in newest.items() if version}

    async def let_go(self) -> None:
        """Drop the objects that aren't kept any more. To be finished once begun."""
        if self.current:
            await asyncio.shield(_drop_others(self.current))

    async def close(self) -> None:
        """End all feeds."""
        await stop_jobs(self._tasks)

    async def _prepare(
        self, generation: Generation, tasks: Sequence[asyncio.Task[None]], before: Generation | None
    ) -> None:
        log.info("preparing the next generation", holding=str(generation.mine.holding.key))
        self._observer.prepared(1)
        try:
            await _settled(generation, [feed.source for feed in before.feeds if feed.synced.is_set()] if before else ())
            # What is served now was kept up to date meanwhile. To serve a list that is older would be to go back in time.
            await _caught_up(generation)
        except BaseException:
            await self._end(generation, tasks)
            raise
        finally:
            self._observer.prepared(0)

    def _take(self, generation: Generation, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Take a generation into service, in one step."""
        self.current, self._tasks = generation, tasks
        if not generation.feeds:
            log.warning("nothing is exposed: the flags leave no resource, family or namespace")
        self._exposer.take(generation.kinds)
        generation.observer.speak()
        for feed in generation.feeds:
            feed.report()
        holding = generation.mine.holding
        self._observer.serving(holding)
        log.info("serving a shard", number=holding.number, of=holding.key.replicas)

    async def _end(self, generation: Generation, tasks: Sequence[asyncio.Task[None]]) -> None:
        await stop_jobs(tasks)
        for feed in generation.feeds:
            self._observer.dropped(feed.source)


async def _settled(generation: Generation, served: Collection[Source]) -> None:
    """Wait until there is nothing to wait for. A source that is served already has to sync: that it isn't permitted now may pass."""
    ends = [feed.synced if feed.source in served else feed.settled for feed in generation.feeds]
    await asyncio.gather(*(end.wait() for end in ends))


async def _caught_up(generation: Generation) -> None:
    """Wait until what happened while they listed has come to all feeds that have listed."""
    await asyncio.gather(*(feed.caught_up.wait() for feed in generation.feeds if feed.age is not None))


async def _drop_others(generation: Generation) -> None:
    dropped = 0
    for kind in generation.kinds.values():
        for store in kind.stores:
            dropped += await store.narrow()
    if dropped:
        log.info("let go of what others serve", objects=dropped)
