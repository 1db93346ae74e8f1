"""Response bodies: the fragments of many stores as one gzip member or as plain text, of known length, in pieces."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple, Protocol

from evergauge.exposition.header import EOF
from evergauge.native import fragments as native
from evergauge.store.fragment import header_fragment, inflate
from evergauge.store.snapshot import Snapshot, Total

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evergauge.store.fragment import Fragment

GZIP_PIECE = 256 * 1024
PLAIN_PIECE = 1024 * 1024
"""Bytes at which a piece is handed to the socket. Joining is quick and inflating is not: few large pieces for those that a
thread makes, since each costs a change of threads; small ones where the same thread makes and sends (docs/decisions)."""
GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""RFC 1952: deflate, no flags, no time, unknown system."""
OPENMETRICS_END = header_fragment(EOF.encode())
"""What ends an OpenMetrics exposition."""
LAST_BLOCK = b"\x03\x00"
"""An empty deflate block that says it is the last (RFC 1951)."""
_DEFLATED, _LENGTH = attrgetter("deflated"), attrgetter("length")
Piece = Callable[[], bytes]
"""One piece of a body, which calling it makes."""


class Body(Protocol):
    """One finished response body.

    length: exact bytes. inflates: whether making a piece is work, which a thread should do.
    """

    length: int
    inflates: bool

    def pieces(self) -> Iterator[Piece]:
        """The body in order. Pieces can be made in any thread and beside one another; each is of immutable data, so a slow
        reader holds up nobody.
        """


class Section(NamedTuple):
    """What one kind contributes: the headers of its families and the snapshots of its stores."""

    headers: Sequence[Fragment]
    snapshots: Sequence[Snapshot]

    def columns(self) -> Iterator[list[Fragment]]:
        """All fragments in the order of the exposition: family by family, store by store, bucket by bucket."""
        for family, header in enumerate(self.headers):
            yield [header]
            for snapshot in self.snapshots:
                yield snapshot.column(family)


class GzipBody:
    """One gzip member (some clients refuse several): the deflated fragments as they are."""

    inflates = False

    def __init__(self, sections: Sequence[Section], ending: Fragment | None = None) -> None:
        """sections: of prepared snapshots, those of kinds without objects left out. ending: text behind the last family."""
        self._sections = sections
        self._ending = ending
        self._total = _total(sections, ending)
        self.length = len(GZIP_HEADER) + self._total.deflated + len(LAST_BLOCK) + 8

    def pieces(self) -> Iterator[Piece]:
        """See `Body`."""
        yield lambda: GZIP_HEADER
        for run in _runs(self._sections, self._ending, GZIP_PIECE, deflated=True):
            yield partial(_join, run)
        yield lambda: LAST_BLOCK + struct.pack("<II", self._total.crc, self._total.length & 0xFFFFFFFF)


class PlainBody:
    """Plain text, inflated on the way out: many fragments in one call, since they make one deflate stream."""

    inflates = True

    def __init__(self, sections: Sequence[Section], ending: Fragment | None = None) -> None:
        """As GzipBody."""
        self._sections = sections
        self._ending = ending
        self.length = _total(sections, ending).length

    def pieces(self) -> Iterator[Piece]:
        """See `Body`."""
        for run in _runs(self._sections, self._ending, PLAIN_PIECE, deflated=False):
            yield partial(_inflate, run)


def _join(run: list[Fragment]) -> bytes:
    if native:
        found: bytes = native.joined(run)
        return found
    return b"".join(map(_DEFLATED, run))


def _inflate(run: list[Fragment]) -> bytes:
    return inflate(_join(run), sum(map(_LENGTH, run)))


def _runs(
    sections: Sequence[Section], ending: Fragment | None, limit: int, *, deflated: bool
) -> Iterator[list[Fragment]]:
    """All fragments, as many together as reach the limit, in bytes deflated or plain."""
    run: list[Fragment] = []
    room = limit
    for column in _columns(sections, ending):
        start = 0
        ends, room = (native.ends if native else _ends)(column, room, limit, deflated)
        for end in ends:
            yield [*run, *column[start:end]]
            run, start = [], end
        run += column[start:]
    if run:
        yield run


def _ends(fragments: list[Fragment], room: int, limit: int, deflated: bool) -> tuple[list[int], int]:  # noqa: FBT001 (as the native one)
    """After which fragments the pieces end that they are cut into, and the room that is left in the next one. room: that is left in the first."""
    found = []
    for number, fragment in enumerate(fragments, 1):
        size = len(fragment.deflated) if deflated else fragment.length
        if size < room:
            room -= size
        else:
            found.append(number)
            room = limit
    return found, room


def _columns(sections: Sequence[Section], ending: Fragment | None) -> Iterator[list[Fragment]]:
    for section in sections:
        yield from section.columns()
    if ending is not None:
        yield [ending]


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
