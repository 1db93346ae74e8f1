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

Row = Sequence[bytes] | dict[int, bytes]
"""What waits of one object: all its lines, where none are folded yet, or by family those that have changed."""


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


def columns(rows: Sequence[Sequence[bytes]]) -> list[Column | None]:
    """A column for each family, None where it has no lines. rows: an object's lines in each slot, one at least."""
    if native and all(isinstance(row, _LINES) for row in rows):
        found: list[Column | None] = native.columns(rows)
        return found
    return list(map(column_of, zip(*rows, strict=True)))


def column_of(waiting: Sequence[bytes | None]) -> Column | None:
    """The column of one family, None without lines. waiting: its lines, one entry a slot."""
    if not any(waiting):
        return None
    lines = [each or b"" for each in waiting]
    lengths = list(map(len, lines))
    packed = array(NARROW if max(lengths) < NARROW_BELOW else WIDE, lengths).tobytes()
    return Column(b"".join(lines), packed, b"".join(map(checksum, lines)))


def changed(column: Column, changes: Mapping[int, bytes]) -> Column:
    """The column after some slots' lines have changed, where there is no native part. changes: the new lines, for which the lengths as they are packed have room."""
    text, packed, checksums = column
    lengths, new_checksums = numbers(packed, len(checksums) // CHECKSUM), bytearray(checksums)
    pieces: list[bytes] = []
    start = following = 0
    for slot, lines in sorted(changes.items()):
        end = start + sum(lengths[following:slot])
        pieces += (text[start:end], lines)
        start, following = end + lengths[slot], slot + 1
        lengths[slot] = len(lines)
        new_checksums[slot * CHECKSUM : (slot + 1) * CHECKSUM] = checksum(lines)
    return Column(b"".join([*pieces, text[start:]]), lengths.tobytes(), bytes(new_checksums))


def cut(column: Column, pieces: int) -> list[Column]:
    """The column in so many pieces of much the same size, or fewer, where there is no native part: an object's lines stay together."""
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


def by_family(rows: dict[int, Row]) -> dict[int, dict[int, bytes]]:
    """By family, and in it by slot, the lines that wait. rows: what waits in each slot."""
    if native:
        found: dict[int, dict[int, bytes]] = native.by_family(rows)
        return found
    return _by_family(rows)


def _by_family(rows: dict[int, Row]) -> dict[int, dict[int, bytes]]:
    found: dict[int, dict[int, bytes]] = {}
    for slot, row in rows.items():
        waits = row if isinstance(row, dict) else {family: lines for family, lines in enumerate(row) if lines}
        for family, lines in waits.items():
            found.setdefault(family, {})[slot] = lines
    return found


def sizes(row: Row) -> tuple[int, int]:
    """Bytes of all that waits in a row, and of the longest."""
    if isinstance(row, _LINES):
        found: tuple[int, int] = row.sizes()
        return found
    lengths = list(map(len, row.values() if isinstance(row, dict) else row))
    return sum(lengths), max(lengths, default=0)


def differing(parts: Sequence[bytes], fragments: tuple[Fragment | None, ...], slot: int) -> dict[int, bytes]:
    """By family the lines whose checksums differ from what the fragments have in a slot."""
    if isinstance(parts, _LINES):
        found: dict[int, bytes] = parts.differing(fragments, slot)
        return found
    return _differing(parts, fragments, slot)


def _differing(parts: Sequence[bytes], fragments: tuple[Fragment | None, ...], slot: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    start, end = slot * CHECKSUM, (slot + 1) * CHECKSUM
    for family, (fragment, lines) in enumerate(zip(fragments, parts, strict=True)):
        known = fragment is not None and end <= len(fragment.checksums)
        if (checksum(lines) != fragment.checksums[start:end]) if fragment and known else lines:
            found[family] = lines
    return found
