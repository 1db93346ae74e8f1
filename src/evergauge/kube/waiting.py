"""How feeds wait: back-off after failures, the queue of lists, and one prober that tells all of them when the server is back."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from random import Random

FIRST_DELAY = 0.2
MOST_DELAY = 30.0
PROBE_EVERY = 0.5
"""Seconds between two probes, and up to half as much again."""
LISTS_AT_ONCE = 2
"""One big list, and beside it the small ones one after the other: more would only share the same event loop."""


class Backoff:
    """Growing delays in seconds, each jittered so that feeds that failed together don't come back together."""

    def __init__(self, rng: Random, *, first: float = FIRST_DELAY, most: float = MOST_DELAY) -> None:
        self._rng = rng
        self._first = first
        self._most = most
        self._next = first

    def delay(self) -> float:
        """The next delay: twice the last one, up to `most`; between half of it and all of it."""
        delay, self._next = self._next, min(self._most, self._next * 2)
        return delay * self._rng.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Something went well: the next delay is the first one again."""
        self._next = self._first


class ListQueue:
    """Turns for lists, so that an API server's restart doesn't bring all kinds at once. The smallest waiting one is next."""

    def __init__(self, at_once: int = LISTS_AT_ONCE) -> None:
        self._free = at_once
        self._order = itertools.count()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def turn(self, size: int) -> AsyncIterator[None]:
        """Hold one of the turns. size: how many objects are expected, 0 where nobody knows."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(size)
        try:
            yield
        finally:
            self._hand_on()

    async def _wait(self, size: int) -> None:
        mine = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (size, next(self._order), mine))
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._hand_on()
            raise

    def _hand_on(self) -> None:
        while self._waiting:
            *_, following = heapq.heappop(self._waiting)
            if not following.done():
                following.set_result(None)
                return
        self._free += 1


class Outage:
    """The API server can't be reached. While feeds wait for it, one prober asks, and ends the waits of all when it answers."""

    def __init__(self, probe: Callable[[], Awaitable[bool]], rng: Random, *, every: float = PROBE_EVERY) -> None:
        """probe: whether the API server is ready; must not raise. every: seconds."""
        self._probe = probe
        self._rng = rng
        self._every = every
        self._waiters = 0
        self._needed = asyncio.Event()
        self._back = asyncio.Event()

    async def wait(self, most: float) -> None:
        """Wait `most` seconds, or until the API server is back."""
        self._waiters += 1
        self._needed.set()
        back = self._back
        try:
            async with asyncio.timeout(most):
                await back.wait()
        except TimeoutError:
            return
        finally:
            self._waiters -= 1

    async def run(self) -> None:
        """Probe while somebody waits, for ever."""
        while True:
            await self._needed.wait()
            await asyncio.sleep(self._every * self._rng.uniform(1.0, 1.5))
            if not self._waiters:
                self._needed.clear()
            elif await self._probe():
                self._back.set()
                self._back = asyncio.Event()
