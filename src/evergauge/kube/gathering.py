"""Streams that let what comes to them gather, for some time or until somebody wants to know.

Theory of operation. Who reads a stream is at rest while it waits: for the time to be over, or for the first byte. In between it is at work, and
may have in hand what nobody has seen yet. Whoever wants to know ends all rests, lets the event loop hear from the kernel, and waits for those that are at
work then until each has come to rest once.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 3
"""Rounds of the event loop until a reader whom the kernel has something for is at work: one to ask the kernel, one to read, one to wake the reader."""
PATIENCE = 1.0
"""Seconds to wait for those at work. They take milliseconds; whoever takes longer has a backlog, and isn't up to date anyhow."""


class Gathering:
    """The readers of some streams. Each is known by an object of its own."""

    def __init__(self) -> None:
        self._at_work: dict[object, asyncio.Future[None]] = {}
        self._resting: set[asyncio.Future[None]] = set()

    @contextmanager
    def idle(self, reader: object) -> Iterator[None]:
        """The reader waits meanwhile, with nothing in hand."""
        self.leave(reader)
        try:
            yield
        finally:
            self._at_work[reader] = asyncio.get_running_loop().create_future()

    def leave(self, reader: object) -> None:
        """The reader has nothing in hand, and nothing more will come to it unless it says so."""
        if work := self._at_work.pop(reader, None):
            _end(work)

    async def rest(self, reader: object, seconds: float) -> None:
        """Let the reader wait so many seconds, or until `end`."""
        loop = asyncio.get_running_loop()
        rest = loop.create_future()
        timer = loop.call_later(seconds, _end, rest)
        self._resting.add(rest)
        with self.idle(reader):
            try:
                await rest
            finally:
                timer.cancel()
                self._resting.discard(rest)

    async def end(self) -> None:
        """End all rests, and wait until what has come by now is taken."""
        for rest in self._resting:
            _end(rest)
        for _ in range(ROUNDS):
            await asyncio.sleep(0)
        if self._at_work:
            await asyncio.wait(tuple(self._at_work.values()), timeout=PATIENCE)


def _end(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
