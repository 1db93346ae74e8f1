"""One shard's handovers, beside others that say what the test has them say. In virtual time."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from evergauge.shard import Fleet, Handover, Holding, Key, View
from evergauge.shard.handover import OFTEN, PATIENCE, STUCK_AFTER
from evergauge.shard.view import Wanted
from support.virtual_time import in_virtual_time, now, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from evergauge.shard.peers import Answer

PREPARE = 3.0


def key(replicas: int) -> Key:
    return Key("u", replicas)


def fleet(replicas: int, generation: int, start: int = 0) -> Fleet:
    return Fleet("u", generation, replicas, start)


class Scene:
    """What the handover talks to: a service that takes some seconds to prepare, the others, an observer."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - the handover's own
        self.holding: Holding | None = None
        self.lacks: frozenset[str] = frozenset()
        self.prepared: list[int] = []
        self.covered = False
        self.let_gone = 0
        self.seen: Mapping[str, str] = {}
        self.newest: Mapping[str, str] = {}
        self.answers: dict[int, Answer] = {}
        self.ready: set[int] = set()
        self.asked: list[int] = []
        self.asking = 0.0
        self.is_stuck = False
        self.results: list[str] = []
        self.handover = Handover(self, self, self, now, **settings)

    async def serve(self, holding: Holding, *, covered: bool = False) -> None:
        self.covered = covered
        await asyncio.sleep(PREPARE)
        self.prepared.append(holding.key.replicas)
        self.holding = holding

    def hold(self, holding: Holding) -> None:
        self.holding = holding

    async def passing(self) -> Mapping[str, str]:
        return self.newest

    async def let_go(self) -> None:
        self.let_gone += 1

    async def ask(self, numbers: Iterable[int]) -> Mapping[int, Answer]:
        asked = list(numbers)
        self.asked += asked
        await asyncio.sleep(self.asking)
        return {number: self.answers.get(number, "unreachable") for number in asked}

    async def is_ready(self, number: int) -> bool:
        return number in self.ready

    async def close(self) -> None:
        raise AssertionError

    def wanted(self, key: Key) -> None:
        """See Observer."""

    def stuck(self, *, is_stuck: bool) -> None:
        self.is_stuck = is_stuck

    def ended(self, result: str, seconds: float) -> None:
        self.results.append(f"{result} after {seconds:.0f}")

    def serves(self, number: int, replicas: int, generation: int, seen: Mapping[str, str] | None = None) -> None:
        """Have another shard say that it serves its part, up to these versions."""
        self.answers[number] = View(number, Wanted(key(replicas), generation), [key(replicas)], seen=seen or {})

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.handover.run())
        try:
            yield
        finally:
            task.cancel()
            ended = await asyncio.gather(task, return_exceptions=True)
            assert isinstance(ended[0], asyncio.CancelledError), ended

    async def start(self, number: int, replicas: int) -> None:
        """Serve as one of so many, nothing being handed over."""
        self.handover.learn(number, fleet(replicas, 1))
        await until(self.handover.settled.is_set)
        assert self.holding == Holding(number, key(replicas))


@in_virtual_time
async def test_a_loser_lets_go_when_the_gainer_serves_and_prepares_nothing() -> None:
    scene = Scene()
    async with scene.running():
        await scene.start(0, 2)
        scene.handover.learn(0, fleet(3, 2))
        await asyncio.sleep(60)
        assert scene.holding == Holding(0, key(3), Holding(0, key(2)))
        assert scene.handover.view.serves == (key(3), key(2))
        scene.serves(2, 3, 2)
        await until(scene.handover.settled.is_set, within=1)
        assert scene.holding == Holding(0, key(3))
        assert (scene.prepared, scene.let_gone, scene.results) == ([2], 1, ["completed after 60"])


@in_virtual_time
async def test_each_gainers_objects_are_let_go_by_themselves() -> None:
    scene = Scene()
    async with scene.running():
        await scene.start(0, 2)
        scene.handover.learn(0, fleet(4, 2))
        scene.serves(3, 4, 2)
        await until(lambda: scene.let_gone == 1, within=1)
        assert scene.holding == Holding(0, key(4), Holding(0, key(2)), frozenset({3}))
        view = scene.handover.view
        assert (view.serves, view.keeps) == ((key(4),), (key(2),))
        scene.serves(2, 4, 2)
        await until(scene.handover.settled.is_set, within=1)
        assert scene.holding == Holding(0, key(4))


@in_virtual_time
async def test_what_is_passed_on_is_dropped_when_the_gainer_has_seen_the_newest_of_it() -> None:
    scene = Scene()
    async with scene.running():
        await scene.start(0, 2)
        scene.newest = {"pods": "100", "nodes": "7", "secrets": "3"}
        scene.handover.learn(0, fleet(3, 2))
        scene.serves(2, 3, 2, {"pods": "99", "nodes": "8"})
        await asyncio.sleep(5)
        # What is new is the gainer's alone, what is here is kept.
        assert scene.holding == Holding(0, key(3), Holding(0, key(2)), passing=frozenset({2}))
        assert (scene.handover.view.serves, scene.handover.view.keeps) == ((key(3),), (key(2),))
        assert scene.let_gone == 0
        assert not scene.handover.settled.is_set()
        scene.serves(2, 3, 2, {"pods": "100", "nodes": "8"})
        await until(scene.handover.settled.is_set, within=1)
        assert (scene.holding, scene.let_gone) == (Holding(0, key(3)), 1)


@in_virtual_time
async def test_nobody_waits_for_another_one_to_have_seen_what_it_takes_over() -> None:
    scene = Scene()
    async with scene.running():
        await scene.start(0, 2)
        scene.newest = {"pods": "100"}
        scene.handover.learn(0, fleet(4, 2))
        scene.serves(2, 4, 2, {"pods": "99"})
        scene.serves(3, 4, 2, {"pods": "100"})
        await until(lambda: scene.let_gone == 1, within=1)
        assert scene.holding == Holding(0, key(4), Holding(0, key(2)), frozenset({3}), frozenset({2}))
        # One that was restarted meanwhile has its part no longer: nothing is let go on its earlier word.
        scene.serves(2, 4, 2, {"pods": ""})
        await asyncio.sleep(5)
        assert scene.let_gone == 1
        scene.serves(2, 4, 2, {"pods": "100"})
        await until(scene.handover.settled.is_set, within=1)
        assert (scene.holding, scene.let_gone) == (Holding(0, key(4)), 2)


@in_virtual_time
async def test_what_is_being_passed_on_is_kept_when_another_change_comes_in_between() -> None:
    scene = Scene()
    async with scene.running():
        await scene.start(0, 2)
        scene.newest = {"pods": "100"}
        scene.handover.learn(0, fleet(3, 2))
        scene.serves(2, 3, 2, {"pods": "99"})
        await asyncio.sleep(5)
        scene.handover.learn(0, fleet(4, 3))
        await asyncio.sleep(5)
        assert scene.let_gone == 0
        for number in (2, 3):
            scene.serves(number, 4, 3, {"pods": "100"})
        await until(scene.handover.settled.is_set, within=1)
        assert (scene.holding, scene.let_gone) == (Holding(0, key(4)), 1)


@in_virtual_time
async def test_a_survivor_gains_and_a_leaver_keeps_all_until_it_has() -> None:
    survivor, leaver = Scene(), Scene()
    async with survivor.running(), leaver.running():
        await survivor.start(0, 2)
        await leaver.start(1, 2)
        for scene, number in ((survivor, 0), (leaver, 1)):
            scene.handover.learn(number, fleet(1, 2))
        await asyncio.sleep(PREPARE / 2)
        assert survivor.holding == Holding(0, key(2))
        assert leaver.handover.leaving
        await until(survivor.handover.settled.is_set)
        assert survivor.holding == Holding(0, key(1))
        assert not leaver.handover.settled.is_set()
        leaver.answers[0] = survivor.handover.view
        await until(leaver.handover.settled.is_set, within=1)
        assert leaver.holding == Holding(1, key(1))


@pytest.mark.parametrize(
    ("answer", "ready", "seconds"),
    [
        ("silent", True, 1.0),
        ("unreachable", True, PATIENCE + 1),
        ("silent", False, None),
        ("unreachable", False, None),
        (View(2, Wanted(key(3), 1), [key(3)]), True, None),
        (View(2, Wanted(key(3), 2), []), True, None),
        (View(2, Wanted(key(3), 2), [key(3)], stopping=True), True, None),
        (View(2, Wanted(key(3), 2), [key(3)], lacks=frozenset({"secrets"})), True, None),
    ],
)
def test_when_readiness_counts(answer: Answer, ready: bool, seconds: float | None) -> None:  # noqa: FBT001 - a case
    @in_virtual_time
    async def play() -> None:
        scene = Scene()
        scene.answers[2] = answer
        scene.ready = {2} if ready else set()
        async with scene.running():
            await scene.start(0, 2)
            scene.handover.learn(0, fleet(3, 2))
            if seconds is None:
                await asyncio.sleep(PATIENCE * 3)
                assert not scene.let_gone
            else:
                await until(lambda: scene.let_gone == 1, within=seconds)

    play()


@in_virtual_time
async def test_a_pod_must_be_ready_all_the_while_that_it_is_out_of_reach() -> None:
    scene = Scene()
    scene.ready = {2}
    async with scene.running():
        await scene.start(0, 2)
        scene.handover.learn(0, fleet(3, 2))
        await asyncio.sleep(PATIENCE - 1)
        # The API is away, or the kubelet has said so.
        scene.ready = set()
        await asyncio.sleep(2)
        scene.ready = {2}
        await asyncio.sleep(PATIENCE - 1)
        assert not scene.let_gone
        await until(lambda: scene.let_gone == 1, within=2)


@in_virtual_time
async def test_what_nobody_may_read_holds_nothing_up() -> None:
    scene = Scene()
    scene.lacks = frozenset({"secrets"})
    async with scene.running():
        await scene.start(0, 2)
        scene.handover.learn(0, fleet(3, 2))
        scene.answers[2] = View(2, Wanted(key(3), 2), [key(3)], lacks=frozenset({"secrets"}))
        await until(scene.handover.settled.is_set, within=1)


@in_virtual_time
async def test_a_handover_that_does_not_end_is_stuck_after_ten_minutes_and_not_for_ever() -> None:
    scene = Scene()
    async with scene.running():
        await scene.start(0, 2)
        scene.handover.learn(0, fleet(3, 2))
        await asyncio.sleep(STUCK_AFTER - 1)
        assert not scene.is_stuck
        await asyncio.sleep(2)
        assert scene.is_stuck
        assert len(scene.asked) < OFTEN / 0.25 + STUCK_AFTER / 2 + 10
        scene.serves(2, 3, 2)
        await until(scene.handover.settled.is_set, within=3)
        assert not scene.is_stuck


@in_virtual_time
async def test_another_change_takes_the_place_of_a_handover() -> None:
    scene = Scene()
    async with scene.running():
        await scene.start(0, 2)
        scene.handover.learn(0, fleet(3, 2))
        await asyncio.sleep(10)
        # Back: all of it is held still.
        scene.handover.learn(0, fleet(2, 3))
        scene.serves(2, 3, 2)
        await until(scene.handover.settled.is_set, within=1)
        assert scene.holding == Holding(0, key(2))
        assert (scene.prepared, scene.results) == ([2], ["superseded after 10", "completed after 0"])


@in_virtual_time
async def test_nothing_is_settled_when_another_change_comes_while_the_others_are_asked() -> None:
    scene = Scene()
    scene.asking = 0.1
    async with scene.running():
        await scene.start(2, 3)
        # The shard's own turn comes before that of who interrupts it.
        asyncio.get_running_loop().call_later(0.1, scene.handover.learn, 2, fleet(1, 3))
        scene.handover.learn(2, fleet(2, 2))
        scene.serves(0, 2, 2)
        scene.serves(1, 2, 2)
        await asyncio.sleep(5)
        assert not scene.handover.settled.is_set()
        scene.serves(0, 1, 3)
        await until(scene.handover.settled.is_set, within=1)


@in_virtual_time
async def test_a_template_that_changes_interrupts_nothing() -> None:
    scene = Scene()
    async with scene.running():
        await scene.start(0, 3)
        scene.handover.learn(0, fleet(2, 2))
        await asyncio.sleep(PREPARE - 1)
        scene.handover.learn(0, fleet(2, 3))
        await until(scene.handover.settled.is_set, within=1.1)
        assert scene.handover.view.wanted == Wanted(key(2), 3)


@in_virtual_time
async def test_old_owners_wait_for_the_overlap_and_ask_again() -> None:
    scene = Scene(overlap=30.0)
    async with scene.running():
        await scene.start(0, 2)
        scene.handover.learn(0, fleet(3, 2))
        scene.serves(2, 3, 2)
        await asyncio.sleep(29)
        assert not scene.let_gone
        # It has crashed meanwhile.
        del scene.answers[2]
        await asyncio.sleep(5)
        assert not scene.let_gone
        scene.serves(2, 3, 2)
        await until(scene.handover.settled.is_set, within=31)


@pytest.mark.parametrize(
    ("number", "serves", "covered"),
    [
        (2, [key(2)], True),  # a new shard of three: the two serve all it is to have
        (2, [key(3)], False),  # one that was there before
        (0, [key(2)], False),  # the same, in the middle of a handover
        (2, [], False),  # nobody serves yet
    ],
)
def test_what_others_serve_is_not_served_before_it_is_whole(number: int, serves: list[Key], covered: bool) -> None:  # noqa: FBT001 - a case
    @in_virtual_time
    async def play() -> None:
        scene = Scene()
        scene.answers[1] = View(1, Wanted(key(3), 2), serves)
        async with scene.running():
            scene.handover.learn(number, fleet(3, 2))
            await until(lambda: scene.holding is not None)
            assert scene.covered == covered

    play()


@pytest.mark.parametrize("partly", [False, True], ids=["all", "part"])
def test_a_start_in_the_middle_of_a_handover_adopts_what_the_others_hold(partly: bool) -> None:  # noqa: FBT001 - a case
    @in_virtual_time
    async def play() -> None:
        scene = Scene()
        serves, keeps = ([key(4)], [key(2)]) if partly else ([key(4), key(2)], [key(2)])
        scene.answers[1] = View(1, Wanted(key(4), 2), serves, keeps)
        scene.serves(3, 4, 2)
        async with scene.running():
            scene.handover.learn(0, fleet(4, 2))
            await until(lambda: bool(scene.prepared))
            assert scene.holding == Holding(0, key(4), Holding(0, key(2)), frozenset({3}))
            scene.serves(2, 4, 2)
            await until(scene.handover.settled.is_set, within=1)
            assert scene.holding == Holding(0, key(4))

    play()


@in_virtual_time
async def test_a_change_during_the_first_sync_loses_nothing_of_what_was_begun() -> None:
    scene = Scene()
    async with scene.running():
        scene.handover.learn(0, fleet(2, 1))
        await asyncio.sleep(1)
        scene.handover.learn(0, fleet(3, 2))
        await until(lambda: bool(scene.prepared))
        assert scene.holding == Holding(0, key(3), Holding(0, key(2)))


@pytest.mark.parametrize(("replicas", "start"), [(0, 0), (1, 1)], ids=["none", "others"])
def test_a_fleet_without_a_place_for_this_pod(replicas: int, start: int) -> None:
    @in_virtual_time
    async def play() -> None:
        scene = Scene()
        async with scene.running():
            scene.handover.learn(0, fleet(replicas, 1, start))
            await until(scene.handover.settled.is_set)
            assert scene.holding is None
            assert not scene.handover.leaving
            scene.handover.learn(0, fleet(1, 2))
            await until(lambda: scene.holding == Holding(0, key(1)))
            # To be scaled to nothing takes nothing away: there is nobody to take it over.
            scene.handover.learn(0, fleet(0, 3))
            await until(scene.handover.settled.is_set)
            assert scene.holding == Holding(0, key(1))
            assert not scene.handover.leaving

    play()
