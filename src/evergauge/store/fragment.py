"""A fragment: the lines of one family for one bucket of objects, compressed at rest.

Theory of operation. A raw deflate stream that ends with a sync flush ends on a byte boundary and refers to nothing before it,
so fragments can be concatenated in any order and are still one deflate stream (RFC 1951). A gzip response is a header, fragments
as they are, an empty last block, and a trailer with a CRC-32 that is combined from the fragments' own (RFC 1952).
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import msgspec
from isal import isal_zlib

from evergauge.store.columns import CHECKSUM, NARROW, NARROW_BELOW, NOTHING, WIDE, checksum, column_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergauge.store.columns import Column

LEVEL = 1
"""ISA-L's level: as small as zlib's 6 at ten times its speed (docs/decisions)."""
RAW = -15
"""Window bits for deflate without a header."""


class Fragment(msgspec.Struct, frozen=True, eq=False, gc=False):
    """Immutable. Nothing it holds can refer to it, so the garbage collector is spared the sight of it: docs/decisions/0022.

    deflated: raw deflate, sync-flushed. length: bytes of plain text. crc: CRC-32 of the plain text.
    lengths, checksums: for each slot of the bucket the bytes and the 64-bit checksum of its object's lines, packed: as arrays they would
    take twice the memory.
    """

    deflated: bytes
    length: int
    crc: int
    lengths: bytes
    checksums: bytes

    def holds(self, slot: int) -> bool:
        """Whether the object in a slot has lines here."""
        checksum = self.checksums[slot * CHECKSUM : (slot + 1) * CHECKSUM]
        return checksum not in (b"", NOTHING)

    def numbers(self) -> array[int]:
        """The lengths as numbers."""
        narrow = len(self.lengths) * CHECKSUM == len(self.checksums) * array(NARROW).itemsize
        return array(NARROW if narrow else WIDE, self.lengths)

    def text(self) -> bytes:
        """The plain lines."""
        return inflate(self.deflated, self.length)


def _fragment(text: bytes, lengths: bytes, checksums: bytes) -> Fragment:
    """The fragment of a text. lengths, checksums: see Fragment."""
    return Fragment(deflate(text), len(text), isal_zlib.crc32(text), lengths, checksums)


def deflate(text: bytes) -> bytes:
    """Raw deflate with a sync flush at the end and no last block."""
    compressor = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, RAW)
    return bytes(compressor.compress(text)) + bytes(compressor.flush(isal_zlib.Z_SYNC_FLUSH))


def inflate(deflated: bytes, length: int) -> bytes:
    """The plain text, of `length` bytes, of a sync-flushed raw deflate stream."""
    return bytes(isal_zlib.decompressobj(RAW).decompress(deflated, length))


def header_fragment(text: bytes) -> Fragment:
    """A fragment that belongs to no bucket: a family's HELP and TYPE lines."""
    return _fragment(text, b"", b"")


def build(column: Column | None) -> Fragment | None:
    """The fragment of a bucket that had none of the family; None without a column."""
    return None if column is None else _fragment(*column)


def rebuild(old: Fragment | None, changes: Mapping[int, bytes], slots: int) -> Fragment | None:
    """The fragment after some slots' lines have changed; None when no slot has lines any more.

    changes: new lines by slot. slots: the number of slots of the bucket, never less than the old fragment's.
    """
    if old is None:
        return build(column_of([changes.get(slot) for slot in range(slots)]))
    changes = {slot: lines for slot, lines in changes.items() if lines or old.holds(slot)}
    if not changes:
        return old
    lengths, checksums = old.numbers(), bytearray(old.checksums)
    missing = slots - len(lengths)
    if missing:
        lengths.extend([0] * missing)
        checksums += NOTHING * missing
    text = _splice(old.text(), lengths, changes)
    if not text:
        return None
    if lengths.typecode != WIDE and max(map(len, changes.values())) >= NARROW_BELOW:
        lengths = array(WIDE, lengths)
    for slot, lines in changes.items():
        lengths[slot] = len(lines)
        checksums[slot * CHECKSUM : (slot + 1) * CHECKSUM] = checksum(lines)
    return _fragment(text, lengths.tobytes(), bytes(checksums))


def _splice(text: bytes, lengths: array[int], changes: Mapping[int, bytes]) -> bytes:
    """The old text with some slots' lines replaced. Runs of unchanged slots are copied in one piece."""
    pieces: list[bytes] = []
    start = following = 0
    for slot in sorted(changes):
        end = start + sum(lengths[following:slot])
        pieces += (text[start:end], changes[slot])
        start, following = end + lengths[slot], slot + 1
    pieces.append(text[start:])
    return b"".join(pieces)
