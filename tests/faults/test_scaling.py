"""A fleet that grows and shrinks while its objects change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from faults import scenarios
from faults.scene import NOISE, scene

if TYPE_CHECKING:
    from collections.abc import Callable

    from faults.pod import Image
    from faults.scene import Scene
    from faults.watcher import Outcome
    from support.controlplane import ControlPlane

pytestmark = pytest.mark.controlplane


async def test_one_life(plane: ControlPlane, image: Image, note: Callable[..., Outcome]) -> None:
    async with scene(plane, lambda _: image, 2) as acting:
        steady = note(await scenarios.nothing(acting, 5), "steady")
        assert steady.age < 0.25 + NOISE
        calm(steady)
        calm(note(await scenarios.scaled(acting, 3), "2 to 3"))
        await as_it_should_be(acting, 3)
        same = await scenarios.changed(acting)
        calm(same)
        assert same.doubled_seconds == 0
        await as_it_should_be(acting, 3)
        calm(note(await scenarios.scaled(acting, 2), "3 to 2"))
        await as_it_should_be(acting, 2)
        calm(note(await scenarios.scaled(acting, 4), "2 to 4"))
        await as_it_should_be(acting, 4)
        calm(note(await scenarios.scaled(acting, 3, 1), "4 to 3 to 1"))
        await as_it_should_be(acting, 1)


def calm(found: Outcome) -> None:
    """Nothing was missing, and little was served twice for long."""
    assert found.missing == 0
    assert found.undeclared == 0
    assert found.doubled_seconds < 1 + NOISE


async def as_it_should_be(acting: Scene, total: int) -> None:
    """Each shard serves its own objects and knows how many shards there are."""
    for number, shard in acting.fleet.shards.items():
        assert await shard.self_metric("kube_state_metrics_total_shards") == total
        served = acting.truth.watched.read((await shard.scrape()).text)
        assert {acting.truth.owner(key, total) for key in served if key in acting.truth.objects} == {number}
