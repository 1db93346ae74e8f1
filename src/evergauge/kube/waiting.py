"""How feeds wait: back-off after failures, the queue of lists, and one prober that tells all of them when the server is back."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
    from random import Random

FIRST_DELAY = 0.2
MOST_DELAY = 30.0
PROBE_EVERY = 0.5
"""Seconds between two probes, and up to half as much again."""
DIALS = 200
"""The most feeds a second that come back together."""
MOST_PATIENCE = 60.0
"""Seconds; the API server's own limit for a request is as long."""
Health = Literal["ready", "answers", "away"]
"""Of the API server. answers: it is there, but says that it isn't ready, or something before it says so."""
LISTS_AT_ONCE = 2
"""One big list, and beside it the small ones one after the other: more would only share the same event loop."""


async def run_until(event: asyncio.Event, doing: Coroutine[Any, Any, None]) -> None:
    """Run something until it ends, or until the event is set, which cancels it. Raises what it raised."""
    task, called = asyncio.create_task(doing), asyncio.create_task(event.wait())
    try:
        await asyncio.wait((task, called), return_when=asyncio.FIRST_COMPLETED)
    finally:
        task.cancel()
        called.cancel()
        await asyncio.gather(task, called, return_exceptions=True)
    if not task.cancelled():
        task.result()


class Backoff:
    """Growing delays in seconds, each jittered so that feeds that failed together don't come back together."""

    def __init__(
        self,
        rng: Random,
        *,
        first: float = FIRST_DELAY,
        most: float = MOST_DELAY,
        era: Callable[[], object] = lambda: None,
    ) -> None:
        """era: a new era begins whenever it returns something else; what failed in an old one says nothing about a new one."""
        self._rng = rng
        self._first = first
        self._most = most
        self._next = first
        self._era = era
        self._began = era()

    def delay(self) -> float:
        """The next delay: twice the last one, up to `most`; between half of it and all of it."""
        if (era := self._era()) != self._began:
            self._began = era
            self.reset()
        delay, self._next = self._next, min(self._most, self._next * 2)
        return delay * self._rng.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Something went well: the next delay is the first one again."""
        self._next = self._first


class ListQueue:
    """Turns for lists, so that an API server's restart doesn't bring all kinds at once.

    The smallest waiting one is next. Those that failed the last time come after all others: they may hold their turn for long, and
    get nothing again.
    """

    def __init__(self, at_once: int = LISTS_AT_ONCE) -> None:
        self._free = at_once
        self._order = itertools.count()
        self._waiting: list[tuple[bool, int, int, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def turn(self, size: int, *, failed: bool = False) -> AsyncIterator[None]:
        """Hold one of the turns. size: how many objects are expected, 0 where nobody knows. failed: the last list did."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(size, failed=failed)
        try:
            yield
        finally:
            self._hand_on()

    async def _wait(self, size: int, *, failed: bool) -> None:
        mine = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (failed, size, next(self._order), mine))
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
    """While the API server is away, feeds wait, and one prober asks for all of them.

    Theory of operation. When the server is ready again, all waits end, spread over time where there are very many. One that
    answers without being ready (it has just started, or lacks its etcd) gets one feed at a time to try it; the first one that
    is answered ends the outage for all. A server that was never away ends no wait: there, what failed must wait for itself.

    ended: how many outages have ended. answers: how many requests have been answered as they should be.
    """

    def __init__(self, probe: Callable[[], Awaitable[Health]], rng: Random, *, every: float = PROBE_EVERY) -> None:
        """probe: must not raise. every: seconds."""
        self.ended = 0
        self.answers = 0
        self._probe = probe
        self._rng = rng
        self._every = every
        self._away = False
        self._waiting: dict[asyncio.Future[float], None] = {}
        self._needed = asyncio.Event()

    async def wait(self, most: float) -> None:
        """Wait `most` seconds (longer, where very many wait), or until the outage is over."""
        mine: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        most = max(most, len(self._waiting) / DIALS)
        self._waiting[mine] = None
        self._needed.set()
        try:
            async with asyncio.timeout(most):
                still = await mine
        except TimeoutError:
            return
        finally:
            self._waiting.pop(mine, None)
        await asyncio.sleep(still)

    def answered(self) -> None:
        """A request was answered as it should be."""
        self.answers += 1
        if self._away:
            self._away = False
            self.ended += 1
            self._let_go(len(self._waiting))

    async def run(self) -> None:
        """Probe while somebody waits, for ever."""
        while True:
            await self._needed.wait()
            await asyncio.sleep(self._every * self._rng.uniform(1.0, 1.5))
            if not self._waiting:
                self._needed.clear()
                continue
            health = await self._probe()
            if health == "ready":
                self.answered()
                continue
            self._away = True
            if health == "answers":
                self._let_go(1)

    def _let_go(self, count: int) -> None:
        """End the longest waits."""
        for number, waiting in enumerate(tuple(self._waiting)[:count]):
            del self._waiting[waiting]
            if not waiting.done():
                waiting.set_result(number / DIALS)


class Patience:
    """How long to wait for the beginning of a list, or a page. A server that answers others meanwhile is slow, not away: then twice as long.

    seconds: at the next list. tried: whether the last one failed.
    """

    def __init__(self, outage: Outage, *, least: float) -> None:
        """least: seconds."""
        self._outage = outage
        self._least = least
        self._answers = 0
        self.reset()

    def reset(self) -> None:
        """A list succeeded."""
        self.tried = False
        self.seconds = self._least

    def failed(self, *, silent: bool) -> None:
        """A list failed. silent: it got no answer."""
        if silent and self.tried and self._outage.answers > self._answers:
            self.seconds = max(self.seconds, min(MOST_PATIENCE, self.seconds * 2))
        self.tried = True
        self._answers = self._outage.answers
