"""How long a feed may take to know everything again: the promises of docs/freshness.md, in virtual time, for several bounds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

import pytest

from evergauge.kube.ways import JITTER, Timing, timing_for
from evergauge.sim import Fault
from kube.feeding import staged
from support.virtual_time import in_virtual_time, now, until

if TYPE_CHECKING:
    from kube.feeding import Stage

BOUNDS = [5.0, 30.0, 120.0]
MOMENTS = [0.0, 0.4, 0.8]
"""Parts of the time between two renewals after which a fault strikes."""


async def at(stage: Stage, moment: float, bound: float) -> None:
    """Let a feed run for a while, up to a moment between two renewals."""
    await stage.in_step()
    await asyncio.sleep(timing_for(bound).renew * (2 + moment))


@pytest.mark.parametrize("bound", BOUNDS)
async def test_at_rest_a_proof_is_never_old_enough_to_be_doubted(bound: float) -> None:
    timing = timing_for(bound)
    longest = max(1, round(timing.watch * (1 + JITTER)))
    assert timing.renew * (1 + JITTER) + longest < 0.8 * bound


@pytest.mark.parametrize("bound", BOUNDS)
@in_virtual_time
async def test_at_rest_it_is_live_all_the_time(bound: float) -> None:
    async with staged(bound=bound) as stage:
        await stage.in_step()
        await asyncio.sleep(20 * bound)
        assert stage.told.states == ["syncing", "live"]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("bound", BOUNDS)
@in_virtual_time
async def test_connections_that_go_dead_cost_no_more_than_the_time_until_the_next_renewal(
    bound: float, moment: float
) -> None:
    async with staged(bound=bound) as stage:
        await at(stage, moment, bound)
        await stage.server.order(Fault(kind="hang", new=False))
        stage.create("unseen")
        assert await stage.in_step() < timing_for(bound).renew * (1 + JITTER) + 0.1


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("lasting", [1.0, 4.0, 20.0, 61.0])
@pytest.mark.parametrize("bound", BOUNDS)
@in_virtual_time
async def test_after_a_server_that_accepts_and_never_answers(bound: float, lasting: float, moment: float) -> None:
    async with staged(bound=bound) as stage:
        await at(stage, moment, bound)
        number = await stage.server.order(Fault(kind="hang"))
        stage.create("unseen")
        await asyncio.sleep(lasting)
        if lasting > bound + 1:
            assert stage.told.states[-1] == "lost"
        await stage.server.lift(number)
        healed = now()
        await stage.in_step()
        assert now() - healed < bound / 2 + 2


@pytest.mark.parametrize("lasting", [4.0, 20.0, 61.0])
@pytest.mark.parametrize("bound", BOUNDS)
@in_virtual_time
async def test_after_a_server_that_does_not_answer_lists(bound: float, lasting: float) -> None:
    async with staged(bound=bound) as stage:
        await stage.server.restart()
        number = await stage.server.order(Fault(kind="hang"))
        await asyncio.sleep(lasting)
        await stage.server.lift(number)
        stage.create("unseen")
        assert await stage.in_step() < min(bound + 2, timing_for(bound).silence + 2)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("forgets", [True, False])
@pytest.mark.parametrize("bound", BOUNDS)
@in_virtual_time
async def test_after_a_server_was_killed_for_20_s(bound: float, forgets: bool, moment: float) -> None:  # noqa: FBT001
    """forgets: it comes back with an empty watch cache, so that every version is expired."""
    async with staged(bound=bound) as stage:
        await at(stage, moment, bound)
        await stage.server.refuse()
        stage.create("unseen")
        await asyncio.sleep(20)
        if forgets:
            stage.cluster.forget()
        await stage.server.listen()
        assert await stage.in_step() < 1.5
        assert stage.told.relists == (["expired"] if forgets else [])
        assert "forbidden" not in stage.told.states


@pytest.mark.parametrize("bound", BOUNDS)
@in_virtual_time
async def test_a_server_that_starts_refuses_for_a_moment_and_is_long_not_ready(bound: float) -> None:
    """As kube-apiserver does: everything is 403 until it knows the roles, and /readyz is 500 for a second after that."""
    async with staged(bound=bound) as stage:
        await stage.in_step()
        await stage.server.restart(20)
        stage.create("unseen")
        stage.health = "answers"
        await stage.server.order(Fault(kind="forbid", seconds=0.1))
        started = now()
        await stage.in_step()
        assert now() - started < 1.5
        assert "forbidden" not in stage.told.states


@pytest.mark.parametrize("bound", BOUNDS)
@pytest.mark.parametrize("kind", ["forbid", "unauthorized"])
@in_virtual_time
async def test_what_is_allowed_again_is_there_within_the_bound(
    kind: Literal["forbid", "unauthorized"], bound: float
) -> None:
    async with staged(bound=bound) as stage:
        number = await stage.server.order(Fault(kind=kind))
        await until(lambda: stage.told.states[-1:] == ["forbidden"])
        assert now() < 1
        await asyncio.sleep(300)
        await stage.server.lift(number)
        assert await stage.in_step(within=bound) < bound


@pytest.mark.parametrize("objects", [0, 3])
@pytest.mark.parametrize("bound", BOUNDS)
@in_virtual_time
async def test_a_bookmark_that_never_comes_is_waited_for_no_longer_than_30_s(bound: float, objects: int) -> None:
    async with staged(objects=objects, bound=bound) as stage:
        await stage.server.order(Fault(kind="swallow"))
        await stage.server.restart()
        await until(lambda: stage.kept.lists == 1, within=30)
        assert stage.requests[0] == 1


@in_virtual_time
async def test_new_objects_without_end_after_a_swallowed_bookmark_give_it_away() -> None:
    async with staged() as stage:
        await stage.server.order(Fault(kind="swallow"))
        await stage.server.restart()

        async def create() -> None:
            for number in range(10_000):
                stage.create(f"new-{number}")
                await asyncio.sleep(0.1)

        creating = asyncio.create_task(create())
        await until(lambda: stage.kept.lists == 1, within=30)
        creating.cancel()
        assert stage.requests[0] == 1


@in_virtual_time
async def test_a_long_list_that_comes_slowly_is_no_lost_bookmark() -> None:
    async with staged(objects=0) as stage:
        await stage.server.order(Fault(kind="refuse", seconds=1))
        stage.create(*(f"m{number}" for number in range(4000)))
        await stage.server.order(Fault(kind="slow", bandwidth=20_000, running=False))
        await stage.in_step(within=120)
        assert now() > 25
        assert stage.requests[0] == 0


@pytest.mark.parametrize(("lasting", "relists"), [(1.5, 0), (60.0, 11)])
@in_virtual_time
async def test_renewals_that_are_answered_410_are_tried_again_as_long_as_a_watch_lives(
    lasting: float, relists: int
) -> None:
    async with staged() as stage:
        await stage.in_step()
        # From before a renewal: when that is due, the watch has a fifth of its time left.
        await asyncio.sleep(Timing().renew * 0.85)
        await stage.server.order(Fault(kind="expire", verb="watch", seconds=Timing().renew * 0.15 + lasting))
        opened = stage.told.watches.count("ok")
        await until(lambda: "Expired" in stage.told.watches)
        stage.create("seen by the watch that lives")
        assert await stage.in_step() < 0.1
        assert stage.told.relists == []
        await until(lambda: stage.told.watches[-1] == "ok" and stage.told.watches.count("ok") > opened, within=90)
        assert stage.told.watches.count("Expired") > 1
        # A version that is forgotten before a watch can start from it doesn't make it list without end.
        assert relists // 2 <= stage.told.relists.count("expired") == len(stage.told.relists) <= relists


@in_virtual_time
async def test_a_kind_that_keeps_failing_is_asked_seldom_and_does_not_hold_up_the_next_one() -> None:
    async with staged() as stage:
        await stage.in_step()
        await stage.server.order(Fault(kind="error", code=500, resource="configmaps"))
        await asyncio.sleep(60)
        before = sum(stage.requests)
        await asyncio.sleep(60)
        assert sum(stage.requests) - before < 60 / Timing().retry * 2 + 2
