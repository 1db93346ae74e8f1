"""Freed memory goes back to the system. glibc keeps what lies between living blocks: without this, folding doubles the process."""

from __future__ import annotations

import asyncio
import ctypes
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Trimmer:
    """Called after memory was freed, in the event loop; gives it back soon after, once for all calls until then."""

    def __init__(self, trim: Callable[[], object], *, every: float, clock: Callable[[], float]) -> None:
        """trim: does it, in some ms. every: seconds at least between two times. clock: seconds."""
        self._trim = trim
        self._every = every
        self._clock = clock
        self._not_before = clock()
        self._timer: asyncio.TimerHandle | None = None

    def __call__(self) -> None:
        """Memory was freed."""
        if self._timer is None:
            wait = max(0.0, self._not_before - self._clock())
            # Never at once: whoever calls has a scrape to answer first.
            self._timer = asyncio.get_running_loop().call_later(wait, self._give_back)

    def _give_back(self) -> None:
        self._timer = None
        self._trim()
        self._not_before = self._clock() + self._every


def trimmer(*, every: float, clock: Callable[[], float]) -> Callable[[], None]:
    """A Trimmer with glibc's `malloc_trim`. Without glibc there is nothing to do."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return lambda: None
    return Trimmer(lambda: trim(0), every=every, clock=clock)
