"""From a feed's items to the store: ours? render, keep. The store in service, and beside it the next one while a list runs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple
from weakref import ref

from evergauge.declare import Fault
from evergauge.kube.items import NOTHING, item_of, read_items
from evergauge.kube.turns import Turns, run_in_turns
from evergauge.pipeline.versions import version_number
from evergauge.store import Rendering, Store, Unrendered

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergauge.declare import CompiledKind
    from evergauge.kube.feed import Feed
    from evergauge.kube.items import Item
    from evergauge.pipeline.faults import FaultReports
    from evergauge.protobuf import Protobuf
    from evergauge.store import Snapshot

_NAMELESS = Fault("", "its metadata can't be read")


class Generation:
    """One set of objects of a feed, rendered. A `Build` for the feed that fills it.

    seen: how many objects were put, those of other shards included. kept: how many objects it should hold, by what was put and
    removed. whole: whether those are all that were put.
    """

    def __init__(
        self,
        kind: CompiledKind,
        owns: Callable[[str], bool],
        faults: FaultReports,
        store: Store | None = None,
        *,
        stays: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """owns: whether an object of this UID is this shard's. store: where they go, if not to one of its own.

        stays: whether to go on serving an object although it isn't.
        """
        self.store = Store(len(kind.families)) if store is None else store
        self.seen = self.kept = 0
        self.whole = True
        self._kind = kind
        self._owns = owns
        self._stays = stays
        self._faults = faults

    def read(self, objects: bytes | Protobuf) -> list[Item | None]:
        """See Build. As long as all that came was ours, and new, objects are decoded at once: one pass over their JSON, not three."""
        if self.whole and not self.store.adopts:
            models = self._kind.decode_list(objects)
            if models is not None:
                digests = self._kind.spec.digests(objects)
                return [
                    item_of(model.metadata, NOTHING, model, digest)
                    for model, digest in zip(models, digests, strict=False)
                ]
        return read_items(objects)

    def put(self, item: Item | None, *, later: bool = False) -> None:
        """Keep an object's lines, if it is ours: those that the set before has of this version of it, or else rendered.

        later: if it is here already, not before the lines are wanted: see `Unrendered`.
        """
        self.seen += 1
        if item is None:
            self.whole = False
            self._faults.report(self._kind.kind.resource, "?", _NAMELESS)
        elif self._owns(item.uid) or self._stays(item.uid):
            version = version_number(item.version)
            self.kept += self.store.adopt(item.uid, version) or self._keep(item, version, later=later)
        else:
            self.whole = False

    def _keep(self, item: Item, version: int, *, later: bool) -> bool:
        if later:
            return self.store.put(item.uid, Unrendered(partial(self._render, item), len(item.raw)), version)
        parts, digest = self._render(item)
        return self.store.put(item.uid, parts, version, digest)

    def _render(self, item: Item, known: int = 0) -> Rendering:
        """known: see `Unrendered`. A family that failed must be tried again, and reported, each time."""
        digest = item.digest or self._kind.spec.digest(item.raw)
        if 0 != digest == known and (rest := self._kind.render_beside_spec(item.raw)):
            return Rendering(rest, digest)
        rendered = self._kind.render(item.raw if item.model is None else item.model)
        for fault in rendered.faults:
            self._faults.report(self._kind.kind.resource, item.uid, fault)
        return Rendering(rendered.parts, 0 if rendered.faults else digest)

    def remove(self, item: Item | None) -> None:
        """Drop an object's lines. One of another shard isn't there."""
        if item is not None:
            self.kept -= self.store.remove(item.uid)

    async def narrow(self, keeps: Callable[[str], bool]) -> int:
        """Drop, in turns, the objects that aren't to be kept any more; returns how many."""
        turns, dropped = Turns(), 0
        for each in self.store.narrow(keeps):
            dropped += each
            self.kept -= each
            self.whole = self.whole and not each
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
        keeps: Callable[[str], bool] | None = None,
        listed: Callable[[int], object] = lambda _: None,
        omitted: Callable[[], bool] = lambda: False,
        before: FeedStore | None = None,
    ) -> None:
        """See Generation.

        keeps: whether to go on serving an object of this UID that is served already; by default, if it is ours. listed: told how many
        objects a list had, when they are taken into service. omitted: whether a scrape that begins now is to leave the objects out
        (`--stale-policy=omit`). before: what is served of the same source until the first `commit`, whose objects the first set
        adopts as far as they have not changed.
        """
        self.kind = kind
        self._listed = listed
        self.omitted = omitted
        self.owns = owns
        self._keeps = keeps or owns
        self._faults = faults
        # Not held: as long as it is served, somebody does, and a feed may never get to its first list.
        self._before = ref(before) if before and before.kind is kind else lambda: None
        self._serving = self._next = self._new()

    @property
    def store(self) -> Store:
        """The store in service."""
        return self._serving.store

    def __len__(self) -> int:
        """Objects in service."""
        return len(self._serving.store)

    def lacks(self, objects: int | None) -> int:
        """How many objects fewer are held than should be. objects: how many the source has, None where that isn't known."""
        serving = self._serving
        return (serving.kept if objects is None or not serving.whole else objects) - len(serving.store)

    def read(self, objects: bytes | Protobuf) -> list[Item | None]:
        """See Generation; as to the one in service."""
        return self._serving.read(objects)

    def put(self, item: Item | None) -> None:
        """See Generation; as to the one in service. Events come one by one, and lines are rendered quicker by the hundred."""
        self._serving.put(item, later=True)

    def remove(self, item: Item | None) -> None:
        """See Generation; as to the one in service."""
        self._serving.remove(item)

    def begin(self, *, afresh: bool = False) -> Generation:
        """The next generation, empty. It adopts what hasn't changed of the one in service, unless it is to begin afresh."""
        self.abandon()
        before = self._before() or self
        self._next = self._new(None if afresh else before.store.successor())
        return self._next

    def abandon(self) -> None:
        """See Sink."""
        if self._next is not self._serving:
            # Whoever filled it may hold it for a while: so does the error that ended that, in the frames it went through.
            self._next.store = Store(len(self.kind.families))
            self._next = self._serving

    async def commit(self) -> None:
        """Fold the next generation, and take it into service in one step."""
        following = self._next
        await run_in_turns(following.store.settle())
        await run_in_turns(following.store.fold())
        self._serving, self._before = following, lambda: None
        self._listed(following.seen)

    async def newest_passing(self) -> int:
        """The newest version of the objects in service that `owns` no longer says are ours; 0 where there are none. In turns."""
        turns, newest = Turns(), 0
        for each in self._serving.store.newest(self.owns):
            newest = max(newest, each)
            if turns.due():
                await turns.rest()
        return newest

    async def narrow(self) -> int:
        """Drop, in turns, every object that isn't to be kept any more, also from the set that a list is filling.

        Returns how many were dropped from the one in service.
        """
        serving, following = self._serving, self._next
        dropped = await serving.narrow(self._keeps)
        if following is not serving:
            await following.narrow(self._keeps)
        return dropped

    def _stays(self, uid: str) -> bool:
        return uid in (self._before() or self).store and self._keeps(uid)

    def _new(self, store: Store | None = None) -> Generation:
        return Generation(self.kind, self.owns, self._faults, store, stays=self._stays)

    async def render(self) -> None:
        """Render all that waits to be, in turns."""
        await run_in_turns(self._serving.store.render())

    async def fold(self) -> int:
        """Bring all that waits now into the fragments; returns the number of steps.

        First all is rendered, then all is folded: each works on much memory of its own, which one bucket at a time would drive out of the caches for the other.
        """
        await self.render()
        return await run_in_turns(self._serving.store.fold())

    def snapshot(self) -> Snapshot:
        """See Store."""
        return self._serving.store.snapshot()


class Served(NamedTuple):
    """A feed and what it fills."""

    feed: Feed
    store: FeedStore
