"""Schedules: recorded from the parser that kube-state-metrics has, and against counting the minutes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergauge.values.cron import Calendar, parse

if TYPE_CHECKING:
    from collections.abc import Callable

# Schedule, time zone or null, time; then the next time due, "never", or null for an invalid schedule.
# Recorded from github.com/netresearch/go-cron v0.15.1, with which kube-state-metrics v2.20.0 is built.
RECORDED = json.loads((Path(__file__).parent / "cron.json").read_text())
FOUR_CENTURIES = 146_097 * 86_400
TIMES = st.integers(946_684_800, 4_102_444_800)


@pytest.mark.parametrize(("schedule", "zone", "since", "due"), RECORDED)
def test_recorded(schedule: str, zone: str | None, since: int, due: int | str | None) -> None:
    text = schedule if zone is None else f"CRON_TZ={zone} {schedule}"
    if due is None:
        with pytest.raises(ValueError, match=r".") as caught:
            parse(text)
        assert "\n" not in str(caught.value)
    else:
        assert parse(text).after(since) == (None if due == "never" else due)


@pytest.mark.parametrize(
    ("zone", "schedule", "since", "due"),
    [
        # A Friday that the islands left out when they changed sides of the date line.
        ("Pacific/Apia", "0 0 * * *", "2011-12-29T12:00:00-10:00", "2011-12-31T00:00:00+14:00"),
        ("Pacific/Apia", "0 0 * * fri", "2011-12-29T12:00:00-10:00", "2012-01-06T00:00:00+14:00"),
        ("Pacific/Apia", "0 12 30 12 *", "2011-12-29T12:00:00-10:00", "2012-12-30T12:00:00+14:00"),
        ("Pacific/Kanton", "30 * 1 * *", "1994-12-24T00:00:00-11:00", "1995-01-01T00:30:00+13:00"),
        # A day that began at noon.
        ("Antarctica/McMurdo", "0 12 1 * *", "1955-12-14T00:00:00+00:00", "1956-01-01T12:00:00+12:00"),
    ],
)
def test_days_that_are_missing(zone: str, schedule: str, since: str, due: str) -> None:
    found = parse(f"CRON_TZ={zone} {schedule}").after(unix(since))
    assert found == unix(due)


def unix(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def numbers(lowest: int, highest: int) -> st.SearchStrategy[frozenset[int]]:
    some = st.frozensets(st.integers(lowest, highest), min_size=1, max_size=4)
    return some | st.just(frozenset(range(lowest, highest + 1)))


CALENDARS = st.builds(
    Calendar,
    minutes=numbers(0, 59),
    hours=numbers(0, 23),
    days=numbers(1, 31),
    months=numbers(1, 12),
    weekdays=numbers(0, 6),
)


def is_due(calendar: Calendar, moment: datetime) -> bool:
    return (
        moment.month in calendar.months
        and moment.day in calendar.days
        and moment.isoweekday() % 7 in calendar.weekdays
        and moment.hour in calendar.hours
        and moment.minute in calendar.minutes
        and moment.second == 0
    )


def counted(calendar: Calendar, since: int) -> datetime | None:
    """The first minute after `since` that is due, found by looking at every day's minutes."""
    moment = datetime.fromtimestamp(since, UTC).replace(second=0) + timedelta(minutes=1)
    last_year = datetime.fromtimestamp(since + 1, UTC).year + 5
    while moment.year <= last_year:
        if is_due(calendar, moment):
            return moment
        midnight = moment.replace(hour=0, minute=0)
        of_this_day = is_due(calendar, midnight.replace(hour=min(calendar.hours), minute=min(calendar.minutes)))
        moment = moment + timedelta(minutes=1) if of_this_day else midnight + timedelta(days=1)
    return None


@given(CALENDARS, TIMES)
def test_the_first_minute_that_fits(calendar: Calendar, since: int) -> None:
    due, wanted = calendar.after(since), counted(calendar, since)
    assert (None if due is None else datetime.fromtimestamp(due, UTC)) == wanted


@given(CALENDARS, TIMES)
def test_nothing_is_due_in_between(calendar: Calendar, since: int) -> None:
    due = calendar.after(since)
    if due is not None:
        assert due > since
        assert calendar.after(due - 1) == due
        assert calendar.after((since + due) // 2) == due


@given(CALENDARS, st.integers(-62_167_219_200, 253_402_300_799 - FOUR_CENTURIES))
def test_the_calendar_repeats(calendar: Calendar, since: int) -> None:
    due, later = calendar.after(since), calendar.after(since + FOUR_CENTURIES)
    assert (due is None) == (later is None)
    assert due is None or later == due + FOUR_CENTURIES


@given(CALENDARS, TIMES)
def test_a_zone_without_summer_time_is_a_shift(calendar: Calendar, since: int) -> None:
    offset = 19_800
    there = parse(f"TZ=Asia/Kolkata {written(calendar)}").after(since)
    here = calendar.after(since + offset)
    assert there == (None if here is None else here - offset)


def written(calendar: Calendar) -> str:
    """The calendar as a schedule's text."""
    fields = (calendar.minutes, calendar.hours, calendar.days, calendar.months, calendar.weekdays)
    return " ".join(",".join(map(str, sorted(field))) for field in fields)


@given(CALENDARS)
def test_what_is_written_is_read(calendar: Calendar) -> None:
    assert parse(written(calendar)) == calendar


RANGES = st.text("0123456789*?-/,+ @", max_size=12)
JUNK = st.text() | st.lists(RANGES, min_size=5, max_size=5).map(" ".join)


@given(JUNK | JUNK.map("@every {}".format) | JUNK.map("CRON_TZ={}".format), st.integers(-(2**37), 2**37))
def test_any_text_is_a_schedule_or_a_value_error(text: str, since: int) -> None:
    due = outcome(lambda: parse(text).after(since))
    assert due is None or due > since


def outcome(run: Callable[[], int | None]) -> int | None:
    try:
        return run()
    except ValueError:
        return None


ZONES = st.sampled_from(
    (
        "Europe/Berlin",
        "America/New_York",
        "America/Sao_Paulo",
        "Asia/Beirut",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Africa/Casablanca",
    )
)


@given(CALENDARS, ZONES, TIMES)
def test_clocks_that_are_set(calendar: Calendar, zone: str, since: int) -> None:
    due = parse(f"TZ={zone} {written(calendar)}").after(since)
    if due is not None:
        clock = datetime.fromtimestamp(due, parse(f"TZ={zone} * * * * *").zone)  # type: ignore[attr-defined]
        assert due > since
        assert clock.minute in calendar.minutes
        assert clock.hour in calendar.hours or clock.hour - 1 in calendar.hours
