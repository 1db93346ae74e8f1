"""What is done with the lines of all families at once: by the native part where it was built, else by Python.

An object's lines are a sequence of bytes, one entry a family. What the native part renders is one of `native.Lines`: the same in one piece of
memory, with the checksums already taken.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from xxhash import xxh3_64_digest

from evergauge.native import lines as native

if TYPE_CHECKING:
    from evergauge.store.fragment import Fragment

CHECKSUM = 8
"""Bytes of a checksum."""
NARROW, WIDE = "H", "I"
NARROW_BELOW = 65536
"""The types of a column of lengths. Most fragments are far below 64 KiB, and two bytes a length halve the column."""

Row = Sequence[bytes | None]
"""What waits of one object: its new lines by family, None where they are as folded. Empty ones need not have been there."""


class Column(NamedTuple):
    """One family's lines in all slots of a bucket: all of them, the length of each slot's, packed, and their checksums."""

    text: bytes
    lengths: bytes
    checksums: bytes


checksum = native.checksum if native else xxh3_64_digest
"""The 64-bit checksum of an object's lines in a family. Both kinds are good, and they never meet: stores don't outlive the process."""
NOTHING = checksum(b"")
"""That of an object without lines in a family."""

_LINES = native.Lines if native else ()


def columns(rows: Sequence[Row]) -> list[Column | None]:
    """A column for each family, None where it has no lines. rows: what waits in each slot, one at least."""
    if native and all(isinstance(row, _LINES) for row in rows):
        found: list[Column | None] = native.columns(rows)
        return found
    return list(map(column_of, zip(*rows, strict=True)))


def column_of(waiting: Row) -> Column | None:
    """The column of one family, None without lines. waiting: its new lines, one entry a slot."""
    if not any(waiting):
        return None
    lines = [each or b"" for each in waiting]
    lengths = list(map(len, lines))
    packed = array(NARROW if max(lengths) < NARROW_BELOW else WIDE, lengths).tobytes()
    return Column(b"".join(lines), packed, b"".join(map(checksum, lines)))


def changed(column: Column, changes: Mapping[int, bytes]) -> Column:
    """The column after some slots' lines have changed. changes: the new lines, of one slot at least."""
    if max(map(len, changes.values())) >= NARROW_BELOW:
        column = column._replace(lengths=widened(column.lengths, len(column.checksums) // CHECKSUM))
    return Column(*(native.changed if native else _changed)(*column, changes))


def _changed(text: bytes, packed: bytes, checksums: bytes, changes: Mapping[int, bytes]) -> tuple[bytes, bytes, bytes]:
    lengths, new_checksums = numbers(packed, len(checksums) // CHECKSUM), bytearray(checksums)
    pieces: list[bytes] = []
    start = following = 0
    for slot, lines in sorted(changes.items()):
        end = start + sum(lengths[following:slot])
        pieces += (text[start:end], lines)
        start, following = end + lengths[slot], slot + 1
        lengths[slot] = len(lines)
        new_checksums[slot * CHECKSUM : (slot + 1) * CHECKSUM] = checksum(lines)
    return b"".join([*pieces, text[start:]]), lengths.tobytes(), bytes(new_checksums)


def cut(column: Column, pieces: int) -> list[Column]:
    """The column in so many pieces of much the same size, or fewer: an object's lines stay together."""
    if pieces == 1:
        return [column]
    text, lengths, checksums = column
    each = numbers(lengths, len(checksums) // CHECKSUM)
    size, width = len(text) / pieces, each.itemsize
    found: list[Column] = []
    first = start = end = 0
    for last, length in enumerate(each, 1):
        end += length
        if (start + size <= end < len(text)) or last == len(each):
            slots = slice(first * CHECKSUM, last * CHECKSUM)
            found.append(Column(text[start:end], lengths[first * width : last * width], checksums[slots]))
            first, start = last, end
    return found


def widened(lengths: bytes, slots: int) -> bytes:
    """Packed lengths of so many slots in their wide form."""
    return array(WIDE, numbers(lengths, slots)).tobytes()


def numbers(lengths: bytes, slots: int) -> array[int]:
    """Packed lengths of so many slots, one at least, as numbers."""
    return array(NARROW if len(lengths) < slots * array(WIDE).itemsize else WIDE, lengths)


def any_lines(row: Row) -> bool:
    """Whether anything waits in a row, be it the end of some lines."""
    return row.count(None) < len(row)


def sizes(row: Row) -> tuple[int, int]:
    """Bytes of all that waits in a row, and of the longest."""
    if isinstance(row, _LINES):
        found: tuple[int, int] = row.sizes()
        return found
    lengths = list(map(len, filter(None, row)))
    return sum(lengths), max(lengths, default=0)


def differing(parts: Sequence[bytes], fragments: Sequence[Fragment | None], slot: int) -> Row | None:
    """The lines of those families whose checksums differ from what the fragments have in a slot; None where none do."""
    row = parts.differing(fragments, slot) if isinstance(parts, _LINES) else _differing(parts, fragments, slot)
    return row if any_lines(row) else None


def _differing(parts: Sequence[bytes], fragments: Sequence[Fragment | None], slot: int) -> Row:
    row: list[bytes | None] = [None] * len(parts)
    start, end = slot * CHECKSUM, (slot + 1) * CHECKSUM
    for family, (fragment, lines) in enumerate(zip(fragments, parts, strict=True)):
        if fragment is None or end > len(fragment.checksums):
            row[family] = lines or None
        elif (checksum(lines) if lines else NOTHING) != fragment.checksums[start:end]:
            row[family] = lines
    return row
