"""Time zones: names, and wall clocks that are put forward and back."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from subprocess import run

import pytest

from evergauge.values.zones import unix_time, wall_clock, zone


@pytest.mark.parametrize("name", ["UTC", "Local"])
def test_utc(name: str) -> None:
    assert zone(name) is UTC


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Nope",
        "Asia",
        "Asia/",
        "/UTC",
        "../UTC",
        "europe/berlin ",
        "Asia/Tokyo\n",
        "Ürümqi",
        "x" * 65,
        "__init__",
        "tzdata.zi",
    ],
)
def test_no_zone(name: str) -> None:
    with pytest.raises(ValueError, match=r"time zone|ZoneInfo"):
        zone(name)


def test_zones_come_with_the_package() -> None:
    program = (
        "import zoneinfo; zoneinfo.reset_tzpath(to=())\n"
        "from evergauge.values.zones import zone, wall_clock\n"
        "print(wall_clock(0, zone('Asia/Tokyo')).isoformat())"
    )
    found = run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout == "1970-01-01T09:00:00+09:00\n"


@pytest.mark.parametrize(
    ("name", "day", "clock", "found"),
    [
        ("UTC", (2024, 3, 31), (1, 2, 3), "2024-03-31T01:02:03+00:00"),
        ("UTC", (2023, 13, 32), (0, 0, 0), "2024-02-01T00:00:00+00:00"),
        ("Europe/Berlin", (2024, 7, 1), (12, 0, 0), "2024-07-01T12:00:00+02:00"),
        # Put forward: 02:30 doesn't exist. Put back: 02:30 is there twice.
        ("Europe/Berlin", (2024, 3, 31), (2, 30, 0), "2024-03-31T03:30:00+02:00"),
        ("Europe/Berlin", (2024, 10, 27), (2, 30, 0), "2024-10-27T02:30:00+01:00"),
        ("Europe/London", (2024, 3, 31), (1, 30, 0), "2024-03-31T02:30:00+01:00"),
        ("America/New_York", (2024, 3, 10), (2, 30, 0), "2024-03-10T01:30:00-05:00"),
        ("America/New_York", (2024, 11, 3), (1, 30, 0), "2024-11-03T01:30:00-04:00"),
    ],
)
def test_unix_time(name: str, day: tuple[int, int, int], clock: tuple[int, int, int], found: str) -> None:
    seconds = unix_time(zone(name), day, clock)
    assert wall_clock(seconds, zone(name)).isoformat() == found
    assert seconds == datetime.fromisoformat(found).timestamp()
