"""Turns on the event loop: a long loop over objects or fragments lets the others run after 5 ms."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TURN = 0.005
"""Seconds."""


class Turns:
    """The turns of one task. Call `due` after each step; when it is true, `await rest()`.

    Two calls rather than one that waits: a step costs microseconds, and starting a coroutine for each would double that.
    """

    __slots__ = ("_clock", "_ends", "_length")

    def __init__(self, length: float = TURN, clock: Callable[[], float] = time.perf_counter) -> None:
        """length: seconds of a turn."""
        self._length = length
        self._clock = clock
        self._ends = clock() + length

    def due(self) -> bool:
        """Whether this turn is over."""
        return self._clock() >= self._ends

    async def rest(self) -> None:
        """Let the others run, and begin a new turn."""
        await asyncio.sleep(0)
        self.begin()

    def begin(self) -> None:
        """Begin a new turn: the others have just run."""
        self._ends = self._clock() + self._length


async def run_in_turns(steps: Iterator[object]) -> int:
    """Run an iterator to its end, in turns; returns the number of steps."""
    turns, count = Turns(), 0
    for _ in steps:
        count += 1
        if turns.due():
            await turns.rest()
    return count
