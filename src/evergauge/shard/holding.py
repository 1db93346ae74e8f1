"""What one shard holds: its part by the key of the day, and what it keeps of earlier parts until their new owners serve it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from evergauge.shard.key import Key
from evergauge.shard.partition import Rule, fnv1a
from evergauge.shard.slots import selector, slots_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class Holding(NamedTuple):
    """A rule by which to tell whether an object is to be held; it says nothing about what has arrived already.

    number: the shard's own. key: what it is to hold in the end. before: what it held until then, and goes on holding, but for
    the objects of the shards that are `passed`: those serve them now. passing: shards that serve theirs, too, but may not have seen all
    that is seen here: none of their objects is taken in any more, those that are here are kept.
    """

    number: int
    key: Key
    before: Holding | None = None
    passed: frozenset[int] = frozenset()
    passing: frozenset[int] = frozenset()

    def owns(self, uid: str) -> bool:
        """Whether the object with this UID is to be held, also when it isn't here yet."""
        key = self.key
        return self.number == key.start if key.replicas == 1 and not self.before else self.holds(fnv1a(uid))

    def keeps(self, uid: str) -> bool:
        """Whether the object with this UID is to be held if it is here."""
        return self.holds(fnv1a(uid), is_here=True) if self.before else self.owns(uid)

    def holds(self, hashed: int, *, is_here: bool = False) -> bool:
        """The same, of a hash: whether the object is to be held that is here, or, by default, may not be."""
        owner = self.key.owner(hashed)
        if owner == self.number:
            return True
        if self.before is None or owner in self.passed or (owner in self.passing and not is_here):
            return False
        return self.before.holds(hashed, is_here=is_here)

    @property
    def slots(self) -> frozenset[int] | None:
        """The slots of all objects that it may hold; None where one of its keys has another rule."""
        if self.key.rule != "slots":
            return None
        mine = (
            slots_of(self.number - self.key.start, self.key.replicas)
            if self.number in self.key.numbers
            else frozenset()
        )
        if self.before is None:
            return mine
        earlier = self.before.slots
        return None if earlier is None else mine | earlier

    @property
    def selector(self) -> str:
        """The shard selector by which an API server sends no more than is needed; empty where there is none."""
        slots = self.slots
        return selector(slots) if slots else ""

    @property
    def keys(self) -> Sequence[Key]:
        """The keys by which the whole part of this shard is held, the newest first."""
        earlier = self.before.keys if self.before and not self.passed and not self.passing else ()
        return (self.key, *(key for key in earlier if key != self.key))

    @property
    def earlier(self) -> Sequence[Key]:
        """All keys by which anything may be held, but for the one of the day."""
        return (self.before.key, *self.before.earlier) if self.before else ()

    @property
    def waits_for(self) -> frozenset[int]:
        """The shards that are still to serve what is held for them."""
        keys = self.earlier
        to_others = {n for n in self.key.numbers if any(self.key.moves(self.number, n, key) for key in keys)}
        return frozenset(to_others) - self.passed

    def towards(self, key: Key) -> Holding:
        """What to hold when another key is wanted: all that is held now, and the shard's part by that key."""
        if key == self.key:
            return self
        return Holding(self.number, key, self)

    @property
    def gains(self) -> bool:
        """Whether it may ask for objects that were not held before."""
        if self.before is None:
            return True
        return all(self.key.gains(self.number, key) for key in self.before.keys)

    def passing_to(self, serving: Collection[int]) -> Holding:
        """What to hold when these shards serve their part by the key, as far as they have heard of it."""
        return self._replace(passing=self.passing | (self.waits_for & frozenset(serving)))

    def after(self, serving: Collection[int]) -> Holding:
        """What to hold when these shards serve their part by the key, all that was seen here included."""
        passed = self.passed | (self.waits_for & frozenset(serving))
        later = self._replace(passed=passed, passing=self.passing - passed)
        return later if later.waits_for else Holding(self.number, self.key)


def fixed(ordinal: int, total: int, rule: Rule = "jump") -> Holding:
    """What the shard of the flags holds, for ever."""
    return Holding(ordinal, Key("", total, rule=rule))
