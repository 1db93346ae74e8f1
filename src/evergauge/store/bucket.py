"""A bucket: up to 32 objects of one store, one fragment a family, and the changes that wait to be folded in."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from xxhash import xxh3_64_digest

from evergauge.store.fragment import CHECKSUM, NOTHING, Fragment, build, rebuild

MOST_OBJECTS = 32
"""Objects at which a bucket is full: decision 0020."""
MOST_BYTES = 64 * 1024
"""Plain bytes in any one family at which a bucket is full."""

Fragments = tuple[Fragment | None, ...]
Row = Sequence[bytes | None]
"""What waits of one object: its new lines by family, None where they are as folded. Empty ones need not have been there."""


class Kept(NamedTuple):
    """One object as a bucket keeps it. version: 64 bits, 0 where it isn't known; parts: its folded lines, one entry a family."""

    key: str
    version: int
    parts: list[bytes]


class Bucket(msgspec.Struct, eq=False, gc=False):
    """Slots with objects. Like a fragment it is nothing to the garbage collector.

    keys, versions: the object in each slot, None and 0 where the slot is free. fragments: the folded state, one entry a family,
    replaced as a whole by `fold`. waiting: by slot what has changed since. waiting_bytes: how much text waits.
    """

    fragments: Fragments
    keys: list[str | None] = msgspec.field(default_factory=list)
    versions: array[int] = msgspec.field(default_factory=lambda: array("Q"))
    live: int = 0
    waiting: dict[int, Row] = msgspec.field(default_factory=dict)
    waiting_bytes: int = 0
    # At least the bytes of the largest family: no more work than a sum, and exact after each fold.
    largest: int = 0

    @property
    def full(self) -> bool:
        """Whether it takes no further object."""
        return self.live >= MOST_OBJECTS or self.largest >= MOST_BYTES

    def copy(self) -> Bucket:
        """A bucket with the same objects, of which either may change. The fragments are shared, for nobody changes those."""
        return Bucket(
            self.fragments,
            self.keys.copy(),
            self.versions[:],
            self.live,
            self.waiting.copy(),
            self.waiting_bytes,
            self.largest,
        )

    def holds(self, slot: int, key: str) -> bool:
        """Whether a slot has that object."""
        return slot < len(self.keys) and self.keys[slot] == key

    def insert(self, key: str, version: int, parts: Sequence[bytes]) -> int:
        """Put a new object into a free slot; returns the slot."""
        slot = len(self.keys)
        if self.live < slot:
            slot = self.keys.index(None)
            self.keys[slot] = key
            self.replace(slot, version, parts)
        else:
            self.keys.append(key)
            self.versions.append(version)
            self._wait(slot, parts)
        self.live += 1
        return slot

    def replace(self, slot: int, version: int, parts: Sequence[bytes]) -> None:
        """New lines for the object in a slot: those families wait whose checksums differ from the folded ones."""
        self.versions[slot] = version
        row: list[bytes | None] = [None] * len(parts)
        start, end = slot * CHECKSUM, (slot + 1) * CHECKSUM
        for family, (fragment, lines) in enumerate(zip(self.fragments, parts, strict=True)):
            if fragment is None or end > len(fragment.checksums):
                row[family] = lines or None
            elif (xxh3_64_digest(lines) if lines else NOTHING) != fragment.checksums[start:end]:
                row[family] = lines
        self._wait(slot, row)

    def remove(self, slot: int) -> None:
        """Free a slot; its lines go with the next fold."""
        self.keys[slot], self.versions[slot] = None, 0
        self.live -= 1
        self._wait(
            slot, [b"" if fragment is not None and fragment.holds(slot) else None for fragment in self.fragments]
        )

    def _wait(self, slot: int, row: Row) -> None:
        self._count(self.waiting.pop(slot, ()), -1)
        if row.count(None) < len(row):
            self.waiting[slot] = row
            self._count(row, 1)

    def _count(self, row: Row, sign: int) -> None:
        sizes = list(map(len, filter(None, row)))
        if sizes:
            self.waiting_bytes += sign * sum(sizes)
            self.largest += sign * max(sizes)

    def fold(self) -> Sequence[int]:
        """Bring what waits into the fragments, all families in one step; returns the families that changed."""
        slots, folded = tuple(self.waiting), list(self.fragments)
        changed = []
        for family, column in enumerate(zip(*self.waiting.values(), strict=True)):
            fragment = folded[family]
            if fragment is None:
                if any(column):
                    folded[family] = build(self._lines(slots, column))
                    changed.append(family)
            elif changes := fragment.changes(slots, column):
                folded[family] = rebuild(fragment, changes, len(self.keys))
                changed.append(family)
        self.fragments = tuple(folded)
        self.waiting = {}
        self.waiting_bytes = 0
        self.largest = max((fragment.length for fragment in folded if fragment), default=0)
        return changed

    def _lines(self, slots: Sequence[int], column: Row) -> Sequence[bytes]:
        """The lines of all slots, of which these have some."""
        lines = [b""] * len(self.keys)
        for slot, new in zip(slots, column, strict=True):
            if new:
                lines[slot] = new
        return lines

    def objects(self) -> list[Kept]:
        """The objects with their folded lines. Costs one inflation a family: for compaction only."""
        parts: list[list[bytes]] = [[b""] * len(self.fragments) for _ in self.keys]
        for family, fragment in enumerate(self.fragments):
            if fragment is not None:
                text, start = fragment.text(), 0
                for slot, length in enumerate(fragment.numbers()):
                    parts[slot][family] = text[start : start + length]
                    start += length
        return [Kept(key, self.versions[slot], parts[slot]) for slot, key in enumerate(self.keys) if key is not None]
