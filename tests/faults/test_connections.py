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
    from faults.scene import Outcome
    from support.controlplane import ControlPlane

pytestmark = pytest.mark.controlplane


@pytest.mark.parametrize("seconds", [0, 8], ids=["those-there-are", "new-ones-too-for-8-s"])
async def test_half_open(plane: ControlPlane, image: Image, note: Callable[..., Outcome], seconds: float) -> None:
    async with Proxy(plane.port) as proxy, scene(plane, lambda _: image.through(proxy.port), 2) as acting:
        found = note(await scenarios.half_open(acting, proxy, seconds))
        assert found.undeclared == 0
        assert found.missing == 0
        assert found.whole < BOUND + 2 + NOISE


async def test_reset_late_and_cut_in_the_middle_of_a_list(
    plane: ControlPlane, image: Image, note: Callable[..., Outcome]
) -> None:
    async with Proxy(plane.port) as proxy, scene(plane, lambda _: image.through(proxy.port), 2) as acting:
        began = time.monotonic()
        proxy.delay = 0.1
        for _ in range(10):
            await asyncio.sleep(0.3)
            proxy.reset()
        proxy.delay = 0
        # What is cut here is a watch, or the list that a shard begins with.
        proxy.cut(after=50_000, times=4)
        acting.fleet.pods[1].crash()
        await acting.in_step(after=time.monotonic() + 1, within=BOUND + NOISE)
        found = note(acting.outcome(began))
        assert found.undeclared == 0
