"""Audits of a whole process' stores, against a simulated API server and a real one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from app.service import serving
from evergauge.shard import fixed
from support.bulk import load
from support.bulk_objects import config_map
from support.controlplane import controlplane_or_fail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.service import Serving
    from evergauge.pipeline.feed_store import FeedStore
    from evergauge.sim import SimServer
    from support.controlplane import ControlPlane

INTERVAL = 14
OBJECTS = 1500
RESULTS = ("clean", "drift", "failed")
DRIFT = ("missing", "extra", "outdated")


async def healed(parts: Serving, store: FeedStore, resource: str) -> None:
    """Take an object out of a store behind its back, and wait for it as long as an audit interval is."""
    before = set(store.store.keys)
    lost = next(iter(before))
    assert store.store.remove(lost)
    async with asyncio.timeout(INTERVAL):
        while lost not in store.store:  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.1)
    assert parts.metric("evergauge_audit_drift_objects_total", resource=resource, drift="missing") == 1
    assert parts.metric("evergauge_audits_total", resource=resource, result="drift") == 1
    assert parts.metric("evergauge_feed_relists_total", resource=resource, namespace="", reason="audit") == 1


@pytest.mark.parametrize("shards", [1, 2])
async def test_an_object_taken_out_behind_its_back_is_back_within_an_interval(api: SimServer, shards: int) -> None:
    flags = [f"--apiserver={api.url}", "--resources=pods", "--freshness-bound=5s", f"--audit-interval={INTERVAL}s"]
    async with serving(*flags) as parts:
        await parts.service.serve(fixed(0, shards))
        (store,) = parts.stores()
        await healed(parts, store, "pods")


@pytest.mark.parametrize(
    ("flags", "audited"),
    [
        ([], True),
        (["--audit-interval=1m"], True),
        (["--audit-interval=0"], False),
        # Not all objects are listed.
        (["--object-limit=5"], False),
    ],
)
async def test_audits_can_be_turned_off(api: SimServer, flags: list[str], *, audited: bool) -> None:
    async with serving(f"--apiserver={api.url}", *flags) as parts:
        assert ("audits" in parts.jobs) == audited


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    """Not shared with others: all its config maps are counted."""
    with controlplane_or_fail() as plane:
        yield plane


@pytest.mark.controlplane
async def test_on_a_real_control_plane_it_is_found_and_nothing_else(plane: ControlPlane) -> None:
    await load(plane.etcd_url, map(config_map, range(OBJECTS)))
    kinds = ("configmaps", "namespaces", "nodes", "pods")
    flags = [f"--kubeconfig={plane.kubeconfig}", f"--resources={','.join(kinds)}", "--freshness-bound=5s"]
    async with serving(*flags, f"--audit-interval={INTERVAL}s") as parts:
        await parts.service.serve(fixed(0, 1))
        changing = asyncio.create_task(change(plane))
        await healed(parts, next(parts.stores()), kinds[0])
        # Each kind has its turn, and what was healed is compared again.
        await asyncio.sleep(INTERVAL)
        for kind in kinds:
            audits = {
                result: parts.metric("evergauge_audits_total", resource=kind, result=result) for result in RESULTS
            }
            assert audits["clean"]
            assert audits["failed"] == 0
            drift = {
                each: parts.metric("evergauge_audit_drift_objects_total", resource=kind, drift=each) for each in DRIFT
            }
            assert drift == dict.fromkeys(DRIFT, 0) | ({"missing": 1} if kind == kinds[0] else {})
            assert parts.metric("evergauge_api_requests_total", resource=kind, verb="audit", code="200")
        assert not changing.done(), changing.exception()
        changing.cancel()


async def change(plane: ControlPlane) -> None:
    """Config maps come, change and go, some hundred a second in all."""
    url = "/api/v1/namespaces/default/configmaps"
    async with plane.session() as session:
        for number in range(1_000_000):
            body = {"metadata": {"name": f"audited-{number}"}, "data": {"a": str(number)}}
            async with session.post(url, json=body) as response:
                assert response.status == 201, await response.text()
            async with session.put(f"{url}/audited-{number}", json=body | {"data": {"a": "b"}}) as response:
                assert response.status == 200, await response.text()
            if number >= 20:
                async with session.delete(f"{url}/audited-{number - 20}") as response:
                    assert response.status == 200, await response.text()
