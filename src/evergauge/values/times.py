"""Times of the API (RFC 3339 texts) as Unix seconds, without datetime's limits: the API allows the year 0000.

The usual form `YYYY-MM-DDTHH:MM:SSZ` is looked up in three tables, of its day, its minute and its second. The tables' keys
hold the separators too, so what is found is valid.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

ZERO_TIME = -62_135_596_800
"""Go's zero time, 0001-01-01T00:00:00Z, in Unix seconds."""

_DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
_YEARS_400 = 146_097
"""Days in 400 years, after which the calendar repeats."""

_TEN_DIGITS = 10**9
"""From 2001 to 2033 Unix seconds have ten digits and begin with 1."""

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:[.,](\d+))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))",
    re.ASCII,
)


class _Days(dict[str, int]):
    """Unix seconds of the midnight that starts a day, by `YYYY-MM-DD`. Holds the days asked for, so many at most."""

    SIZE = 8192

    def __missing__(self, day: str) -> int:
        seconds = _midnight(day)
        if len(self) >= self.SIZE:
            self.clear()
        self[day] = seconds
        return seconds


_DAYS = _Days()
_MINUTES = {f"T{hour:02}:{minute:02}:": 60 * (60 * hour + minute) for hour in range(24) for minute in range(60)}
_SECONDS = {f"{second:02}Z": second for second in range(60)}


def unix_seconds(text: str | None) -> int | None:
    """Seconds since 1970-01-01T00:00:00Z, rounded down; None for "", None and Go's zero time, which KSM takes for absent.

    Raises ValueError when it is no time of RFC 3339.
    """
    if not text:
        return None
    try:
        seconds = _DAYS[text[:10]] + _MINUTES[text[10:17]] + _SECONDS[text[17:]]
    except (KeyError, ValueError):
        return _unusual(text)
    return None if seconds == ZERO_TIME else seconds


@lru_cache(maxsize=1024)
def seconds_text(text: str | None) -> str | None:
    """`unix_seconds` as a sample's value: what `exposition.text.number` makes of it, in less time.

    Cached because the times of one object mostly coincide: created, scheduled and initialised within the same second.
    """
    seconds = unix_seconds(text)
    if seconds is None:
        return None
    if _TEN_DIGITS < seconds < 2 * _TEN_DIGITS:
        return f"1.{str(seconds)[1:].rstrip('0')}e+09"
    if -(10**6) < seconds < 10**6:
        return str(seconds)
    # No time has more than 12 digits, so this is exact.
    mantissa, exponent = f"{seconds:.11e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{exponent}"


def _midnight(day: str) -> int:
    parts = _DATE.fullmatch(day)
    if not parts:
        raise ValueError(f"not a date: {day!r}")
    year, month, dom = map(int, parts.groups())
    if year:
        return (date(year, month, dom).toordinal() - _EPOCH) * _DAY
    return (date(400, month, dom).toordinal() - _YEARS_400 - _EPOCH) * _DAY


def _unusual(text: str) -> int | None:
    """With a fraction, an offset, or junk."""
    parts = _RFC3339.fullmatch(text)
    if not parts:
        raise ValueError(f"not a time of RFC 3339: {text!r}")
    day, hour, minute, second, fraction, sign, offset_hours, offset_minutes = parts.groups()
    try:
        midnight = _DAYS[day]
    except ValueError as error:
        raise ValueError(f"not a time of RFC 3339: {text!r}: {error}") from error
    seconds = midnight + 3600 * int(hour) + 60 * int(minute) + int(second)
    if sign:
        offset = 3600 * int(offset_hours) + 60 * int(offset_minutes)
        seconds += offset if sign == "-" else -offset
    return None if seconds == ZERO_TIME and not int(fraction or 0) else seconds
