"""Where the demo writes: lines that stay, and on a terminal some below them that are drawn anew in place."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

_QUIET = 1.0  # seconds that something may take before it is worth a line


class Screen:
    """Standard output. terminal: whether lines can be drawn anew. It is also the stream of a log: see `write`."""

    def __init__(self, out: TextIO, *, width: Callable[[], int] = lambda: shutil.get_terminal_size().columns) -> None:
        """width: the terminal's columns, asked each time."""
        self.terminal = out.isatty() and os.environ.get("TERM") != "dumb"
        self._out = out
        self._columns = width
        self._drawn: list[str] = []

    @property
    def width(self) -> int:
        """Characters that fit on one line."""
        return self._columns() - 1

    def say(self, *lines: str) -> None:
        """Lines that stay, above those that are drawn anew."""
        self._write(self._erase(), *(f"{line}\n" for line in lines), *self._drawn)

    def draw(self, *lines: str) -> None:
        """Lines in place of those drawn before; on what is no terminal, nothing. A long line is cut at the edge."""
        if self.terminal:
            erase = self._erase()
            self._drawn = [f"{line[: self.width]}\n" for line in lines]
            self._write(erase, *self._drawn)

    def settle(self) -> None:
        """What is drawn stays as it is; what comes next stands below, in place of the `^C` that a terminal may show there."""
        self._drawn = []
        if self.terminal:
            self._write("\r\x1b[K")

    def write(self, text: str) -> None:
        """Text of whole lines, as `say`."""
        self.say(*text.splitlines())

    def flush(self) -> None:
        """All is written at once."""
        self._out.flush()

    def isatty(self) -> bool:
        """As `terminal`."""
        return self.terminal

    def _erase(self) -> str:
        return f"\x1b[{len(self._drawn)}F\x1b[J" if self._drawn else ""

    def _write(self, *texts: str) -> None:
        self._out.write("".join(texts))
        self._out.flush()


async def meanwhile(
    screen: Screen, job: Awaitable[T], doing: Callable[[], str], *, clock: Callable[[], float] = time.monotonic
) -> T:
    """The job's result. While it takes longer than a second, the screen says what is being done, and for how long.

    doing: in words, asked each time. On a terminal the line is drawn anew each second, elsewhere there are ever fewer lines.
    """
    telling = asyncio.create_task(_tell(screen, doing, clock))
    try:
        return await job
    finally:
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling
        screen.draw()


async def _tell(screen: Screen, doing: Callable[[], str], clock: Callable[[], float]) -> None:
    began = clock()
    pause = _QUIET
    while True:
        await asyncio.sleep(pause)
        line = f"{doing()} … {clock() - began:.0f} s"
        if screen.terminal:
            screen.draw(line)
        else:
            screen.say(line)
            pause *= 2
