"""Durations as Go writes them (`time.ParseDuration`): `1h30m`, `1.5h`, `300ms`."""

from __future__ import annotations

import re

_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_PART = re.compile(r"(\d*)\.?(\d*)([^\d.]+)", re.ASCII)
_DURATION = re.compile(r"([+-]?)((?:(?:\d+\.?\d*|\.\d+)[^\d.]+)+|0)", re.ASCII)
_MOST_DIGITS = 18
"""Digits after the point beyond these are less than a nanosecond of anything."""


def nanoseconds(text: str) -> int:
    """The duration in nanoseconds. Raises ValueError for junk, and for more than an int64 holds (292 years)."""
    duration = _DURATION.fullmatch(text)
    if not duration:
        raise ValueError(f"no duration: {text!r}")
    total = 0
    for whole, fraction, name in _PART.findall(duration[2]):
        unit = _UNITS.get(name)
        if unit is None:
            raise ValueError(f"no unit of a duration: {name!r} in {text!r}")
        digits = fraction[:_MOST_DIGITS]
        # In floating point, as Go computes it.
        total += int(whole or 0) * unit + int(int(digits or 0) * (unit / 10 ** len(digits)))
    if total >= 2**63:
        raise ValueError(f"too long a duration: {text!r}")
    return -total if duration[1] == "-" else total
