"""A simulated API server in the test's own process, of a small realistic cluster."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from evergauge.sim import Cluster, LoopClock, SimServer
from evergauge.sim.generator import populate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PODS = 300


@pytest.fixture
async def api() -> AsyncIterator[SimServer]:
    cluster = Cluster(clock=LoopClock(), rng=Random(1))
    populate(cluster, PODS, Random(1))
    async with SimServer(cluster) as server:
        yield server
