"""Back-off, turns for lists, and the prober, in virtual time."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergauge.kube.turns import Turns, run_in_turns
from evergauge.kube.waiting import DIALS, Backoff, ListQueue, Outage, Patience
from support.virtual_time import in_virtual_time, now

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from evergauge.kube.waiting import Health


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
async def test_those_that_failed_wait_for_all_others() -> None:
    queue, order = ListQueue(at_once=1), list[str]()

    async def listing(name: str, size: int, *, failed: bool) -> None:
        async with queue.turn(size, failed=failed):
            order.append(name)
            await asyncio.sleep(1)

    async with asyncio.TaskGroup() as group:
        for name, size, failed in [
            ("first", 0, False),
            ("failed", 3, True),
            ("big", 1000, False),
            ("failed as new", 0, True),
        ]:
            group.create_task(listing(name, size, failed=failed))
    assert order == ["first", "big", "failed as new", "failed"]


# Outages


@dataclass
class Server:
    """An API server whose health changes at given times, in virtual seconds. probes: when it was asked."""

    health: Mapping[float, Health]
    probes: list[float] = field(default_factory=list)

    async def probe(self) -> Health:
        self.probes.append(now())
        return [health for since, health in self.health.items() if since <= now()][-1]


@asynccontextmanager
async def outage_of(server: Server) -> AsyncIterator[Outage]:
    outage = Outage(server.probe, Random(1), every=0.5)
    running = asyncio.create_task(outage.run())
    yield outage
    running.cancel()


@in_virtual_time
async def test_one_prober_ends_all_waits_when_the_server_is_back() -> None:
    server = Server({0: "away", 20: "ready"})
    async with outage_of(server) as outage:
        await asyncio.gather(*(outage.wait(600) for _ in range(50)))
        assert 20 < now() < 21.1
        assert 20 / 0.75 - 1 <= len(server.probes) <= 20 / 0.5 + 2
        assert outage.ended == 1
        count = len(server.probes)
        await asyncio.sleep(60)
        assert len(server.probes) == count


@pytest.mark.parametrize("health", ["away", "ready"])
@in_virtual_time
async def test_a_wait_ends_by_itself_when_nobody_comes_back_or_was_away(health: Health) -> None:
    async with outage_of(Server({0: health})) as outage:
        await outage.wait(3)
        assert (now(), outage.ended) == (3, 0)


@in_virtual_time
async def test_a_server_that_is_not_ready_is_tried_by_one_at_a_time() -> None:
    async with outage_of(Server({0: "away", 2: "answers"})) as outage:
        tried = list[float]()

        async def feed() -> None:
            while True:
                await outage.wait(600)
                tried.append(now())
                if now() > 10:
                    outage.answered()
                    return

        async with asyncio.TaskGroup() as group:
            for _ in range(20):
                group.create_task(feed())
    before = [time for time in tried if time < 10]
    assert before[0] > 2
    assert 8 / 0.75 - 1 <= len(before) <= 8 / 0.5
    # The first one that is answered brings the others.
    assert sum(10 < time < 11 for time in tried) == 20


@pytest.mark.parametrize("back", [True, False])
@in_virtual_time
async def test_very_many_do_not_come_back_in_one_instant(back: bool) -> None:  # noqa: FBT001
    async with outage_of(Server({0: "away", 20: "ready" if back else "away"})) as outage:
        came: Counter[int] = Counter()

        async def feed() -> None:
            await outage.wait(600 if back else 0.2)
            came[int(now())] += 1

        await asyncio.gather(*(feed() for _ in range(2000)))
    assert sum(came.values()) == 2000
    assert max(came.values()) <= DIALS * 1.5
    assert max(came) - min(came) <= 2 * 2000 / DIALS


def test_delays_begin_anew_when_an_outage_has_ended() -> None:
    era = 0
    backoff = Backoff(Random(1), era=lambda: era)
    delays = [backoff.delay() for _ in range(6)]
    era = 1
    assert delays[-1] > 3
    assert backoff.delay() <= 0.2
    assert backoff.delay() > 0.2


@pytest.mark.parametrize(
    ("answers", "silent", "seconds"),
    [
        ([0, 0, 0, 0], True, [5, 5, 5, 5]),
        ([1, 1, 1, 1], True, [5, 10, 20, 40]),
        ([1, 1, 1, 1, 1, 1], True, [5, 10, 20, 40, 60, 60]),
        ([9, 0, 0, 1], True, [5, 5, 5, 10]),
        ([1, 1, 1, 1], False, [5, 5, 5, 5]),
    ],
)
async def test_a_list_gets_more_time_from_a_server_that_answers_others(
    answers: list[int],
    silent: bool,  # noqa: FBT001
    seconds: list[float],
) -> None:
    """answers: of others, before each of the lists that fail."""
    outage = Outage(Server({0: "ready"}).probe, Random(1))
    patience = Patience(outage, least=5)
    found = list[float]()
    for count in answers:
        for _ in range(count):
            outage.answered()
        patience.failed(silent=silent)
        found.append(patience.seconds)
    assert found == seconds
    patience.reset()
    assert (patience.seconds, patience.tried) == (5, False)


# Turns


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
