"""What is done with the lines of all families at once: by the native part where it was built, else by Python.

An object's lines are a sequence of bytes, one entry a family. What the native part renders is one of `native.Lines`: the same in one piece of
memory, with the checksums already taken.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
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
