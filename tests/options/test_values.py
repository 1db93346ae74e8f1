"""How the texts of flags are read: Go's spellings."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergauge.options.allowlists import read_allowlist, show_allowlist
from evergauge.options.valuetypes import (
    BOOL,
    COUNT,
    DURATION,
    FLOAT,
    LEVEL,
    LIST,
    PORT,
    SHARD,
    Type,
    read_duration,
    show_duration,
)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        *((BOOL, text, True) for text in ("1", "t", "T", "TRUE", "true", "True")),
        *((BOOL, text, False) for text in ("0", "f", "F", "FALSE", "false", "False")),
        (PORT, "0", 0),
        (PORT, "+8080", 8080),
        (PORT, "010", 8),
        (PORT, "0o17", 15),
        (PORT, "0x1F90", 8080),
        (PORT, "0b101", 5),
        (PORT, "65_535", 65535),
        (SHARD, "2147483647", 2**31 - 1),
        (COUNT, "9223372036854775807", 2**63 - 1),
        (LEVEL, "08", 8),
        (LEVEL, "-1", -1),
        (FLOAT, "9e-1", 0.9),
        (DURATION, "0", 0.0),
        (DURATION, "1m30s", 90.0),
        (DURATION, "300ms", 0.3),
        (DURATION, "1.5h", 5400.0),
        (DURATION, "1h1m1s1ms1us1ns", 3661.001001001),
        (DURATION, "+.5s", 0.5),
        (DURATION, "1.µs", 1e-6),
        (DURATION, "1s1h", 3601.0),
        (LIST, " a ,b,,a", ("a", "b")),
        (LIST, "", ()),
    ],
)
def test_a_text_is_read(kind: Type[object], text: str, value: object) -> None:
    assert kind.read(text) == value


@pytest.mark.parametrize(
    ("kind", "texts", "message"),
    [
        (BOOL, ("", "yes", "tRUE", "2"), "must be true or false"),
        (PORT, ("", "-1", "65536", "8080 ", "1.0", "http", "09", "0x"), "must be a whole number from 0 to 65535"),
        (SHARD, ("-1", "2147483648"), "must be a whole number of 0 or more"),
        (LEVEL, ("", "0x1", "1_0", "2147483648"), "must be a whole number"),
        (FLOAT, ("", "x"), "must be a number"),
        (
            DURATION,
            ("", "5", "-1s", "1 s", "1d", "s", ".s", "1m 30s", "1M", "1٣s"),
            "must be a duration such as 30s, 1m30s or 300ms, not negative",
        ),
    ],
)
def test_a_bad_text_says_what_is_allowed(kind: Type[object], texts: tuple[str, ...], message: str) -> None:
    for text in texts:
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            kind.read(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0s"),
        (5.0, "5s"),
        (60.0, "1m0s"),
        (300.0, "5m0s"),
        (3600.0, "1h0m0s"),
        (5400.5, "1h30m0.5s"),
        (0.3, "300ms"),
    ],
)
def test_a_duration_is_written_as_go_writes_it(seconds: float, text: str) -> None:
    assert show_duration(seconds) == text
    assert read_duration(text) == seconds


@given(st.integers(min_value=0, max_value=10**7))
def test_a_written_duration_is_read_again(milliseconds: int) -> None:
    seconds = milliseconds / 1000
    assert read_duration(show_duration(seconds)) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", {}),
        ("pods=[app]", {"pods": ("app",)}),
        ("pods=[app,a.b/*],nodes=[*]", {"pods": ("app", "a.b/*"), "nodes": ("*",)}),
        ("*=[*]", {"*": ("*",)}),
        (
            " pods = [ app , team ] , nodes=[]".replace("= [", "=[").replace("] ,", "],"),
            {"pods": ("app", "team"), "nodes": ()},
        ),
        ("pods=[a],pods=[b]", {"pods": ("b",)}),
        ("pods=[é]", {"pods": ("é",)}),
    ],
)
def test_an_allowlist_is_read(text: str, value: dict[str, tuple[str, ...]]) -> None:
    assert read_allowlist(text) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("pods", "a resource and = are missing at 'pods'"),
        ("=[a]", "a resource and = are missing at '=[a]'"),
        (",pods=[a]", "a resource and = are missing at ',pods=[a]'"),
        ("pods=[a],,nodes=[b]", "a resource and = are missing at ',nodes=[b]'"),
        ("pods=a", "keys in brackets are missing after 'pods='"),
        ("pods=[a", "keys in brackets are missing after 'pods='"),
        ("pods=[a=b]", "keys in brackets are missing after 'pods='"),
        ("pods=[[a]]", "keys in brackets are missing after 'pods='"),
        ("pods=[a],", "',' after '[a]'"),
        ("pods=[a]nodes=[b]", "'nodes=[b]' after '[a]'"),
        ("pods=[a,]", "an empty key for pods"),
        ("pods=[a,,b]", "an empty key for pods"),
        ("pods=[a*b*]", "only one * in a key, not 'a*b*'"),
    ],
)
def test_a_bad_allowlist_says_where(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"must be like pods=[app,team/*],nodes=[*]: {reason}")):
        read_allowlist(text)


KEY = st.from_regex(r"[a-z./-]{1,8}\*?", fullmatch=True)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}|\*", fullmatch=True), st.lists(KEY).map(tuple)))
def test_a_written_allowlist_is_read_again(lists: dict[str, tuple[str, ...]]) -> None:
    assert read_allowlist(show_allowlist(lists)) == lists
