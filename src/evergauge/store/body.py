"""Response bodies: the fragments of many stores as one gzip member or as plain text, of known length, in pieces."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple, Protocol

from evergauge.store.fragment import inflate
from evergauge.store.snapshot import Snapshot, Total

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evergauge.store.fragment import Fragment

PIECE = 512 * 1024
"""Bytes at which a piece is handed to the socket."""
GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""RFC 1952: deflate, no flags, no time, unknown system."""
LAST_BLOCK = b"\x03\x00"
"""An empty deflate block that says it is the last (RFC 1951)."""


class Body(Protocol):
    """One finished response body.

    length: exact bytes. inflates: whether making the pieces is work, which a thread should do.
    """

    length: int
    inflates: bool

    def chunks(self) -> Iterator[bytes]:
        """The body in pieces of about 512 KiB. The data is immutable: a slow reader holds up nobody."""


class Section(NamedTuple):
    """What one kind contributes: the headers of its families and the snapshots of its stores."""

    headers: Sequence[Fragment]
    snapshots: Sequence[Snapshot]

    def fragments(self) -> Iterator[Fragment]:
        """All fragments in the order of the exposition: family by family, store by store, bucket by bucket."""
        for family, header in enumerate(self.headers):
            yield header
            for snapshot in self.snapshots:
                yield from snapshot.column(family)


class GzipBody:
    """One gzip member (some clients refuse several): the deflated fragments as they are."""

    inflates = False

    def __init__(self, sections: Sequence[Section], ending: Fragment | None = None) -> None:
        """sections: of prepared snapshots, those of kinds without objects left out. ending: text behind the last family."""
        self._sections = sections
        self._ending = ending
        self._total = _total(sections, ending)
        self.length = len(GZIP_HEADER) + self._total.deflated + len(LAST_BLOCK) + 8

    def chunks(self) -> Iterator[bytes]:
        """See `Body`."""
        pieces, size = [GZIP_HEADER], 0
        for fragment in _fragments(self._sections, self._ending):
            pieces.append(fragment.deflated)
            size += len(fragment.deflated)
            if size >= PIECE:
                yield b"".join(pieces)
                pieces, size = [], 0
        pieces += (LAST_BLOCK, struct.pack("<II", self._total.crc, self._total.length & 0xFFFFFFFF))
        yield b"".join(pieces)


class PlainBody:
    """Plain text, inflated on the way out: many fragments in one call, since they make one deflate stream."""

    inflates = True

    def __init__(self, sections: Sequence[Section], ending: Fragment | None = None) -> None:
        """As GzipBody."""
        self._sections = sections
        self._ending = ending
        self.length = _total(sections, ending).length

    def chunks(self) -> Iterator[bytes]:
        """See `Body`."""
        deflated: list[bytes] = []
        size = 0
        for fragment in _fragments(self._sections, self._ending):
            deflated.append(fragment.deflated)
            size += fragment.length
            if size >= PIECE:
                yield inflate(b"".join(deflated), size)
                deflated, size = [], 0
        if deflated:
            yield inflate(b"".join(deflated), size)


def _fragments(sections: Sequence[Section], ending: Fragment | None) -> Iterator[Fragment]:
    for section in sections:
        yield from section.fragments()
    if ending is not None:
        yield ending


def _total(sections: Sequence[Section], ending: Fragment | None) -> Total:
    total = Total()
    for section in sections:
        for family, header in enumerate(section.headers):
            total = total.then(header.crc, header.length, len(header.deflated))
            for snapshot in section.snapshots:
                total = total.then(*snapshot.totals[family])
    if ending is not None:
        total = total.then(ending.crc, ending.length, len(ending.deflated))
    return total
