"""Schedules of CronJobs as KSM v2.20 reads them: a drop-in shows the same figure.

KSM parses with netresearch/go-cron 0.15.1, which differs from the robfig/cron 3 of the CronJob controller
(`docs/decisions/0007-cron-schedules.md`):

- a day must fit both the day of the month and the day of the week, where the controller takes either;
- ranges may wrap around (`22-2`), and a step must be less than its range is wide;
- a schedule may be valid and yet never due (`@manual`, 30 February), also where it isn't due within five years.

All times are Unix seconds. A schedule without a time zone is one of UTC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from itertools import chain
from typing import NamedTuple, Protocol

from evergauge.values.durations import nanoseconds
from evergauge.values.zones import unix_time, wall_clock, zone

SEARCHED_YEARS = 5
"""What isn't due in so many years never is."""

_MOST_BYTES = 1024
_SECOND = 10**9
_HOUR = 3600
_FOUR_CENTURIES = 146_097 * 86_400
"""After so many seconds calendar and time zones repeat, so that the years beyond `datetime` can be had."""
_EARLIEST = int(datetime(2, 1, 1, tzinfo=UTC).timestamp())
_LATEST = int(datetime(9900, 1, 1, tzinfo=UTC).timestamp())

_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
_FIELD = re.compile(f"[^{_SPACE}]+")
_INTEGER = re.compile(r"\+?(\d+)", re.ASCII)


class Schedule(Protocol):
    """When something is due."""

    def after(self, seconds: int) -> int | None:
        """When it is due next, strictly after a time; None for never."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Due so many seconds after the last time."""

    seconds: int

    def after(self, seconds: int) -> int | None:
        """See `Schedule`."""
        return seconds + self.seconds


@dataclass(frozen=True, slots=True)
class Calendar:
    """Due whenever a wall clock shows one of these. weekdays: 0 is Sunday. Due never where one of the sets is empty."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    zone: tzinfo = UTC

    def after(self, seconds: int) -> int | None:
        """See `Schedule`."""
        if not (self.minutes and self.hours and self.days and self.months and self.weekdays):
            return None
        centuries = (seconds < _EARLIEST) - (seconds > _LATEST)
        due = _Search(self, seconds + centuries * _FOUR_CENTURIES + 1).run()
        return None if due is None else due - centuries * _FOUR_CENTURIES


class _Search:
    """A moment on its way to the next one that is due: first the month is put right, then the day, the hour and the minute.

    Each step goes forward by the wall clock or by elapsed time as go-cron's does: that decides what is due where clocks are put
    forward or back. A step that carries over into the field before it says False, and all fields are looked at anew.
    """

    def __init__(self, calendar: Calendar, seconds: int) -> None:
        self.calendar = calendar
        self.seconds = seconds
        self.clock = wall_clock(seconds, calendar.zone)
        self.rounded = False
        """Whether the fields after the one that was moved first are at their start."""

    def run(self) -> int | None:
        last_year = self.clock.year + SEARCHED_YEARS
        while self.clock.year <= last_year:
            if self.month() and self.day() and self.hour() and self.minute() and self.second():
                return self.seconds
        return None

    def month(self) -> bool:
        while self.clock.month not in self.calendar.months:
            self.round_down(day=1, hour=0)
            self.show(month=self.clock.month + 1)
            if self.clock.month == 1:
                return False
        return True

    def day(self) -> bool:
        while not (self.clock.day in self.calendar.days and self.clock.isoweekday() % 7 in self.calendar.weekdays):
            self.round_down(day=self.clock.day, hour=0)
            self.next_day()
            if self.clock.day == 1:
                return False
        return True

    def next_day(self) -> None:
        before, day = self.seconds, self.clock.day
        self.show(day=day + 1)
        if hour := self.clock.hour:  # There is no midnight on this day.
            self.pass_by(_HOUR * (24 - hour if hour > 12 else -hour))
        if self.seconds <= before:  # The day is missing or begins at noon, and go-cron never gets past it.
            self.go_to(before)
            while self.clock.day == day:
                self.pass_by(_HOUR)

    def hour(self) -> bool:
        while self.clock.hour not in self.calendar.hours:
            self.round_down(day=self.clock.day, hour=self.clock.hour)
            before = self.clock.hour
            self.pass_by(_HOUR)
            if self.clock.hour - before == 2 and self.clock.hour - 1 in self.calendar.hours:
                return True  # The hour was skipped by the clocks: what was due in it is due now.
            if self.clock.hour == 0:
                return False
        return True

    def minute(self) -> bool:
        while self.clock.minute not in self.calendar.minutes:
            self.pass_by(60 if self.rounded else 60 - self.seconds % 60)
            self.rounded = True
            if self.clock.minute == 0:
                return False
        return True

    def second(self) -> bool:
        if self.clock.second == 0:
            return True
        self.pass_by(60 - self.clock.second)
        return False

    def round_down(self, *, day: int, hour: int) -> None:
        """Go back to the start of the field that is about to be moved; once."""
        if not self.rounded:
            self.rounded = True
            self.go_to(unix_time(self.calendar.zone, (self.clock.year, self.clock.month, day), (hour, 0, 0)))

    def show(self, *, month: int | None = None, day: int | None = None) -> None:
        """Go to when the clock shows another month or day; both may lie beyond the end."""
        now = self.clock
        date = now.year, month or now.month, day or now.day
        self.go_to(unix_time(self.calendar.zone, date, (now.hour, now.minute, now.second)))

    def pass_by(self, seconds: int) -> None:
        """Let so many seconds pass."""
        self.go_to(self.seconds + seconds)

    def go_to(self, seconds: int) -> None:
        self.seconds = seconds
        self.clock = wall_clock(seconds, self.calendar.zone)


# Texts


class _Field(NamedTuple):
    """What numbers a field may hold, and their names."""

    lowest: int
    highest: int
    names: tuple[str, ...] = ()

    def all(self) -> frozenset[int]:
        return frozenset(range(self.lowest, self.highest + 1))

    def number(self, text: str) -> int:
        name = text.lower()
        return self.lowest + self.names.index(name) if name in self.names else _integer(text)


_MINUTES, _HOURS, _DAYS = _Field(0, 59), _Field(0, 23), _Field(1, 31)
_MONTHS = _Field(1, 12, ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"))
_WEEKDAYS = _Field(0, 7, ("sun", "mon", "tue", "wed", "thu", "fri", "sat"))
_FIELDS = (_MINUTES, _HOURS, _DAYS, _MONTHS, _WEEKDAYS)

_FIRST = frozenset({0})
_WEEK = frozenset(range(7))
_HOURLY = Calendar(_FIRST, _HOURS.all(), _DAYS.all(), _MONTHS.all(), _WEEK)
_DAILY = replace(_HOURLY, hours=_FIRST)
_WEEKLY = replace(_DAILY, weekdays=_FIRST)
_MONTHLY = replace(_DAILY, days=frozenset({1}))
_YEARLY = replace(_MONTHLY, months=frozenset({1}))
_NEVER = replace(_HOURLY, hours=frozenset())
_NAMED = {
    "@yearly": _YEARLY,
    "@annually": _YEARLY,
    "@monthly": _MONTHLY,
    "@weekly": _WEEKLY,
    "@daily": _DAILY,
    "@midnight": _DAILY,
    "@hourly": _HOURLY,
    "@triggered": _NEVER,
    "@manual": _NEVER,
    "@none": _NEVER,
}
_EVERY = "@every "


@lru_cache(maxsize=4096)
def parse(text: str) -> Schedule:
    """The schedule that a text says: five fields, `@daily` and its like, or `@every 1h30m`; `CRON_TZ=Area/City ` may stand before.

    Raises ValueError for what is no schedule.
    """
    if len(text.encode()) > _MOST_BYTES:
        raise ValueError(f"too long a schedule: {text[:80]!r}…")
    place, schedule = _zone(text)
    if schedule.startswith(_EVERY):
        return _interval(schedule.removeprefix(_EVERY))
    if schedule.startswith("@"):
        if schedule not in _NAMED:
            raise ValueError(f"no name of a schedule: {schedule!r}")
        return replace(_NAMED[schedule], zone=place)
    fields = _FIELD.findall(schedule)
    if len(fields) != len(_FIELDS):
        raise ValueError(f"a schedule has five fields, not {len(fields)}: {schedule!r}")
    minutes, hours, days, months, weekdays = map(_numbers, fields, _FIELDS)
    return Calendar(minutes, hours, days, months, frozenset(weekday % 7 for weekday in weekdays), place)


def _zone(text: str) -> tuple[tzinfo, str]:
    """The time zone that a schedule begins with, and the rest."""
    if not text.startswith(("TZ=", "CRON_TZ=")):
        return UTC, text
    setting, _, rest = text.partition(" ")
    name = setting.partition("=")[2]
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1]
    return zone(name), rest.strip(_SPACE)


def _interval(text: str) -> Interval:
    duration = nanoseconds(text)
    if duration < _SECOND:
        raise ValueError(f"an interval takes a second at least: {text!r}")
    return Interval(duration // _SECOND)


def _numbers(text: str, field: _Field) -> frozenset[int]:
    """What a field says: ranges with commas between. Empty ones say nothing."""
    return frozenset(chain.from_iterable(_range(part, field) for part in text.split(",") if part))


def _range(text: str, field: _Field) -> list[int]:
    """`*`, `?`, a number or name, or two with a hyphen between; a step may follow after a slash."""
    bounds, slash, step_text = text.partition("/")
    first, *others = bounds.split("-")
    step = _integer(step_text) if slash else 1
    if first in ("*", "?"):
        start, end = field.lowest, field.highest
    elif len(others) > 1:
        raise ValueError(f"a range has two ends: {text!r}")
    else:
        start = field.number(first)
        end = field.number(others[0]) if others else field.highest if slash else start
    if start < field.lowest or end > field.highest or step == 0:
        raise ValueError(f"not from {field.lowest} to {field.highest}: {text!r}")
    width = field.highest - field.lowest + 1
    if start > end:
        end += width
    if step > 1 and 0 <= end - start + 1 <= step:
        raise ValueError(f"the step is not less than the range is wide: {text!r}")
    return [n if n <= field.highest else (n - field.lowest) % width + field.lowest for n in range(start, end + 1, step)]


def _integer(text: str) -> int:
    """A number as Go reads it. Raises ValueError for none, a negative one, and one beyond int64."""
    digits = _INTEGER.fullmatch(text)
    if not digits or int(digits[1]) >= 2**63:
        raise ValueError(f"not a number: {text!r}")
    return int(digits[1])
