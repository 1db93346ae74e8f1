"""Durations: recorded from Go 1.26."""

from __future__ import annotations

import pytest

from evergauge.values.durations import nanoseconds


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("0", 0),
        ("+0", 0),
        ("1s", 1000000000),
        ("1h30m", 5400000000000),
        ("1.5h", 5400000000000),
        (".5m", 30000000000),
        ("1.m", 60000000000),
        ("-1h", -3600000000000),
        ("+5s", 5000000000),
        ("300ms", 300000000),
        ("1µs1s", 1000001000),
        ("1μs", 1000),
        ("7us", 7000),
        ("9223372036854775807ns", 9223372036854775807),
        ("9223372036854775808ns", None),
        ("2562047h47m16.854775807s", 9223372036854775807),
        ("2562048h", None),
        ("0.1h", 360000000000),
        ("0.7m0.3s", 42300000000),
        ("1.999999999999999999999s", 2000000000),
        ("0.000000000000000000000000001h", 0),
        ("", None),
        ("-", None),
        ("1", None),
        ("1d", None),
        ("1 s", None),
        ("1h ", None),
        ("1hm", None),
        ("s", None),
        (".s", None),
        ("1e3s", None),
        ("1,5h", None),
        ("00001s", 1000000000),
        ("٣s", None),
        ("1m2", None),
        ("0s", 0),
        ("-0.5s", -500000000),
        ("1.2.3s", None),
        ("1h1h", 7200000000000),
        ("0.9223372036854775807h", 3320413933267),
        ("1.0000000000000000009h", 3600000000000),
    ],
)
def test_nanoseconds(text: str, duration: int | None) -> None:
    if duration is None:
        with pytest.raises(ValueError, match="duration"):
            nanoseconds(text)
    else:
        assert nanoseconds(text) == duration
