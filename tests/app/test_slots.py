"""Shards by slots on a simulated API server that knows shard selectors, and on one that ignores them."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from random import Random
from typing import TYPE_CHECKING

import pytest

from evergauge.sim import Cluster, LoopClock, SimOptions, SimServer
from support.process import evergauge

if TYPE_CHECKING:
    from pathlib import Path

OBJECTS = 300
SHARDS = 3


@pytest.mark.parametrize("knows", [True, False], ids=["selects", "ignores"])
async def test_each_object_is_served_by_one_shard(tmp_path: Path, knows: bool) -> None:  # noqa: FBT001 - a case
    cluster = Cluster(clock=LoopClock(), rng=Random(1))
    for number in range(OBJECTS):
        cluster.create("configmaps", {"metadata": {"name": f"c{number}", "namespace": "default"}})
    async with SimServer(cluster, SimOptions(sharding=knows)) as api, AsyncExitStack() as stack:
        flags = [f"--apiserver={api.url}", "--resources=configmaps", "--sharding=slots", f"--total-shards={SHARDS}"]
        shards = [
            await stack.enter_async_context(evergauge(tmp_path, *flags, f"--shard={number}"))
            for number in range(SHARDS)
        ]
        await asyncio.gather(*(shard.until_ready() for shard in shards))
        cluster.create("configmaps", {"metadata": {"name": "later", "namespace": "default"}})
        async with asyncio.timeout(10):
            while sum(counts := [(await shard.scrape()).count("kube_configmap_info") for shard in shards]) <= OBJECTS:  # noqa: ASYNC110 - processes
                await asyncio.sleep(0.1)
        lines = [line for shard in shards for line in (await shard.scrape()).lines if b"kube_configmap_info{" in line]
        assert len(lines) == len(set(lines)) == OBJECTS + 1
        assert all(count > OBJECTS / SHARDS * 0.7 for count in counts)
