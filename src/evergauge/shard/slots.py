"""The rule `slots`: the top bits of the UID's hash choose one of 256 slots, and a table says whose slot it is.

A shard's slots are a few ranges of the hash, so an API server can select by them (KEP-5866), where jump hash scatters. Objects move to
the new shard only, as with jump hash. One more shard takes from each earlier one the highest slots that are more than its share.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

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


def slots_of(shard: int, total: int) -> frozenset[int]:
    """The slots of one shard."""
    return frozenset(slot for slot, owner in enumerate(table(total)) if owner == shard)


def ranges(slots: Collection[int]) -> Sequence[tuple[int, int]]:
    """Slots as ranges, each from its first slot up to the one that isn't in it any more."""
    edges = [slot for slot in range(SLOTS + 1) if (slot in slots) != (slot - 1 in slots)]
    return tuple(zip(edges[::2], edges[1::2], strict=True))


def selector(slots: Collection[int]) -> str:
    """The shard selector that asks for the objects in these slots only (KEP-5866); empty for all."""
    if len(slots) == SLOTS:
        return ""
    return " || ".join(
        f"shardRange(object.metadata.uid, '{first << _SHIFT:#018x}', '{end << _SHIFT:#018x}')"
        for first, end in ranges(slots)
    )
