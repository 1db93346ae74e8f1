"""A simulated cluster, a feed of its config maps, and what the feed has learned. In virtual time."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from evergauge.freshness import Lease
from evergauge.kube.abilities import Abilities
from evergauge.kube.client import ApiClient
from evergauge.kube.cluster import load_cluster
from evergauge.kube.feed import Feed
from evergauge.kube.items import read_items
from evergauge.kube.source import Source
from evergauge.kube.waiting import ListQueue, Outage
from evergauge.kube.ways import Ways, timing_for
from evergauge.sim import Cluster, LoopClock, SimOptions, SimServer
from support.background import background
from support.virtual_time import now, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from evergauge.kube.client import RequestCounter
    from evergauge.kube.items import Item
    from evergauge.kube.waiting import Health
    from evergauge.kube.ways import Timing

RESOURCE = "configmaps"
BOUND = 30.0
LISTS_BY_WATCH, LISTS_WHOLE = 33, 34
"""Minor versions of API servers."""


class Kept(dict[str, str]):
    """A sink that keeps versions by UID. nameless: objects whose metadata could not be read; lists: sets taken into service;
    afresh: it was begun so.
    """

    def __init__(self) -> None:
        super().__init__()
        self.next: Kept | None = None
        self.afresh = False
        self.nameless = 0
        self.lists = 0

    def read(self, array: bytes) -> list[Item | None]:
        return read_items(array)

    def put(self, item: Item | None) -> None:
        if item is None:
            self.nameless += 1
        else:
            self[item.uid] = item.version

    def remove(self, item: Item | None) -> None:
        if item is not None:
            self.pop(item.uid, None)

    def begin(self, *, afresh: bool = False) -> Kept:
        self.next = Kept()
        self.next.afresh = afresh
        return self.next

    def abandon(self) -> None:
        self.next = None

    async def commit(self) -> None:
        assert self.next is not None
        self.clear()
        self.update(self.next)
        self.lists += 1


@dataclass
class Told:
    """What the feeds tell their observer."""

    lists: list[str] = field(default_factory=list)
    watches: list[str] = field(default_factory=list)
    relists: list[str] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    visible_events: int = 0
    states: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def listed(self, source: Source, error: Exception | None = None) -> None:  # noqa: ARG002 - one source only
        self.lists.append(type(error).__name__ if error else "ok")

    def watched(self, source: Source, error: Exception | None = None) -> None:  # noqa: ARG002 - as above
        self.watches.append(type(error).__name__ if error else "ok")

    def relisted(self, source: Source, reason: str) -> None:  # noqa: ARG002 - as above
        self.relists.append(reason)

    def visible(self, source: Source, events: int, seconds: float) -> None:  # noqa: ARG002 - as above
        self.visible_events += events
        self.delays.append(seconds)

    def state(self, source: Source, state: str, why: str) -> None:  # noqa: ARG002 - as above
        if self.states[-1:] != [state]:
            self.states.append(state)
            self.reasons.append(why)


@dataclass
class Stage:
    """Everything together. health: what probes find, None for the truth."""

    cluster: Cluster
    server: SimServer
    feed: Feed
    kept: Kept
    told: Told
    client: ApiClient
    health: Health | None = None

    async def probe(self) -> Health:
        return self.health or await self.client.health()

    def truth(self) -> dict[str, str]:
        """Versions by UID, as the cluster has them."""
        metadata = [thing["metadata"] for thing in self.cluster.all(RESOURCE)]
        return {meta["uid"]: meta["resourceVersion"] for meta in metadata}

    def create(self, *names: str) -> None:
        for name in names:
            self.cluster.create(RESOURCE, configmap(name))

    def patch(self, name: str, value: str) -> None:
        self.cluster.patch(RESOURCE, name, {"data": {"key": value}}, "default")

    def delete(self, name: str) -> None:
        self.cluster.delete(RESOURCE, name, "default")

    async def in_step(self, within: float = 60.0) -> float:
        """Wait until the feed has learned everything; returns the virtual seconds that took."""
        start = now()
        await until(lambda: self.kept == self.truth(), within=within)
        return now() - start

    async def keep_changing(self, every: float) -> None:
        """Create, change and delete for ever."""
        for number in range(1_000_000):
            self.create(f"busy-{number}")
            self.patch(f"busy-{number}", "x")
            if number >= 5:
                self.delete(f"busy-{number - 5}")
            await asyncio.sleep(every)

    @property
    def requests(self) -> tuple[int, int]:
        """Lists by pages, and watches (which include lists by watch), so far."""
        return self.server.requests["list", RESOURCE], self.server.requests["watch", RESOURCE]


def configmap(name: str, namespace: str = "default", **data: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": namespace}, "data": data}


@asynccontextmanager
async def staged(
    *,
    objects: int = 3,
    timing: Timing | None = None,
    options: SimOptions | None = None,
    window: int = 1000,
    from_cache: bool = False,
    limit: int = 0,
    counter: RequestCounter | None = None,
    bound: float = BOUND,
    minor: int = LISTS_BY_WATCH,
) -> AsyncIterator[Stage]:
    """A cluster of some config maps, and a feed of them that runs. minor: of the server's version."""
    cluster = Cluster(clock=LoopClock(), rng=Random(1), window=window)
    for number in range(objects):
        cluster.create(RESOURCE, configmap(f"c{number}"))
    async with SimServer(cluster, (options or SimOptions())._replace(minor=minor)) as server:
        client = ApiClient(load_cluster(kubeconfig="", apiserver=server.url, environ={}), counter=counter)
        rng, told, kept = Random(2), Told(), Kept()
        outage = Outage(lambda: stage.probe(), rng)  # noqa: PLW0108 - the stage is still to come
        ways = Ways(client, Abilities(client, now), told, ListQueue(), outage, rng, now, timing or timing_for(bound))
        feed = Feed(Source(RESOURCE), kept, Lease(bound), ways, from_cache=from_cache, limit=limit)
        stage = Stage(cluster, server, feed, kept, told, client)
        try:
            async with background(stage.feed.run, outage.run, lambda: _tick(stage.feed)):
                yield stage
        finally:
            await client.close()


async def _tick(feed: Feed) -> None:
    while True:
        await asyncio.sleep(1)
        feed.report()
