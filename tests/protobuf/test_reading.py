"""Structs are read from their messages, whatever else is in them, and nothing else is."""

from __future__ import annotations

import gc
import sys
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergauge.kinds import KINDS
from evergauge.protobuf import Protobuf, complete, messages, numbered, pieces, reader
from support.messages import event, field, message, varint
from support.native import native_part

TIME = msgspec.Meta(extra={"conversion": "time"})
QUANTITY = msgspec.Meta(extra={"conversion": "quantity"})
INT_OR_STRING = msgspec.Meta(extra={"conversion": "int_or_string"})


@numbered(name=1, size=2)
class Part(msgspec.Struct, frozen=True):
    name: str | None = ""
    size: int | None = None


@numbered(
    text=1,
    count=2,
    ready=3,
    born=4,
    amount=5,
    part=6,
    parts=7,
    names=8,
    labels=9,
    limits=10,
    whole=300,
    deep=(12, 2),
    most=13,
)
class Thing(msgspec.Struct, frozen=True):
    text: str | None = ""
    count: int | None = 0
    ready: bool | None = False
    born: Annotated[str | None, TIME] = None
    amount: Annotated[str | int | float | None, QUANTITY] = None
    part: Part | None = Part()
    parts: tuple[Part, ...] | None = ()
    names: tuple[str, ...] | None = ()
    labels: dict[str, str] | None = None
    limits: dict[str, Annotated[str | int | float | None, QUANTITY]] | None = None
    whole: bytes = b""
    deep: str | None = None
    most: Annotated[int | str | None, INT_OR_STRING] = None


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    native_part()


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
DAYS = st.dates(date(1, 1, 2), date(9999, 12, 30))
TIMES = st.times(timezones=st.just(UTC)).map(lambda time: f"{time:%H:%M:%SZ}")
SECONDS = st.builds(lambda day, time: f"{day}T{time}", DAYS, TIMES)
AMOUNTS = st.sampled_from(["0", "250m", "1Gi", "", "ü"])
PARTS = st.builds(Part, TEXTS, st.none() | INTEGERS)
THINGS = st.builds(
    Thing,
    text=TEXTS,
    count=INTEGERS,
    ready=st.booleans(),
    born=st.none() | SECONDS,
    amount=st.none() | AMOUNTS,
    part=PARTS,
    parts=st.lists(PARTS, max_size=4).map(tuple),
    names=st.lists(TEXTS, max_size=4).map(tuple),
    labels=st.none() | st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=4),
    limits=st.none() | st.dictionaries(TEXTS, AMOUNTS, min_size=1, max_size=4),
    whole=st.binary(max_size=200),
    deep=st.none() | TEXTS,
    most=st.none() | TEXTS | st.integers(-(2**31), 2**31 - 1),
)
STRANGE = st.one_of(
    st.builds(field, st.integers(400, 2**29 - 1), TEXTS | INTEGERS),
    st.builds(lambda v: varint(11 << 3 | 1) + v, st.binary(min_size=8, max_size=8)),
    st.builds(lambda v: varint(14 << 3 | 5) + v, st.binary(min_size=4, max_size=4)),
)


@given(THINGS, STRANGE, STRANGE)
def test_what_was_written_is_read_and_what_is_unknown_is_passed_over(thing: Thing, before: bytes, after: bytes) -> None:
    assert reader(Thing).read(before + message(thing) + after) == thing


@given(st.builds(datetime, st.integers(1, 9999), st.integers(1, 12), st.integers(1, 28)), st.integers(0, 86399))
def test_times_are_those_of_the_calendar(day: datetime, second: int) -> None:
    moment = day.replace(tzinfo=UTC) + timedelta(seconds=second)
    seconds = field(4, field(1, round(moment.timestamp())) + field(2, 999_999_999))
    assert reader(Thing).read(seconds).born == f"{moment.replace(tzinfo=None).isoformat()}Z"


@pytest.mark.parametrize("year", [0, 4, 100, 400, 1600, 1900, 2000, 2024, 2100, 9599])
def test_leap_days(year: int) -> None:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    march = days_since_1970(year) * 86400
    born = [reader(Thing).read(field(4, field(1, march + seconds))).born for seconds in (-1, 0)]
    assert born == [f"{year:04}-02-{29 if leap else 28}T23:59:59Z", f"{year:04}-03-01T00:00:00Z"]


def days_since_1970(year: int) -> int:
    """To the first of March. The calendar is the same every 400 years, and Python's begins with the year 1."""
    return date(year + 400, 3, 1).toordinal() - 146_097 - date(1970, 1, 1).toordinal()


def test_what_is_absent_is_the_default() -> None:
    assert reader(Thing).read(b"") == Thing()
    assert reader(Thing).read(field(4, b"")).born is None, "Go's zero time, which is null in JSON"
    assert reader(Thing).read(field(4, field(2, 0))).born == "1970-01-01T00:00:00Z"


def test_text_that_is_no_unicode_is_read_as_go_writes_it_in_json() -> None:
    assert reader(Thing).read(field(1, b"a\xffb")).text == "a\ufffdb"


@given(THINGS, st.data())
def test_what_breaks_off_is_an_error_or_a_shorter_message(thing: Thing, data: st.DataObject) -> None:
    whole = message(thing)
    cut = whole[: data.draw(st.integers(0, max(0, len(whole) - 1)))]
    try:
        reader(Thing).read(cut)
    except ValueError:
        return
    assert complete(cut) == len(cut)


@given(st.binary(max_size=300))
def test_junk_is_an_error_or_a_struct(junk: bytes) -> None:
    for read in (reader(Thing).read, reader(Thing).read_items, lambda data: pieces(Protobuf(data)), complete):
        try:
            read(junk)
        except ValueError:
            continue


@pytest.mark.parametrize(
    ("junk", "says"),
    [
        (b"\x0a", "a number has no end"),
        (b"\xff" * 11, "a number has no end"),
        (b"\x0a\x05abc", "breaks off in the middle of a field"),
        (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "breaks off in the middle of a field"),
        (b"\x0b", "wire type 3 is unknown"),
        (b"\x08\x01", "field 1 has wire type 0"),
        (field(2, b"x"), "field 2 has wire type 2"),
        (field(4, field(1, 2**62)), "no time"),
        (field(9, b"\x0a"), "a number has no end"),
    ],
)
def test_errors_say_what_is_wrong(junk: bytes, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        reader(Thing).read(junk)


def test_only_bytes_are_read() -> None:
    for read in (reader(Thing).read, messages.complete):
        with pytest.raises(TypeError, match="not str"):
            read("text")
        with pytest.raises(TypeError, match="not memoryview"):
            read(memoryview(b"1234")[::2])


@given(st.lists(THINGS, max_size=4), st.binary(max_size=40))
def test_items_of_a_list(things: list[Thing], metadata: bytes) -> None:
    fields = field(1, metadata) + b"".join(field(2, message(thing)) for thing in things)
    assert reader(Thing).read_items(Protobuf(fields)) == things
    found = pieces(Protobuf(fields))
    assert found == [message(thing) for thing in things]
    assert {type(piece) for piece in found} <= {Protobuf}


@given(st.lists(st.binary(max_size=200), max_size=5), st.data())
def test_complete_fields(values: list[bytes], data: st.DataObject) -> None:
    fields = [field(number % 3 + 1, value) for number, value in enumerate(values)]
    whole = b"".join(fields)
    cut = data.draw(st.integers(0, len(whole)))
    ends = [sum(map(len, fields[:count])) for count in range(len(fields) + 1)]
    assert complete(whole[:cut]) == max(end for end in ends if end <= cut)


@given(st.binary(max_size=300))
def test_a_message_that_is_cut_out_is_as_if_it_had_been_made(content: bytes) -> None:
    frame = event("ADDED", content)[4:]
    for where in (frame, memoryview(b"before" + frame + b"after")[6:-5]):
        type_, made = messages.event(where, Protobuf)
        assert (type_, made, type(made)) == ("ADDED", content, Protobuf)
        assert hash(made) == hash(content)
        assert made + b"" == bytes(made) == content
        assert {made: 1}[content] == 1


def test_no_reference_is_lost_or_kept() -> None:
    data = message(Thing(labels={"a": "b"}, parts=(Part("c"),), born="2026-01-01T00:00:00Z", deep="d"))

    frame = event("ADDED", data)[4:]

    def blocks_after_reading() -> int:
        for _ in range(2000):
            reader(Thing).read(data)
            messages.event(frame, Protobuf)
            with suppress(ValueError):
                reader(Thing).read(data + b"\x0a\x7f")
            with suppress(ValueError):
                messages.event(frame[:-1], Protobuf)
        gc.collect()  # What tests before this one have left.
        return sys.getallocatedblocks()

    # In one of the rounds the threads that tests before this one have left may take or free some hundred; what readings keep, they keep in each.
    rounds = [blocks_after_reading() for _ in range(4)]
    assert min(abs(after - before) for before, after in pairwise(rounds)) < 100


# Declarations


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        ({"name": 1}, "Part.size has no number"),
        ({"name": 1, "size": 1}, "Part: of its fields, and of no others, each has a number of its own"),
        ({"name": 1, "size": 2, "more": 3}, "Part: of its fields, and of no others, each has a number of its own"),
    ],
)
def test_every_field_has_a_number_of_its_own(numbers: dict[str, int], says: str) -> None:
    with pytest.raises(TypeError, match=says):
        numbered(**numbers)(Part)


class Plain(msgspec.Struct):
    name: str = ""


@numbered(plain=1)
class Around(msgspec.Struct):
    plain: Plain | None = None


def test_a_struct_of_which_a_part_has_no_numbers_is_not_read() -> None:
    assert reader(Plain) is None
    assert reader(Around) is None


@pytest.mark.parametrize(
    "hint",
    [
        float,
        list[str],
        int | str,
        tuple[int, ...],
        dict[str, bool],
        Annotated[str, msgspec.Meta(extra={"conversion": "x"})],
    ],
)
def test_a_type_that_protobuf_does_not_have_is_refused(hint: Any) -> None:  # noqa: ANN401 - any type
    odd = numbered(field=1)(msgspec.defstruct("Odd", [("field", hint, None)]))
    with pytest.raises(TypeError, match="Odd: protobuf has no field of the type"):
        reader(odd)


def test_a_field_without_a_default_is_refused() -> None:
    odd = numbered(field=1)(msgspec.defstruct("Odd", [("field", str)]))
    with pytest.raises(TypeError, match=r"Odd\.field has no default"):
        reader(odd)


def test_the_kinds_that_are_read_from_json() -> None:
    """Of the others a real API server is asked in both forms."""
    assert {kind.resource for kind in KINDS if not reader(kind.model)} == {
        "certificatesigningrequests",
        "horizontalpodautoscalers",
        "leases",
        "mutatingwebhookconfigurations",
        "validatingwebhookconfigurations",
    }
