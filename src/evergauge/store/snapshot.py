"""What one scrape sees of one store: immutable fragments, and what their concatenation comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from isal import isal_zlib

from evergauge.native import fragments as native

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from evergauge.store.bucket import Fragments
    from evergauge.store.fragment import Fragment


class Total(NamedTuple):
    """A run of fragments in a row: CRC-32 and bytes of the plain text, bytes deflated."""

    crc: int = 0
    length: int = 0
    deflated: int = 0

    def then(self, crc: int, length: int, deflated: int) -> Total:
        """The run with more text behind it."""
        return Total(isal_zlib.crc32_combine(self.crc, crc, length), self.length + length, self.deflated + deflated)


class Snapshot:
    """The fragments of one store at one moment.

    totals: what is known already of each family; `keep` is told what `prepare` finds out, so the next snapshot needn't.
    """

    __slots__ = ("_keep", "buckets", "families", "objects", "totals")

    def __init__(
        self,
        buckets: tuple[Fragments, ...],
        families: int,
        *,
        objects: int,
        totals: dict[int, Total],
        keep: Callable[[int, Total], None],
    ) -> None:
        self.buckets = buckets
        self.families = families
        self.objects = objects
        self.totals = totals
        self._keep = keep

    def column(self, family: int) -> list[Fragment]:
        """The fragments of one family, bucket by bucket."""
        if native:
            found: list[Fragment] = native.column(self.buckets, family)
            return found
        return [fragment for bucket in self.buckets if (fragment := bucket[family]) is not None]

    def prepare(self) -> Iterator[None]:
        """Find out the totals that aren't known yet, one family a step."""
        for family in range(self.families):
            if family not in self.totals:
                total = self.totals[family] = total_of(self.column(family))
                self._keep(family, total)
                yield


def total_of(fragments: list[Fragment]) -> Total:
    """What these come to in a row."""
    if native:
        return Total(*native.total(fragments))
    total = Total()
    for fragment in fragments:
        total = total.then(fragment.crc, fragment.length, len(fragment.deflated))
    return total
