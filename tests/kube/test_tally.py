"""How many objects there are, and which have changed meanwhile, by lists and events alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from evergauge.kube.items import Event, Item
from evergauge.kube.tally import Tally
from evergauge.kube.versions import is_older, is_reached

if TYPE_CHECKING:
    from typing import Literal

    Type = Literal["ADDED", "MODIFIED", "DELETED"]


def event(what: Type, uid: str, version: str) -> Event:
    return Event(what, Item(uid, version, msgspec.Raw(b"{}")))


def test_a_tally_follows_lists_and_events() -> None:
    tally = Tally()
    tally.take(event("ADDED", "early", "3"))
    assert tally.objects is None
    tally.listed(10)
    for what, uid in (("ADDED", "a"), ("MODIFIED", "a"), ("ADDED", "b"), ("DELETED", "a"), ("DELETED", "c")):
        tally.take(event(what, uid, "7"))  # type: ignore[arg-type] # one of the three
    assert tally.objects == 10


@pytest.mark.parametrize(
    "unsure", [Event("ADDED", None), event("DELETED", "a", "x7")], ids=["without-metadata", "version-is-no-number"]
)
def test_what_may_come_twice_makes_the_number_unknown_until_the_next_list(unsure: Event) -> None:
    tally = Tally()
    tally.listed(10)
    tally.take(unsure)
    assert tally.objects is None
    tally.listed(11)
    assert tally.objects == 11


def test_a_journal_notes_what_happens_while_it_is_open() -> None:
    tally = Tally()
    tally.listed(1)
    tally.take(event("ADDED", "before", "10"))
    with tally.journal() as journal, tally.journal() as other:
        tally.take(event("ADDED", "a", "11"))
        tally.take(event("ADDED", "b", "12"))
        tally.take(event("MODIFIED", "c", "13"))
        tally.take(event("DELETED", "d", "14"))
        assert journal.touched == other.touched == {"a", "b", "c", "d"}
    tally.take(event("ADDED", "after", "15"))
    assert journal.touched == {"a", "b", "c", "d"}
    assert {version: journal.change_after(str(version)) for version in range(10, 15)} == {
        10: 1,
        11: 0,
        12: -1,
        13: -1,
        14: 0,
    }
    assert not journal.void


def test_a_list_voids_what_was_noted() -> None:
    tally = Tally()
    with tally.journal() as journal:
        tally.listed(3)
        assert journal.void
    with tally.journal() as journal:
        assert not journal.void


@pytest.mark.parametrize(
    ("version", "other", "older", "reached"),
    [
        ("9", "10", True, True),
        ("10", "9", False, False),
        ("10", "10", False, True),
        ("", "10", False, False),
        ("10", "", False, False),
        ("x", "y", False, False),
    ],
)
def test_versions_are_ordered_as_numbers_or_not_at_all(version: str, other: str, *, older: bool, reached: bool) -> None:
    assert (is_older(version, other), is_reached(version, other)) == (older, reached)
