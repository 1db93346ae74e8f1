"""Watches in relay: each is opened before the one before it ends.

Theory of operation. A watch is a lease. It is opened for a short time, from the last version seen, and its successor is opened
before it ends, on a connection of its own. If the old one was silently dead, the new one delivers what it missed. While two run,
both deliver what happens; an event whose version has been seen is passed over, for either stream leaves nothing out. A watch that
fails is no harm as long as another one lives: its successor is tried again until the last one has ended.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from evergauge.errors import ApiError, ConnectionLost
from evergauge.kube.items import Bookmark, Event
from evergauge.kube.turns import Turns
from evergauge.kube.versions import check_order, is_older
from evergauge.kube.watches import GATHER, open_watch
from evergauge.kube.ways import JITTER

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergauge.kube.items import Item
    from evergauge.kube.sink import Build
    from evergauge.kube.source import Source
    from evergauge.kube.tally import Tally
    from evergauge.kube.waiting import Backoff
    from evergauge.kube.ways import Ways

ROUNDING = 0.01
"""Seconds by which timers of the server and of the event loop may end a watch before its full time."""
BRIEF = 1
"""Seconds of a watch that is to prove something soon. The API server takes whole seconds."""


class Relay:
    """The watches of one source. version: the newest version seen; last_event: when the last event came, by the clock."""

    def __init__(
        self,
        source: Source,
        sink: Build,
        tally: Tally,
        ways: Ways,
        backoff: Backoff,
        *,
        proven: Callable[[float, str], None],
    ) -> None:
        """proven: told the opening of a watch (seconds of the clock) that is now known to have delivered all up to then, and how."""
        self.version = ""
        self.last_event: float | None = None
        self._source = source
        self._sink = sink
        self._tally = tally
        self._ways = ways
        self._backoff = backoff
        self._proven = proven
        self._taken = 0

    async def run(self, version: str, *, brief: bool = False) -> None:
        """Watch from a version on, until no watch lives. Raises the ApiError that ended the last one, if one did.

        brief: one short watch, for the sake of its proof.
        """
        self.version = version
        live: set[asyncio.Task[None]] = set()
        try:
            while True:
                live.add(asyncio.create_task(self._watch(BRIEF if brief else self._length())))
                live = await self._until_due(live)
                if not live:
                    return
        finally:
            for task in live:
                task.cancel()
            await asyncio.gather(*live, return_exceptions=True)

    async def _until_due(self, live: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
        """Wait until the next watch is to be opened; returns those that live then. Raises the error of the last one."""
        due = self._ways.clock() + self._ways.timing.renew * self._jitter()
        while live and (left := due - self._ways.clock()) > 0:
            ended, live = await asyncio.wait(live, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            errors = [error for task in ended if (error := task.exception())]
            if errors and not live:
                raise errors[-1]
            if errors:
                due = min(due, self._ways.clock() + self._backoff.delay())
        return live

    def _length(self) -> int:
        return max(1, round(self._ways.timing.watch * self._jitter()))

    def _jitter(self) -> float:
        return self._ways.rng.uniform(1 - JITTER, 1 + JITTER)

    async def _watch(self, length: int) -> None:
        """One watch, from its opening to its clean end."""
        timing, opened = self._ways.timing, self._ways.clock()
        try:
            async with asyncio.timeout(length + timing.grace):
                await self._follow(length, opened)
        except TimeoutError:
            error = ConnectionLost(f"watching {self._source}: no end {timing.grace:g} s after it was due")
            self._ways.observer.watched(self._source, error)
            raise error from None
        except ApiError as error:
            self._ways.observer.watched(self._source, error)
            raise
        if self._ways.clock() - opened >= length - ROUNDING:
            self._proven(opened, "watched")
        else:
            # An early end proves nothing: a server that stops, or one that gave up on a slow reader, ends watches just so.
            await asyncio.sleep(self._backoff.delay())

    async def _follow(self, length: int, opened: float) -> None:
        position, turns, timing = self.version, Turns(), self._ways.timing
        query = {"resourceVersion": position, "timeoutSeconds": str(length)}
        async with open_watch(
            self._ways.client,
            self._source,
            query,
            connect=timing.connect,
            silence=length + timing.grace,
            clock=self._ways.clock,
            # What is left to gather when the server ends the watch early must not seem to have come with its full time.
            gather_until=opened + length - GATHER,
        ) as watch:
            self._ways.observer.watched(self._source)
            self._ways.outage.answered()
            while (sent := await watch.read()) is not None:
                if watch.waited:
                    turns.begin()
                for each in sent:
                    event = watch.read_event(each)
                    if isinstance(event, Bookmark):
                        check_order(self._source, position, event.version)
                        position = event.version
                        self.advance(position)
                        self._proven(opened, "bookmark")
                    else:
                        self._take(event)
                    if turns.due():
                        self._tell(watch.arrived)
                        await turns.rest()
                self._tell(watch.arrived)

    def _take(self, event: Event) -> None:
        self.last_event = self._ways.clock()
        if event.item and not self._is_new(event.item):
            return
        self._tally.take(event)
        if event.type == "DELETED":
            self._sink.remove(event.item)
        else:
            self._sink.put(event.item)
        self._taken += 1
        if event.item:
            self.advance(event.item.version)

    def _tell(self, arrived: float) -> None:
        """Of the events that have been taken since the last time. Nothing else has run meanwhile, so any scrape to come shows them."""
        if self._taken:
            self._ways.observer.visible(self._source, self._taken, self._ways.clock() - arrived)
            self._taken = 0

    def _is_new(self, item: Item) -> bool:
        return not is_older(item.version, self.version) and item.version != self.version

    def advance(self, version: str) -> None:
        """What is older than this is not wanted any more."""
        if not is_older(version, self.version):
            self.version = version
