"""What happens to a fleet in the middle of a handover. Each shard has a connection of its own, which can be slow."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final

import pytest

from faults.scene import Scene, scene
from support.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from faults.pod import Image
    from faults.watcher import Outcome
    from support.controlplane import ControlPlane

pytestmark = pytest.mark.controlplane

SLOW: Final = 0.25
"""Seconds by which each piece of an answer is late: a shard needs several to list everything."""
A_SHORT_WHILE: Final = 0.5
A_WHILE: Final = 1.5
"""Seconds after which a handover is under way and far from its end."""
NO_DEADLOCK: Final = 40.0


class Slowed:
    """A scene, and each shard's connection."""

    def __init__(self, acting: Scene, proxies: list[Proxy]) -> None:
        self.acting = acting
        self.proxies = proxies
        self.began = time.monotonic()

    def slow(self, *numbers: int) -> None:
        """These need long to list from now on; the others don't."""
        for number, proxy in enumerate(self.proxies):
            proxy.delay = SLOW if number in numbers else 0.0

    async def under_way(self, replicas: int) -> None:
        """Ask for so many shards, and return in the middle of the handover."""
        watcher, before = self.acting.watcher, len(self.acting.fleet.pods)
        await self.acting.fleet.scale(replicas)
        if replicas > before:
            await watcher.until(lambda pair: before in pair.held, within=10)
            await asyncio.sleep(A_SHORT_WHILE)
            assert not watcher.pairs[-1].held[before]
        else:
            await asyncio.sleep(A_WHILE)
            assert watcher.pairs[-1].held[before - 1]

    async def settled(self, shards: int) -> Outcome:
        """Wait for the end of it, and see what was found since the beginning."""
        self.slow()
        await self.acting.settled(shards, within=NO_DEADLOCK)
        await asyncio.sleep(0.5)
        return self.acting.watcher.outcome(self.began)

    def missing_of_others(self, number: int, *totals: int) -> set[bytes]:
        """What was missing and was not this shard's own by any of these numbers of shards."""
        truth, missing = self.acting.truth, self.acting.watcher.since(self.began).missing
        return {key for key in missing if number not in {truth.owner(key, total) for total in totals}}


@asynccontextmanager
async def slowed(plane: ControlPlane, image: Image, replicas: int) -> AsyncIterator[Slowed]:
    async with AsyncExitStack() as stack:
        proxies = [await stack.enter_async_context(Proxy(plane.port)) for _ in range(4)]
        entering = scene(plane, lambda number: image.through(proxies[number].port), replicas)
        yield Slowed(await stack.enter_async_context(entering), proxies)


async def test_scaled_again(plane: ControlPlane, image: Image, note: Callable[..., Outcome]) -> None:
    async with slowed(plane, image, 2) as scaling:
        scaling.slow(2)
        await scaling.under_way(3)
        await scaling.acting.fleet.scale(4)
        found = note(await scaling.settled(4), "up, and up")
        assert (found.missing, found.undeclared) == (0, 0)
        scaling.slow(0, 1, 2)
        await scaling.under_way(3)
        await scaling.acting.fleet.scale(2)
        await asyncio.sleep(A_WHILE)
        await scaling.acting.fleet.scale(4)
        note(await scaling.settled(4), "down, down, and up")
        # The Pod that was to leave is wanted again, but once deleted it must end before another one takes its name.
        assert scaling.missing_of_others(3, 4) == set()


async def test_the_new_shard_is_killed_while_it_prepares(
    plane: ControlPlane, image: Image, note: Callable[..., Outcome]
) -> None:
    async with slowed(plane, image, 2) as scaling:
        scaling.slow(2)
        await scaling.under_way(3)
        scaling.acting.fleet.pods[2].crash()
        await asyncio.sleep(A_WHILE)
        found = note(await scaling.settled(3))
        assert (found.missing, found.undeclared) == (0, 0)


async def test_an_old_shard_is_killed_while_a_new_one_prepares(
    plane: ControlPlane, image: Image, note: Callable[..., Outcome]
) -> None:
    async with slowed(plane, image, 2) as scaling:
        scaling.slow(2)
        await scaling.under_way(3)
        scaling.acting.fleet.pods[0].crash()
        await asyncio.sleep(A_WHILE)
        note(await scaling.settled(3))
        assert scaling.missing_of_others(0, 2) == set()


async def test_a_survivor_is_killed_while_it_takes_over(
    plane: ControlPlane, image: Image, note: Callable[..., Outcome]
) -> None:
    async with slowed(plane, image, 3) as scaling:
        scaling.slow(0, 1)
        await scaling.under_way(2)
        scaling.acting.fleet.pods[0].crash()
        await asyncio.sleep(A_WHILE)
        note(await scaling.settled(2))
        # The one that leaves waits for the one that was killed.
        assert scaling.missing_of_others(0, 3) == set()


async def test_the_leaving_shard_is_killed(plane: ControlPlane, image: Image, note: Callable[..., Outcome]) -> None:
    async with slowed(plane, image, 3) as scaling:
        scaling.slow(0, 1)
        await scaling.under_way(2)
        scaling.acting.fleet.pods[2].crash()
        note(await scaling.settled(2))
        assert scaling.missing_of_others(2, 3) == set()
