"""Answers in protobuf: what is read from JSON is read from them, however they come."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergauge.errors import ApiError, Expired, MalformedAnswer, ServerFailed, Throttled, VersionTooLarge
from evergauge.kube import in_protobuf
from evergauge.kube.failures import _status
from evergauge.kube.forms import PROTOBUF, form_of, read_page
from evergauge.kube.items import Bookmark, Event, Item, Page, name_of, read_item
from evergauge.kube.source import Source
from evergauge.protobuf import Protobuf
from support.messages import MAGIC, envelope, event, field, listed
from support.native import native_part

if TYPE_CHECKING:
    from collections.abc import Sequence

FORM = form_of(PROTOBUF)


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    native_part()


def thing(number: int, text: str = "") -> bytes:
    metadata = field(1, f"t{number}") + field(3, "shop") + field(5, f"u{number}") + field(6, str(number))
    return field(1, metadata) + field(2, text)


def read_in_parts(body: bytes, cuts: Sequence[int]) -> Page:
    reader, items, start = in_protobuf.PageReader(), list[Item | None](), 0
    for end in [*sorted(cut % (len(body) + 1) for cut in cuts), len(body)]:
        items += reader.take(body[start:end])
        start = end
    return reader.finish()._replace(items=items)


# Lists

TEXTS = st.lists(st.text(max_size=300), max_size=8)
CUTS = st.lists(st.integers(0, 5000), max_size=12)


@given(TEXTS, CUTS, st.none() | st.integers(0, 10**6))
def test_a_page_that_comes_in_parts_is_the_page(texts: list[str], cuts: list[int], remaining: int | None) -> None:
    things = [thing(number, text) for number, text in enumerate(texts)]
    body = listed(things, version="9", following="c", remaining=remaining)
    page = read_in_parts(body, cuts)
    assert page == read_page(body)
    assert page[1:] == ("9", "c", remaining)
    assert page.items == [Item(f"u{n}", str(n), Protobuf(each)) for n, each in enumerate(things)]


@given(TEXTS, CUTS, st.data())
def test_one_that_is_cut_anywhere_is_no_page(texts: list[str], cuts: list[int], data: st.DataObject) -> None:
    body = listed([thing(number, text) for number, text in enumerate(texts)], version="9")
    end_of_list = len(body) - len(field(3, "") + field(4, ""))
    with pytest.raises(MalformedAnswer, match="a list was answered with what is no list"):
        read_in_parts(body[: data.draw(st.integers(0, end_of_list - 1))], cuts)


@given(st.binary(max_size=200), CUTS)
def test_junk_is_no_page(junk: bytes, cuts: list[int]) -> None:
    with pytest.raises(MalformedAnswer):
        read_in_parts(junk, cuts)
    with suppress(MalformedAnswer):
        read_in_parts(envelope(junk), cuts)


def test_an_object_whose_metadata_cannot_be_read_is_told_as_such() -> None:
    body = listed([thing(1), field(1, b"\x0a\x7f"), field(1, field(2, "nameless")), thing(2)], version="9")
    assert [item and item.uid for item in read_page(body).items] == ["u1", None, None, "u2"]


def test_an_object_without_uid_is_known_by_its_name() -> None:
    raw = Protobuf(field(1, field(1, "cart") + field(3, "shop")))
    assert read_item(raw) == Item("shop/cart", "", raw)
    assert name_of(raw) == "shop/cart"
    assert name_of(Protobuf(field(1, field(1, "node-1")))) == "node-1"


# Watches


@given(TEXTS, CUTS)
def test_frames_are_whole_however_they_come(texts: list[str], cuts: list[int]) -> None:
    body = b"".join(event("ADDED", thing(number, text)) for number, text in enumerate(texts))
    found, rest, start = list[bytes | memoryview](), b"", 0
    for end in [*sorted(cut % (len(body) + 1) for cut in cuts), len(body)]:
        frames, rest = FORM.split(rest + body[start:end])
        found += frames
        start = end
    assert rest == b""
    things = [thing(number, text) for number, text in enumerate(texts)]
    assert [FORM.read_event(frame) for frame in found] == [
        Event("ADDED", Item(f"u{n}", str(n), Protobuf(each))) for n, each in enumerate(things)
    ]


def read(type_: str, message: bytes) -> Event | Bookmark:
    frames, rest = FORM.split(event(type_, message))
    assert rest == b""
    return FORM.read_event(frames[0])


@pytest.mark.parametrize("type_", ["ADDED", "MODIFIED", "DELETED"])
def test_events(type_: str) -> None:
    assert read(type_, thing(3)) == Event(type_, Item("u3", "3", Protobuf(thing(3))))  # type: ignore[arg-type]
    assert read(type_, b"") == Event(type_, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("annotations", "ends"),
    [
        (b"", False),
        (field(12, field(1, "k8s.io/initial-events-end") + field(2, "true")), True),
        (field(12, field(1, "k8s.io/initial-events-end") + field(2, "false")), False),
        (field(12, field(1, "another") + field(2, "true")), False),
    ],
)
def test_bookmarks(annotations: bytes, ends: bool) -> None:  # noqa: FBT001 - a case
    assert read("BOOKMARK", field(1, field(6, "12") + annotations)) == Bookmark("12", ends)


def status(code: int, reason: str, message: str, details: bytes | None = None) -> bytes:
    encoded = field(1, b"") + field(2, "Failure") + field(3, message) + field(4, reason)
    return encoded + (b"" if details is None else field(5, details)) + field(6, code)


@pytest.mark.parametrize(
    ("answer", "error", "text"),
    [
        (status(410, "Expired", "too old resource version"), Expired, "410 Expired: too old resource version"),
        (status(500, "", "etcd is away"), ServerFailed, "500: etcd is away"),
        (status(429, "TooManyRequests", "slow down", field(5, 3)), Throttled, "429 TooManyRequests: slow down"),
        (
            status(504, "Timeout", "wait", field(4, field(1, "ResourceVersionTooLarge"))),
            VersionTooLarge,
            "504 Timeout: wait",
        ),
        (b"", ApiError, "watch ended"),
    ],
)
def test_error_events_are_raised(answer: bytes, error: type[ApiError], text: str) -> None:
    with pytest.raises(error, match=text) as raised:
        read("ERROR", answer)
    assert not isinstance(raised.value, Throttled) or raised.value.retry_after == 3


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"<html>",
        field(1, "ADDED"),
        field(1, "ADDED") + field(2, field(1, "no envelope")),
        field(1, "ADDED") + field(2, field(1, MAGIC + b"\x12\x7f")),
        field(1, "RENAMED\n") + field(2, field(1, envelope(thing(1)))),
        field(1, "BOOKMARK") + field(2, field(1, envelope(b"\x0a\x7f"))),
        field(1, 1) + field(2, field(1, envelope(b""))),
    ],
)
def test_junk_is_a_malformed_answer_in_one_line(frame: bytes) -> None:
    with pytest.raises(MalformedAnswer) as raised:
        FORM.read_event(frame)
    assert "\n" not in str(raised.value)


@given(st.binary(max_size=200))
def test_any_junk_is_a_malformed_answer(junk: bytes) -> None:
    for frame in (junk, field(1, "ADDED") + junk, field(1, "ERROR") + field(2, field(1, envelope(junk)))):
        with suppress(ApiError):
            FORM.read_event(frame)


# Refusals


def test_a_refusal_says_why() -> None:
    details = field(1, "") + field(4, field(1, "ResourceVersionTooLarge") + field(2, "x")) + field(5, 1)
    body = envelope(status(504, "Timeout", "Too large resource version", details), "Status")
    assert _status({"Content-Type": PROTOBUF}, body) == {
        "message": "Too large resource version",
        "reason": "Timeout",
        "details": {"causes": [{"reason": "ResourceVersionTooLarge"}], "retryAfterSeconds": 1},
        "code": 504,
    }


@pytest.mark.parametrize("body", [b"", b"{}", MAGIC, MAGIC + b"\x12\x7f"])
def test_a_refusal_that_is_no_status(body: bytes) -> None:
    found = _status({"Content-Type": PROTOBUF}, body)
    assert isinstance(found, dict)
    assert found["message"] in ("", f"a body that is no Status ({PROTOBUF})")


# What is asked for


def test_protobuf_is_asked_for_before_json() -> None:
    assert Source("pods").accept_list == "application/json"
    assert Source("pods", protobuf=True).accept_list == f"{PROTOBUF},application/json"
    assert Source("pods", protobuf=True).accept_watch == f"{PROTOBUF};stream=watch,application/json"
    partial = ";as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    both = Source("pods", protobuf=True, metadata_only=True)
    assert both.accept_watch.split(",") == [
        f"{PROTOBUF};stream=watch{partial}",
        f"application/json{partial}",
        f"{PROTOBUF};stream=watch",
        "application/json",
    ]
