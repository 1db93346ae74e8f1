"""One feed a namespace and kind: the load on the API server is bounded, and the freshness bound in force says at what price.

In virtual time, as far as the API server is asked for a namespace's objects.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from structlog.testing import capture_logs

from evergauge.generations import Builder
from evergauge.kinds import KINDS
from evergauge.kube.abilities import Abilities
from evergauge.kube.client import ApiClient
from evergauge.kube.cluster import load_cluster
from evergauge.kube.waiting import ListQueue, Outage
from evergauge.kube.ways import RENEWALS, Ways, bound_in_force, timing_for
from evergauge.options import parse
from evergauge.pipeline.selection import compile_kinds
from evergauge.shard import fixed
from evergauge.sim import Cluster, LoopClock, SimServer
from evergauge.telemetry import Build, Telemetry
from kube.feeding import configmap
from support.background import background
from support.virtual_time import in_virtual_time, now, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Sequence

    from evergauge.kube.feed import Feed
    from evergauge.service import Generation

NAMESPACES = [f"n{number}" for number in range(100)]
FLAGS = ["--resources=configmaps,endpoints,secrets,services", f"--namespaces={','.join(NAMESPACES)}"]


@pytest.mark.parametrize(
    ("configured", "feeds", "in_force"),
    [
        (30.0, 1, 30.0),
        (30.0, 320, 30.0),
        (30.0, 336, 31.5),
        (30.0, 2816, 264.0),
        (5.0, 39, 5.0),
        (5.0, 53, 5.0),
        (5.0, 56, 5.25),
        (3600.0, 30_000, 3600.0),
    ],
)
def test_the_bound_widens_where_so_many_feeds_would_renew_too_often(
    configured: float, feeds: int, in_force: float
) -> None:
    bound = bound_in_force(configured, feeds)
    assert bound == pytest.approx(in_force)
    assert feeds * 60 / timing_for(bound).renew <= RENEWALS * 1.001


class Scene(NamedTuple):
    """Many feeds that run, and their API server."""

    cluster: Cluster
    server: SimServer
    client: ApiClient
    telemetry: Telemetry
    generation: Generation

    def requests(self) -> float:
        """All that were made so far, as the self-metric has them."""
        families = {family.name: family for family in self.telemetry.registry.collect()}
        return sum(s.value for s in families["evergauge_api_requests"].samples)

    def states(self) -> set[str]:
        """All states that any feed has been in."""
        families = {family.name: family for family in self.telemetry.registry.collect()}
        return {s.labels["state"] for s in families["evergauge_feed_state_changes"].samples if s.value}


@asynccontextmanager
async def reading(*flags: str) -> AsyncIterator[Scene]:
    cluster = Cluster(clock=LoopClock(), rng=Random(1))
    for name in NAMESPACES:
        cluster.create("configmaps", configmap("a", name))
    options, rng = parse(flags), Random(2)
    kinds = compile_kinds(options, KINDS)
    telemetry = Telemetry(Build("0"), {})
    async with SimServer(cluster) as server:
        client = ApiClient(load_cluster(kubeconfig="", apiserver=server.url, environ={}), counter=telemetry.api)
        outage = Outage(client.health, rng)
        ways = Ways(client, Abilities(client, now), telemetry.feeds, ListQueue(), outage, rng, now)
        generation = Builder(options, kinds, ways, telemetry).build(fixed(0, 1, options.sharding), None)
        generation.observer.speak()
        jobs: list[Callable[[], Coroutine[Any, Any, None]]] = [
            outage.run,
            *(feed.run for feed in generation.feeds),
            lambda: report(generation.feeds),
        ]
        try:
            async with background(*jobs):
                yield Scene(cluster, server, client, telemetry, generation)
        finally:
            await client.close()


async def test_memory_is_given_back_when_a_list_was_taken_into_service() -> None:
    given_back = []
    options, telemetry = parse(["--resources=configmaps"]), Telemetry(Build("0"), {})
    client = ApiClient(load_cluster(kubeconfig="", apiserver="http://127.0.0.1:1", environ={}), counter=telemetry.api)
    ways = Ways(
        client, Abilities(client, now), telemetry.feeds, ListQueue(), Outage(client.health, Random(1)), Random(2), now
    )
    builder = Builder(options, compile_kinds(options, KINDS), ways, telemetry, trim=lambda: given_back.append(now()))
    (served,) = builder.build(fixed(0, 1, options.sharding), None).served
    served.store.begin()
    assert not given_back
    await served.store.commit()
    assert len(given_back) == 1
    await client.close()


async def report(feeds: Sequence[Feed]) -> None:
    while True:
        await asyncio.sleep(1)
        for feed in feeds:
            feed.report()


@in_virtual_time
async def test_many_feeds_stay_within_the_bound_in_force_and_below_the_cap() -> None:
    with capture_logs() as logs:
        async with reading(*FLAGS, "--freshness-bound=30s") as scene:
            feeds = scene.generation.feeds
            assert (len(feeds), scene.generation.bound) == (400, 37.5)
            await until(lambda: all(feed.settled.is_set() for feed in feeds))
            await asyncio.sleep(scene.generation.bound)
            before, start = scene.requests(), now()
            for name in NAMESPACES[::10]:
                scene.cluster.create("configmaps", configmap("b", name))
            await asyncio.sleep(1)
            assert sum(map(len, scene.generation.kinds["configmaps"].stores)) == 110
            most = 0
            while now() < start + 120:
                await asyncio.sleep(5)
                most = max(most, scene.client.connections)
            minute = (scene.requests() - before) * 60 / (now() - start)
            assert 0.8 * RENEWALS < minute < 1.05 * RENEWALS
            assert len(feeds) <= most <= 2 * len(feeds)
            assert scene.states() == {"syncing", "live"}
    (warning,) = [line for line in logs if line["log_level"] == "warning"]
    assert (warning["configured_seconds"], warning["in_force_seconds"], warning["feeds"]) == (30.0, 37.5, 400)
