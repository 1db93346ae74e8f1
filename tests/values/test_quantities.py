"""Quantities as float64: recorded from the API's own library, and against exact arithmetic."""

from __future__ import annotations

import json
from fractions import Fraction
from math import ceil, inf
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergauge.exposition.text import number
from evergauge.values.quantities import approximate, to_float, value

# Text, then Value(), KSM's conversion and AsApproximateFloat64() as Go prints them, null for an error.
# Recorded from k8s.io/apimachinery v0.36.3, the version that kube-state-metrics v2.20.0 is built with.
RECORDED = json.loads((Path(__file__).parent / "quantities.json").read_text())
POWERS: dict[str, Fraction | int] = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 10**3),
    "": 1,
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "P": 10**15,
    "E": 10**18,
    "e3": 10**3,
    "E-2": Fraction(1, 100),
    "e+6": 10**6,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
    "Pi": 2**50,
    "Ei": 2**60,
}


@pytest.mark.parametrize(("text", "whole", "converted", "approximated"), RECORDED)
def test_as_recorded(text: str, whole: str | None, converted: str | None, approximated: str | None) -> None:
    for convert, expected in ((value, whole), (to_float, converted), (approximate, approximated)):
        if expected is None:
            with pytest.raises(ValueError, match="not a quantity"):
                convert(text)
        else:
            assert number(convert(text)) == expected


@given(st.integers(0, 10**9), st.integers(0, 999), st.sampled_from(sorted(POWERS)))
def test_agrees_with_exact_arithmetic_where_int64_holds_it(whole: int, thousandths: int, suffix: str) -> None:
    text = f"{whole}.{thousandths:03}{suffix}"
    exact = (whole + Fraction(thousandths, 1000)) * POWERS[suffix]
    if exact * 10**9 < 2**63:
        assert value(text) == ceil(exact)
        assert to_float(text) == ceil(exact * 1000) / 1000
        assert abs(approximate(text) - float(exact)) <= float(exact) * 1e-15 + 1e-9


@pytest.mark.parametrize(
    ("quantity", "whole", "converted"),
    [(3, 3.0, 3.0), (0, 0.0, 0.0), (0.1, 1.0, 0.1), (1.5, 2.0, 1.5), (1e22, 0.0, 0.0), (2**62, 2.0**62, 2.0**62)],
)
def test_json_numbers(quantity: float, whole: float, converted: float) -> None:
    assert value(quantity) == whole
    assert to_float(quantity) == converted


@pytest.mark.parametrize(
    ("text", "approximated"),
    [
        ("1e999999999999", inf),
        ("-1e999999999999", -inf),
        ("1e-999999999999", 1e-9),
        ("1" * 400, inf),
        ("1" * 4000 + "Ei", 2.0**63),
    ],
)
def test_far_exponents_cost_nothing(text: str, approximated: float) -> None:
    assert approximate(text) == approximated
    assert value(text) <= 2**63


@pytest.mark.parametrize("junk", ["m", "Gi", "1e" + "9" * 30, "1" * 5000, "१", "1_0"])
def test_junk(junk: str) -> None:
    with pytest.raises(ValueError, match=r"quantity|limit"):
        to_float(junk)
