"""Escaping and number text."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergauge.exposition.text import escape, escape_help, number
from support.foreign import parse_text

# Surrogates are no text; prometheus_client splits at some Unicode line breaks that the format allows.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"))
NUMBERS = [
    (0, "0"),
    (-0.0, "0"),
    (1, "1"),
    (-1, "-1"),
    (True, "1"),
    (0.1, "0.1"),
    (1000, "1000"),
    (819200, "819200"),
    (999999, "999999"),
    (999999.5, "999999.5"),
    (1e6, "1e+06"),
    (1000001, "1.000001e+06"),
    (134217728, "1.34217728e+08"),
    (1.5e9, "1.5e+09"),
    (1234567.25, "1.23456725e+06"),
    (-62135596800, "-6.21355968e+10"),
    (0.0001, "0.0001"),
    (0.00001, "1e-05"),
    (1.5e-7, "1.5e-07"),
    (5e-324, "5e-324"),
    (1e15, "1e+15"),
    (1e16, "1e+16"),
    (123456789012345.6, "1.234567890123456e+14"),
    (2**53, "9.007199254740992e+15"),
    (2**53 + 1, "9.007199254740992e+15"),
    (2**63, "9.223372036854776e+18"),
    (-(2**63), "-9.223372036854776e+18"),
    (1e100, "1e+100"),
    (10**400, "+Inf"),
    (-(10**400), "-Inf"),
    (math.inf, "+Inf"),
    (-math.inf, "-Inf"),
    (math.nan, "NaN"),
]


@pytest.mark.parametrize(("value", "text"), NUMBERS)
def test_number(value: float, text: str) -> None:
    assert number(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**64), 2**64))
def test_number_is_the_shortest_in_go_form(value: float) -> None:
    assert number(value) == go_form(float(value))
    assert float(number(value)) == float(value)


def go_form(value: float) -> str:
    """FormatFloat(v, 'g', -1, 64) through the decimal digits of repr."""
    if value == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits))
    point = len(digits) + exponent
    if not -4 <= point - 1 < 6:
        mantissa = f"{text[0]}.{text[1:]}".rstrip(".")
        plain = f"{mantissa}e{point - 1:+03}"
    elif point <= 0:
        plain = f"0.{'0' * -point}{text}"
    else:
        plain = f"{text[:point]:0<{point}}.{text[point:]}".rstrip(".")
    return ("-" if sign else "") + plain


@pytest.mark.parametrize(
    ("value", "escaped"),
    [
        ("", ""),
        ("plain", "plain"),
        ("C:\\dir", r"C:\\dir"),
        ('say "hi"', r"say \"hi\""),
        ("two\nlines", r"two\nlines"),
        (r"\n", r"\\n"),
        ("tab\tand 日本語 stay", "tab\tand 日本語 stay"),
    ],
)
def test_escape(value: str, escaped: str) -> None:
    assert escape(value) == escaped


@given(TEXTS)
def test_a_foreign_parser_reads_an_escaped_value_back(value: str) -> None:
    (family,) = parse_text(f'm{{a="{escape(value)}",b="}}"}} 1\n')
    assert family.samples[0].labels == {"a": value, "b": "}"}


def test_only_openmetrics_escapes_quotes_in_help() -> None:
    text = 'a "b"\\\n'
    assert escape_help(text, openmetrics=False) == r'a "b"\\\n'
    assert escape_help(text, openmetrics=True) == r"a \"b\"\\\n"
