"""Stores with objects in them, and what they show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergauge.store import GzipBody, PlainBody, Rendering, Section, Store, Unrendered, header_fragment
from evergauge.store.bucket import MOST_OBJECTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evergauge.store import Body, Snapshot

FAMILIES = 3
TEN_BUCKETS = 10 * MOST_OBJECTS
FEW = MOST_OBJECTS // 16
"""Objects that leave a bucket sparse."""
HEADERS = [header_fragment(f"# HELP f{n} Things.\n# TYPE f{n} gauge\n".encode()) for n in range(FAMILIES)]


def fold(store: Store) -> None:
    for _ in store.fold():
        pass


def render(store: Store) -> None:
    for _ in store.render():
        pass


def prepared(store: Store) -> Snapshot:
    snapshot = store.snapshot()
    for _ in snapshot.prepare():
        pass
    return snapshot


def body_of(body: Body) -> bytes:
    text = b"".join(make() for make in body.pieces())
    assert len(text) == body.length
    return text


def text_of(*stores: Store) -> bytes:
    return body_of(PlainBody([Section(HEADERS, [prepared(store) for store in stores])]))


def gzip_of(*stores: Store, ending: bytes = b"") -> bytes:
    sections = [Section(HEADERS, [prepared(store) for store in stores])]
    return body_of(GzipBody(sections, header_fragment(ending) if ending else None))


def parts_of(number: int, size: int = 40) -> list[bytes]:
    return [f'f{n}{{object="{number}"}} {"1" * size}\n'.encode() for n in range(FAMILIES)]


def later(*parts: bytes) -> Unrendered:
    """Lines that are rendered when they are folded."""
    return Unrendered(lambda _: Rendering(parts), sum(map(len, parts)))


def filled(objects: Iterable[int], version: int = 0) -> Store:
    store = Store(FAMILIES)
    for number in objects:
        store.put(str(number), parts_of(number), version)
    fold(store)
    return store


def lines(text: bytes) -> list[bytes]:
    return sorted(text.split(b"\n"))
