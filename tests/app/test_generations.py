"""One generation after the other, against a simulated API server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app.conftest import PODS
from app.service import Rendering, serving
from evergauge.kinds import KINDS
from evergauge.shard import fixed
from evergauge.sim import Fault, SimServer

if TYPE_CHECKING:
    from collections.abc import Callable


async def test_the_next_generation_takes_over_what_has_not_changed_and_never_goes_back(api: SimServer) -> None:
    kind = Rendering(next(kind for kind in KINDS if kind.resource == "pods"))
    async with serving(f"--apiserver={api.url}", kinds={"pods": kind}) as parts:
        await parts.service.serve(fixed(0, 2))
        (half,) = parts.stores()
        held = len(half)
        assert 0 < held < PODS
        assert kind.rendered == held
        assert parts.service.current
        seen = parts.service.current.feeds[0].version
        await parts.service.serve(fixed(0, 1))
        (whole,) = parts.stores()
        assert (len(whole), kind.rendered) == (PODS, PODS)
        assert int(parts.service.current.feeds[0].version) >= int(seen)
        assert set(half.store.keys) < set(whole.store.keys)


async def test_what_is_newer_than_a_long_list_has_come_before_the_list_is_served(api: SimServer) -> None:
    async with serving(f"--apiserver={api.url}", "--resources=configmaps") as parts:
        await parts.service.serve(fixed(0, 2))
        # Its list, the watch that proves that it has caught up, and the one after that, which lasts.
        while api.requests["watch", "configmaps"] < 3:  # noqa: ASYNC110 - the simulator tells of nothing
            await asyncio.sleep(0.05)
        create(api, *(f"old-{number}" for number in range(300)))
        await api.order(Fault(kind="slow", resource="configmaps", delay=0.3, bandwidth=100_000, running=False, count=2))

        async def pass_on() -> int:
            await parts.service.serve(fixed(0, 1))
            (store,) = parts.stores()
            return api.cluster.count("configmaps") - len(store)

        passing = asyncio.create_task(pass_on())
        assert await create_until(api, passing.done) > 10
        # The last one may be on its way.
        assert await passing <= 1


async def test_what_others_serve_meanwhile_is_not_shown_before_it_is_whole(api: SimServer) -> None:
    async with serving(f"--apiserver={api.url}", "--resources=pods,nodes") as parts:
        await api.order(Fault(kind="slow", resource="pods", bandwidth=1_000_000, running=False, count=1))
        beginning = asyncio.create_task(parts.service.serve(fixed(0, 1), covered=True))
        while not beginning.done():
            assert parts.service.current is None
            await asyncio.sleep(0.05)
        assert sum(map(len, parts.stores())) == PODS + api.cluster.count("nodes")


async def create_until(api: SimServer, done: Callable[[], bool]) -> int:
    """Create config maps, and say how many."""
    created = 0
    while not done():
        created += 1
        create(api, f"new-{created}")
        await asyncio.sleep(0.05)
    return created


def create(api: SimServer, *names: str) -> None:
    for name in names:
        api.cluster.create("configmaps", {"metadata": {"name": name, "namespace": "default"}})
