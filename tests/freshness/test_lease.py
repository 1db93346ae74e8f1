"""The states of a lease, moment by moment."""

from __future__ import annotations

import pytest

from evergauge.freshness import Lease, State


@pytest.mark.parametrize(
    ("now", "state", "age"),
    [
        (100.0, "live", 0.0),
        (124.0, "live", 24.0),
        (124.1, "suspect", 24.1),
        (130.0, "suspect", 30.0),
        (130.1, "lost", 30.1),
    ],
)
def test_state_follows_from_the_age_of_the_proof(now: float, state: State, age: float) -> None:
    lease = Lease(bound=30)
    lease.prove(100)
    assert lease.state(now) == state
    assert lease.age(now) == pytest.approx(age)


def test_without_a_proof_it_is_syncing_for_ever() -> None:
    lease = Lease(bound=30)
    assert (lease.state(0), lease.state(1e9)) == ("syncing", "syncing")
    assert lease.age(5) is None
    assert not lease.synced


def test_a_refused_feed_exceeds_the_bound_like_any_other() -> None:
    lease = Lease(bound=30)
    assert not lease.exceeded(1000)
    lease.prove(100)
    lease.refuse("forbidden")
    assert [lease.exceeded(now) for now in (130, 130.1)] == [False, True]
    assert lease.state(131) == "forbidden"


def test_an_older_proof_changes_nothing() -> None:
    lease = Lease(bound=30)
    lease.prove(100)
    lease.prove(90)
    assert lease.age(100) == 0


@pytest.mark.parametrize("how", ["forbidden", "absent"])
def test_a_refusal_holds_until_the_next_proof(how: State) -> None:
    lease = Lease(bound=30)
    lease.prove(100)
    lease.refuse(how)  # type: ignore[arg-type] # only these two are given
    assert lease.state(101) == how
    lease.prove(102)
    assert lease.state(103) == "live"


def test_a_proof_from_the_future_has_no_negative_age() -> None:
    lease = Lease(bound=30)
    lease.prove(100)
    assert lease.age(99) == 0
