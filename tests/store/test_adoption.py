"""A store that takes over from the one before what hasn't changed: the same text as a fresh one, whatever goes on in either."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergauge.store import PlainBody, Section, Size, Store
from evergauge.store.bucket import MOST_BYTES, MOST_OBJECTS
from store.stores import (
    FAMILIES,
    FEW,
    HEADERS,
    TEN_BUCKETS,
    body_of,
    filled,
    fold,
    gzip_of,
    lines,
    parts_of,
    prepared,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

KEYS = st.sampled_from([f"uid-{n}" for n in range(130)])
VERSIONS = st.integers(0, 2)
"""Few, so that many are equal. 0 is one that isn't known."""
CHANGE = st.tuples(KEYS, st.none() | VERSIONS) | st.just("fold")
"""An object in a version, None for its deletion, or a fold in between."""
MANY = st.lists(st.tuples(st.integers(0, 129), st.integers(1, 130), VERSIONS), max_size=3)
"""Runs of objects: first, how many, in which version."""


def content(key: str, version: int) -> list[bytes]:
    """An object's lines, as much of some families as its version says."""
    return [f'f{n}{{object="{key}",version="{version}"}} 1\n'.encode() * ((version + n) % 3) for n in range(FAMILIES)]


class Filling:
    """A store, and a dictionary that tells what it must have. adopted: how many objects were taken over."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.model: dict[str, int] = {}
        self.adopted = 0

    def apply(self, change: tuple[str, int | None] | str) -> None:
        match change:
            case (str(key), int(version)):
                adopted = self.store.adopt(key, version)
                self.adopted += adopted
                if not adopted:
                    self.store.put(key, content(key, version), version)
                self.model[key] = version
            case (str(key), None):
                assert self.store.remove(key) == (self.model.pop(key, None) is not None)
            case _:
                fold(self.store)

    def apply_runs(self, runs: Iterable[tuple[int, int, int]]) -> None:
        for first, count, version in runs:
            for number in range(first, first + count):
                self.apply((f"uid-{number % 130}", version))

    def check(self) -> None:
        fold(self.store)
        fresh = Store(FAMILIES)
        for key, version in self.model.items():
            fresh.put(key, content(key, version), version)
        fold(fresh)
        assert lines(text_of(self.store)) == lines(text_of(fresh))
        assert gzip.decompress(gzip_of(self.store)) == text_of(self.store)
        assert {key: self.store.version(key) for key in self.store.keys} == self.model
        fragments = [each for family in range(FAMILIES) for each in self.store.snapshot().column(family)]
        deflated, plain = sum(len(each.deflated) for each in fragments), sum(each.length for each in fragments)
        assert self.store.size == Size(len(fragments), deflated, plain)
        assert self.store.waiting_bytes == 0


@given(
    start=MANY,
    relisted=MANY,
    changes=st.lists(st.tuples(st.booleans(), CHANGE), max_size=80),
    meanwhile=st.lists(st.tuples(st.booleans(), CHANGE), max_size=20),
    after=st.lists(CHANGE, max_size=40),
)
def test_whatever_goes_on_in_either_the_next_store_shows_what_a_fresh_one_would(
    start: Sequence[tuple[int, int, int]],
    relisted: Sequence[tuple[int, int, int]],
    changes: Sequence[tuple[bool, tuple[str, int | None] | str]],
    meanwhile: Sequence[tuple[bool, tuple[str, int | None] | str]],
    after: Sequence[tuple[str, int | None] | str],
) -> None:
    before = Filling(Store(FAMILIES))
    before.apply_runs(start)
    following = Filling(before.store.successor())
    for number, (in_next, change) in enumerate(changes):
        (following if in_next else before).apply(change)
        if number == len(changes) // 2:
            following.apply_runs(relisted)
    settling = iter(following.store.settle())
    for in_next, change in meanwhile:
        next(settling, None)
        (following if in_next else before).apply(change)
    for _ in settling:
        pass
    following.check()
    before.check()
    for change in after:
        following.apply(change)
    following.check()


@given(start=MANY, relisted=MANY, kept=st.sets(KEYS))
def test_a_store_that_is_being_filled_can_be_narrowed(
    start: Sequence[tuple[int, int, int]], relisted: Sequence[tuple[int, int, int]], kept: set[str]
) -> None:
    before = Filling(Store(FAMILIES))
    before.apply_runs(start)
    following = Filling(before.store.successor())
    following.apply_runs(relisted)
    held = len(following.store)
    dropped = sum(following.store.narrow(kept.__contains__))
    assert dropped == held - len(following.store)
    for key in set(following.model) - kept:
        del following.model[key]
    for _ in following.store.settle():
        pass
    following.check()
    before.check()


def relist(before: Store, wanted: Callable[[int], bool], version: int = 1) -> Store:
    following = before.successor()
    for number in map(int, before.keys):
        if wanted(number):
            assert following.adopt(str(number), version)
    for _ in following.settle():
        pass
    return following


def test_an_unchanged_set_shares_the_very_fragments_and_keys() -> None:
    before = filled(range(TEN_BUCKETS - 1), version=1)
    following = relist(before, lambda _: True)
    assert next(following.fold(), "nothing") == "nothing"
    pairs = list(zip(before.snapshot().buckets, following.snapshot().buckets, strict=True))
    assert len(pairs) == 10
    assert all(one is other for one, other in pairs)
    assert all(one is other for one, other in zip(before.keys, following.keys, strict=True))
    assert following.size == before.size


def test_where_an_object_has_changed_the_families_are_shared_in_which_it_has_not() -> None:
    before = filled([1, 2], version=1)
    following = before.successor()
    changed = parts_of(1)
    changed[1] = b'f1{object="1"} 2\n'
    assert not following.adopt("1", 2)
    following.put("1", changed, 2)
    assert following.adopt("2", 1)
    for _ in following.settle():
        pass
    fold(following)
    pairs = zip(before.snapshot().buckets[0], following.snapshot().buckets[0], strict=True)
    assert [one is other for one, other in pairs] == [True, False, True]
    assert (before.version("1"), following.version("1")) == (1, 2)
    assert text_of(before) == text_of(filled([1, 2]))


def test_nothing_is_adopted_once_settling_has_begun() -> None:
    following = filled(range(2), version=1).successor()
    assert following.adopt("0", 1)
    settling = following.settle()
    next(settling)
    assert not following.adopt("1", 1)
    assert list(settling) == []
    assert not following.adopt("1", 1)


@pytest.mark.parametrize("version", [0, 2])
def test_an_object_in_another_version_or_in_none_is_not_adopted(version: int) -> None:
    assert not filled([1], version=1).successor().adopt("1", version)
    assert not filled([1], version=0).successor().adopt("1", version)
    assert not Store(FAMILIES).successor().adopt("1", 1)


def test_an_object_is_adopted_once() -> None:
    following = filled([1], version=1).successor()
    assert [following.adopt("1", 1), following.adopt("1", 1), len(following)] == [True, False, 1]


def test_what_waited_to_be_folded_is_adopted_with_the_rest() -> None:
    before = filled(range(100), version=1)
    before.put("7", parts_of(700), 2)
    following = before.successor()
    assert following.adopt("7", 2)
    assert all(following.adopt(str(number), 1) for number in range(100) if number != 7)
    for _ in following.settle():
        pass
    fold(following)
    fold(before)
    assert lines(text_of(following)) == lines(text_of(before))
    assert b'object="700"' in text_of(following)


def test_copies_of_which_little_was_adopted_are_merged() -> None:
    following = relist(filled(range(TEN_BUCKETS), version=1), lambda number: number % MOST_OBJECTS < FEW)
    fold(following)
    assert following.size.fragments <= 3 * FAMILIES
    assert lines(text_of(following)) == lines(text_of(filled(n for n in range(TEN_BUCKETS) if n % MOST_OBJECTS < FEW)))


def test_what_the_store_before_removes_or_merges_stays_in_the_copies() -> None:
    before = filled(range(TEN_BUCKETS), version=1)
    following = before.successor()
    assert all(following.adopt(str(number), 1) for number in range(0, TEN_BUCKETS, 2))
    for number in range(TEN_BUCKETS):
        if number % MOST_OBJECTS >= FEW:
            before.remove(str(number))
    fold(before)
    fold(before)
    adopted = [following.adopt(str(number), 1) for number in range(1, TEN_BUCKETS, 2)]
    # Those that moved within the store before are where no copy knows them, or in copies that were made later.
    assert 0 < sum(adopted) < 320
    for number in range(1, TEN_BUCKETS, 2):
        if not adopted[number // 2]:
            following.put(str(number), parts_of(number), 1)
    for _ in following.settle():
        pass
    fold(following)
    assert lines(text_of(following)) == lines(text_of(filled(range(TEN_BUCKETS))))


def test_one_after_the_other_adopts_from_the_last() -> None:
    store = filled(range(200), version=1)
    first = store.snapshot().buckets
    for _ in range(5):
        store = relist(store, lambda _: True)
    assert all(one is other for one, other in zip(first, store.snapshot().buckets, strict=True))


def test_a_snapshot_of_the_store_before_stays_as_it_was_taken() -> None:
    before = filled(range(100), version=1)
    snapshot, expected = prepared(before), text_of(before)
    following = relist(before, lambda number: number % 2 == 0)
    fold(following)
    following.put("0", parts_of(999), 2)
    fold(following)
    assert body_of(PlainBody([Section(HEADERS, [snapshot])])) == expected == text_of(before)


def test_what_the_store_before_got_after_its_bucket_was_copied_is_put() -> None:
    before = filled([1], version=1)
    following = before.successor()
    assert following.adopt("1", 1)
    before.put("2", parts_of(2), 1)
    assert not following.adopt("2", 1)


def test_objects_that_may_still_be_adopted_are_not_merged_with_others() -> None:
    before = Store(FAMILIES)
    for number in range(4):
        before.put(str(number), parts_of(number, size=MOST_BYTES // 2), 1)
    assert len(before.snapshot().buckets) == 2
    following = before.successor()
    for number in (0, 2):
        assert following.adopt(str(number), 1)
        following.remove(str(number))
    fold(following)
    assert following.adopt("1", 1)
    for _ in following.settle():
        pass
    fold(following)
    expected = Store(FAMILIES)
    expected.put("1", parts_of(1, size=MOST_BYTES // 2), 1)
    fold(expected)
    assert lines(text_of(following)) == lines(text_of(expected))


def test_a_copy_may_vanish_while_others_are_settled() -> None:
    before = filled(range(MOST_OBJECTS + 1), version=1)
    following = before.successor()
    assert following.adopt("0", 1)
    assert following.adopt(str(MOST_OBJECTS), 1)
    settling = following.settle()
    next(settling)
    following.remove(str(MOST_OBJECTS))
    fold(following)
    assert list(settling) == []
    assert lines(text_of(following)) == lines(text_of(filled([0])))
