"""The API server goes away, while other API servers go on to change what it serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from faults import scenarios
from faults.scene import NOISE, scene
from support.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Callable

    from faults.pod import Image
    from faults.watcher import Outcome
    from support.controlplane import ControlPlane

pytestmark = pytest.mark.controlplane


@pytest.mark.parametrize(
    ("seconds", "forgetting", "cuts"), [(20, False, 0), (1, True, 6)], ids=["for-20-s", "history-forgotten"]
)
async def test_killed(
    plane: ControlPlane,
    image: Image,
    note: Callable[..., Outcome],
    seconds: float,
    forgetting: bool,  # noqa: FBT001 - a column
    cuts: int,
) -> None:
    """Whatever it knew is gone with it: all versions known before are answered by 410, and the shards list again.

    The first of those lists are cut in the middle.
    """
    async with Proxy(plane.port) as proxy, scene(plane, lambda _: image.through(proxy.port), 2) as acting:
        proxy.cut(after=100_000, times=cuts)
        found = note(await scenarios.killed(acting, plane, seconds, forgetting=forgetting))
        assert found.age > seconds
        assert (found.missing, found.doubled_seconds, found.undeclared) == (0, 0, 0)
        assert found.whole < 2 + NOISE
        assert proxy.cuts == 0
        for shard in acting.fleet.shards.values():
            assert await shard.self_metric("evergauge_feed_relists_total", resource="configmaps", reason="expired") == 1
