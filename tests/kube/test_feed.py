"""One feed against a simulated API server: it learns everything, whatever goes wrong, and never goes back in time."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from evergauge.errors import VersionTooLarge
from evergauge.kube.items import Bookmark, read_event
from evergauge.kube.lists import _Initial
from evergauge.kube.watches import GATHER
from evergauge.kube.ways import Timing, timing_for
from evergauge.sim import Fault, SimOptions
from kube.feeding import BOUND, LISTS_BY_WATCH, LISTS_WHOLE, Kept, staged
from support.virtual_time import in_virtual_time, now, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergauge.kube.items import Item

BOTH_SERVERS = pytest.mark.parametrize("minor", [LISTS_BY_WATCH, LISTS_WHOLE])


@in_virtual_time
async def test_it_lists_once_then_follows_and_renews_its_watches() -> None:
    async with staged() as stage:
        await stage.in_step()
        assert stage.told.states == ["syncing", "live"]
        stage.create("d")
        stage.patch("c0", "x")
        stage.delete("c1")
        assert await stage.in_step() < 0.1
        await asyncio.sleep(120)
        assert (stage.told.lists, set(stage.told.watches)) == (["ok"], {"ok"})
        # The list by watch, then one watch for each 7.5 seconds.
        assert 15 <= stage.requests[1] - 1 <= 18
        assert stage.requests[0] == 0
        assert stage.told.states == ["syncing", "live"]


@in_virtual_time
async def test_many_objects_come_in_several_pages_where_the_server_cannot_list_by_watch() -> None:
    async with staged(objects=0) as stage:
        await stage.server.order(Fault(kind="refuse", seconds=1))
        stage.create(*(f"m{number}" for number in range(1234)))
        await stage.server.order(Fault(kind="error", code=422, verb="watch", count=1))
        await stage.in_step()
        assert stage.requests[0] == 3
        stage.create("later")
        await stage.in_step()


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(kind="drop", count=3), id="connections-reset"),
        pytest.param(Fault(kind="truncate", count=3), id="cut-in-an-object"),
        pytest.param(Fault(kind="truncate", clean=True, count=3), id="cut-in-an-object-as-if-whole"),
        pytest.param(Fault(kind="hang", count=2), id="half-open"),
        pytest.param(Fault(kind="error", code=500, count=3), id="500"),
        pytest.param(Fault(kind="error", code=503, count=3), id="503"),
        pytest.param(Fault(kind="throttle", retry_after=5, count=2), id="429"),
        pytest.param(Fault(kind="expire"), id="history-forgotten"),
        pytest.param(Fault(kind="expire", count=2), id="410-twice"),
        pytest.param(Fault(kind="slow", delay=3, count=3), id="slow"),
        pytest.param(Fault(kind="refuse", seconds=20), id="down-for-20-s"),
    ],
)
@pytest.mark.parametrize("from_start", [True, False], ids=["while-listing", "while-watching"])
@BOTH_SERVERS
@in_virtual_time
async def test_after_a_fault_it_knows_everything_again(
    fault: Fault,
    from_start: bool,  # noqa: FBT001 - a case
    minor: int,
) -> None:
    if fault.kind == "slow" and from_start:
        fault.delay = 1
    fault = copy(fault)
    async with staged(minor=minor) as stage:
        if not from_start:
            await stage.in_step()
        await stage.server.order(fault)
        changing = asyncio.create_task(stage.keep_changing(0.5))
        await asyncio.sleep(25)
        changing.cancel()
        await stage.in_step(within=BOUND + 2)
        await until(lambda: stage.told.states[-1] == "live", within=BOUND)


@in_virtual_time
async def test_a_list_that_the_server_gives_up_on_comes_by_pages() -> None:
    async with staged(objects=700, options=SimOptions(watch_buffer=20)) as stage:
        await stage.server.order(Fault(kind="slow", verb="watch", bandwidth=20_000, count=1))
        changing = asyncio.create_task(stage.keep_changing(0.1))
        await stage.feed.synced.wait()
        changing.cancel()
        assert stage.told.lists == ["ok"]
        assert stage.requests[0] == 2
        # By a watch again, the next time.
        before = stage.requests
        stage.feed.relist("audit", stage.feed.version)
        await until(lambda: stage.kept.lists > 1)
        assert stage.requests[0] == before[0]


@in_virtual_time
async def test_it_has_caught_up_when_what_happened_while_it_listed_has_come() -> None:
    async with staged(objects=300) as stage:
        await stage.server.order(Fault(kind="slow", verb="watch", bandwidth=20_000, count=1))
        changing = asyncio.create_task(stage.keep_changing(0.1))
        await stage.feed.synced.wait()
        listed, missed = now(), stage.truth().keys() - stage.kept.keys()
        assert missed
        await stage.feed.caught_up.wait()
        changing.cancel()
        assert not missed & (stage.truth().keys() - stage.kept.keys())
        assert now() - listed < 2


@BOTH_SERVERS
@in_virtual_time
async def test_what_is_kept_is_never_half_of_a_list(minor: int) -> None:
    async with staged(objects=700, minor=minor) as stage:
        await stage.in_step()
        truth = stage.truth()
        sizes: set[int] = set()
        await stage.server.order(Fault(kind="expire"))
        await stage.server.order(Fault(kind="expire", verb="watch", count=1))
        await stage.server.order(Fault(kind="drop", new=False))
        await stage.server.order(Fault(kind="slow", bandwidth=100_000, running=False))

        async def look() -> None:
            while True:
                sizes.add(len(stage.kept))
                await asyncio.sleep(0.02)

        looking = asyncio.create_task(look())
        await until(lambda: stage.kept.lists > 1)
        looking.cancel()
        assert sizes == {700}
        assert stage.told.relists == ["expired"]
        assert stage.kept == truth


@in_virtual_time
async def test_a_bookmark_that_never_comes_makes_it_list_by_pages_within_30_s() -> None:
    async with staged(objects=0) as stage:
        await stage.server.order(Fault(kind="refuse", seconds=1))
        stage.create("a", "b")
        await stage.server.order(Fault(kind="swallow"))
        assert await stage.in_step() < 30
        assert stage.requests[0] == 1
        stage.create("c")
        await stage.in_step()


@in_virtual_time
async def test_changes_without_end_after_a_swallowed_bookmark_give_it_away() -> None:
    async with staged(objects=0) as stage:
        await stage.server.order(Fault(kind="refuse", seconds=1))
        stage.create("a")
        await stage.server.order(Fault(kind="swallow"))
        changing = asyncio.create_task(stage.keep_changing(0.5))
        await until(lambda: stage.kept.lists == 1, within=20)
        assert stage.requests[0] == 1
        changing.cancel()
        await stage.in_step()


@in_virtual_time
async def test_changes_among_initial_events_are_taken_as_the_catching_up_of_a_lagging_cache() -> None:
    kept = Kept()
    initial = _Initial(kept)
    events = [
        ("ADDED", "a", "1"),
        ("ADDED", "b", "2"),
        ("MODIFIED", "a", "3"),
        ("DELETED", "b", "4"),
        ("ADDED", "c", "5"),
    ]
    for kind, uid, version in events:
        thing = {"metadata": {"uid": uid, "resourceVersion": version}}
        assert initial.take(read_event(json.dumps({"type": kind, "object": thing}).encode())) == ""
    assert initial.take(Bookmark("5", ends_initial=False)) == ""
    assert initial.take(Bookmark("6", ends_initial=True)) == "6"
    assert kept == {"a": "3", "c": "5"}


@pytest.mark.parametrize(
    ("fault", "state", "name"),
    [(Fault(kind="forbid"), "forbidden", "Forbidden"), (Fault(kind="unauthorized"), "forbidden", "Unauthorized")],
)
@in_virtual_time
async def test_a_refusal_is_said_and_ends_when_it_is_lifted(fault: Fault, state: str, name: str) -> None:
    async with staged() as stage:
        number = await stage.server.order(copy(fault))
        await until(lambda: stage.told.states[-1:] == [state], within=40)
        assert name in stage.told.lists + stage.told.watches
        await asyncio.sleep(60)
        assert stage.told.states[-1] == state
        stage.create("meanwhile")
        await stage.server.lift(number)
        await stage.in_step(within=15)
        await until(lambda: stage.told.states[-1] == "live", within=15)


@in_virtual_time
async def test_refused_requests_are_few() -> None:
    async with staged() as stage:
        await stage.in_step()
        await stage.server.order(Fault(kind="forbid"))
        before = sum(stage.requests)
        await asyncio.sleep(100)
        assert sum(stage.requests) - before <= 25


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="forbid", seconds=1),  # it doesn't know its roles yet
        Fault(kind="expire", count=1),
        Fault(kind="expire"),
    ],
    ids=["403-for-a-second", "410-once", "410"],
)
@in_virtual_time
async def test_a_server_that_is_there_again_is_asked_again_soon_whatever_it_answers(fault: Fault) -> None:
    async with staged() as stage:
        await stage.in_step()
        await stage.server.order(Fault(kind="refuse", seconds=60))
        await asyncio.sleep(59.9)
        stage.create("meanwhile")
        await stage.server.order(copy(fault))
        assert await stage.in_step() < 2


@in_virtual_time
async def test_an_outage_is_declared_and_the_prober_ends_the_wait() -> None:
    async with staged() as stage:
        await stage.in_step()
        await stage.server.order(Fault(kind="refuse", seconds=100))
        await asyncio.sleep(BOUND + 1)
        assert stage.told.states[-1] == "lost"
        stage.create("meanwhile")
        await until(lambda: stage.kept == stage.truth(), within=100)
        assert now() < 105
        # Known again, but proven only by a whole watch.
        await until(lambda: stage.told.states[-1] == "live", within=15)


@in_virtual_time
async def test_a_dead_watch_is_noticed_within_the_bound() -> None:
    async with staged() as stage:
        await stage.in_step()
        await stage.server.order(Fault(kind="hang", new=False))
        stage.create("unseen")
        assert await stage.in_step() < 20
        assert "suspect" not in stage.told.states[2:-1] or "lost" not in stage.told.states


@in_virtual_time
async def test_a_dead_watch_costs_no_more_than_the_time_until_its_successor() -> None:
    async with staged() as stage:
        await stage.in_step()
        for number in range(5):
            await asyncio.sleep(1.3 * number)
            await stage.server.order(Fault(kind="hang", new=False))
            stage.create(f"unseen-{number}")
            assert await stage.in_step() < Timing().renew + 1


@in_virtual_time
async def test_a_server_that_accepts_and_never_answers_is_declared_and_seen_again_soon() -> None:
    async with staged(timing=timing_for(5.0)) as stage:
        await stage.in_step()
        number = await stage.server.order(Fault(kind="hang"))
        stage.create("unseen")
        await until(lambda: stage.told.states[-1] == "lost", within=BOUND + 1)
        await stage.server.lift(number)
        assert await stage.in_step() < 7


@in_virtual_time
async def test_a_410_on_a_renewal_is_no_reason_to_list_as_long_as_a_watch_lives() -> None:
    async with staged() as stage:
        await stage.in_step()
        await stage.server.order(Fault(kind="expire", verb="watch", count=1))
        for number in range(60):
            stage.patch("c0", str(number))
            await asyncio.sleep(0.5)
        assert await stage.in_step() < 1
        assert (stage.told.lists, stage.told.watches.count("Expired")) == (["ok"], 1)
        assert stage.told.relists == []


@in_virtual_time
async def test_events_that_two_watches_deliver_are_taken_once_and_in_order() -> None:
    async with staged() as stage:
        await stage.in_step()
        taken: list[str] = []
        put = stage.kept.put

        def note(item: Item | None) -> None:
            assert item is not None
            taken.append(item.version)
            put(item)

        stage.kept.put = note  # type: ignore[method-assign] # to see what comes
        for number in range(400):
            stage.patch("c1", str(number))
            await asyncio.sleep(0.1)
        assert len(taken) >= 399
        assert taken == sorted(set(taken), key=int)
        assert stage.told.visible_events == len(taken)
        assert max(stage.told.delays) == pytest.approx(GATHER)


@in_virtual_time
async def test_early_ends_are_resumed_but_prove_nothing() -> None:
    async with staged() as stage:
        await stage.in_step()
        for _ in range(5):
            await asyncio.sleep(2)
            await stage.server.order(Fault(kind="truncate", verb="watch", clean=True, new=False))
        assert stage.told.states == ["syncing", "live"]
        stage.create("later")
        await stage.in_step()


@in_virtual_time
async def test_a_watch_cache_that_lags_takes_nobody_back_in_time() -> None:
    async with staged() as stage:
        await stage.in_step()
        for number in range(20):
            stage.patch("c0", str(number))
        await stage.in_step()
        seen: list[int] = []

        def version(kept: Kept) -> int:
            return max(map(int, kept.values()))

        await stage.server.order(Fault(kind="expire"))
        await stage.server.order(Fault(kind="error", code=422, verb="watch", count=1))
        await stage.server.order(Fault(kind="stale", lag=10))
        await stage.server.order(Fault(kind="drop", new=False))

        async def look() -> None:
            while True:
                seen.append(version(stage.kept))
                await asyncio.sleep(0.1)

        looking = asyncio.create_task(look())
        await asyncio.sleep(40)
        looking.cancel()
        assert seen == sorted(seen)
        assert stage.kept == stage.truth()


@pytest.mark.parametrize("told_by", ["410", "bookmark"])
@in_virtual_time
async def test_a_server_restored_from_a_backup_is_followed_by_a_consistent_list(told_by: str) -> None:
    async with staged(timing=Timing(watch=100.0, renew=75.0)) as stage:
        await stage.in_step()
        # As if all that was seen had come from a later state than the server has now.
        stage.feed._relay.version = str(stage.cluster.version + 1_000_000)
        if told_by == "410":
            await stage.server.order(Fault(kind="expire", verb="watch", count=1))
        await stage.server.order(Fault(kind="drop", new=False))
        stage.create("after")
        await stage.in_step(within=100)
        assert stage.told.lists[-1] == "ok"
        assert stage.told.relists[-1] == "behind"
        # An object may be at the version that it had, and yet be another.
        assert stage.kept.next
        assert stage.kept.next.afresh
        assert int(stage.feed._version) == stage.cluster.version


@in_virtual_time
async def test_what_a_failed_list_has_filled_is_dropped_before_the_next_attempt() -> None:
    async with staged() as stage:
        await stage.in_step()
        assert stage.kept.next
        assert not stage.kept.next.afresh
        await stage.server.order(Fault(kind="expire", verb="watch", count=1))
        await stage.server.order(Fault(kind="drop", new=False))
        await until(lambda: stage.told.relists == ["expired"])
        await stage.server.order(Fault(kind="truncate"))
        await until(lambda: stage.told.lists[-1] == "ConnectionLost")
        assert stage.kept.next is None
        assert stage.kept == stage.truth()


@in_virtual_time
async def test_a_server_whose_cache_lags_at_the_first_list_has_not_gone_back() -> None:
    async with staged() as stage:
        await stage.feed._recover(VersionTooLarge("Too large resource version: 102772, current: 102592"))
        await stage.in_step()
        assert stage.told.relists == []
        assert stage.kept.next
        assert not stage.kept.next.afresh


@in_virtual_time
async def test_a_list_can_be_called_for_and_is_no_older_than_asked() -> None:
    async with staged() as stage:
        await stage.in_step()
        await stage.server.order(Fault(kind="stale", lag=100))
        stage.kept.clear()
        stage.cluster.create("namespaces", {"metadata": {"name": "later"}})
        wanted = str(stage.cluster.version)
        stage.feed.relist("audit", wanted)
        assert await stage.in_step() < 1
        assert (stage.told.lists, stage.told.relists) == (["ok", "ok"], ["audit"])
        assert int(stage.feed.version) >= int(wanted)
        # It goes on as before.
        stage.patch("c0", "x")
        assert await stage.in_step() < 1
        await asyncio.sleep(60)
        assert set(stage.told.watches) == {"ok"}
        assert stage.told.states == ["syncing", "live"]


@in_virtual_time
async def test_a_list_that_is_due_anyway_needs_no_call() -> None:
    async with staged() as stage:
        stage.feed.relist("audit", "1")
        await stage.in_step()
        await asyncio.sleep(10)
        assert (stage.told.lists, stage.told.relists) == (["ok"], [])


@in_virtual_time
async def test_a_version_is_seen_when_an_event_or_a_proof_says_so() -> None:
    async with staged(timing=Timing(watch=100.0, renew=20.0)) as stage:
        await stage.in_step()
        known, version = now(), str(stage.cluster.version)
        assert stage.feed.has_seen(version, known)
        await asyncio.sleep(0.1)
        stage.cluster.create("namespaces", {"metadata": {"name": "elsewhere"}})
        known, version = now(), str(stage.cluster.version)
        assert not stage.feed.has_seen(version, known)
        stage.create("x")
        await stage.in_step()
        assert stage.feed.has_seen(version, known)
        assert not stage.feed.has_seen("no number", known)
        await until(lambda: stage.feed.has_seen("no number", known), within=200)
        assert (stage.feed.age or 0.0) <= now() - known


@in_virtual_time
async def test_versions_from_the_cache_are_accepted_once_when_asked_for() -> None:
    async with staged(from_cache=True) as stage:
        await stage.in_step()
        stage.create("x")
        await stage.in_step()
        assert stage.told.lists == ["ok"]


@pytest.mark.parametrize(("limit", "kept", "pages"), [(2, 2, 1), (700, 700, 2), (5000, 1200, 3)])
@in_virtual_time
async def test_a_limit_bounds_what_is_listed(limit: int, kept: int, pages: int) -> None:
    async with staged(objects=1200, limit=limit) as stage:
        await until(lambda: stage.kept.lists == 1)
        assert (len(stage.kept), stage.requests[0]) == (kept, pages)


@in_virtual_time
async def test_requests_stay_few_when_the_server_keeps_failing() -> None:
    async with staged() as stage:
        await stage.in_step()
        before = sum(stage.requests)
        await stage.server.order(Fault(kind="error", code=500, resource="configmaps"))
        await asyncio.sleep(60)
        assert sum(stage.requests) - before < 90


@in_virtual_time
async def test_a_list_that_takes_too_long_is_given_up_and_begun_again() -> None:
    async with staged(objects=0, timing=Timing(sync=20.0, silence=100.0)) as stage:
        await stage.server.order(Fault(kind="refuse", seconds=1))
        stage.create("a")
        await stage.server.order(Fault(kind="hang", count=1))
        assert await stage.in_step() < 30


@BOTH_SERVERS
@in_virtual_time
async def test_it_knows_everything_after_any_sequence_of_faults(minor: int) -> None:
    faults: list[Callable[[], Fault]] = [
        lambda: Fault(kind="drop", new=False),
        lambda: Fault(kind="expire"),
        lambda: Fault(kind="hang", new=False),
        lambda: Fault(kind="truncate", new=False),
        lambda: Fault(kind="error", code=500, count=2),
        lambda: Fault(kind="refuse", seconds=3),
        lambda: Fault(kind="throttle", count=1),
        lambda: Fault(kind="swallow", seconds=20),
    ]
    async with staged(objects=20, window=50, minor=minor) as stage:
        changing = asyncio.create_task(stage.keep_changing(0.05))
        for number in range(60):
            await stage.server.order(faults[number * 7 % len(faults)]())
            await asyncio.sleep(number % 5 + 0.3)
        changing.cancel()
        await stage.in_step(within=BOUND + 5)


def copy(fault: Fault) -> Fault:
    """Orders are spent."""
    fields: dict[str, Any] = {name: getattr(fault, name) for name in fault.__struct_fields__}
    return Fault(**fields)
