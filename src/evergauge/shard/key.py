"""The key of a handover: what decides which shard an object belongs to."""

from __future__ import annotations

from typing import NamedTuple

from evergauge.shard.partition import Rule, shard_of


class Key(NamedTuple):
    """Two fleets with the same key share out all objects in the same way.

    uid: of the StatefulSet, empty where the flags name the shard. replicas: how many shards. start: the number of the first
    (`spec.ordinals.start`). rule: the sharding rule.
    """

    uid: str
    replicas: int
    start: int = 0
    rule: Rule = "jump"

    @property
    def numbers(self) -> range:
        """The shards, by the number in their Pod's name."""
        return range(self.start, self.start + self.replicas)

    def owner(self, hashed: int) -> int:
        """The number of the shard to which an object with this hash belongs; -1 where there is no shard at all."""
        return self.start + shard_of(hashed, self.replicas, self.rule) if self.replicas else -1

    def moves(self, source: int, target: int, before: Key) -> bool:
        """Whether objects may move from one shard to another when this key takes the place of `before`.

        By both rules more shards mean that objects move to the new ones only, and fewer that they move from those that are gone.
        """
        if source not in before.numbers or target not in self.numbers or source == target:
            return False
        if self[2:] != before[2:]:
            return True
        if self.replicas >= before.replicas:
            return target not in before.numbers
        return source not in self.numbers

    def gains(self, number: int, before: Key) -> bool:
        """Whether a shard may own objects by this key that it doesn't own by `before`."""
        if number not in self.numbers:
            return False
        return number not in before.numbers or any(self.moves(source, number, before) for source in before.numbers)
