"""A simulated cluster, a feed of its config maps into a store, and audits of that. In virtual time."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from evergauge.declare import CompiledKind
from evergauge.freshness import Lease
from evergauge.kinds import KINDS
from evergauge.kube.abilities import Abilities
from evergauge.kube.client import ApiClient
from evergauge.kube.cluster import load_cluster
from evergauge.kube.feed import Feed
from evergauge.kube.source import Source
from evergauge.kube.waiting import ListQueue, Outage
from evergauge.kube.ways import Ways, timing_for
from evergauge.pipeline.audit import Audit
from evergauge.pipeline.audits import Audits
from evergauge.pipeline.faults import FaultReports
from evergauge.pipeline.feed_store import FeedStore, Served
from evergauge.pipeline.versions import version_number
from evergauge.sim import Cluster, LoopClock, SimServer
from kube.feeding import Told, configmap
from support.background import background
from support.virtual_time import now, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    from evergauge.pipeline.audits import Result

RESOURCE = "configmaps"
KIND = CompiledKind(next(kind for kind in KINDS if kind.resource == RESOURCE))
BOUND = 10.0


@dataclass
class Counted:
    """What audits have come to, and what they found."""

    audits: Counter[str] = field(default_factory=Counter)
    drift: Counter[str] = field(default_factory=Counter)

    def audited(self, resource: str, result: Result) -> None:
        assert resource == RESOURCE
        self.audits[result] += 1

    def drifted(self, resource: str, drift: str, objects: int) -> None:
        assert resource == RESOURCE
        self.drift[drift] += objects

    def failed(self, resource: str, family: str) -> None:
        """As a FaultCounter; the cluster may have objects whose metadata can't be read."""
        assert (resource, family) == (RESOURCE, "")


@dataclass
class Stage:
    """Everything together. held: UIDs that the shard holds, None for all."""

    cluster: Cluster
    server: SimServer
    client: ApiClient
    served: Served
    told: Told
    counted: Counted
    audits: Audits
    held: set[str] | None = None

    @property
    def feed(self) -> Feed:
        return self.served.feed

    @property
    def store(self) -> FeedStore:
        return self.served.store

    def audit(self) -> Audit:
        return Audit(self.client, self.served, now)

    def truth(self) -> Mapping[str, int]:
        """Versions by UID, as the cluster has them, of what the shard holds."""
        metadata = [thing["metadata"] for thing in self.cluster.all(RESOURCE)]
        return {
            each["uid"]: version_number(each["resourceVersion"])
            for each in metadata
            if self.store.owns(each["uid"]) and self.selects(each["name"])
        }

    def selects(self, name: str) -> bool:
        return not self.feed.source.field_selector or name != "left-out"

    def held_versions(self) -> Mapping[str, int | None]:
        return {uid: self.store.store.version(uid) for uid in self.store.store.keys}

    async def in_step(self, within: float = 60.0) -> float:
        """Wait until the store has what the cluster has; returns the virtual seconds that took."""
        start = now()
        await until(lambda: self.held_versions() == self.truth(), within=within)
        return now() - start

    def uid(self, name: str) -> str:
        found: str = next(each for each in self.cluster.all(RESOURCE) if each["metadata"]["name"] == name)["metadata"][
            "uid"
        ]
        return found

    def create(self, name: str) -> None:
        self.cluster.create(RESOURCE, configmap(name))

    def patch(self, name: str, value: str) -> None:
        self.cluster.patch(RESOURCE, name, {"data": {"key": value}}, "default")

    def delete(self, name: str) -> None:
        self.cluster.delete(RESOURCE, name, "default")

    @asynccontextmanager
    async def elsewhere(self) -> AsyncIterator[None]:
        """Things happen of which the feed learns nothing: it isn't at the API server's version before there is a proof."""

        async def happen() -> None:
            for number in range(1_000_000):
                self.cluster.create("namespaces", {"metadata": {"name": f"n{number}"}})
                await asyncio.sleep(0.5)

        happening = asyncio.create_task(happen())
        try:
            yield
        finally:
            happening.cancel()

    async def churn(self, rng: Random, every: float) -> None:
        """Create, change and delete for ever."""
        names: list[str] = []
        for number in range(1_000_000):
            names.append(f"busy-{number}")
            self.create(names[-1])
            self.patch(rng.choice(names), str(number))
            if len(names) > 100:
                self.delete(names.pop(rng.randrange(len(names))))
            await asyncio.sleep(every * rng.random())


@asynccontextmanager
async def staged(
    *,
    objects: int = 20,
    owns: Callable[[str], bool] = lambda _: True,
    field_selector: str = "",
    shard_selector: str = "",
    interval: float = 60.0,
    seed: int = 1,
) -> AsyncIterator[Stage]:
    """A cluster of some config maps, and a feed of them that runs; not the audits."""
    cluster = Cluster(clock=LoopClock(), rng=Random(seed), window=5000)
    for number in range(objects):
        cluster.create(RESOURCE, configmap(f"c{number}"))
    async with SimServer(cluster) as server:
        client = ApiClient(load_cluster(kubeconfig="", apiserver=server.url, environ={}))
        rng, told, counted = Random(seed), Told(), Counted()
        outage = Outage(client.health, rng)
        ways = Ways(client, Abilities(client, now), told, ListQueue(), outage, rng, now, timing_for(BOUND))
        store = FeedStore(KIND, owns, FaultReports(counted, now))
        source = Source(RESOURCE, field_selector=field_selector, shard_selector=lambda: shard_selector)
        feed = Feed(source, store, Lease(BOUND), ways)
        served = Served(feed, store)
        audits = Audits(client, lambda: [served], counted, rng, now, interval=interval)
        stage = Stage(cluster, server, client, served, told, counted, audits)
        try:
            async with background(feed.run, outage.run):
                yield stage
        finally:
            await client.close()


def running(stage: Stage) -> AbstractAsyncContextManager[None]:
    """The audits run meanwhile."""
    return background(stage.audits.run)
