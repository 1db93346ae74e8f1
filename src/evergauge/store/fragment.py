"""A fragment: the lines of one family for one bucket of objects, compressed at rest.

Theory of operation. A raw deflate stream that ends with a sync flush ends on a byte boundary and refers to nothing before it,
so fragments can be concatenated in any order and are still one deflate stream (RFC 1951). A gzip response is a header, fragments
as they are, an empty last block, and a trailer with a CRC-32 that is combined from the fragments' own (RFC 1952).

So fragments in a row are a fragment, too. A bucket's is of one piece at first, since each piece has tables of its own to make and to keep;
a change cuts what it touches, and the next one near by inflates and deflates a few objects' lines: docs/decisions/0026.
"""

from __future__ import annotations

import struct
import threading
import zlib
from typing import TYPE_CHECKING

import msgspec
from isal import isal_zlib

from evergauge.native import fragments as native
from evergauge.store.codes import coder
from evergauge.store.columns import CHECKSUM, NARROW_BELOW, NOTHING, Column, changed, column_of, cut, widened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEVEL = 1
"""ISA-L's level: as small as zlib's 6 at ten times its speed (docs/decisions)."""
RAW = -15
"""Window bits for deflate without a header."""
PIECE = 2 * 1024
"""Plain bytes of a piece where it is cut: so many at least, and less than twice as many; the last one may have fewer."""
_PIECE = struct.Struct("=4I")


class Fragment(msgspec.Struct, frozen=True, eq=False, gc=False):
    """Immutable. Nothing it holds can refer to it, so the garbage collector is spared the sight of it: docs/decisions/0022.

    deflated: raw deflate, sync-flushed. length: bytes of plain text. crc: CRC-32 of the plain text.
    lengths, checksums: for each slot of the bucket the bytes and the 64-bit checksum of its object's lines, packed: as arrays they would
    take twice the memory. cuts: of each piece, where there are several, its slots, its bytes deflated and plain, and its CRC-32, packed.
    """

    deflated: bytes
    length: int
    crc: int
    lengths: bytes
    checksums: bytes
    cuts: bytes = b""

    @property
    def slots(self) -> int:
        """How many slots of the bucket it knows of."""
        return len(self.checksums) // CHECKSUM

    @property
    def width(self) -> int:
        """Bytes of a packed length."""
        return len(self.lengths) // self.slots

    def holds(self, slot: int) -> bool:
        """Whether the object in a slot has lines here."""
        checksum = self.checksums[slot * CHECKSUM : (slot + 1) * CHECKSUM]
        return checksum not in (b"", NOTHING)

    def text(self) -> bytes:
        """The plain lines."""
        return inflate(self.deflated, self.length)

    def pieces(self) -> list[Fragment]:
        """What it is made of."""
        if not self.cuts:
            return [self]
        found, first, start, width = [], 0, 0, self.width
        for slots, size, length, crc in _PIECE.iter_unpack(self.cuts):
            last, end = first + slots, start + size
            lengths, checksums = (
                self.lengths[first * width : last * width],
                self.checksums[first * CHECKSUM : last * CHECKSUM],
            )
            found.append(Fragment(self.deflated[start:end], length, crc, lengths, checksums))
            first, start = last, end
        return found


def _fragment(text: bytes, lengths: bytes, checksums: bytes) -> Fragment:
    """The fragment of a text. lengths, checksums: see Fragment."""
    return Fragment(deflate(text), len(text), isal_zlib.crc32(text), lengths, checksums)


class _Deflater(threading.local):
    """One stream for all that a thread deflates, since a new one costs as much as deflating 1 KB: a full flush forgets what came before."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Begin another one."""
        self.stream = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, RAW)


_DEFLATER = _Deflater()


def deflate(text: bytes) -> bytes:
    """Raw deflate that refers to nothing before it, flushed to a byte's border at the end, without a last block."""
    stream = _DEFLATER.stream
    try:
        return bytes(stream.compress(text)) + bytes(stream.flush(isal_zlib.Z_FULL_FLUSH))
    except BaseException:
        # What it may have taken in must not come out with the next text.
        _DEFLATER.renew()
        raise


def inflate(deflated: bytes, length: int) -> bytes:
    """The plain text, of `length` bytes, of a sync-flushed raw deflate stream."""
    # ISA-L takes 4 µs to begin, zlib 2; then it takes half as long.
    library = zlib if length <= 2 * PIECE else isal_zlib
    return bytes(library.decompressobj(RAW).decompress(deflated, length))


def header_fragment(text: bytes) -> Fragment:
    """A fragment that belongs to no bucket: a family's HELP and TYPE lines."""
    return _fragment(text, b"", b"")


def build(column: Column | None) -> Fragment | None:
    """The fragment of a bucket that had none of the family; None without a column."""
    return None if column is None else _fragment(*column)


def rebuild(old: Fragment | None, changes: dict[int, bytes], slots: int) -> Fragment | None:
    """The fragment after some slots' lines have changed; None when no slot has lines any more.

    changes: new lines by slot. slots: the number of slots of the bucket, never less than the old fragment's.
    """
    if old is None:
        return build(column_of([changes.get(slot) for slot in range(slots)]))
    if not all(changes.values()):
        changes = {slot: lines for slot, lines in changes.items() if lines or old.holds(slot)}
    if not changes:
        return old
    if max(map(len, changes.values())) >= NARROW_BELOW:
        old = msgspec.structs.replace(old, lengths=widened(old.lengths, old.slots))
    if native:
        fields = native.rebuilt(old, changes, slots, PIECE, coder(), inflate, deflate, isal_zlib.crc32)
        return Fragment(*fields) if fields else None
    return _rebuilt(old, changes, slots)


def _rebuilt(old: Fragment, changes: Mapping[int, bytes], slots: int) -> Fragment | None:
    pieces = old.pieces()
    pieces[-1] = _grown(pieces[-1], slots - old.slots)
    new: list[Fragment] = []
    first = 0
    for piece in pieces:
        last = first + piece.slots
        inside = {slot - first: lines for slot, lines in changes.items() if first <= slot < last}
        new += _changed(piece, inside) if inside else (piece,)
        first = last
    return _joined(new)


def _grown(old: Fragment, slots: int) -> Fragment:
    """The same with slots more, without lines."""
    if not slots:
        return old
    return Fragment(
        old.deflated, old.length, old.crc, old.lengths + bytes(old.width * slots), old.checksums + NOTHING * slots
    )


def _changed(old: Fragment, changes: Mapping[int, bytes]) -> list[Fragment]:
    column = changed(Column(old.text(), old.lengths, old.checksums), changes)
    return [_fragment(*each) for each in cut(column, max(1, len(column.text) // PIECE))]


def _joined(pieces: Sequence[Fragment]) -> Fragment | None:
    """Fragments in a row as one; None without lines."""
    length = crc = 0
    for piece in pieces:
        length += piece.length
        crc = isal_zlib.crc32_combine(crc, piece.crc, piece.length)
    if len(pieces) == 1 or not length:
        return pieces[0] if length else None
    return Fragment(
        b"".join([piece.deflated for piece in pieces]),
        length,
        crc,
        b"".join([piece.lengths for piece in pieces]),
        b"".join([piece.checksums for piece in pieces]),
        b"".join([_PIECE.pack(piece.slots, len(piece.deflated), piece.length, piece.crc) for piece in pieces]),
    )
