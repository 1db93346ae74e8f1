"""The API server goes away, while other API servers go on to change what it serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from faults import scenarios
from faults.scene import NOISE, scene

if TYPE_CHECKING:
    from collections.abc import Callable

    from faults.pod import Image
    from faults.scene import Outcome
    from support.controlplane import ControlPlane

pytestmark = pytest.mark.controlplane


@pytest.mark.parametrize(("seconds", "forgetting"), [(20, False), (1, True)], ids=["for-20-s", "history-forgotten"])
async def test_killed(
    plane: ControlPlane,
    image: Image,
    note: Callable[..., Outcome],
    seconds: float,
    forgetting: bool,  # noqa: FBT001 - a column
) -> None:
    """Whatever it knew is gone with it: all versions known before are answered by 410, and the shards list again."""
    async with scene(plane, lambda _: image, 2) as acting:
        found = note(await scenarios.killed(acting, plane, seconds, forgetting=forgetting))
        assert found.age > seconds
        assert found.undeclared == 0
        assert found.missing == 0
        assert found.doubled_seconds == 0
        assert found.whole < 2 + NOISE
        for shard in acting.fleet.shards.values():
            assert await shard.self_metric("evergauge_feed_relists_total", resource="configmaps", reason="expired") == 1
