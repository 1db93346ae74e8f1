"""One watch as the state sees it: a bounded queue."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evergauge.sim.selection import Delivery, Selection
    from evergauge.sim.table import Event


class Watcher:
    """What waits to be sent on one watch.

    A watcher that lags by more than its buffer is evicted, as the real server does: the queue is dropped and the watch
    ends as cleanly as one whose time is up. evicted: it happened. ended: nothing more is to be sent.
    """

    def __init__(self, selection: Selection, buffer: int, after: int) -> None:
        """Let at most `buffer` events wait; those up to version `after` don't count."""
        self._selection = selection
        self._after = after
        self._buffer = buffer
        self._queue: deque[Delivery] = deque()
        self._wake = asyncio.Event()
        self.evicted = False
        self.ended = False
        self.bookmark_due = False
        self._waits = False

    def offer(self, event: Event) -> None:
        """Something happened in the table."""
        if self.ended or event.version <= self._after:
            return
        delivery = self._selection.deliver(event)
        if delivery is None:
            return
        if len(self._queue) >= self._buffer:
            self.evicted = True
            self.end()
            return
        self._queue.append(delivery)
        self._wake.set()

    def end(self) -> None:
        """Send nothing more, not even what waits: so does the real server at a watch's deadline."""
        self._queue.clear()
        self.ended = True
        self._wake.set()

    def remind(self) -> None:
        """A bookmark is due."""
        self.bookmark_due = True
        self._wake.set()

    async def wait(self) -> None:
        """Until there is something to send or the watch ends."""
        self._waits = True
        await self._wake.wait()
        self._waits = False
        self._wake.clear()

    def take(self, most: int) -> list[Delivery]:
        """Up to `most` events that wait, oldest first."""
        return [self._queue.popleft() for _ in range(min(most, len(self._queue)))]

    @property
    def idle(self) -> bool:
        """All has been sent that there is."""
        return self._waits and not self._wake.is_set()
