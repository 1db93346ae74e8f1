"""Shards by slots on a real API server that selects by them (KEP-5866), on one that ignores that, and on one that begins and ceases to."""

from __future__ import annotations

import asyncio
import re
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from faults.conftest import USER
from faults.scene import BOUND, NOISE
from support.process import evergauge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

    from aiohttp import ClientSession

    from support.controlplane import ControlPlane
    from support.process import Evergauge

pytestmark = pytest.mark.controlplane

SHARDS: Final = 3
OBJECTS: Final = 60
HOME: Final = "/api/v1/namespaces/default/configmaps"
OFF: Final = "--feature-gates=ShardedListAndWatch=false"
_VERSION: Final = re.compile(
    rb'kube_configmap_metadata_resource_version\{namespace="default",configmap="(slot-\d+)"\} (\S+)'
)


class Selecting(NamedTuple):
    """Which shard serves an object, by name; and how many events the shards were sent for as many changes."""

    owners: Mapping[str, int]
    events: float


async def test_the_partition_is_the_same_whether_the_server_selects_or_not(plane: ControlPlane, tmp_path: Path) -> None:
    flags = [
        f"--kubeconfig={plane.kubeconfig_of(USER)}",
        "--resources=configmaps",
        f"--freshness-bound={BOUND:g}s",
        "--sharding=slots",
        f"--total-shards={SHARDS}",
    ]
    async with plane.session() as session, objects(session), AsyncExitStack() as stack:
        shards = [
            await stack.enter_async_context(evergauge(tmp_path, *flags, f"--shard={number}"))
            for number in range(SHARDS)
        ]
        await asyncio.gather(*(shard.until_ready() for shard in shards))
        selected = await after_changes(session, shards)
        assert set(selected.owners.values()) == set(range(SHARDS))
        assert selected.events == OBJECTS
        try:
            await restarted(plane, OFF)
            ignored = await after_changes(session, shards)
            assert ignored == Selecting(selected.owners, SHARDS * OBJECTS)
            # One that starts while the server ignores the selector serves the same as well.
            async with evergauge(tmp_path, *flags, "--shard=1") as late:
                await late.until_ready()
                assert (await late.scrape()).lines == (await shards[1].scrape()).lines
        finally:
            await restarted(plane)
        assert await after_changes(session, shards) == selected


@asynccontextmanager
async def objects(session: ClientSession) -> AsyncIterator[None]:
    """Config maps of their own; the others of the control plane don't change meanwhile."""
    for number in range(OBJECTS):
        async with session.post(HOME, json={"metadata": {"name": f"slot-{number}"}}) as response:
            assert response.status == 201
    try:
        yield
    finally:
        for number in range(OBJECTS):
            await session.delete(f"{HOME}/slot-{number}")


async def restarted(plane: ControlPlane, *flags: str) -> None:
    """The API server ends and begins again."""
    await asyncio.to_thread(plane.kill_apiserver)
    await asyncio.to_thread(plane.start_apiserver, *flags)


async def after_changes(session: ClientSession, shards: Sequence[Evergauge]) -> Selecting:
    """Change each object once when all shards watch again, and wait until everything is served as it is now."""
    # After an outage shards come back one after another: what they are sent counts from when all of them are there.
    await asyncio.sleep(BOUND)
    before = await events(shards)
    versions = {name: await changed(session, name) for name in (f"slot-{number}" for number in range(OBJECTS))}
    owners: dict[str, int] = {}
    async with asyncio.timeout(BOUND + NOISE):
        while await served(shards, owners) != versions:  # noqa: ASYNC110 - processes
            await asyncio.sleep(0.1)
    return Selecting(owners, await events(shards) - before)


async def changed(session: ClientSession, name: str) -> float:
    """Change an object; its new version."""
    headers = {"Content-Type": "application/merge-patch+json"}
    now = str(asyncio.get_running_loop().time())
    async with session.patch(f"{HOME}/{name}", json={"data": {"now": now}}, headers=headers) as response:
        assert response.status == 200
        return float((await response.json())["metadata"]["resourceVersion"])


async def served(shards: Sequence[Evergauge], owners: dict[str, int]) -> dict[str, float]:
    """Versions by name, as all shards together serve them; `owners` is told who serves what. Nothing may be served twice."""
    versions: dict[str, float] = {}
    owners.clear()
    for number, shard in enumerate(shards):
        for name, version in _VERSION.findall((await shard.scrape()).text):
            assert name.decode() not in owners
            owners[name.decode()], versions[name.decode()] = number, float(version)
    return versions


async def events(shards: Sequence[Evergauge]) -> float:
    """How many events the shards have been sent and have passed on."""
    return sum([await shard.self_metric("evergauge_event_visible_delay_seconds_count") for shard in shards])
