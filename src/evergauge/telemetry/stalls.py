"""Stalls of the event loop: how much later than asked for a task wakes up that does nothing but sleep."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from prometheus_client import Gauge, Histogram

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from prometheus_client import CollectorRegistry

TICK = 0.02
"""Seconds between two looks. A stall is seen up to so much too short."""


class LoopMetrics:
    """The longest stall, and how they are distributed."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.longest = 0.0
        self._longest = Gauge(
            "evergauge_event_loop_longest_stall_seconds",
            "The longest time for which the event loop answered nobody, since the start.",
            registry=registry,
        )
        self._lags = Histogram(
            "evergauge_event_loop_lag_seconds",
            "How much later than asked for a sleeping task woke up, some fifty times a second.",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
            registry=registry,
        )

    def lagged(self, seconds: float) -> None:
        """A look at the loop, which was late by so much."""
        self._lags.observe(seconds)
        if seconds > self.longest:
            self.longest = seconds
            self._longest.set(seconds)


class StallMonitor:
    """The task that looks. Run it as long as the loop lives; it ends by cancellation."""

    def __init__(
        self,
        metrics: LoopMetrics,
        *,
        tick: float = TICK,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._metrics = metrics
        self._tick = tick
        self._clock = clock
        self._sleep = sleep
        self._looked = clock()

    @property
    def since(self) -> float:
        """Seconds since the last look."""
        return self._clock() - self._looked

    async def run(self) -> None:
        """Look every `tick` seconds, for ever."""
        while True:
            due = self._clock() + self._tick
            await self._sleep(self._tick)
            self._looked = self._clock()
            self._metrics.lagged(max(0.0, self._looked - due))
