"""A bucket: up to 64 objects of one store, one fragment a family, and the changes that wait to be folded in."""

from __future__ import annotations

from array import array
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple, TypeGuard, cast

import msgspec

from evergauge.store.columns import Row, by_family, columns, differing, numbers, sizes
from evergauge.store.fragment import Fragment, build, rebuild

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST_OBJECTS = 64
"""Objects at which a bucket is full: decision 0025."""
MOST_BYTES = 128 * 1024
"""Plain bytes in any one family at which a bucket is full."""

Fragments = tuple[Fragment | None, ...]
_LENGTH = attrgetter("length")


class Kept(NamedTuple):
    """One object as a bucket keeps it. version: 64 bits, 0 where it isn't known; parts: its folded lines, one entry a family; digest: see Rendering."""

    key: str
    version: int
    parts: list[bytes]
    digest: int


class Rendering(NamedTuple):
    """An object's lines, one entry a family. digest: 64 bits, of the part of the object that alone makes some of them, 0 where it isn't known."""

    parts: Sequence[bytes]
    digest: int = 0


class Unrendered(NamedTuple):
    """The lines of an object that are yet to be rendered. size: bytes of what they are rendered from.

    render: does it, raises nothing. It is told the digest of the object as it is folded, and may leave out what is the same then: docs/decisions/0029.
    """

    render: Callable[[int], Rendering]
    size: int


class Bucket(msgspec.Struct, eq=False, gc=False):
    """Slots with objects. Like a fragment it is nothing to the garbage collector.

    keys, versions: the object in each slot, None and 0 where the slot is free. digests: of each slot's object as its lines are, those that
    wait included. fragments: the folded state, one entry a family, replaced as a whole by `fold`. waiting: by slot what has changed since.
    waiting_bytes: how much text waits.
    """

    fragments: Fragments
    keys: list[str | None] = msgspec.field(default_factory=list)
    versions: array[int] = msgspec.field(default_factory=lambda: array("Q"))
    digests: array[int] = msgspec.field(default_factory=lambda: array("Q"))
    live: int = 0
    waiting: dict[int, Row | Unrendered] = msgspec.field(default_factory=dict)
    waiting_bytes: int = 0
    # At least the bytes of the largest family: no more work than a sum, and exact after a fold that it makes a difference to.
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
            self.digests[:],
            self.live,
            self.waiting.copy(),
            self.waiting_bytes,
            self.largest,
        )

    def holds(self, slot: int, key: str) -> bool:
        """Whether a slot has that object."""
        return slot < len(self.keys) and self.keys[slot] == key

    def insert(self, key: str, version: int, parts: Sequence[bytes], digest: int) -> int:
        """Put a new object into a free slot; returns the slot."""
        slot = len(self.keys)
        if self.live < slot:
            slot = self.keys.index(None)
            self.keys[slot] = key
            self.replace(slot, version, parts, digest)
        else:
            self.keys.append(key)
            self.versions.append(version)
            self.digests.append(digest)
            self._wait(slot, parts)
        self.live += 1
        return slot

    def replace(self, slot: int, version: int, parts: Sequence[bytes] | Unrendered, digest: int) -> None:
        """New lines for the object in a slot: those families wait whose checksums differ from the folded ones."""
        self.versions[slot] = version
        if isinstance(parts, Unrendered):
            if not isinstance(self.waiting.get(slot, parts), Unrendered):
                # What was rendered is dropped before it was folded.
                self.digests[slot] = 0
            self._wait(slot, parts)
        else:
            self.digests[slot] = digest
            self._wait(slot, differing(parts, self.fragments, slot))

    def remove(self, slot: int) -> None:
        """Free a slot; its lines go with the next fold."""
        self.keys[slot], self.versions[slot], self.digests[slot] = None, 0, 0
        self.live -= 1
        held = enumerate(self.fragments)
        self._wait(slot, {family: b"" for family, fragment in held if fragment is not None and fragment.holds(slot)})

    def _wait(self, slot: int, row: Row | Unrendered) -> None:
        """Let this wait of the object in a slot, in place of what waited before."""
        before = self.waiting.pop(slot, None)
        if before is not None:
            self._count(before, -1)
        if row:
            self.waiting[slot] = row
            self._count(row, 1)

    def _count(self, row: Row | Unrendered, sign: int) -> None:
        # How long lines will be that aren't rendered is known after the fold.
        total, longest = (row.size, 0) if isinstance(row, Unrendered) else sizes(row)
        self.waiting_bytes += sign * total
        self.largest += sign * longest

    def render(self) -> None:
        """Render what waits to be, without folding it. What turns out to say nothing new waits no more."""
        for slot, waits in tuple(self.waiting.items()):
            if isinstance(waits, Unrendered):
                parts, self.digests[slot] = waits.render(self.digests[slot])
                self._wait(slot, differing(parts, self.fragments, slot))

    def fold(self) -> Sequence[int]:
        """Bring what waits into the fragments, all families in one step; returns the families that changed."""
        self.render()
        rows = cast("dict[int, Row]", self.waiting)
        families: Sequence[int] = range(len(self.fragments))
        before = self.fragments
        if self._is_new(rows):
            self.fragments = tuple(map(build, columns([rows[slot] for slot in range(len(self.keys))])))
        elif rows:
            # An update changes a few of many families: nothing is done for the others.
            changes = by_family(rows)
            self.fragments, families = self._rebuilt(changes), tuple(changes)
        self.waiting, self.waiting_bytes = {}, 0
        if self.largest >= MOST_BYTES:
            self.largest = max(map(_LENGTH, filter(None, self.fragments)), default=0)
        return [family for family in families if self.fragments[family] is not before[family]]

    def _is_new(self, rows: dict[int, Row]) -> TypeGuard[dict[int, Sequence[bytes]]]:
        """Whether nothing was folded yet, and an object's lines wait in each slot."""
        return (
            0 < len(rows) == len(self.keys)
            and not any(self.fragments)
            and not any(isinstance(row, dict) for row in rows.values())
        )

    def _rebuilt(self, changes: dict[int, dict[int, bytes]]) -> Fragments:
        fragments = list(self.fragments)
        for family, lines in changes.items():
            fragments[family] = rebuild(fragments[family], lines, len(self.keys))
        return tuple(fragments)

    def objects(self) -> list[Kept]:
        """The objects with their folded lines. Costs one inflation a family: for compaction only."""
        parts: list[list[bytes]] = [[b""] * len(self.fragments) for _ in self.keys]
        for family, fragment in enumerate(self.fragments):
            if fragment is not None:
                text, start = fragment.text(), 0
                for slot, length in enumerate(numbers(fragment.lengths, fragment.slots)):
                    parts[slot][family] = text[start : start + length]
                    start += length
        kept = zip(self.keys, self.versions, parts, self.digests, strict=True)
        return [Kept(key, version, lines, digest) for key, version, lines, digest in kept if key is not None]
