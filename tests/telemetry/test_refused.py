"""Kinds that the API server doesn't serve, or doesn't let us list: said once, tried again, and no harm to the others.

In virtual time: minutes of refusals take none.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import pytest
from structlog.testing import capture_logs

from evergauge.freshness import Lease
from evergauge.kinds import KINDS
from evergauge.kube.abilities import Abilities
from evergauge.kube.client import ApiClient
from evergauge.kube.cluster import load_cluster
from evergauge.kube.feed import Feed
from evergauge.kube.waiting import ListQueue, Outage
from evergauge.kube.ways import Ways
from evergauge.options import parse
from evergauge.pipeline.selection import compile_kinds
from evergauge.pipeline.sources import sources
from evergauge.sim import Cluster, Fault, LoopClock, SimServer
from evergauge.telemetry import Build, Telemetry
from kube.feeding import Kept
from support.background import background
from support.virtual_time import in_virtual_time, now, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, MutableMapping, Sequence

REFUSED = 300.0
"""Seconds of refusals: some thirty attempts."""


class Scene(NamedTuple):
    """A simulated cluster of one Node, one Namespace and one Lease, and the feeds that read it. kept: what they have, by source."""

    server: SimServer
    telemetry: Telemetry
    kept: Mapping[str, Kept]

    def state(self, resource: str, namespace: str = "") -> str:
        """The state that the self-metric shows."""
        labels = {"resource": resource, "namespace": namespace}
        samples = (s for family in self.telemetry.registry.collect() for s in family.samples)
        found = (
            s.labels["state"]
            for s in samples
            if s.name == "evergauge_feed_state" and s.value and labels.items() <= s.labels.items()
        )
        return next(found, "")

    def sizes(self) -> dict[str, int]:
        """How many objects each feed has."""
        return {source: len(kept) for source, kept in self.kept.items()}

    def asked(self, resource: str) -> int:
        """How often the API server was asked for a kind."""
        return self.server.requests["list", resource] + self.server.requests["watch", resource]


@asynccontextmanager
async def reading(*flags: str, without: Sequence[str] = ()) -> AsyncIterator[Scene]:
    """The feeds that these flags lead to, running. without: kinds that the API server doesn't serve."""
    cluster = Cluster(clock=LoopClock(), rng=Random(1))
    cluster.create("nodes", {"metadata": {"name": "n"}})
    cluster.create("namespaces", {"metadata": {"name": "s"}})
    cluster.create("leases", {"metadata": {"name": "l", "namespace": "s"}})
    for resource in without:
        cluster.registry.remove(cluster.registry.named(resource))
    options = parse(flags)
    telemetry = Telemetry(Build("0"), {})
    async with SimServer(cluster) as server:
        client = ApiClient(load_cluster(kubeconfig="", apiserver=server.url, environ={}))
        ways = Ways(
            client,
            Abilities(client, now),
            telemetry.feeds,
            ListQueue(),
            Outage(client.health, Random(2)),
            Random(2),
            now,
        )
        wanted = [source for kind in compile_kinds(options, KINDS).values() for source in sources(kind, options)]
        kept = {str(source): Kept() for source in wanted}
        for source in wanted:
            telemetry.feeds.add(source)
        feeds = [Feed(source, kept[str(source)], Lease(30), ways, limit=options.object_limit) for source in wanted]
        try:
            async with background(ways.outage.run, *(feed.run for feed in feeds)):
                yield Scene(server, telemetry, kept)
        finally:
            await client.close()


def warnings(logs: Sequence[MutableMapping[str, object]]) -> list[str]:
    """What was warned of."""
    return [
        " ".join(str(line[key]) for key in ("event", "resource", "namespace") if key in line)
        for line in logs
        if line["log_level"] == "warning"
    ]


FLAGS = "--resources=nodes,namespaces,leases"
ALL = {"leases": 1, "namespaces": 1, "nodes": 1}


@in_virtual_time
async def test_a_kind_that_is_not_served_is_said_once_and_found_when_it_comes() -> None:
    leases = Cluster(clock=LoopClock(), rng=Random(1)).registry.named("leases")
    with capture_logs() as logs:
        async with reading(FLAGS, without=["leases"]) as scene:
            await until(lambda: scene.telemetry.feeds.ready() == (True, []))
            await asyncio.sleep(REFUSED)
            assert scene.state("leases") == "absent"
            assert scene.state("nodes") == scene.state("namespaces") == "live"
            assert scene.sizes() == ALL | {"leases": 0}
            assert scene.telemetry.feeds.ready() == (True, [])
            scene.server.cluster.registry.add(leases)
            await until(lambda: scene.state("leases") == "live", within=30)
            assert scene.sizes() == ALL
    assert warnings(logs) == ["feed is absent leases"]
    (why,) = (str(line["why"]) for line in logs if line["event"] == "feed is absent")
    assert "leases: 404" in why


@pytest.mark.parametrize("flags", [[FLAGS], [FLAGS, "--object-limit=5"]], ids=["whole", "by pages"])
@pytest.mark.parametrize("verb", ["*", "watch"])
@in_virtual_time
async def test_a_kind_that_may_not_be_read_is_said_once_and_found_when_it_may(verb: str, flags: Sequence[str]) -> None:
    with capture_logs() as logs:
        async with reading(*flags) as scene:
            number = await scene.server.order(Fault(kind="forbid", resource="leases", verb=verb))
            await until(lambda: scene.state("leases") == "forbidden")
            before = scene.asked("leases")
            await asyncio.sleep(REFUSED)
            assert REFUSED / 15 < scene.asked("leases") - before < REFUSED / 5
            assert scene.state("leases") == "forbidden"
            assert scene.state("nodes") == scene.state("namespaces") == "live"
            # Where only watching is forbidden it has been listed once, and is still not whole.
            assert scene.telemetry.feeds.ready() == (False, ["leases (forbidden)"])
            await scene.server.lift(number)
            await until(lambda: scene.state("leases") == "live", within=30)
            assert scene.sizes() == ALL
            assert scene.telemetry.feeds.ready() == (True, [])
    assert warnings(logs) == ["feed is forbidden leases"]


@in_virtual_time
async def test_a_namespace_that_may_not_be_read_is_named_and_the_others_are_served() -> None:
    with capture_logs() as logs:
        async with reading("--resources=leases", "--namespaces=s,closed") as scene:
            await scene.server.order(Fault(kind="forbid", resource="leases", namespace="closed"))
            missing = ["leases in namespace closed (forbidden)"]
            await until(lambda: scene.telemetry.feeds.ready() == (False, missing))
            await asyncio.sleep(REFUSED)
            assert (scene.state("leases", "s"), scene.state("leases", "closed")) == ("live", "forbidden")
            assert scene.sizes() == {"leases in namespace s": 1, "leases in namespace closed": 0}
    assert warnings(logs) == ["feed is forbidden leases closed"]


@in_virtual_time
async def test_what_was_known_of_a_kind_that_goes_away_is_kept_and_declared() -> None:
    with capture_logs() as logs:
        async with reading(FLAGS) as scene:
            await until(lambda: scene.state("leases") == "live")
            scene.server.cluster.registry.remove(scene.server.cluster.registry.named("leases"))
            await until(lambda: scene.state("leases") == "absent")
            await asyncio.sleep(REFUSED)
            assert scene.sizes() == ALL
            assert scene.state("leases") == "absent"
    assert warnings(logs) == ["feed is absent leases"]
