"""Back-off, turns for lists, and the prober, in virtual time."""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from evergauge.kube.turns import Turns, run_in_turns
from evergauge.kube.waiting import Backoff, ListQueue, Outage
from support.virtual_time import in_virtual_time, now

if TYPE_CHECKING:
    from collections.abc import Iterator


@given(seed=st.integers(), failures=st.integers(1, 40))
def test_delays_double_up_to_the_most_and_are_jittered(seed: int, failures: int) -> None:
    backoff = Backoff(Random(seed), first=0.2, most=30)
    for failure in range(failures):
        whole = min(30.0, 0.2 * 2**failure)
        assert whole / 2 <= backoff.delay() <= whole
    backoff.reset()
    assert backoff.delay() <= 0.2


@in_virtual_time
async def test_lists_take_turns_and_the_smallest_is_next() -> None:
    queue, order = ListQueue(at_once=1), list[str]()

    async def listing(name: str, size: int) -> None:
        async with queue.turn(size):
            order.append(name)
            await asyncio.sleep(1)

    async with asyncio.TaskGroup() as group:
        for name, size in [("first", 9), ("big", 1000), ("small", 3), ("new", 0), ("another big", 1000)]:
            group.create_task(listing(name, size))
    assert order == ["first", "new", "small", "big", "another big"]
    assert now() == 5


@in_virtual_time
async def test_a_turn_is_handed_on_when_its_holder_or_a_waiter_is_cancelled_or_fails() -> None:
    queue = ListQueue(at_once=2)

    async def listing(seconds: float) -> None:
        async with queue.turn(0):
            await asyncio.sleep(seconds)
            raise ValueError

    tasks = [asyncio.create_task(listing(1)) for _ in range(6)]
    await asyncio.sleep(0.5)
    tasks[0].cancel()
    tasks[3].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert queue._free == 2
    async with queue.turn(0), queue.turn(0):
        assert queue._free == 0


@in_virtual_time
async def test_a_waiter_that_is_cancelled_as_its_turn_comes_passes_it_on() -> None:
    queue = ListQueue(at_once=1)

    async def listing() -> None:
        async with queue.turn(0):
            await asyncio.sleep(1)

    first, second, third = [asyncio.create_task(listing()) for _ in range(3)]
    await asyncio.sleep(0.5)
    first.add_done_callback(lambda _: second.cancel())
    await asyncio.gather(first, second, third, return_exceptions=True)
    assert (second.cancelled(), third.exception(), queue._free) == (True, None, 1)


@in_virtual_time
async def test_one_prober_ends_all_waits_when_the_server_is_back() -> None:
    probes = list[float]()

    async def probe() -> bool:
        probes.append(now())
        return now() > 20

    outage = Outage(probe, Random(1), every=0.5)
    running = asyncio.create_task(outage.run())
    await asyncio.gather(*(outage.wait(600) for _ in range(50)))
    assert 20 < now() < 21
    assert 20 / 0.75 - 1 <= len(probes) <= 20 / 0.5 + 2
    count = len(probes)
    await asyncio.sleep(60)
    assert len(probes) == count
    running.cancel()


@in_virtual_time
async def test_a_wait_ends_by_itself_when_nobody_comes_back() -> None:
    async def probe() -> bool:
        return False

    outage = Outage(probe, Random(1))
    running = asyncio.create_task(outage.run())
    await outage.wait(3)
    assert now() == 3
    running.cancel()


def test_a_turn_is_over_after_its_time() -> None:
    time = 100.0
    turns = Turns(0.005, clock=lambda: time)
    assert not turns.due()
    time += 0.006
    assert turns.due()


async def test_steps_run_in_turns_with_others() -> None:
    seen = list[str]()

    def steps() -> Iterator[None]:
        for _ in range(30):
            end = asyncio.get_running_loop().time() + 0.001
            while asyncio.get_running_loop().time() < end:
                pass
            seen.append("step")
            yield

    async def other() -> None:
        for _ in range(3):
            seen.append("other")
            await asyncio.sleep(0)

    count, _ = await asyncio.gather(run_in_turns(steps()), other())
    assert count == 30
    assert seen.index("other") < 10
    assert seen[-1] == "step"
    assert "step" in seen[seen.index("other") : len(seen) - 1 - seen[::-1].index("other") + 1]
