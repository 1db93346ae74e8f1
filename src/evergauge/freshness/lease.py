"""The lease of one feed: up to when it is known to have seen everything, and the state that follows.

Theory of operation. A proof is dated to the opening of the list or watch that delivered it: what a watch delivers at its clean
end, or a bookmark within it, shows that everything up to its opening has arrived. Being connected proves nothing, nor does an
event, which may come out of a backlog. All times are seconds of one monotonic clock.
"""

from __future__ import annotations

from typing import Literal

State = Literal["syncing", "live", "suspect", "lost", "forbidden", "absent"]
"""syncing: not listed yet. live: proven within four fifths of the bound. suspect: later than that. lost: the bound is exceeded.
forbidden: the API server refuses (401, 403). absent: it does not serve the kind (404)."""

_SUSPECT_FROM = 0.8
"""The part of the bound after which the lease is running out. In good times a proof is 1.9 thirds of the bound old at most."""


class Lease:
    """Proofs and refusals of one feed.

    bound: seconds within which the next proof must come.
    """

    def __init__(self, bound: float) -> None:
        self.bound = bound
        self._proof: float | None = None
        self._refused: Literal["forbidden", "absent"] | None = None

    @property
    def proof(self) -> float | None:
        """The moment up to which everything has been seen, None before the first proof."""
        return self._proof

    @property
    def synced(self) -> bool:
        """Whether there ever was a proof."""
        return self._proof is not None

    def prove(self, opened: float) -> None:
        """Everything up to `opened` has been seen. An older proof than the last one says nothing new."""
        self._proof = opened if self._proof is None else max(self._proof, opened)
        self._refused = None

    def refuse(self, how: Literal["forbidden", "absent"]) -> None:
        """The API server refused, until the next proof."""
        self._refused = how

    def age(self, now: float) -> float | None:
        """Seconds since the last proof, None before the first."""
        return None if self._proof is None else max(0.0, now - self._proof)

    def exceeded(self, now: float) -> bool:
        """Whether the bound is exceeded, however that came: what is known of the feed's objects may be older."""
        age = self.age(now)
        return age is not None and age > self.bound

    def state(self, now: float) -> State:
        """What is to be said of the feed at this moment."""
        if self._refused:
            return self._refused
        age = self.age(now)
        if age is None:
            return "syncing"
        if self.exceeded(now):
            return "lost"
        return "suspect" if age > self.bound * _SUSPECT_FROM else "live"
