"""Streams that let what comes to them gather, for some time or until somebody wants to know."""

from __future__ import annotations

import asyncio

ROUNDS = 4
"""Rounds of the event loop from the end of a rest until what had come by then is taken: whoever rested wakes, what the kernel holds is read, then taken."""


class Gathering:
    """Those that rest now."""

    def __init__(self) -> None:
        self._resting: set[asyncio.Future[None]] = set()

    async def rest(self, seconds: float) -> None:
        """Wait so many seconds, or until `end`."""
        woken = asyncio.get_running_loop().create_future()
        timer = asyncio.get_running_loop().call_later(seconds, _wake, woken)
        self._resting.add(woken)
        try:
            await woken
        finally:
            timer.cancel()
            self._resting.discard(woken)

    async def end(self) -> None:
        """End all rests, and give those that rested the turns to take what has come."""
        if self._resting:
            for woken in self._resting:
                _wake(woken)
            for _ in range(ROUNDS):
                await asyncio.sleep(0)


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)
