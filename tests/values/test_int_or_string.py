"""IntOrString: numbers and percentages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergauge.values.int_or_string import scaled


@pytest.mark.parametrize(
    ("value", "total", "down", "up"),
    [
        (10, 3, 10, 10),
        (0, 3, 0, 0),
        ("25%", 10, 2, 3),
        ("20%", 5, 1, 1),
        ("0%", 7, 0, 0),
        ("100%", 7, 7, 7),
        ("150%", 3, 4, 5),
        ("+50%", 3, 1, 2),
        ("-50%", 3, -2, -1),
        ("33%", 0, 0, 0),
    ],
)
def test_scaled(value: int | str, total: int, down: int, up: int) -> None:
    assert scaled(value, total, round_up=False) == down
    assert scaled(value, total, round_up=True) == up


@pytest.mark.parametrize("junk", ["", "%", "5", "abc%", "not-a-percentage", "1.5%", "1_0%", " 5%", "5%%", "\uff15%"])
def test_junk(junk: str) -> None:
    with pytest.raises(ValueError, match="neither a number nor a percentage"):
        scaled(junk, 1, round_up=True)


@given(st.integers(0, 200), st.integers(0, 10**6))
def test_percentages_agree_with_whole_numbers(percent: int, total: int) -> None:
    assert scaled(f"{percent}%", total, round_up=False) == percent * total // 100
    assert scaled(f"{percent}%", total, round_up=True) == -(-percent * total // 100)
