"""Time for the simulated server: the event loop's, or one that a test moves by hand."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Timer(Protocol):
    """Something that will happen, until it is cancelled."""

    def cancel(self) -> None:
        """Let it not happen."""


class Clock(Protocol):
    """What the simulator needs of time: the wall clock and timers, both in seconds."""

    def now(self) -> float:
        """Seconds since 1970-01-01T00:00:00Z."""
        ...

    def call_later(self, delay: float, callback: Callable[[], object]) -> Timer:
        """Call back after `delay` seconds."""
        ...


class LoopClock:
    """Real time, as the running event loop counts it: now and timers are of one clock, also where a test's loop lets time pass at once."""

    def __init__(self) -> None:
        self._began: float | None = None

    def now(self) -> float:
        """Seconds since 1970."""
        try:
            passed = asyncio.get_running_loop().time()
        except RuntimeError:
            return time.time()
        if self._began is None:
            self._began = time.time() - passed
        return self._began + passed

    def call_later(self, delay: float, callback: Callable[[], object]) -> Timer:
        """As asyncio's `call_later`."""
        return asyncio.get_running_loop().call_later(delay, callback)


class ManualClock:
    """A clock that stands still until `advance` moves it."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        """Start at `start` seconds since 1970."""
        self._now = start
        self._order = itertools.count()
        self._timers: list[tuple[float, int, _ManualTimer]] = []

    def now(self) -> float:
        """Seconds since 1970."""
        return self._now

    def call_later(self, delay: float, callback: Callable[[], object]) -> Timer:
        """Call back when the clock has been advanced by `delay` seconds."""
        timer = _ManualTimer(callback)
        heapq.heappush(self._timers, (self._now + delay, next(self._order), timer))
        return timer

    def advance(self, seconds: float) -> None:
        """Move on by `seconds`; what falls due is called in order, each at its own time."""
        end = self._now + seconds
        while self._timers and self._timers[0][0] <= end:
            self._now, _, timer = heapq.heappop(self._timers)
            timer.fire()
        self._now = end


class _ManualTimer:
    def __init__(self, callback: Callable[[], object]) -> None:
        self._callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        self._callback = None

    def fire(self) -> None:
        if self._callback is not None:
            self._callback()


async def sleep(clock: Clock, seconds: float) -> None:
    """Wait until `clock` has moved on by `seconds`."""
    passed = asyncio.Event()
    timer = clock.call_later(seconds, passed.set)
    try:
        await passed.wait()
    finally:
        timer.cancel()


def timestamp(seconds: float) -> str:
    """Seconds since 1970 as the API writes times: RFC 3339 in UTC, whole seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
