"""Freed memory goes back to the system. glibc keeps what lies between living blocks: without this, folding doubles the process."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def trimmer(*, every: float, clock: Callable[[], float]) -> Callable[[], None]:
    """A function that gives freed memory back, at most once in `every` seconds (it takes some ms). Does nothing without glibc."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return lambda: None
    following = 0.0

    def trim_now_and_then() -> None:
        nonlocal following
        if clock() >= following:
            trim(0)
            following = clock() + every

    return trim_now_and_then
