"""The objects of one resource: now, within the window of history, and for those who watch."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from evergauge.sim.snapshot import Snapshot
from evergauge.sim.status import list_expired, too_old
from evergauge.sim.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evergauge.sim.objects import Entry
    from evergauge.sim.resources import Resource
    from evergauge.sim.selection import Selection


class Event(NamedTuple):
    """One change. `entry` is the object after it (deleted: as it was, under the deletion's version), `old` before it."""

    type: str
    version: int
    entry: Entry
    old: Entry | None


class Table:
    """The objects of one resource.

    entries: by key. keys: sorted. floor: the oldest version from which a watch can resume. moved: whether anything has
    happened since the server began to watch its storage; before that it sends no bookmarks.
    """

    def __init__(self, resource: Resource, window: int) -> None:
        """Keep the last `window` events."""
        self.resource = resource
        self.entries: dict[str, Entry] = {}
        self.keys: list[str] = []
        self.floor = 0
        self.moved = False
        self._window = window
        self._history: deque[Event] = deque()
        self._watchers: set[Watcher] = set()
        self._snapshots: set[Snapshot] = set()

    def load(self, entries: Iterable[Entry]) -> None:
        """Take in many objects at once, without events. Whoever calls must `forget` what was before."""
        self.entries.update((entry.key, entry) for entry in entries)
        self.keys = sorted(self.entries)

    def put(self, entry: Entry) -> None:
        """Create or replace an object."""
        old = self.entries.get(entry.key)
        self.entries[entry.key] = entry
        if old is None:
            insort(self.keys, entry.key)
        self._record(Event("ADDED" if old is None else "MODIFIED", entry.version, entry, old))

    def remove(self, key: str, version: int) -> Entry:
        """Delete an object; returns what was, under the deletion's version. Raises KeyError."""
        old = self.entries.pop(key)
        del self.keys[bisect_left(self.keys, key)]
        gone = old.at(version)
        self._record(Event("DELETED", version, gone, old))
        return gone

    def _record(self, event: Event) -> None:
        self.moved = True
        self._history.append(event)
        if len(self._history) > self._window:
            self.floor = self._history.popleft().version
        for snapshot in self._snapshots:
            snapshot.note(event.entry.key, event.old)
        for watcher in self._watchers:
            watcher.offer(event)

    def forget(self, version: int) -> None:
        """Empty the history: only `version`, the present one, can be resumed from."""
        self._history.clear()
        self.floor = version
        self.moved = False

    def since(self, version: int, current: int) -> list[Event]:
        """The events after `version`. Raises StatusError 410 when some of them are forgotten."""
        if version < self.floor:
            raise too_old(version, current)
        first = bisect_left(self._history, version + 1, key=lambda event: event.version)
        return list(islice(self._history, first, None))

    def snapshot(self, version: int, current: int) -> Snapshot:
        """The state at `version` (at most `current`), a context manager. Raises StatusError 410 when it is forgotten."""
        before: dict[str, Entry | None] = {}
        if version < current:
            if version < self.floor:
                raise list_expired()
            for event in reversed(self._history):
                if event.version <= version:
                    break
                before[event.entry.key] = event.old
        return Snapshot(self, version, before)

    def register(self, snapshot: Snapshot) -> None:
        """Keep a snapshot true from now on."""
        self._snapshots.add(snapshot)

    def unregister(self, snapshot: Snapshot) -> None:
        """It is no longer read."""
        self._snapshots.discard(snapshot)

    def watch(self, selection: Selection, buffer: int, after: int = 0) -> Watcher:
        """Be told of everything from now on, and after version `after`. Whoever asks must `unwatch`."""
        watcher = Watcher(selection, buffer, after)
        self._watchers.add(watcher)
        return watcher

    def unwatch(self, watcher: Watcher) -> None:
        """Be told no more."""
        self._watchers.discard(watcher)

    @property
    def idle_watchers(self) -> int:
        """How many watch, and have been sent all there is."""
        return sum(watcher.idle for watcher in self._watchers)
