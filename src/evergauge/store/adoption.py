"""What a store may take over from the one before it: copies of its buckets, which share their fragments.

Theory of operation. The store before goes on changing while the next one is filled. So whatever is taken over is judged by the
copy of its bucket, which has keys, versions, fragments and what waits as they were together at one moment; where the store before
has an object now says only which copy to look at, and in which slot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergauge.store.bucket import Bucket

Place = tuple["Bucket", int]
"""A bucket and a slot of it."""


class Adoption:
    """The copies made so far."""

    def __init__(self, before: Mapping[str, Place]) -> None:
        """before: where the store before has its objects, at each moment."""
        self._before = before
        self._copies: dict[Bucket, Bucket] = {}

    def __len__(self) -> int:
        """Objects that the store before has now."""
        return len(self._before)

    def find(self, key: str) -> Place | None:
        """Where a copy holds that object, in whatever version; None where none does. A bucket is copied when it is first needed."""
        place = self._before.get(key)
        if place is None:
            return None
        bucket, slot = place
        copy = self._copies.get(bucket)
        if copy is None:
            copy = self._copies[bucket] = bucket.copy()
        return (copy, slot) if copy.holds(slot, key) else None
