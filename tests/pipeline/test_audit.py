"""Audits on a simulated cluster: whatever is wrong with a store is found, named, counted and healed; nothing else ever is."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from evergauge.errors import AuditInterrupted, EvergaugeError
from evergauge.pipeline.audit import Drift, Numbers
from evergauge.pipeline.audits import COMPARE_EVERY
from evergauge.shard import fixed
from evergauge.sim import Fault
from kube.feeding import configmap
from pipeline.auditing import BOUND, KIND, RESOURCE, running, staged
from support.virtual_time import in_virtual_time, now, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergauge.shard import Holding
    from pipeline.auditing import Stage

LINES = [b'kube_x{object="none"} 1\n' for _ in KIND.families]
NOBODY = "00000000-0000-0000-0000-000000000000"
INTERVAL = 60.0
SHORT = 20.0


def forget(stage: Stage) -> None:
    """An object that should be there isn't."""
    assert stage.store.store.remove(stage.uid("c3"))


def invent(stage: Stage) -> None:
    """An object is there that the API server doesn't have."""
    stage.store.store.put(NOBODY, LINES, 1)


def hold_back(stage: Stage) -> None:
    """An object is as it was some versions ago."""
    uid = stage.uid("c4")
    stage.store.store.put(uid, LINES, (stage.store.store.version(uid) or 0) - 1)


def lose_one(stage: Stage) -> str:
    """Any object that is held isn't any more; returns how the log is to name that."""
    uid = stage.store.store.keys[0]
    assert stage.store.store.remove(uid)
    name = next(each["metadata"]["name"] for each in stage.cluster.all(RESOURCE) if each["metadata"]["uid"] == uid)
    return f"missing: default/{name} ({uid})"


def keep_one_more(stage: Stage) -> str:
    """As lose_one, of an object that the shard would hold if the API server had it."""
    uid = next(uid for uid in (f"{number}-nobody" for number in range(100)) if stage.store.owns(uid))
    stage.store.store.put(uid, LINES, 1)
    return f"extra: {uid}"


def all_at_once(stage: Stage) -> None:
    forget(stage)
    invent(stage)
    hold_back(stage)


HALF = fixed(0, 2).owns
"""A shard of two. It holds some of the objects, c3 and c4 among them."""


@pytest.mark.parametrize(
    ("damage", "drift"),
    [
        (forget, {"missing": 1}),
        (invent, {"extra": 1}),
        (hold_back, {"outdated": 1}),
        (all_at_once, {"missing": 1, "extra": 1, "outdated": 1}),
    ],
)
@pytest.mark.parametrize(
    ("field_selector", "sharded"),
    [
        pytest.param("", False, id="all"),
        pytest.param("", True, id="a-shard"),
        pytest.param("metadata.name!=left-out", False, id="a-selection"),
        pytest.param("metadata.name!=left-out", True, id="a-shard-of-a-selection"),
    ],
)
@in_virtual_time
async def test_a_comparison_finds_what_is_wrong(
    damage: Callable[[Stage], None], drift: dict[str, int], field_selector: str, *, sharded: bool
) -> None:
    owned: set[str] = set()
    async with staged(field_selector=field_selector, owns=lambda uid: not sharded or uid in owned) as stage:
        names = ["c3", "c4", "c5", "left-out"]
        stage.create("left-out")
        owned |= {stage.uid(name) for name in names} | {NOBODY}
        await stage.in_step()
        assert not (await stage.audit().compare()).drift
        damage(stage)
        found = await stage.audit().compare()
        kinds = [each.kind for each in found.drift.values()]
        assert {kind: kinds.count(kind) for kind in kinds} == drift
        named = {each.name for each in found.drift.values()}
        assert named <= {"default/c3", "default/c4", ""}


@pytest.mark.parametrize("damage", [lose_one, keep_one_more])
@pytest.mark.parametrize(
    ("field_selector", "holding"),
    [
        pytest.param("", fixed(0, 1), id="all"),
        pytest.param("", fixed(0, 2), id="a-shard"),
        pytest.param("", fixed(0, 2, "slots"), id="a-shard-that-the-server-selects"),
        pytest.param("metadata.name!=left-out", fixed(0, 1), id="a-selection"),
    ],
)
@in_virtual_time
async def test_an_object_lost_or_kept_by_mistake_is_healed_within_one_interval_and_counted(
    damage: Callable[[Stage], str], field_selector: str, holding: Holding
) -> None:
    async with staged(
        interval=INTERVAL, field_selector=field_selector, owns=holding.owns, shard_selector=holding.selector
    ) as stage:
        await stage.in_step()
        async with stage.elsewhere(), running(stage):
            await asyncio.sleep(1.5 * INTERVAL)
            assert not stage.counted.drift
            example = damage(stage)
            with capture_logs() as logs:
                assert await stage.in_step(within=INTERVAL) < INTERVAL
            assert stage.counted.drift == {example.partition(":")[0]: 1}
            assert stage.counted.audits["drift"] == 1
            assert stage.told.relists == ["audit"]
            (line,) = [line for line in logs if line["log_level"] == "warning"]
            assert (line["resource"], line["examples"]) == (RESOURCE, [example])
            await asyncio.sleep(2 * INTERVAL)
            assert stage.counted.audits["drift"] == 1
            assert stage.counted.audits["failed"] == 0


@in_virtual_time
async def test_what_is_out_of_date_is_found_when_all_is_compared() -> None:
    async with staged(interval=SHORT) as stage:
        await stage.in_step()
        async with running(stage):
            hold_back(stage)
            await asyncio.sleep(COMPARE_EVERY * SHORT)
            await stage.in_step()
            assert stage.counted.drift == {"outdated": 1}


@in_virtual_time
async def test_a_quiet_cluster_is_counted_once_an_interval_and_compared_seldom() -> None:
    async with staged(objects=1200, interval=SHORT) as stage:
        await stage.in_step()
        async with running(stage):
            await asyncio.sleep(2 * COMPARE_EVERY * SHORT / 2)
            assert set(stage.counted.audits) == {"clean"}
            turns = stage.counted.audits["clean"]
            assert 2 * COMPARE_EVERY <= turns <= 2.3 * COMPARE_EVERY
            # The feed's own list, and three pages each time that all are compared.
            assert stage.server.requests["list", RESOURCE] - turns in (5, 7)


@pytest.mark.parametrize("seed", range(6))
@in_virtual_time
async def test_under_churn_nothing_is_ever_found(seed: int) -> None:
    rng = Random(seed)
    sharded = bool(seed % 2)
    async with staged(objects=600, seed=seed, owns=HALF if sharded else lambda _: True, interval=10.0) as stage:
        await stage.in_step()
        churning = asyncio.create_task(stage.churn(rng, every=0.4))
        looks: list[dict[str, Drift]] = []
        stage.audits._period = 3.0
        async with stage.elsewhere(), running(stage):
            for _ in range(8):
                await asyncio.sleep(rng.uniform(5, 30))
                await stage.server.order(
                    rng.choice(
                        [
                            Fault(kind="drop", new=False),
                            Fault(kind="hang", count=rng.randint(1, 3)),
                            Fault(kind="truncate", count=2),
                            Fault(kind="slow", delay=rng.uniform(0.1, 3), seconds=20),
                            Fault(kind="stale", lag=rng.randint(1, 50), seconds=20),
                            Fault(kind="expire", verb="watch", count=2),
                            Fault(kind="error", code=500, seconds=3),
                            Fault(kind="throttle", seconds=3),
                        ]
                    )
                )
                # No single look ever finds anything, let alone two in a row.
                with suppress(EvergaugeError):
                    looks.append(dict((await stage.audit()._look()).drift))
            await stage.server.clear()
            assert looks == [{}] * len(looks)
            assert len(looks) > 1
            assert stage.counted.audits["clean"] > 5
            assert not stage.counted.drift
        churning.cancel()
        await stage.in_step()


@in_virtual_time
async def test_what_is_still_on_its_way_is_no_drift() -> None:
    async with staged() as stage:
        await stage.in_step()
        for number in range(3):
            # What happens now is not in this watch, but in the next one.
            await stage.server.order(Fault(kind="hang", verb="watch", new=False))
            stage.create(f"new{number}")
            stage.create(f"other{number}")
            stage.patch("c1", f"new{number}")
            stage.delete(f"c{number + 2}")
            found, numbers = await asyncio.gather(stage.audit()._look(), stage.audit().count())
            assert (found.drift, numbers) == ({}, Numbers(0, 0))


@in_virtual_time
async def test_what_a_list_has_brought_meanwhile_is_no_drift() -> None:
    async with staged() as stage:
        await stage.in_step()
        await stage.server.order(Fault(kind="hang", verb="watch", new=False))
        async with stage.elsewhere():
            looking = asyncio.create_task(stage.audit()._look())
            await until(lambda: stage.server.requests["list", RESOURCE] == 1)
            # No event tells of these, but a list.
            stage.patch("c1", "x")
            stage.delete("c2")
            stage.feed.relist("expired", "")
            with pytest.raises(AuditInterrupted):
                await looking
            assert (await stage.audit().compare()).drift == {}


@in_virtual_time
async def test_numbers_agree_in_the_middle_of_churn_and_say_by_how_much_they_do_not() -> None:
    async with staged(objects=600) as stage:
        await stage.in_step()
        churning = asyncio.create_task(stage.churn(Random(1), every=0.05))
        async with stage.elsewhere():
            for _ in range(20):
                assert await stage.audit().count() == Numbers(0, 0)
            forget(stage)
            assert await stage.audit().count() == Numbers(0, 1)
            invent(stage)
            stage.store.store.put("another", LINES)
            assert await stage.audit().count() == Numbers(0, -1)
            assert stage.feed.tally.objects
            stage.feed.tally.objects -= 5
            assert await stage.audit().count() == Numbers(5, -6)
        churning.cancel()


@in_virtual_time
async def test_numbers_that_differ_though_every_object_is_right_call_for_one_comparison_only() -> None:
    async with staged(interval=INTERVAL) as stage:
        await stage.in_step()
        async with running(stage):
            assert stage.feed.tally.objects
            # As if the API server had only an estimate.
            stage.feed.tally.objects += 7
            await asyncio.sleep(5 * INTERVAL)
            assert stage.counted.audits.keys() == {"clean"}
            # The feed's own list, and the comparison, which is one page.
            assert stage.server.requests["list", RESOURCE] == stage.counted.audits["clean"] + 2


@in_virtual_time
async def test_an_object_that_cannot_be_identified_is_no_drift() -> None:
    async with staged() as stage:
        await stage.in_step()
        stage.store.put(None)
        assert await stage.audit().count() == Numbers(0, 0)
        forget(stage)
        assert await stage.audit().count() == Numbers(0, 1)


@in_virtual_time
async def test_what_is_passed_on_to_another_shard_meanwhile_is_no_drift() -> None:
    ours: set[str] = set()
    async with staged(owns=ours.__contains__) as stage:
        ours |= {thing["metadata"]["uid"] for thing in stage.cluster.all(RESOURCE)}
        await stage.in_step()
        comparing = asyncio.create_task(stage.audit().compare())
        await until(lambda: stage.server.requests["list", RESOURCE] > 0)
        ours -= {stage.uid(f"c{number}") for number in range(5)}
        await stage.store.narrow()
        assert not (await comparing).drift
        # Between passing on and narrowing, too many are held.
        ours -= {stage.uid(f"c{number}") for number in range(5, 9)}
        assert not (await stage.audit().compare()).drift
        assert await stage.audit().count() == Numbers(0, 0)
        await stage.store.narrow()
        assert await stage.audit().count() == Numbers(0, 0)


@in_virtual_time
async def test_what_a_second_look_does_not_confirm_is_no_drift() -> None:
    async with staged() as stage:
        await stage.in_step()
        uid, version = stage.uid("c3"), stage.store.store.version(stage.uid("c3"))
        forget(stage)
        async with stage.elsewhere():
            comparing = asyncio.create_task(stage.audit().compare())
            await until(lambda: stage.server.requests["list", RESOURCE] == 2)
            stage.store.store.put(uid, LINES, version or 0)
            assert (await comparing).drift == {}
        hold_back(stage)
        found = await stage.audit().compare()
        assert found.drift == {stage.uid("c4"): Drift("outdated", "default/c4")}


@in_virtual_time
async def test_a_feed_that_is_not_proven_fresh_is_not_judged() -> None:
    async with staged(interval=20.0) as stage:
        await stage.in_step()
        forget(stage)
        async with stage.elsewhere(), running(stage):
            await stage.server.order(Fault(kind="hang", verb="watch"))
            await until(lambda: stage.counted.audits["failed"] > 0, within=100)
            failed = stage.counted.audits["failed"]
            assert stage.feed.state == "lost"
            # Then it isn't even tried.
            requests = stage.server.requests["list", RESOURCE]
            await asyncio.sleep(100)
            assert stage.server.requests["list", RESOURCE] == requests
            assert stage.counted.audits["failed"] <= failed + 1
            assert not stage.counted.drift
            await stage.server.clear()
            await stage.in_step(within=100)
            assert stage.counted.drift == {"missing": 1}


@in_virtual_time
async def test_an_audit_that_fails_is_counted_and_repeated_in_the_next_turn() -> None:
    async with staged(interval=20.0) as stage:
        await stage.in_step()
        async with running(stage):
            await until(lambda: stage.counted.audits["clean"] == 1)
            await stage.server.order(Fault(kind="error", code=500, verb="list"))
            await until(lambda: stage.counted.audits["failed"] == 2, within=100)
            forget(stage)
            await stage.server.clear()
            await stage.in_step()
        assert stage.counted.drift == {"missing": 1}


@in_virtual_time
async def test_a_feed_that_lists_anew_meanwhile_is_not_judged() -> None:
    async with staged(interval=20.0) as stage:
        await stage.in_step()
        forget(stage)
        # The audit asks by lists, the feed by a watch.
        slow = await stage.server.order(Fault(kind="slow", resource=RESOURCE, verb="list", delay=1.0))
        async with stage.elsewhere(), running(stage):
            await until(lambda: stage.server.requests["list", RESOURCE] == 1)
            stage.feed.relist("expired", "")
            await stage.server.lift(slow)
            await stage.in_step(within=5)
            await until(lambda: stage.counted.audits["clean"] > 0)
        assert not stage.counted.drift
        assert stage.counted.audits.keys() == {"clean"}


@in_virtual_time
async def test_the_last_objects_of_a_source_may_go_and_the_first_may_come() -> None:
    async with staged(objects=1, interval=10.0) as stage:
        await stage.in_step()
        async with running(stage):
            for _ in range(5):
                stage.delete("c0")
                await asyncio.sleep(BOUND)
                stage.cluster.create(RESOURCE, configmap("c0"))
                await asyncio.sleep(BOUND)
        assert stage.counted.audits.keys() == {"clean"}
        assert now() > 5 * BOUND
