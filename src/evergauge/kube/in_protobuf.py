"""Lists and watches in protobuf: to the same items, events and pages as from JSON.

An answer is an envelope, `runtime.Unknown` behind four bytes, around a list or a Status. A watch is a sequence of frames: a length of four bytes and a
`metav1.WatchEvent`, around the envelope of an object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from evergauge.errors import MalformedAnswer
from evergauge.kube.items import (
    Bookmark,
    BookmarkMetadata,
    Event,
    ListMetadata,
    Page,
    bookmark_of,
    error_event,
    no_list,
    read_item,
    read_items,
)
from evergauge.protobuf import Protobuf, complete, messages, numbered, reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergauge.kube.items import Item

MAGIC = b"k8s\x00"
"""What an envelope begins with."""
_LENGTH = 4
"""Bytes of a frame's length, most significant first."""
_RAW = 0x12
"""The tag of the envelope's field 2, what is in it. All its fields are delimited."""
_UNKNOWN = -1
_MORE = 0x80
"""The bit of all bytes of a number but the last."""


@numbered(metadata=1)
class _Bookmark(msgspec.Struct, gc=False):
    metadata: BookmarkMetadata | None = None


@numbered(metadata=1)
class _List(msgspec.Struct, gc=False):
    metadata: ListMetadata | None = None


@numbered(reason=1)
class _Cause(msgspec.Struct, gc=False):
    reason: str = ""


@numbered(causes=4, retryAfterSeconds=5)
class _Details(msgspec.Struct, gc=False):
    causes: tuple[_Cause, ...] = ()
    retryAfterSeconds: int = 0  # noqa: N815


@numbered(message=3, reason=4, details=5, code=6)
class _Status(msgspec.Struct, gc=False):
    """As the API conventions have it."""

    message: str = ""
    reason: str = ""
    details: _Details | None = None
    code: int | None = None


_BOOKMARK, _LIST, _STATUS = map(reader, (_Bookmark, _List, _Status))


def split(data: bytes) -> tuple[list[memoryview], bytes]:
    """The complete frames of a watch, without their lengths, and the beginning of the next one."""
    frames, start, view = [], 0, memoryview(data)
    while len(data) >= start + _LENGTH:
        end = start + _LENGTH + int.from_bytes(data[start : start + _LENGTH])
        if end > len(data):
            break
        frames.append(view[start + _LENGTH : end])
        start = end
    return frames, data[start:]


def read_event(frame: bytes | memoryview) -> Event | Bookmark:
    """See `items.read_event`."""
    try:
        type_, message = messages.event(frame, Protobuf)
        if type_ in ("ADDED", "MODIFIED", "DELETED"):
            return Event(type_, read_item(message))
        if type_ == "BOOKMARK":
            return bookmark_of(_BOOKMARK.read(message).metadata or BookmarkMetadata())
        if type_ == "ERROR":
            raise error_event(_status(message))
    except ValueError as error:
        raise MalformedAnswer(f"a watch sent what is no event ({error}, {len(frame)} bytes)") from None
    raise MalformedAnswer(f"a watch sent an event of the unknown type {type_[:40]!r}")


def read_status(body: bytes) -> object:
    """A Status, as it would be in JSON. Raises ValueError for what is none."""
    return _status(messages.unwrapped(body))


def read_page(body: bytes) -> Page:
    """See `items.read_page`."""
    whole = PageReader()
    items = whole.take(body)
    return whole.finish()._replace(items=items)


class PageReader:
    """See `items.PageReader`. Here the length of the list comes first, then its metadata, then each object with its length."""

    def __init__(self, read: Callable[[Protobuf], list[Item | None]] = read_items) -> None:
        """read: the items of a list's fields; see Build."""
        self._read = read
        self._rest = b""
        self._left = _UNKNOWN
        self._metadata: ListMetadata | None = None

    def take(self, chunk: bytes) -> list[Item | None]:
        """The items that are complete now and were not before. Raises MalformedAnswer for what is no list."""
        self._rest += chunk
        if self._left == _UNKNOWN and not self._found_list():
            return []
        try:
            size = complete(self._rest[: self._left])
            fields, self._rest = Protobuf(memoryview(self._rest)[:size]), self._rest[size:]
            self._left -= size
            if self._metadata is None and fields:
                self._metadata = _LIST.read(fields).metadata or ListMetadata()
            return self._read(fields) if fields else []
        except ValueError as error:
            raise no_list(error) from None

    def finish(self) -> Page:
        """The page without the items that were given out. Raises MalformedAnswer where it has not come to its end."""
        if self._left != 0:
            raise no_list("it breaks off")
        metadata = self._metadata or ListMetadata()
        return Page([], metadata.resourceVersion or "", metadata.following or "", metadata.remainingItemCount)

    def _found_list(self) -> bool:
        if self._rest[: len(MAGIC)] != MAGIC[: len(self._rest)]:
            raise no_list("it has no envelope")
        at = len(MAGIC)
        while field := _field(self._rest, at):
            tag, length, start = field
            if tag == _RAW:
                self._rest, self._left = self._rest[start:], length
                return True
            at = start + length
        return False


def _field(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Tag, length and start of the envelope's field at that place; None where it has not come."""
    length = 0
    for place in range(at + 1, len(data)):
        length |= (data[place] & ~_MORE) << 7 * (place - at - 1)
        if data[place] < _MORE:
            return data[at], length, place + 1
    return None


def _status(message: bytes) -> Any:  # noqa: ANN401 (as JSON is)
    return msgspec.json.decode(msgspec.json.encode(_STATUS.read(message)))
