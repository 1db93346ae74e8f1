"""A thousand random schedules of faults and scalings: nothing served is older than is said, and no object is ever served by nobody."""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

import pytest

from evergauge.kube.turns import Turns
from simulation.world import World
from support.virtual_time import InstantLoop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SCHEDULES: Final = 1000
PARTS: Final = 20
SECONDS: Final = 40.0


async def scale(world: World) -> None:
    world.scale(world.rng.choice([1, 2, 3, 4]))


async def scale_and_back(world: World) -> None:
    before = world.replicas
    await scale(world)
    await asyncio.sleep(world.rng.uniform(0.1, 2))
    world.scale(before)


async def touch(world: World) -> None:
    world.touch()


async def crash(world: World) -> None:
    if world.processes:
        await world.crash(world.rng.choice(sorted(world.processes)))


async def reset_streams(world: World) -> None:
    _break(world, "reset")


async def end_streams_early(world: World) -> None:
    _break(world, "early")


async def forget_versions(world: World) -> None:
    world.api.forget()
    _break(world, "reset")


async def outage(world: World) -> None:
    world.api.down = True


async def half_open(world: World) -> None:
    for process in world.processes.values():
        process.client.silent = process.client.silent or world.rng.random() < 0.5


async def choke(world: World) -> None:
    for process in world.processes.values():
        process.client.choked = process.client.choked or world.rng.random() < 0.5


async def forbid(world: World) -> None:
    world.api.forbidden.add(world.rng.choice(["configmaps", "statefulsets"]))


async def part(world: World) -> None:
    world.part(world.rng.randrange(4))


async def heal(world: World) -> None:
    await world.heal()


def _break(world: World, how: str) -> None:
    for process in world.processes.values():
        if world.rng.random() < 0.7:
            process.client.break_streams(how)


CALM: Final[tuple[Callable[[World], Awaitable[None]], ...]] = (
    scale,
    scale,
    scale_and_back,
    touch,
    crash,
)
FAULTS: Final[tuple[Callable[[World], Awaitable[None]], ...]] = (
    reset_streams,
    end_streams_early,
    forget_versions,
    outage,
    half_open,
    choke,
    forbid,
    part,
    heal,
    heal,
    heal,
)


async def play(seed: int) -> World:
    """One schedule, from an empty fleet to one that must be whole again."""
    rng = Random(seed)
    # Turns by chance instead of by the clock: more ways for things to come between each other, and the same ones each time.
    with patch.object(Turns, "due", lambda _: rng.random() < 0.1):
        return await _play(World(rng, rng.choice([1, 2, 3])), rng)


async def _play(world: World, rng: Random) -> World:
    running = asyncio.create_task(world.run())
    await asyncio.sleep(rng.uniform(2, 6))
    end = world.now + SECONDS
    while world.now < end:
        await asyncio.sleep(rng.expovariate(0.25))
        calm = rng.random() < 0.4
        if not calm:
            world.last_fault = world.now
        await rng.choice(CALM if calm else FAULTS)(world)
    await world.heal()
    world.last_fault = world.now
    await _until_settled(world)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await world.close()
    return world


async def _until_settled(world: World) -> None:
    for _ in range(200):
        await asyncio.sleep(0.5)
        if await world.settled():
            return
    world.violations.append(f"not whole 100 s after the last fault: {world.describe()}")


@pytest.mark.parametrize("part_of", range(PARTS))
def test_what_must_hold_holds(part_of: int) -> None:
    failed = {}
    for seed in range(part_of, SCHEDULES, PARTS):
        with asyncio.Runner(loop_factory=InstantLoop) as runner:
            world = runner.run(play(seed))
        if world.violations:
            failed[seed] = world.violations[:3]
    assert not failed, f"{len(failed)} schedules: {list(failed.items())[:3]}"
