"""What shards tell each other."""

from __future__ import annotations

import pytest

from evergauge.shard import Key, View, write_view
from evergauge.shard.view import Wanted, read_view

TWO, THREE = Key("u", 2), Key("u", 3)
VIEW = View(2, Wanted(THREE, 7), [THREE, TWO], [])


@pytest.mark.parametrize("view", [VIEW, View(0, None, [], []), View(1, Wanted(Key("", 0, 4, "slots"), 0), [TWO], [])])
def test_a_view_arrives_as_it_was_sent(view: View) -> None:
    assert read_view(write_view(view)) == view
    full = view._replace(keeps=[TWO], lacks=frozenset({"secrets"}), stopping=True)
    assert read_view(write_view(full)) == full


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{}",
        write_view(VIEW).replace(b'"version":1', b'"version":2'),
        write_view(VIEW).replace(b'"jump"', b'"other"'),
        write_view(VIEW).replace(b'"replicas":3', b'"replicas":null'),
    ],
)
def test_what_is_no_view_says_nothing(body: bytes) -> None:
    assert read_view(body) is None


def test_fields_of_later_versions_do_not_matter() -> None:
    assert read_view(write_view(VIEW).replace(b"{", b'{"more":[1],', 1)) == VIEW


@pytest.mark.parametrize(
    ("view", "takes_over"),
    [
        (VIEW, True),
        (VIEW._replace(wanted=Wanted(THREE, 8)), True),
        # On the way to something newer it still serves this, and lets go of it only when I have learned of that, too.
        (VIEW._replace(wanted=Wanted(TWO, 8)), True),
        # It may be about to leave the same key behind.
        (VIEW._replace(wanted=Wanted(THREE, 6)), False),
        (VIEW._replace(wanted=None), False),
        (VIEW._replace(serves=[TWO]), False),
        (VIEW._replace(lacks=frozenset({"secrets"})), False),
        (VIEW._replace(stopping=True), False),
        (VIEW._replace(wanted=Wanted(Key("another", 3), 7)), False),
    ],
)
def test_who_takes_over(view: View, takes_over: bool) -> None:  # noqa: FBT001 - a case
    assert view.takes_over(Wanted(THREE, 7)) == takes_over


def test_what_is_not_there_need_not_be_taken_over() -> None:
    view = VIEW._replace(lacks=frozenset({"secrets"}))
    assert view.takes_over(Wanted(THREE, 7), frozenset({"secrets", "leases"}))
