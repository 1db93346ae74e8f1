"""Connections to the API server that break, or carry nothing any more and don't say so."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from faults import scenarios
from faults.scene import BOUND, NOISE, scene
from support.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Callable

    from faults.pod import Image
    from faults.watcher import Outcome
    from support.controlplane import ControlPlane

pytestmark = pytest.mark.controlplane


@pytest.mark.parametrize("seconds", [0, 8], ids=["those-there-are", "new-ones-too-for-8-s"])
async def test_half_open(plane: ControlPlane, image: Image, note: Callable[..., Outcome], seconds: float) -> None:
    async with Proxy(plane.port) as proxy, scene(plane, lambda _: image.through(proxy.port), 2) as acting:
        found = note(await scenarios.half_open(acting, proxy, seconds))
        assert found.undeclared == 0
        assert found.missing == 0
        assert found.whole < BOUND + 2 + NOISE


async def test_late_and_reset(plane: ControlPlane, image: Image, note: Callable[..., Outcome]) -> None:
    async with Proxy(plane.port) as proxy, scene(plane, lambda _: image.through(proxy.port), 2) as acting:
        began, proxy.delay = time.monotonic(), 0.1
        for _ in range(10):
            await asyncio.sleep(0.3)
            proxy.reset()
        proxy.delay = 0
        await acting.watcher.in_step(after=time.monotonic(), within=BOUND + NOISE)
        found = note(acting.watcher.outcome(began))
        assert (found.missing, found.undeclared) == (0, 0)
