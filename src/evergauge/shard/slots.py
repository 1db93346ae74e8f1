"""The rule `slots`: the top bits of the UID's hash choose one of 256 slots, and a table says whose slot it is.

A shard's slots are a few ranges of the hash, so an API server can select by them (KEP-5866), where jump hash scatters. Objects move to
the new shard only, as with jump hash. One more shard takes from each earlier one the highest slots that are more than its share.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SLOTS = 256
_SHIFT = 64 - 8


def slot_of(hashed: int) -> int:
    """The slot of a 64-bit hash."""
    return hashed >> _SHIFT


@functools.cache
def table(total: int) -> Sequence[int]:
    """The shard of each slot, for 1 to 256 shards: by recursion from the table of one shard fewer."""
    if total == 1:
        return (0,) * SLOTS
    owners = list(table(total - 1))
    share, more = divmod(SLOTS, total)
    for shard in range(total - 1):
        slots = [slot for slot, owner in enumerate(owners) if owner == shard]
        for slot in slots[share + (shard < more) :]:
            owners[slot] = total - 1
    return tuple(owners)


def ranges(shard: int, total: int) -> Sequence[tuple[int, int]]:
    """The shard's slots as ranges, each from its first slot up to the one that isn't in it any more."""
    owners = table(total)
    edges = [slot for slot in range(SLOTS + 1) if _owns(owners, slot, shard) != _owns(owners, slot - 1, shard)]
    return tuple(zip(edges[::2], edges[1::2], strict=True))


def _owns(owners: Sequence[int], slot: int, shard: int) -> bool:
    return 0 <= slot < SLOTS and owners[slot] == shard
