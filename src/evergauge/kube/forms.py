"""The two forms in which the API server writes objects: JSON, and protobuf for built-in kinds (API page "Alternate representations of resources")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from evergauge.kube import in_protobuf, items

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evergauge.kube.items import Bookmark, Event, Item, Page

JSON = "application/json"
PROTOBUF = "application/vnd.kubernetes.protobuf"


class PageReader(Protocol):
    """A page that is read while it comes."""

    def take(self, chunk: bytes) -> list[Item | None]:
        """See items.PageReader."""
        ...

    def finish(self) -> Page:
        """See items.PageReader."""
        ...


class Form(NamedTuple):
    """How lists and watches are read; see `items`."""

    split: Callable[[bytes], tuple[Sequence[bytes | memoryview], bytes]]
    read_event: Callable[[bytes | memoryview], Event | Bookmark]
    page_reader: Callable[[Callable[[Any], list[Item | None]]], PageReader]


_JSON = Form(items.split, items.read_event, items.PageReader)
_PROTOBUF = Form(in_protobuf.split, in_protobuf.read_event, in_protobuf.PageReader)


def form_of(media_type: str) -> Form:
    """The form of an answer of that type, without parameters."""
    return _PROTOBUF if media_type == PROTOBUF else _JSON


def read_page(body: bytes) -> Page:
    """One page of a list in either form. Raises MalformedAnswer for what is no list."""
    return in_protobuf.read_page(body) if body.startswith(in_protobuf.MAGIC) else items.read_page(body)
