"""Times as Unix seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergauge.exposition.text import number
from evergauge.values import times
from evergauge.values.times import seconds_text, unix_seconds

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00.000Z", None),
        ("0001-01-01T01:00:00+01:00", None),
        ("0000-12-31T23:00:00-01:00", None),
        ("0001-01-01T00:00:00.5Z", -62135596800),
        ("0001-01-01T00:00:01Z", -62135596799),
        ("0000-01-01T00:00:00Z", -62167219200),
        ("0000-02-29T00:00:00Z", -62162121600),
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59.999999999Z", -1),
        ("2024-05-03T12:34:56Z", 1714739696),
        ("2024-05-03T12:34:56.123456Z", 1714739696),
        ("2024-05-03T12:34:56.9Z", 1714739696),
        ("2024-05-03T12:34:56,9Z", 1714739696),
        ("2024-05-03T14:34:56+02:00", 1714739696),
        ("2024-05-03T07:04:56-05:30", 1714739696),
        ("2024-05-03T12:34:56-00:00", 1714739696),
        ("9999-12-31T23:59:59Z", 253402300799),
        ("9999-12-31T23:59:59-23:59", 253402387139),
        ("2024-02-29T00:00:00Z", 1709164800),
    ],
)
def test_unix_seconds(text: str | None, seconds: int | None) -> None:
    assert unix_seconds(text) == seconds
    assert seconds_text(text) == (None if seconds is None else number(seconds))


@pytest.mark.parametrize(
    "junk",
    [
        "2024",
        "yesterday",
        "2024-05-03",
        "2024-05-03T12:34:56",
        "2024-05-03 12:34:56Z",
        "2024-05-03t12:34:56z",
        "2024-05-03T24:00:00Z",
        "2024-05-03T12:60:00Z",
        "2024-05-03T12:34:60Z",
        "2024-02-30T00:00:00Z",
        "2023-02-29T12:00:00.5Z",
        "2024-13-01T00:00:00Z",
        "2024-00-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "2024-5-3T12:34:56Z",
        "2024-05-03T12:34:56.Z",
        "2024-05-03T12:34:56+0200",
        "2024-05-03T12:34:56+25:00",
        "2024-W01-1T00:00:00Z",
        "\uff12\uff10\uff12\uff14-05-03T12:34:56Z",
    ],
)
def test_junk_is_refused_by_name(junk: str) -> None:
    for convert in (unix_seconds, seconds_text):
        with pytest.raises(ValueError, match=junk.replace("+", r"\+")):
            convert(junk)


@given(st.datetimes(min_value=datetime(1, 1, 1, 0, 0, 1)), OFFSETS)  # noqa: DTZ001 (the offset follows)
def test_agrees_with_datetime(moment: datetime, minutes: int) -> None:
    zoned = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    expected = (zoned - timedelta(microseconds=zoned.microsecond) - EPOCH) // timedelta(seconds=1)
    written = (zoned.isoformat(), moment.replace(tzinfo=UTC, microsecond=0).isoformat().replace("+00:00", "Z"))
    assert unix_seconds(written[0]) == expected
    assert unix_seconds(written[1]) == expected + minutes * 60


@given(st.integers(-62167219200, 253402300799))
def test_text_is_the_numbers_text(seconds: int) -> None:
    moment = EPOCH + timedelta(seconds=seconds + (400 * 365 + 97) * 86400 * (seconds < times.ZERO_TIME))
    year = moment.year - 400 * (seconds < times.ZERO_TIME)
    text = f"{year:04}{moment:-%m-%dT%H:%M:%SZ}"
    expected = None if seconds == times.ZERO_TIME else seconds
    assert unix_seconds(text) == expected
    assert seconds_text(text) == (None if expected is None else number(expected))


def test_the_table_of_days_is_bounded() -> None:
    for day in range(3 * times._Days.SIZE):
        assert unix_seconds(f"{EPOCH + timedelta(days=day):%Y-%m-%d}T00:00:00Z") == day * 86400
    assert len(times._DAYS) <= times._Days.SIZE
