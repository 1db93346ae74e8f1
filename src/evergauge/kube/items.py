"""Bytes of lists and watches to items: identity and version of an object beside what came, which stays as it is.

Here it is read from JSON; `in_protobuf` does the same with the other form.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

import msgspec

from evergauge.errors import ApiError, MalformedAnswer, error_of_status
from evergauge.protobuf import Protobuf, numbered, pieces, reader

if TYPE_CHECKING:
    from collections.abc import Callable

INITIAL_EVENTS_END = "k8s.io/initial-events-end"
"""The annotation of the bookmark that ends a watch-list's initial events (KEP-3157)."""


Raw = msgspec.Raw | Protobuf
"""An object as it came: its JSON, or its message."""


class Item(NamedTuple):
    """One object. uid: its UID, or namespace and name where it has none; version: its resourceVersion; raw: as it came, JSON or protobuf.

    model: the object decoded, where a `Build` has read it so; then there is no more of it but `digest`, which is up to whoever read it.
    """

    uid: str
    version: str
    raw: Raw
    model: Any = None
    digest: int = 0


NOTHING = msgspec.Raw()
"""What there is beside an item that was decoded at once."""


class Identified(Protocol):
    """The metadata by which an object is known."""

    @property
    def uid(self) -> str | None: ...
    @property
    def resourceVersion(self) -> str | None: ...  # noqa: N802 (the API's name)
    @property
    def namespace(self) -> str | None: ...
    @property
    def name(self) -> str | None: ...


class Event(NamedTuple):
    """One event of a watch about an object; `item` is None where its metadata can't be read."""

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    item: Item | None


class Bookmark(NamedTuple):
    """Everything up to this version has been sent. ends_initial: the initial events of a watch-list are complete."""

    version: str
    ends_initial: bool


class Page(NamedTuple):
    """One page of a list. items: as in `Event`.

    following: the continue token, empty on the last page. remaining: how many follow, None where the server doesn't say.
    """

    items: list[Item | None]
    version: str
    following: str
    remaining: int | None = None


class _Metadata(msgspec.Struct, gc=False):
    uid: str | None = None
    resourceVersion: str | None = None  # noqa: N815 (the API's name, as below)
    namespace: str | None = None
    name: str | None = None


@numbered(uid=(1, 5), resourceVersion=(1, 6), namespace=(1, 3), name=(1, 1))
class _MetadataInMessage(_Metadata, gc=False):
    """The same, of an object's message."""


class _Object(msgspec.Struct, gc=False):
    metadata: _Metadata | None = None


class _Event(msgspec.Struct, gc=False):
    type: str
    object: msgspec.Raw


@numbered(resourceVersion=6, annotations=12)
class BookmarkMetadata(msgspec.Struct, gc=False):
    """What a bookmark says."""

    resourceVersion: str = ""  # noqa: N815
    annotations: dict[str, str] | None = None


class _Bookmark(msgspec.Struct, gc=False):
    metadata: BookmarkMetadata


@numbered(resourceVersion=2, following=3, remainingItemCount=4)
class ListMetadata(msgspec.Struct, gc=False):
    """`metav1.ListMeta`."""

    resourceVersion: str | None = None  # noqa: N815
    following: str | None = msgspec.field(default=None, name="continue")
    remainingItemCount: int | None = None  # noqa: N815


class _List(msgspec.Struct, gc=False):
    metadata: ListMetadata
    items: list[msgspec.Raw] | None = None


_OBJECT = msgspec.json.Decoder(_Object)
_MESSAGE = reader(_MetadataInMessage)
_EVENT = msgspec.json.Decoder(_Event)
_BOOKMARK = msgspec.json.Decoder(_Bookmark)
_LIST = msgspec.json.Decoder(_List)
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_ITEMS = re.compile(rb'"items":\[(\{"[^"\\]+":)')
"""The beginning of a list's items, and of the first of them. A text that looks so would have its quotes escaped."""


def read_item(raw: Raw) -> Item | None:
    """The item of an object; None where it says neither UID nor name in a readable way."""
    try:
        metadata = _metadata(raw)
    except ValueError:  # of which msgspec.DecodeError is one
        return None
    return item_of(metadata, raw)


def _metadata(raw: Raw) -> _Metadata | None:
    """Who an object is. Raises ValueError."""
    if isinstance(raw, Protobuf):
        found: _Metadata = _MESSAGE.read(raw)
        return found
    return _OBJECT.decode(raw).metadata


def item_of(metadata: Identified | None, raw: Raw, model: object = None, digest: int = 0) -> Item | None:
    """The item of an object with that metadata; None where it says neither UID nor name."""
    if metadata is None:
        return None
    uid = metadata.uid or (f"{metadata.namespace or ''}/{metadata.name}" if metadata.name else "")
    return Item(uid, metadata.resourceVersion or "", raw, model, digest) if uid else None


def read_items(objects: bytes | Protobuf) -> list[Item | None]:
    """The items of a JSON array of objects, or of a list's fields. Raises ValueError (as is msgspec.DecodeError) where it is neither."""
    if isinstance(objects, Protobuf):
        return [read_item(piece) for piece in pieces(objects)]
    return [read_item(raw) for raw in _RAWS.decode(objects)]


def name_of(raw: Raw) -> str:
    """Namespace and name of an object that `read_item` can read: `shop/cart`, or the name alone."""
    metadata = _metadata(raw) or _Metadata()
    return f"{metadata.namespace}/{metadata.name}" if metadata.namespace else metadata.name or ""


def read_event(line: bytes | memoryview) -> Event | Bookmark:
    """One line of a watch. Raises ApiError for an ERROR event (`Expired` for 410), MalformedAnswer for junk.

    What is said of junk quotes none of it: it may be a Secret's.
    """
    try:
        event = _EVENT.decode(line)
        if event.type in ("ADDED", "MODIFIED", "DELETED"):
            return Event(event.type, read_item(event.object))  # type: ignore[arg-type] # one of the three
        if event.type == "BOOKMARK":
            return bookmark_of(_BOOKMARK.decode(event.object).metadata)
        if event.type == "ERROR":
            raise error_event(msgspec.json.decode(event.object))
    except msgspec.DecodeError as error:
        raise MalformedAnswer(f"a watch sent what is no event ({error}, {len(line)} bytes)") from None
    raise MalformedAnswer(f"a watch sent an event of the unknown type {event.type[:40]!r}")


def bookmark_of(metadata: BookmarkMetadata) -> Bookmark:
    """The bookmark of an object with that metadata."""
    return Bookmark(metadata.resourceVersion, (metadata.annotations or {}).get(INITIAL_EVENTS_END) == "true")


def error_event(status: Any) -> ApiError:  # noqa: ANN401 (JSON of any shape)
    """The error that the `Status` object of an ERROR event stands for."""
    code = status.get("code") if isinstance(status, dict) else None
    return error_of_status(code if isinstance(code, int) else 500, status, "a watch ended")


def split(data: bytes) -> tuple[list[bytes], bytes]:
    """The complete lines of a watch, and the beginning of the next one."""
    *lines, rest = data.split(b"\n")
    return lines, rest


class PageReader:
    """A page that is read while it comes, so that nobody ever holds the whole of it.

    Theory of operation. The API server writes a list compactly, one item after the other. All items of a list begin with the same key,
    so the last place where an item may begin is found by a search; if what lies before it can't be decoded, that place was inside an item,
    and the next one is waited for. What has been given out is cut out, so what remains is always a page with fewer items: at the end it
    is read as one, whatever stands before and after the items.
    """

    def __init__(self, read: Callable[[bytes], list[Item | None]] = read_items) -> None:
        """read: the items of a JSON array; see Build."""
        self._read = read
        self._head = self._rest = self._separator = b""

    def take(self, chunk: bytes) -> list[Item | None]:
        """The items that are complete now and were not before."""
        self._rest += chunk
        if not (self._separator or self._found_items()):
            return []
        cut = self._rest.rfind(self._separator)
        if cut < 0:
            return []
        try:
            items = self._read(b"[%b]" % self._rest[: cut + 1])
        except msgspec.DecodeError:
            return []
        self._rest = self._rest[cut + 2 :]
        return items

    def finish(self) -> Page:
        """The page without the items that were given out. Raises MalformedAnswer where it is none, or has not come to its end."""
        return read_page(self._head + self._rest)

    def _found_items(self) -> bool:
        if first := _ITEMS.search(self._rest):
            self._head, self._rest = self._rest[: first.start(1)], self._rest[first.start(1) :]
            self._separator = b"}," + first[1]
        return bool(first)


def read_page(body: bytes) -> Page:
    """One page of a list. Raises MalformedAnswer for what is no list."""
    try:
        page = _LIST.decode(body)
    except msgspec.DecodeError as error:
        raise no_list(error) from None
    items = [read_item(raw) for raw in page.items or ()]
    metadata = page.metadata
    return Page(items, metadata.resourceVersion or "", metadata.following or "", metadata.remainingItemCount)


def no_list(why: object) -> MalformedAnswer:
    """The error of a list that is none."""
    return MalformedAnswer(f"a list was answered with what is no list ({why})")
