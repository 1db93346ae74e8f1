"""Whose object is it. `jump` is KSM's rule, bit for bit, so that fleets can be mixed: FNV-1a 64 of the UID, then jump consistent hash."""

from __future__ import annotations

from typing import Literal

from evergauge.shard.slots import SLOTS, slot_of, table

Rule = Literal["jump", "slots"]

_OFFSET = 0xCBF29CE484222325
_PRIME = 0x100000001B3
_MULTIPLIER = 2862933555777941757
_MASK = 0xFFFFFFFFFFFFFFFF


def fnv1a(text: str) -> int:
    """The 64-bit FNV-1a hash of a text's UTF-8 (draft-eastlake-fnv)."""
    value = _OFFSET
    for byte in text.encode():
        value = ((value ^ byte) * _PRIME) & _MASK
    return value


def jump(key: int, buckets: int) -> int:
    """Which of `buckets` (at least 1) a 64-bit key belongs to (Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm")."""
    bucket, following = -1, 0
    while following < buckets:
        bucket = following
        key = (key * _MULTIPLIER + 1) & _MASK
        # In float64 and in this order, as the paper and Go have it: rounding is part of the result.
        following = int((bucket + 1) * (float(1 << 31) / float((key >> 33) + 1)))
    return bucket


def shard_of(hashed: int, total: int, rule: Rule) -> int:
    """The shard, from 0, of an object with this hash among `total` (at least 1; `slots` knows 256 at most, the rest stay empty)."""
    if rule == "slots":
        return table(min(total, SLOTS))[slot_of(hashed)]
    return jump(hashed, total)
