"""A table as it was at one resourceVersion, read in small steps while it goes on changing."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from evergauge.sim.objects import Entry
    from evergauge.sim.table import Table


class Snapshot:
    """Copy on write: `before` holds what the keys that changed since `version` held then (None: nothing)."""

    def __init__(self, table: Table, version: int, before: dict[str, Entry | None]) -> None:
        """The state of `table` at `version`, given how the present differs from it."""
        self._table = table
        self.version = version
        self._before = before

    def __enter__(self) -> Self:
        """From here on the table tells of every change."""
        self._table.register(self)
        return self

    def __exit__(self, *_: object) -> None:
        """The table need not tell any more."""
        self._table.unregister(self)

    def note(self, key: str, old: Entry | None) -> None:
        """The table is about to hold something else at `key`."""
        self._before.setdefault(key, old)

    def batch(self, start: str, end: str, size: int) -> tuple[list[Entry], str]:
        """About `size` entries from `start` on in order of their keys, below `end`; and where the next batch starts."""
        keys, entries, before = self._table.keys, self._table.entries, self._before
        first = bisect_left(keys, start)
        last = bisect_left(keys, end, lo=first)
        chunk = keys[first : min(first + size, last)]
        following = chunk[-1] + "\0" if first + size < last else end
        if not before:
            return [entries[key] for key in chunk], following
        gone = [
            key for key, old in before.items() if old is not None and start <= key < following and key not in entries
        ]
        then = (before[key] if key in before else entries[key] for key in sorted(chunk + gone))
        return [entry for entry in then if entry is not None], following

    def count(self, start: str, end: str) -> int:
        """How many entries there are in a range of keys."""
        keys, entries = self._table.keys, self._table.entries
        now = bisect_left(keys, end) - bisect_left(keys, start)
        changed = ((key, old) for key, old in self._before.items() if start <= key < end)
        return now + sum((old is not None) - (key in entries) for key, old in changed)
