"""What a shard holds on its way from one key to another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergauge.shard import Holding, Key
from evergauge.shard.partition import Rule, fnv1a

KEYS = st.builds(
    Key,
    st.just("u"),
    st.integers(1, 6),
    st.integers(0, 2),
    st.sampled_from(["jump", "slots"]),
)
UIDS = {fnv1a(str(number)): str(number) for number in range(150)}
HASHES = list(UIDS)


def part(key: Key, number: int) -> set[int]:
    return {hashed for hashed in HASHES if key.owner(hashed) == number}


def held(holding: Holding) -> set[int]:
    return {hashed for hashed in HASHES if holding.holds(hashed)}


def kept(holding: Holding) -> set[int]:
    return {hashed for hashed, uid in UIDS.items() if holding.keeps(uid)}


@given(before=KEYS, after=KEYS, number=st.integers(0, 8))
def test_gaining_is_never_overlooked(before: Key, after: Key, number: int) -> None:
    if part(after, number) - part(before, number):
        assert after.gains(number, before)


@given(before=KEYS, after=KEYS, source=st.integers(0, 8), target=st.integers(0, 8))
def test_moving_is_never_overlooked(before: Key, after: Key, source: int, target: int) -> None:
    if source != target and part(before, source) & part(after, target):
        assert after.moves(source, target, before)


@pytest.mark.parametrize("rule", ["jump", "slots"])
@pytest.mark.parametrize(
    ("before", "after", "number", "gains", "waits_for"),
    [
        (2, 3, 0, False, {2}),
        (2, 3, 2, True, set()),
        (2, 4, 1, False, {2, 3}),
        (3, 2, 0, True, set()),
        (3, 2, 2, False, {0, 1}),
        (3, 3, 1, False, set()),
    ],
)
def test_who_gains_and_who_waits(
    rule: Rule,
    before: int,
    after: int,
    number: int,
    gains: bool,  # noqa: FBT001 - a case
    waits_for: set[int],
) -> None:
    holding = Holding(number, Key("u", before, 0, rule)).towards(Key("v", after, 0, rule))
    assert (holding.gains, set(holding.waits_for)) == (gains, waits_for)


@given(keys=st.lists(KEYS, min_size=1, max_size=4), number=st.integers(0, 8))
def test_towards_another_key_nothing_is_let_go(keys: list[Key], number: int) -> None:
    holding = Holding(number, keys[0])
    for key in keys[1:]:
        later = holding.towards(key)
        assert held(later) == held(holding) | part(key, number)
        if not later.gains:
            assert part(key, number) <= held(holding)
        assert all(part(key, number) <= held(later) for key in later.keys)
        holding = later


@given(keys=st.lists(KEYS, min_size=1, max_size=4), number=st.integers(0, 8), serving=st.sets(st.integers(0, 8)))
def test_only_what_others_serve_is_let_go(keys: list[Key], number: int, serving: set[int]) -> None:
    holding = Holding(number, keys[0])
    for key in keys[1:]:
        holding = holding.towards(key)
    later = holding.after(serving)
    gone = held(holding) - held(later)
    assert all(holding.key.owner(hashed) in serving for hashed in gone)
    assert all(part(key, number) <= held(later) for key in later.keys)
    if not later.waits_for:
        assert held(later) == part(holding.key, number)


@given(keys=st.lists(KEYS, min_size=2, max_size=4), number=st.integers(0, 8), serving=st.sets(st.integers(0, 8)))
def test_what_is_being_passed_on_is_kept_and_not_taken_in(keys: list[Key], number: int, serving: set[int]) -> None:
    holding = Holding(number, keys[0])
    for key in keys[1:]:
        holding = holding.towards(key)
    passing, after = holding.passing_to(serving), holding.after(serving)
    assert kept(passing) == kept(holding) == held(holding)
    assert held(passing) == held(after)
    assert all(part(key, number) <= held(passing) for key in passing.keys)
    assert passing.waits_for == holding.waits_for
    assert passing.after(serving).keys == after.keys
    # Another change in between: nothing is forgotten that is still to be passed on.
    later = passing.towards(Key("u", 7))
    assert kept(later) == kept(passing) | part(later.key, number)
    assert held(later) == held(passing) | part(later.key, number)
