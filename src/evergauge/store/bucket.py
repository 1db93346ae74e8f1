"""A bucket: up to 64 objects of one store, one fragment a family, and the changes that wait to be folded in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xxhash import xxh3_64_intdigest

from evergauge.store.fragment import NOTHING, Fragment, rebuild

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_OBJECTS = 64
"""Objects at which a bucket is full: 64 cost 2 % more bytes than 256 and about half the folding."""
MOST_BYTES = 64 * 1024
"""Plain bytes in any one family at which a bucket is full."""

Fragments = tuple[Fragment | None, ...]


class Bucket:
    """Slots with objects.

    keys: the object in each slot, None where the slot is free. fragments: the folded state, one entry a family, replaced as a
    whole by `fold`. waiting: for each changed slot the new lines by family, as the difference to `fragments`.
    waiting_bytes: how much text waits.
    """

    __slots__ = ("_sizes", "fragments", "keys", "live", "waiting", "waiting_bytes")

    def __init__(self, families: int) -> None:
        self.keys: list[str | None] = []
        self.live = 0
        self.fragments: Fragments = (None,) * families
        self.waiting: dict[int, dict[int, bytes]] = {}
        self.waiting_bytes = 0
        self._sizes = [0] * families

    @property
    def full(self) -> bool:
        """Whether it takes no further object."""
        return self.live >= MOST_OBJECTS or max(self._sizes, default=0) >= MOST_BYTES

    def insert(self, key: str, parts: Sequence[bytes]) -> int:
        """Put a new object into a free slot; returns the slot."""
        if self.live < len(self.keys):
            slot = self.keys.index(None)
            self.keys[slot] = key
        else:
            slot = len(self.keys)
            self.keys.append(key)
        self.live += 1
        self.replace(slot, parts)
        return slot

    def replace(self, slot: int, parts: Sequence[bytes]) -> None:
        """New lines for the object in a slot: those families wait whose checksums differ from the folded ones."""
        changed: dict[int, bytes] = {}
        for family, (fragment, lines) in enumerate(zip(self.fragments, parts, strict=True)):
            if fragment is None or slot >= len(fragment.checksums):
                if lines:
                    changed[family] = lines
            elif (xxh3_64_intdigest(lines) if lines else NOTHING) != fragment.checksums[slot]:
                changed[family] = lines
        self._wait(slot, changed)

    def remove(self, slot: int) -> None:
        """Free a slot; its lines go with the next fold."""
        self.keys[slot] = None
        self.live -= 1
        gone = {
            family: b""
            for family, fragment in enumerate(self.fragments)
            if fragment is not None and slot < len(fragment.lengths) and fragment.lengths[slot]
        }
        self._wait(slot, gone)

    def _wait(self, slot: int, changed: dict[int, bytes]) -> None:
        before = self.waiting.pop(slot, None)
        if before:
            self._count(before, -1)
        if changed:
            self.waiting[slot] = changed
            self._count(changed, 1)

    def _count(self, changed: dict[int, bytes], sign: int) -> None:
        for family, lines in changed.items():
            size = sign * len(lines)
            self._sizes[family] += size
            self.waiting_bytes += size

    def fold(self) -> set[int]:
        """Bring what waits into the fragments, all families in one step; returns the families that changed."""
        by_family: dict[int, dict[int, bytes]] = {}
        for slot, changed in self.waiting.items():
            for family, lines in changed.items():
                by_family.setdefault(family, {})[slot] = lines
        fragments = list(self.fragments)
        for family, changes in by_family.items():
            fragment = fragments[family] = rebuild(fragments[family], changes, len(self.keys))
            self._sizes[family] = fragment.length if fragment else 0
        self.fragments = tuple(fragments)
        self.waiting = {}
        self.waiting_bytes = 0
        return set(by_family)

    def rows(self) -> list[tuple[str, list[bytes]]]:
        """The objects with their folded lines by family. Costs one inflation a family: for compaction only."""
        parts: list[list[bytes]] = [[b""] * len(self.fragments) for _ in self.keys]
        for family, fragment in enumerate(self.fragments):
            if fragment is not None:
                text, start = fragment.text(), 0
                for slot, length in enumerate(fragment.lengths):
                    parts[slot][family] = text[start : start + length]
                    start += length
        return [(key, parts[slot]) for slot, key in enumerate(self.keys) if key is not None]
