"""Packets to and from the API server that vanish, without a word to anybody."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final

import pytest

from faults.cables import behind, unplugged
from faults.changes import ThroughApi, changing
from faults.net import joined
from faults.pod import Image
from faults.scene import NOISE
from faults.truth import CONFIG_MAPS, learn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faults.watcher import Outcome
    from support.controlplane import ControlPlane

pytestmark = pytest.mark.controlplane

SECONDS: Final = 15.0
BOUNDS: Final = (5.0, 30.0)
"""With the one the lease is what ends a connection, with the other it is the kernel."""


async def test_a_cable_is_pulled(plane: ControlPlane, tmp_path: Path, note: Callable[..., Outcome]) -> None:
    async with joined() as network, plane.session() as session, AsyncExitStack() as stack:
        truth = await learn(session, CONFIG_MAPS)
        await stack.enter_async_context(changing(truth, ThroughApi(session)))
        images = [Image(tmp_path, ("--resources=configmaps", f"--freshness-bound={bound:g}s")) for bound in BOUNDS]
        connected = [
            await stack.enter_async_context(behind(network, plane, image, truth, bound))
            for image, bound in zip(images, BOUNDS, strict=True)
        ]
        # The first watch of a feed is short.
        await asyncio.sleep(2)
        for bound, (cut, found) in zip(BOUNDS, await unplugged(network, SECONDS, connected), strict=True):
            note(found, f"bound {bound:g}, cut after {cut:.1f}")
            assert cut < 12 + NOISE
            assert found.whole < 12 + NOISE
            assert found.age > SECONDS - 1
            assert (found.missing, found.undeclared) == (0, 0)
