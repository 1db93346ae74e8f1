"""Whose object is it. `jump` is KSM's rule, bit for bit, so that fleets can be mixed: FNV-1a 64 of the UID, then jump consistent hash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from evergauge.native import partition as native
from evergauge.shard.slots import SLOTS, slot_of, table

if TYPE_CHECKING:
    from collections.abc import Callable

Rule = Literal["jump", "slots"]

_OFFSET = 0xCBF29CE484222325
_PRIME = 0x100000001B3
_MULTIPLIER = 2862933555777941757
_MASK = 0xFFFFFFFFFFFFFFFF


def _fnv1a(text: str) -> int:
    value = _OFFSET
    for byte in text.encode():
        value = ((value ^ byte) * _PRIME) & _MASK
    return value


def _jump(key: int, buckets: int) -> int:
    bucket, following = -1, 0
    while following < buckets:
        bucket = following
        key = (key * _MULTIPLIER + 1) & _MASK
        # In float64 and in this order, as the paper and Go have it: rounding is part of the result.
        following = int((bucket + 1) * (float(1 << 31) / float((key >> 33) + 1)))
    return bucket


fnv1a: Callable[[str], int] = native.fnv1a if native else _fnv1a
"""The 64-bit FNV-1a hash of a text's UTF-8 (draft-eastlake-fnv)."""
jump: Callable[[int, int], int] = native.jump if native else _jump
"""Which of so many buckets (at least 1) a 64-bit key belongs to (Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm")."""


def shard_of(hashed: int, total: int, rule: Rule) -> int:
    """The shard, from 0, of an object with this hash among `total` (at least 1; `slots` knows 256 at most, the rest stay empty)."""
    if rule == "slots":
        return table(min(total, SLOTS))[slot_of(hashed)]
    return jump(hashed, total)
