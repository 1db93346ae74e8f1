"""The store of one feed: its objects' lines in buckets, and the fragments that a scrape is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergauge.store.adoption import Adoption
from evergauge.store.bucket import MOST_OBJECTS, Bucket, Unrendered
from evergauge.store.snapshot import Snapshot, Total

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from evergauge.store.adoption import Place
    from evergauge.store.fragment import Fragment

SPARSE = MOST_OBJECTS // 4
"""A bucket with no more objects than this is merged with another such one."""


@dataclass(slots=True)
class Size:
    """What a store holds. fragments: how many; deflated, plain: their bytes as kept and as inflated."""

    fragments: int = 0
    deflated: int = 0
    plain: int = 0

    def change(self, before: Fragment | None, after: Fragment | None) -> None:
        """A fragment in place of another, or of none."""
        if before:
            self.fragments -= 1
            self.deflated -= len(before.deflated)
            self.plain -= before.length
        if after:
            self.fragments += 1
            self.deflated += len(after.deflated)
            self.plain += after.length


class Store:
    """All objects of one feed, rendered.

    Changes wait in their buckets; `fold` brings them into the fragments, bucket by bucket; `snapshot` takes the fragments.
    Nothing here waits: the caller runs the iterators in turns with all else that the event loop has to do.
    waiting_bytes: plain text that waits to be folded. size: of the fragments.
    """

    def __init__(self, families: int, adoption: Adoption | None = None) -> None:
        """adoption: of a successor only."""
        self.families = families
        self.waiting_bytes = 0
        self.size = Size()
        self._places: dict[str, Place] = {}
        # Dictionaries as ordered sets.
        self._buckets: dict[Bucket, None] = {}
        self._roomy: dict[Bucket, None] = {}
        self._dirty: dict[Bucket, None] = {}
        self._totals: dict[int, Total] = {}
        self._folds = 0
        self._adoption = adoption
        self._settled = adoption is None

    def __len__(self) -> int:
        """Objects held."""
        return len(self._places)

    def __contains__(self, key: str) -> bool:
        """Whether there is an object of that key."""
        return key in self._places

    @property
    def adopts(self) -> bool:
        """Whether there is a store before with objects that may be taken over."""
        return self._adoption is not None and len(self._adoption) > 0

    @property
    def keys(self) -> Sequence[str]:
        """The objects held, by key."""
        return tuple(self._places)

    def version(self, key: str) -> int | None:
        """The version of the object of that key, 0 where it isn't known; None without such an object."""
        place = self._places.get(key)
        return None if place is None else place[0].versions[place[1]]

    def put(self, key: str, parts: Sequence[bytes] | Unrendered, version: int = 0, digest: int = 0) -> bool:
        """Add an object or replace it; whether it is new here. parts: its lines, one entry a family; digest: see Rendering.

        Those of one that is replaced may be rendered as late as they are folded: docs/decisions/0027.
        version: 64 bits, 0 where it isn't known.
        """
        known = self._places.get(key)
        place = known if known is not None or self._adoption is None else self._inherit(key)
        if place is not None:
            bucket, slot = place
            before = bucket.waiting_bytes
            bucket.replace(slot, version, parts, digest)
            self._changed(bucket, before)
            return known is None
        bucket = next(iter(self._roomy), None) or self._open()
        before = bucket.waiting_bytes
        lines, digest = parts.render(0) if isinstance(parts, Unrendered) else (parts, digest)
        self._places[key] = bucket, bucket.insert(key, version, lines, digest)
        self._changed(bucket, before)
        if bucket.full:
            self._fold(bucket)
        return True

    def remove(self, key: str) -> bool:
        """Remove an object; False when there is none of that key."""
        place = self._places.pop(key, None)
        if place is None:
            return False
        bucket, slot = place
        before = bucket.waiting_bytes
        bucket.remove(slot)
        self._changed(bucket, before)
        if self._settled:
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

    def newest(self, keeps: Callable[[str], bool]) -> Iterator[int]:
        """The newest version of an object that isn't to be kept, bucket by bucket; 0 where there is none, or its version isn't known."""
        for bucket in tuple(self._buckets):
            pairs = zip(bucket.keys, bucket.versions, strict=True)
            yield max((version for key, version in pairs if key is not None and not keeps(key)), default=0)

    def _narrow(self, bucket: Bucket, keeps: Callable[[str], bool]) -> int:
        going = [key for key in bucket.keys if key is not None and not keeps(key)]
        removed = sum(map(self.remove, going))
        self._fold(bucket)
        return removed

    def _open(self) -> Bucket:
        bucket = Bucket((None,) * self.families)
        self._buckets[bucket] = self._roomy[bucket] = None
        return bucket

    def _changed(self, bucket: Bucket, waiting_before: int) -> None:
        self.waiting_bytes += bucket.waiting_bytes - waiting_before
        if bucket.waiting or not bucket.live:
            self._dirty[bucket] = None

    # Taking over from the store before

    def successor(self) -> Store:
        """An empty store that can adopt objects of this one, which may go on changing. Not to be scraped until `settle` has ended."""
        return Store(self.families, Adoption(self._places) if self._places else None)

    def adopt(self, key: str, version: int) -> bool:
        """Take an object over from the store before, as it is there in that version. False where it can't be: it must be put."""
        if self._adoption is None or version == 0 or key in self._places:
            return False
        return self._inherit(key, version) is not None

    def _inherit(self, key: str, version: int | None = None) -> Place | None:
        """Take an object over from the store before, in one version or in whatever version it is; None where it isn't there."""
        place = None if self._adoption is None else self._adoption.find(key)
        if place is None:
            return None
        bucket, slot = place
        if version is not None and bucket.versions[slot] != version:
            return None
        if bucket not in self._buckets:
            self._take_in(bucket)
        # The very string of the store before: two would be 100 bytes an object more.
        self._places[bucket.keys[slot] or key] = place
        return place

    def _take_in(self, bucket: Bucket) -> None:
        """A copy, all of whose objects are strangers as yet: the bucket has them, this store hasn't."""
        self._buckets[bucket] = None
        self._changed(bucket, 0)
        for fragment in bucket.fragments:
            self.size.change(None, fragment)

    def settle(self) -> Iterator[None]:
        """Nothing more is adopted: what copied buckets have beyond what was adopted goes, with the next fold."""
        self._adoption = None
        if self._settled:
            return
        for bucket in tuple(self._buckets):
            if bucket in self._buckets:
                self._drop_strangers(bucket)
                yield
        self._roomy |= dict.fromkeys(bucket for bucket in self._buckets if not bucket.full)
        self._settled = True

    def _drop_strangers(self, bucket: Bucket) -> None:
        before = bucket.waiting_bytes
        for slot, key in enumerate(bucket.keys):
            if key is not None and self._places.get(key) != (bucket, slot):
                bucket.remove(slot)
        self._changed(bucket, before)

    # Rendering and folding

    def render(self) -> Iterator[None]:
        """Render what waits to be in each bucket, one a step; it goes on waiting, as lines, which are shorter than what they are rendered from."""
        for bucket in tuple(self._dirty):
            if bucket in self._dirty:
                before = bucket.waiting_bytes
                bucket.render()
                self._changed(bucket, before)
                yield

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
            self.size.change(before[family], bucket.fragments[family])
        self._folds += 1
        if not bucket.live:
            self._drop(bucket)
        elif bucket.full:
            self._roomy.pop(bucket, None)
        elif self._settled:
            # It may have counted as full until now, by an estimate.
            self._roomy.setdefault(bucket)

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
        for key, version, parts, digest in source.objects():
            self._places[key] = target, target.insert(key, version, parts, digest)
        self._changed(target, before)
        for fragment in source.fragments:
            self.size.change(fragment, None)
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
