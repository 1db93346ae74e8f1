"""Where a feed's objects go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from evergauge.kube.items import Item
    from evergauge.protobuf import Protobuf


class Build(Protocol):
    """A set of objects that is being filled."""

    def read(self, objects: bytes | Protobuf) -> list[Item | None]:
        """The items of a JSON array of objects or of a list's fields, in the form in which this set puts them soonest: `read_items`, if it has
        no other. Raises ValueError where it is neither.
        """
        ...

    def put(self, item: Item | None) -> None:
        """Add an object or replace it. None is one whose metadata can't be read."""

    def remove(self, item: Item | None) -> None:
        """Take an object out."""


class Sink(Build, Protocol):
    """The set in service, and the next one while a list runs."""

    def __len__(self) -> int:
        """Objects in service."""
        ...

    def begin(self, *, afresh: bool = False) -> Build:
        """A new, empty set beside the one in service; one that was begun before and never taken into service is dropped.

        afresh: an object's version says nothing about whether it is as it was in the set in service.
        """
        ...

    def abandon(self) -> None:
        """The set begun last won't be completed: drop it."""

    async def commit(self) -> None:
        """The set begun last is complete: take it into service, in one step."""
