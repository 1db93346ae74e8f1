"""One generation after the other, against a simulated API server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.conftest import PODS
from app.service import Rendering, serving
from evergauge.kinds import KINDS
from evergauge.shard import fixed

if TYPE_CHECKING:
    from evergauge.sim import SimServer


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
