"""From a feed's items to the store: ours? render, keep. The store in service, and beside it the next one while a list runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergauge.declare import Fault
from evergauge.kube.turns import Turns, run_in_turns
from evergauge.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergauge.declare import CompiledKind
    from evergauge.kube.items import Item
    from evergauge.pipeline.faults import FaultReports
    from evergauge.store import Snapshot

_NAMELESS = Fault("", "its metadata can't be read")


class Generation:
    """One set of objects of a feed, rendered. A `Build` for the feed that fills it.

    seen: how many objects were put, those of other shards included.
    """

    def __init__(self, kind: CompiledKind, owns: Callable[[str], bool], faults: FaultReports) -> None:
        """owns: whether an object of this UID is this shard's."""
        self.store = Store(len(kind.families))
        self.seen = 0
        self._kind = kind
        self._owns = owns
        self._faults = faults

    def put(self, item: Item | None) -> None:
        """Render an object and keep its lines, if it is ours."""
        self.seen += 1
        if item is None:
            self._faults.report(self._kind.kind.resource, "?", _NAMELESS)
        elif self._owns(item.uid):
            rendered = self._kind.render(bytes(item.raw))
            self.store.put(item.uid, rendered.parts)
            for fault in rendered.faults:
                self._faults.report(self._kind.kind.resource, item.uid, fault)

    def remove(self, item: Item | None) -> None:
        """Drop an object's lines. One of another shard isn't there."""
        if item is not None:
            self.store.remove(item.uid)

    async def narrow(self) -> int:
        """Drop, in turns, the objects that aren't ours any more; returns how many."""
        turns, dropped = Turns(), 0
        for each in self.store.narrow(self._owns):
            dropped += each
            if turns.due():
                await turns.rest()
        await run_in_turns(self.store.fold())
        return dropped


class FeedStore:
    """What one feed keeps: the `Sink` of the feed, and what a scrape takes from it."""

    def __init__(
        self,
        kind: CompiledKind,
        owns: Callable[[str], bool],
        faults: FaultReports,
        *,
        listed: Callable[[int], object] = lambda _: None,
        omitted: Callable[[], bool] = lambda: False,
    ) -> None:
        """See Generation.

        listed: told how many objects a list had, when they are taken into service. omitted: whether a scrape that begins now is to
        leave the objects out (`--stale-policy=omit`).
        """
        self.kind = kind
        self._listed = listed
        self.omitted = omitted
        self._owns = owns
        self._faults = faults
        self._serving = self._next = self._new()

    @property
    def store(self) -> Store:
        """The store in service."""
        return self._serving.store

    def __len__(self) -> int:
        """Objects in service."""
        return len(self._serving.store)

    def put(self, item: Item | None) -> None:
        """See Generation; as to the one in service."""
        self._serving.put(item)

    def remove(self, item: Item | None) -> None:
        """See Generation; as to the one in service."""
        self._serving.remove(item)

    def begin(self) -> Generation:
        """The next generation, empty."""
        self._next = self._new()
        return self._next

    async def commit(self) -> None:
        """Fold the next generation, and take it into service in one step."""
        await run_in_turns(self._next.store.fold())
        self._serving = self._next
        self._listed(self._next.seen)

    async def narrow(self) -> int:
        """Drop, in turns, every object that `owns` no longer says is ours, also from the set that a list is filling.

        Returns how many were dropped from the one in service.
        """
        serving, following = self._serving, self._next
        dropped = await serving.narrow()
        if following is not serving:
            await following.narrow()
        return dropped

    def _new(self) -> Generation:
        return Generation(self.kind, self._owns, self._faults)

    async def fold(self) -> int:
        """Bring all that waits now into the fragments; returns the number of steps."""
        return await run_in_turns(self._serving.store.fold())

    def snapshot(self) -> Snapshot:
        """See Store."""
        return self._serving.store.snapshot()
