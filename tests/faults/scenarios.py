"""What is done to a fleet, and what is found meanwhile: the same for tests and bench."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import aiohttp

from faults.scene import PATIENCE
from faults.watcher import SEEN_WITHIN
from support import etcd

if TYPE_CHECKING:
    from faults.scene import Scene
    from faults.watcher import Outcome
    from support.controlplane import ControlPlane
    from support.proxy import Proxy

AFTERWARDS = 1.0
"""Seconds that are looked at after the fleet has come to itself."""


async def nothing(acting: Scene, seconds: float) -> Outcome:
    """Objects change, and nothing else happens."""
    began = time.monotonic()
    await asyncio.sleep(seconds)
    return acting.watcher.outcome(began)


async def scaled(acting: Scene, *replicas: int) -> Outcome:
    """To one number of shards after the other, without waiting for the fleet in between. whole: until it has settled."""
    began = time.monotonic()
    for each in replicas:
        await acting.fleet.scale(each)
    return await _settled(acting, replicas[-1], began)


async def changed(acting: Scene) -> Outcome:
    """Labels, annotations and the template of the StatefulSet become others."""
    began = time.monotonic()
    metadata = {"labels": {"release": f"r{began:.0f}"}, "annotations": {"note": f"n{began:.0f}"}}
    template = {"metadata": {"annotations": {"restartedAt": f"{began:.0f}"}}}
    await acting.fleet.patch({"metadata": metadata, "spec": {"template": template}})
    await asyncio.sleep(AFTERWARDS)
    return acting.watcher.outcome(began)


async def killed(acting: Scene, plane: ControlPlane, seconds: float, *, forgetting: bool = False) -> Outcome:
    """The API server is killed, and started again after so many seconds, while other API servers go on to change objects.

    forgetting: storage forgets meanwhile what was, so that no earlier version can be resumed. whole: from the first list that the API
    server answers until what changed before it is visible.
    """
    began, acting.changes.through = time.monotonic(), acting.etcd
    await asyncio.to_thread(plane.kill_apiserver)
    await asyncio.sleep(began + seconds - time.monotonic())
    if forgetting:
        async with aiohttp.ClientSession(base_url=plane.etcd_url) as storage:
            await etcd.compact(storage)
    starting = asyncio.create_task(asyncio.to_thread(plane.start_apiserver))
    answered = await _first_list(plane)
    acting.changes.through = acting.api
    await starting
    return await _afterwards(acting, began, await acting.watcher.shown(answered, within=PATIENCE) - answered)


async def half_open(acting: Scene, proxy: Proxy, seconds: float) -> Outcome:
    """Connections stay open and carry nothing any more; new ones are accepted and never answered, for so many seconds.

    whole: from when new ones work until what changed before is visible.
    """
    began = time.monotonic()
    proxy.hang()
    await asyncio.sleep(seconds)
    proxy.answer()
    answers = time.monotonic()
    # It takes a moment until it shows that nothing comes any more.
    whole = await acting.watcher.in_step(after=max(answers, began + 2 * SEEN_WITHIN), within=PATIENCE)
    return await _afterwards(acting, began, whole - answers)


async def _settled(acting: Scene, shards: int, began: float) -> Outcome:
    settled = await acting.settled(shards, within=PATIENCE)
    return await _afterwards(acting, began, settled - began)


async def _afterwards(acting: Scene, began: float, whole: float) -> Outcome:
    await asyncio.sleep(AFTERWARDS)
    return acting.watcher.outcome(began, whole)


async def _first_list(plane: ControlPlane) -> float:
    """When the API server answers a list again."""
    async with plane.session() as session:
        while True:
            try:
                async with session.get("/api/v1/configmaps?limit=1") as response:
                    if response.status == 200:
                        return time.monotonic()
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.02)
