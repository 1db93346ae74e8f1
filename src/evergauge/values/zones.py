"""Time zones as Go's `time` has them: their names, and what a wall clock's time means where it doesn't exist or exists twice."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_NAME = re.compile(r"[A-Za-z0-9/_+:-]{1,64}")
_EPOCH = date(1970, 1, 1).toordinal()


@lru_cache(maxsize=1024)
def zone(name: str) -> tzinfo:
    """The zone of that name in the time zone database, the system's or else the package tzdata's; `Local` is UTC.

    Raises ValueError where there is none.
    """
    if name in ("UTC", "Local"):
        return UTC
    if not _NAME.fullmatch(name):
        raise ValueError(f"no name of a time zone: {name!r}")
    try:
        return ZoneInfo(name)
    except (LookupError, OSError) as error:
        raise ValueError(f"no such time zone: {name!r}") from error


def wall_clock(seconds: int, zone: tzinfo) -> datetime:
    """What a wall clock shows at a Unix time. The years 1 to 9999 only, as `datetime`."""
    return datetime.fromtimestamp(seconds, zone)


def unix_time(zone: tzinfo, day: tuple[int, int, int], clock: tuple[int, int, int]) -> int:
    """The Unix time at which a wall clock shows this; the day of the month and the month may lie beyond their ends.

    day: year, month and day; clock: hour, minute and second.

    Where clocks are put forward or back Go's choice is taken (`time.Date`): the offset is looked up as if the time were UTC's,
    and looked up again at the time which that gives.
    """
    years, months = divmod(day[1] - 1, 12)
    days = date(day[0] + years, months + 1, 1).toordinal() + day[2] - 1 - _EPOCH
    seconds = 86_400 * days + 3600 * clock[0] + 60 * clock[1] + clock[2]
    offset = _offset(seconds, zone)
    return seconds - _offset(seconds - offset, zone) if offset else seconds


def _offset(seconds: int, zone: tzinfo) -> int:
    """Seconds east of UTC at a Unix time."""
    offset = wall_clock(seconds, zone).utcoffset()
    return 86_400 * offset.days + offset.seconds if offset else 0
