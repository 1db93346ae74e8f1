"""The store of one feed: its objects' lines in buckets, and the fragments that a scrape is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergauge.store.bucket import Bucket
from evergauge.store.snapshot import Snapshot, Total

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from evergauge.store.fragment import Fragment

SPARSE = 16
"""A bucket with no more objects than this is merged with another such one."""


@dataclass(slots=True)
class Size:
    """What a store holds. fragments: how many; deflated, plain: their bytes as kept and as inflated."""

    fragments: int = 0
    deflated: int = 0
    plain: int = 0

    def add(self, fragment: Fragment | None) -> None:
        """One fragment more."""
        if fragment:
            self.fragments += 1
            self.deflated += len(fragment.deflated)
            self.plain += fragment.length

    def drop(self, fragment: Fragment | None) -> None:
        """One fragment less."""
        if fragment:
            self.fragments -= 1
            self.deflated -= len(fragment.deflated)
            self.plain -= fragment.length


class Store:
    """All objects of one feed, rendered.

    Changes wait in their buckets; `fold` brings them into the fragments, bucket by bucket; `snapshot` takes the fragments.
    Nothing here waits: the caller runs the iterators in turns with all else that the event loop has to do.
    waiting_bytes: plain text that waits to be folded. size: of the fragments.
    """

    def __init__(self, families: int) -> None:
        self.families = families
        self.waiting_bytes = 0
        self.size = Size()
        self._places: dict[str, tuple[Bucket, int]] = {}
        # Dictionaries as ordered sets.
        self._buckets: dict[Bucket, None] = {}
        self._roomy: dict[Bucket, None] = {}
        self._dirty: dict[Bucket, None] = {}
        self._totals: dict[int, Total] = {}
        self._folds = 0

    def __len__(self) -> int:
        """Objects held."""
        return len(self._places)

    def __contains__(self, key: str) -> bool:
        """Whether there is an object of that key."""
        return key in self._places

    @property
    def keys(self) -> Sequence[str]:
        """The objects held, by key."""
        return tuple(self._places)

    def put(self, key: str, parts: Sequence[bytes]) -> None:
        """Add an object or replace it. parts: its lines, one entry a family."""
        place = self._places.get(key)
        if place is not None:
            bucket, slot = place
            before = bucket.waiting_bytes
            bucket.replace(slot, parts)
            self._changed(bucket, before)
            return
        bucket = next(iter(self._roomy), None) or self._open()
        before = bucket.waiting_bytes
        self._places[key] = bucket, bucket.insert(key, parts)
        self._changed(bucket, before)
        if bucket.full:
            self._fold(bucket)

    def remove(self, key: str) -> bool:
        """Remove an object; False when there is none of that key."""
        place = self._places.pop(key, None)
        if place is None:
            return False
        bucket, slot = place
        before = bucket.waiting_bytes
        bucket.remove(slot)
        self._changed(bucket, before)
        self._roomy.setdefault(bucket)
        return True

    def narrow(self, keeps: Callable[[str], bool]) -> Iterator[int]:
        """Remove every object whose key isn't to be kept; each step says how many it removed.

        A bucket is folded in the step that removes from it: once, with little that waits.
        """
        for key in tuple(self._places):
            # Between two steps anything may have happened to it.
            place = self._places.get(key)
            yield self._narrow(place[0], keeps) if place is not None and not keeps(key) else 0

    def _narrow(self, bucket: Bucket, keeps: Callable[[str], bool]) -> int:
        going = [key for key in bucket.keys if key is not None and not keeps(key)]
        for key in going:
            self.remove(key)
        self._fold(bucket)
        return len(going)

    def _open(self) -> Bucket:
        bucket = Bucket(self.families)
        self._buckets[bucket] = self._roomy[bucket] = None
        return bucket

    def _changed(self, bucket: Bucket, waiting_before: int) -> None:
        self.waiting_bytes += bucket.waiting_bytes - waiting_before
        if bucket.waiting or not bucket.live:
            self._dirty[bucket] = None

    # Folding

    def fold(self) -> Iterator[None]:
        """Fold every bucket in which something waits now, one a step, then merge sparse ones."""
        for bucket in tuple(self._dirty):
            if bucket in self._dirty:
                self._fold(bucket)
                yield
        yield from self._compact()

    def _fold(self, bucket: Bucket) -> None:
        """Bring what waits in a bucket into its fragments, all families in one step."""
        self._dirty.pop(bucket, None)
        self.waiting_bytes -= bucket.waiting_bytes
        before = bucket.fragments
        for family in bucket.fold():
            self._totals.pop(family, None)
            self.size.drop(before[family])
            self.size.add(bucket.fragments[family])
        self._folds += 1
        if not bucket.live:
            self._drop(bucket)
        elif bucket.full:
            self._roomy.pop(bucket, None)

    def _drop(self, bucket: Bucket) -> None:
        del self._buckets[bucket]
        self._roomy.pop(bucket, None)

    def _compact(self) -> Iterator[None]:
        """Move the objects of sparse buckets into one another, so that deletions leave no trail of small fragments."""
        sparse = [bucket for bucket in self._roomy if bucket.live <= SPARSE and not bucket.waiting]
        while len(sparse) > 1:
            source, target = sparse.pop(), sparse[-1]
            # Between two steps anything may have happened to either.
            if not (self._is_idle(source) and self._is_idle(target)):
                continue
            self._merge(source, target)
            if target.live > SPARSE:
                sparse.pop()
            yield

    def _is_idle(self, bucket: Bucket) -> bool:
        return bucket in self._buckets and not bucket.waiting

    def _merge(self, source: Bucket, target: Bucket) -> None:
        """Move all objects of a bucket to another, within one step: no snapshot sees them twice or not at all."""
        before = target.waiting_bytes
        for key, parts in source.rows():
            self._places[key] = target, target.insert(key, parts)
        self._changed(target, before)
        for fragment in source.fragments:
            self.size.drop(fragment)
        self._drop(source)
        self._fold(target)

    # What a scrape sees

    def snapshot(self) -> Snapshot:
        """The folded state at this moment; what waits is not in it. Later changes to the store don't touch it."""
        return Snapshot(
            tuple(bucket.fragments for bucket in self._buckets),
            self.families,
            objects=len(self._places),
            totals=dict(self._totals),
            keep=self._keeper(self._folds),
        )

    def _keeper(self, folds: int) -> Callable[[int, Total], None]:
        """Takes in a total that a snapshot has found out, unless there was a fold in between."""

        def keep(family: int, total: Total) -> None:
            if folds == self._folds:
                self._totals[family] = total

        return keep
