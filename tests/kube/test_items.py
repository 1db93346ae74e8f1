"""Lines of watches and pages of lists, as the API server sends them and as it never should."""

from __future__ import annotations

import json

import msgspec
import pytest

from evergauge.errors import ApiError, Expired, MalformedAnswer, ServerFailed
from evergauge.kube.items import Bookmark, Event, Item, read_event, read_item, read_page

UID = "29ba9a8d-4c5f-4d3c-a2ab-b5a1b1a5f0a2"


@pytest.mark.parametrize(
    ("metadata", "uid", "version"),
    [
        ({"uid": UID, "resourceVersion": "7", "name": "a"}, UID, "7"),
        ({"uid": UID}, UID, ""),
        ({"uid": None, "name": "a", "namespace": "n", "resourceVersion": None}, "n/a", ""),
        ({"uid": "", "name": "a"}, "/a", ""),
    ],
)
def test_an_items_identity(metadata: dict[str, str | None], uid: str, version: str) -> None:
    raw = msgspec.Raw(json.dumps({"metadata": metadata, "spec": {"x": [1]}}).encode())
    assert read_item(raw) == Item(uid, version, raw)


@pytest.mark.parametrize(
    "raw",
    [
        "{}",
        '{"metadata": null}',
        '{"metadata": {}}',
        '{"metadata": []}',
        '{"metadata": {"uid": 5}}',
        "[]",
        "1",
        '"x"',
        "null",
    ],
)
def test_an_object_without_readable_identity_is_no_item(raw: str) -> None:
    assert read_item(msgspec.Raw(raw.encode())) is None


@pytest.mark.parametrize("kind", ["ADDED", "MODIFIED", "DELETED"])
def test_events_of_objects(kind: str) -> None:
    line = json.dumps({"type": kind, "object": {"metadata": {"uid": UID, "resourceVersion": "9"}, "a": "é"}}).encode()
    event = read_event(line)
    assert isinstance(event, Event)
    assert event.type == kind
    assert event.item is not None
    assert (event.item.uid, event.item.version) == (UID, "9")
    assert bytes(event.item.raw) in line
    assert read_event(b'{"type": "%s", "object": {"kind": "Odd"}}' % kind.encode()) == Event(kind, None)


@pytest.mark.parametrize(
    ("annotations", "ends"),
    [
        (None, False),
        ({}, False),
        ({"k8s.io/initial-events-end": "true"}, True),
        ({"k8s.io/initial-events-end": "false"}, False),
        ({"another": "true"}, False),
    ],
)
def test_bookmarks(annotations: dict[str, str] | None, ends: bool) -> None:  # noqa: FBT001 - a case
    thing = {"kind": "Pod", "metadata": {"resourceVersion": "12", "annotations": annotations}}
    assert read_event(json.dumps({"type": "BOOKMARK", "object": thing}).encode()) == Bookmark("12", ends)


@pytest.mark.parametrize(
    ("status", "error", "text"),
    [
        (
            {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"},
            Expired,
            "too old",
        ),
        ({"kind": "Status", "code": 500, "message": "etcd is away"}, ServerFailed, "etcd is away"),
        ({"kind": "Status"}, ApiError, "watch ended"),
        ({}, ApiError, "watch ended"),
        ([], ApiError, "watch ended"),
    ],
)
def test_error_events_are_raised(status: object, error: type[ApiError], text: str) -> None:
    with pytest.raises(error, match=text):
        read_event(json.dumps({"type": "ERROR", "object": status}).encode())


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"<html>",
        b"{}",
        b'{"type": "ADDED"}',
        b'{"type": 1, "object": {}}',
        b'{"type": "RENAMED", "object": {}}',
        b'{"type": "BOOKMARK", "object": {}}',
        b'{"type": "ADDED", "object": {"metadata"',
        b'{"type": "ERROR"}',
    ],
)
def test_junk_is_a_malformed_answer_in_one_line(line: bytes) -> None:
    with pytest.raises(MalformedAnswer) as raised:
        read_event(line)
    assert "\n" not in str(raised.value)


def test_pages() -> None:
    things = [{"metadata": {"uid": f"u{number}", "resourceVersion": str(number)}} for number in range(3)]
    metadata = {"resourceVersion": "50", "continue": "abc", "remainingItemCount": 7}
    body = {"kind": "PodList", "metadata": metadata, "items": [*things, {"odd": 1}]}
    page = read_page(json.dumps(body).encode())
    assert [item and item.uid for item in page.items] == ["u0", "u1", "u2", None]
    assert (page.version, page.following, page.remaining) == ("50", "abc", 7)
    assert read_page(b'{"metadata": {"resourceVersion": "1"}, "items": null}') == ([], "1", "", None)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"metadata": {}, "items": {}}', b'{"metadata": {"resourceVersion": "1"']
)
def test_what_is_no_list_is_a_malformed_answer(body: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        read_page(body)
