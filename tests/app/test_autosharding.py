"""Shards of a StatefulSet on a simulated API server: while it scales, their union never misses an object."""

from __future__ import annotations

import asyncio
import itertools
import signal
import time
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientError
from launcher.process import free_ports

from evergauge.sim import Cluster, Fault, LoopClock, SimServer
from support.process import Address, Evergauge, evergauge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

OBJECTS = 400
PLACE = "monitoring"
NAME = "evergauge"
GRACE = 8


class Fleet:
    """A StatefulSet and the processes that are its Pods."""

    def __init__(self, folder: Path) -> None:
        self.cluster = Cluster(clock=LoopClock(), rng=Random(1))
        self.folder = folder
        self.shards: dict[int, Evergauge] = {}
        self.rounds: list[Counter[bytes]] = []
        self.ports = free_ports(2)
        self.reachable = True
        for number in range(OBJECTS):
            self.cluster.create("configmaps", {"metadata": {"name": f"c{number}", "namespace": "default"}})

    def create(self, replicas: int, start: int = 0) -> None:
        spec = {"replicas": replicas, "ordinals": {"start": start}}
        self.cluster.create("statefulsets", {"metadata": {"name": NAME, "namespace": PLACE}, "spec": spec})

    def patch(self, body: dict[str, Any]) -> None:
        self.cluster.patch("statefulsets", NAME, body, PLACE)

    def scale(self, replicas: int) -> None:
        self.patch({"spec": {"replicas": replicas}})

    @asynccontextmanager
    async def pod(self, api: SimServer, number: int, *flags: str) -> AsyncIterator[Evergauge]:
        """A Pod from its creation to its end; it is Ready as soon as the process says so."""
        name = f"{NAME}-{number}"
        owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": NAME, "uid": "x", "controller": True}
        metadata = {"name": name, "namespace": PLACE, "ownerReferences": [owner], "deletionGracePeriodSeconds": GRACE}
        at = Address(f"127.0.0.{2 + number}", *self.ports)
        self.cluster.create(
            "pods", {"metadata": metadata, "spec": {}, "status": {"podIP": at.host} if self.reachable else {}}
        )
        where = [f"--apiserver={api.url}", "--resources=configmaps", f"--pod={name}", f"--pod-namespace={PLACE}"]
        async with evergauge(self.folder, *where, *flags, at=at) as running:
            yield running
        self.cluster.delete("pods", name, PLACE)

    async def ready(self, number: int, running: Evergauge) -> None:
        await running.until_ready()
        self.shards[number] = running
        status = {"conditions": [{"type": "Ready", "status": "True"}]}
        self.cluster.patch("pods", f"{NAME}-{number}", {"status": status}, PLACE)

    async def look(self) -> Counter[bytes]:
        """All shards scraped together: how often each object is served."""
        scrapes = await asyncio.gather(*map(scraped, self.shards.values()))
        lines = [line for scrape in scrapes for line in scrape if line.startswith(b"kube_configmap_info{")]
        return Counter(lines)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Looks several times a second meanwhile. A miss counts when two looks in a row agree on it."""
        self.rounds = []

        async def look() -> None:
            while True:
                self.rounds.append(await self.look())
                await asyncio.sleep(0.1)

        looking = asyncio.create_task(look())
        try:
            yield
        finally:
            looking.cancel()
            ended = await asyncio.gather(looking, return_exceptions=True)
        assert isinstance(ended[0], asyncio.CancelledError), ended
        short = [len(seen) < OBJECTS for seen in self.rounds]
        assert len(short) > 5
        assert not any(first and second for first, second in itertools.pairwise(short))

    async def until_settled(self) -> None:
        """Wait until every object is served exactly once."""
        async with asyncio.timeout(30):
            while not (len(seen := await self.look()) == OBJECTS and seen.total() == OBJECTS):  # noqa: ASYNC110 - processes
                await asyncio.sleep(0.1)


async def scraped(shard: Evergauge) -> Iterable[bytes]:
    """What a shard serves; nothing where it isn't there any more: then the others have to serve all."""
    try:
        return (await shard.scrape()).lines
    except ClientError:
        return ()


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


async def totals(fleet: Fleet) -> dict[int, float]:
    return {n: await each.self_metric("kube_state_metrics_total_shards") for n, each in fleet.shards.items()}


async def test_a_fleet_grows_and_shrinks_without_a_gap(fleet: Fleet) -> None:
    fleet.create(2)
    async with SimServer(fleet.cluster) as api, AsyncExitStack() as stack:
        for number in range(2):
            await fleet.ready(number, await stack.enter_async_context(fleet.pod(api, number)))
        await fleet.until_settled()
        async with fleet.watched():
            fleet.scale(3)
            async with fleet.pod(api, 2) as third:
                # The third says by itself that it serves: nobody has to wait for its Pod.
                await third.until_ready()
                fleet.shards[2] = third
                await fleet.until_settled()
                assert await totals(fleet) == {0: 3, 1: 3, 2: 3}
                assert await handovers(fleet) == {0: 1, 1: 1, 2: 0}

                # Labels, annotations and the template change nothing.
                fleet.patch({"metadata": {"labels": {"a": "b"}}, "spec": {"template": {"x": "y"}}})
                await asyncio.sleep(1)
                assert await totals(fleet) == {0: 3, 1: 3, 2: 3}

                fleet.scale(2)
                assert await third.stop() == 0
                del fleet.shards[2]
                await fleet.until_settled()
                assert await totals(fleet) == {0: 2, 1: 2}


async def handovers(fleet: Fleet) -> dict[int, float]:
    name = "evergauge_handovers_total"
    return {n: await each.self_metric(name, result="completed") for n, each in fleet.shards.items()}


async def test_shards_that_cannot_reach_each_other_go_by_their_pods(fleet: Fleet) -> None:
    fleet.reachable = False
    fleet.create(2)
    async with SimServer(fleet.cluster) as api, AsyncExitStack() as stack:
        for number in range(2):
            await fleet.ready(number, await stack.enter_async_context(fleet.pod(api, number)))
        await fleet.until_settled()
        async with fleet.watched():
            fleet.scale(3)
            async with fleet.pod(api, 2) as third:
                # The two go on with what the third is to take over, however long it takes to be Ready.
                await third.until_ready()
                await asyncio.sleep(2)
                assert (await fleet.look()).total() == OBJECTS
                await fleet.ready(2, third)
                await fleet.until_settled()
                assert await totals(fleet) == {0: 3, 1: 3, 2: 3}

                # Nobody tells the third that it may go: it serves as long as its Pod may live.
                fleet.scale(2)
                began = time.monotonic()
                assert await third.stop() == 0
                del fleet.shards[2]
                assert time.monotonic() - began > GRACE - 5 - 0.5
                await fleet.until_settled()


async def test_a_shard_is_told_to_stop_twice_and_ends_at_once(fleet: Fleet) -> None:
    fleet.create(2)
    async with SimServer(fleet.cluster) as api, fleet.pod(api, 1) as second:
        await fleet.ready(1, second)
        fleet.scale(1)
        await asyncio.sleep(1)
        second.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(1)
        assert second.process.returncode is None
        async with asyncio.timeout(2):
            assert await second.stop() == 0


async def test_where_only_get_is_allowed_the_statefulset_is_asked_for(fleet: Fleet) -> None:
    fleet.create(1)
    async with SimServer(fleet.cluster) as api:
        for verb in ("list", "watch"):
            await api.order(Fault(kind="forbid", resource="statefulsets", verb=verb))
        async with fleet.pod(api, 0, "--freshness-bound=5s") as first:
            await fleet.ready(0, first)
            await fleet.until_settled()
            fleet.scale(2)
            async with fleet.pod(api, 1, "--freshness-bound=5s") as second:
                await fleet.ready(1, second)
                await fleet.until_settled()
                assert await totals(fleet) == {0: 2, 1: 2}


async def test_numbers_may_start_anywhere(fleet: Fleet) -> None:
    fleet.create(2, start=5)
    async with SimServer(fleet.cluster) as api, fleet.pod(api, 5) as first, fleet.pod(api, 6) as second:
        await fleet.ready(5, first)
        await fleet.ready(6, second)
        await fleet.until_settled()
        assert await first.self_metric("kube_state_metrics_shard_ordinal", shard_ordinal="0") == 0
        assert await second.self_metric("kube_state_metrics_shard_ordinal", shard_ordinal="1") == 1


async def test_a_pod_waits_for_its_statefulset_and_says_so(fleet: Fleet) -> None:
    async with SimServer(fleet.cluster) as api, fleet.pod(api, 0) as first:
        async with asyncio.timeout(10):
            while not [line for line in logged(first) if "not there" in line]:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
        assert (await first.get(f"{first.telemetry}/readyz"))[0] == 503
        fleet.create(1)
        await fleet.ready(0, first)
        await fleet.until_settled()
        # Gone and made anew: the shard stays what it is until then.
        fleet.cluster.delete("statefulsets", NAME, PLACE)
        await asyncio.sleep(1)
        assert len(await fleet.look()) == OBJECTS
        fleet.create(1)
        await asyncio.sleep(1)
        assert len(await fleet.look()) == OBJECTS


async def test_a_pod_that_is_no_statefulsets_is_named(fleet: Fleet, tmp_path: Path) -> None:
    fleet.cluster.create("pods", {"metadata": {"name": "alone", "namespace": PLACE}, "spec": {}, "status": {}})
    async with SimServer(fleet.cluster) as api:
        flags = [f"--apiserver={api.url}", "--resources=configmaps", "--pod=alone", f"--pod-namespace={PLACE}"]
        async with evergauge(tmp_path, *flags) as running:
            async with asyncio.timeout(10):
                while not [line for line in logged(running) if "has no StatefulSet" in line]:  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            assert (await running.get(f"{running.telemetry}/readyz"))[0] == 503


def logged(running: Evergauge) -> list[str]:
    return [f"{line['message']} {line.get('why', '')}" for line in running.logged()]
