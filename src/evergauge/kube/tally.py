"""What lists and events of one source come to, whoever keeps the objects: how many there are, and which have changed meanwhile."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from evergauge.kube.versions import is_older

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergauge.kube.items import Event

CHANGES: Final = {"ADDED": 1, "DELETED": -1}


class Journal:
    """What has happened to a source's objects since it was opened.

    touched: the UIDs of those that had events. void: the source was listed anew, so the rest says nothing.
    """

    def __init__(self) -> None:
        self.touched: set[str] = set()
        self.void = False
        self._changes: list[tuple[str, int]] = []

    def note(self, event: Event) -> None:
        """An event that was taken in."""
        if event.item is not None:
            self.touched.add(event.item.uid)
            if event.type in CHANGES:
                self._changes.append((event.item.version, CHANGES[event.type]))

    def change_after(self, version: str) -> int:
        """How many objects there are more than at a version, at which the journal was open already."""
        return sum(change for at, change in self._changes if is_older(version, at))


class Tally:
    """The objects of one source, those of other shards included.

    objects: how many there are; None as long as that isn't known.
    """

    def __init__(self) -> None:
        self.objects: int | None = None
        self._journals: list[Journal] = []

    def listed(self, objects: int) -> None:
        """A list is complete: so many there are."""
        self.objects = objects
        for journal in self._journals:
            journal.void = True

    def take(self, event: Event) -> None:
        """An event, each of which is taken once."""
        if event.item is None or not event.item.version.isdigit():
            # It may come twice: while two watches run, it's by their versions that events are told apart.
            self.objects = None
        elif self.objects is not None:
            self.objects += CHANGES.get(event.type, 0)
        for journal in self._journals:
            journal.note(event)

    @contextmanager
    def journal(self) -> Iterator[Journal]:
        """Note what happens from now on."""
        journal = Journal()
        self._journals.append(journal)
        try:
            yield journal
        finally:
            self._journals.remove(journal)
