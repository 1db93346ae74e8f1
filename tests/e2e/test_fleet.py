"""Autosharding on a real kube-apiserver: shards that are Pods of a StatefulSet which grows and shrinks."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from e2e.apply import create, delete, patch, path_of
from support.controlplane import ControlPlane, controlplane_or_fail
from support.process import Evergauge, evergauge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from pathlib import Path

    from aiohttp import ClientSession

pytestmark = pytest.mark.controlplane

PLACE = "monitoring"
OBJECTS = 200
TEMPLATE = {"metadata": {"labels": {"app": "evergauge"}}, "spec": {"containers": [{"name": "e", "image": "e"}]}}
STATEFULSET = {
    "apiVersion": "apps/v1",
    "kind": "StatefulSet",
    "metadata": {"name": "evergauge", "namespace": PLACE},
    "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "evergauge"}}, "template": TEMPLATE},
}


@pytest.fixture(scope="module")
def own() -> Iterator[ControlPlane]:
    with controlplane_or_fail() as plane:
        yield plane


@asynccontextmanager
async def pod(plane: ControlPlane, session: ClientSession, number: int, folder: Path) -> AsyncIterator[Evergauge]:
    """A Pod of the fleet, and the process that it is. It is Ready when the process is."""
    owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "evergauge", "uid": "x", "controller": True}
    metadata: dict[str, Any] = {"name": f"evergauge-{number}", "namespace": PLACE, "ownerReferences": [owner]}
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": TEMPLATE["spec"]}
    await create(session, manifest)
    flags = [f"--kubeconfig={plane.kubeconfig}", "--resources=configmaps", "--namespaces=default"]
    async with evergauge(folder, *flags, f"--pod=evergauge-{number}", f"--pod-namespace={PLACE}") as running:
        await running.until_ready()
        ready = {"conditions": [{"type": "Ready", "status": "True"}]}
        await patch(session, path_of(manifest) + "/status", {"status": ready})
        yield running
    await delete(session, manifest)


async def served(shards: Sequence[Evergauge]) -> Counter[bytes]:
    scrapes = await asyncio.gather(*(shard.scrape() for shard in shards))
    return Counter(line for scrape in scrapes for line in scrape.lines if line.startswith(b"kube_configmap_info{"))


async def settled(shards: Sequence[Evergauge]) -> None:
    """Wait until every object is served by exactly one of the shards; no look on the way may miss one."""
    async with asyncio.timeout(30):
        while True:
            seen = await served(shards)
            assert len(seen) == OBJECTS
            if seen.total() == OBJECTS:
                return
            await asyncio.sleep(0.1)


async def test_a_fleet_grows_and_shrinks(own: ControlPlane, tmp_path: Path) -> None:
    async with own.session() as session:
        await create(session, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": PLACE}})
        for number in range(OBJECTS):
            metadata = {"name": f"c{number}", "namespace": "default"}
            await create(session, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
        await create(session, STATEFULSET)
        async with pod(own, session, 0, tmp_path) as first, pod(own, session, 1, tmp_path) as second:
            await settled([first, second])
            await patch(session, path_of(STATEFULSET), {"spec": {"replicas": 3}})
            async with pod(own, session, 2, tmp_path) as third:
                await settled([first, second, third])
                totals = [await each.self_metric("kube_state_metrics_total_shards") for each in (first, second, third)]
                assert totals == [3, 3, 3]
                await patch(session, path_of(STATEFULSET), {"spec": {"replicas": 2}})
                # The third serves until the two have taken over what it has.
                async with asyncio.timeout(30):
                    while len(await served([first, second])) < OBJECTS:
                        assert len(await served([first, second, third])) == OBJECTS
            await settled([first, second])
