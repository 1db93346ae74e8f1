"""The store against a plain dictionary: whatever happens to it, what it shows is what a fresh one would show."""

from __future__ import annotations

import gzip
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergauge.store import GzipBody, PlainBody, Rendering, Section, Size, Store, Unrendered
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
    later,
    lines,
    parts_of,
    prepared,
    render,
    text_of,
)
from support.tools import require

if TYPE_CHECKING:
    from collections.abc import Sequence

KEYS = st.sampled_from([f"uid-{n}" for n in range(150)])
LINES = st.lists(st.binary(max_size=30), max_size=3).map(lambda lines: b"".join(line + b"\n" for line in lines))
PARTS = st.lists(LINES, min_size=FAMILIES, max_size=FAMILIES)
# An object's new lines, rendered at once or later; None for its deletion, or a step of the store in between.
STEPS = st.lists(
    st.tuples(KEYS, st.none() | PARTS | PARTS.map(tuple)) | st.sampled_from(["fold", "render"]), max_size=300
)


def happens(step: object, store: Store, model: dict[str, list[bytes]]) -> None:
    """One of STEPS, to a store and to what is to be in it."""
    match step:
        case (str(key), None):
            held = key in store
            assert store.remove(key) == held
            model.pop(key, None)
        case (str(key), list(parts) | tuple(parts)):
            store.put(key, later(*parts) if isinstance(parts, tuple) else parts)
            model[key] = [*parts]
        case "render":
            render(store)
        case _:
            fold(store)


@given(steps=STEPS)
def test_any_sequence_of_events_leaves_what_a_fresh_list_would(steps: Sequence[object]) -> None:
    store, model = Store(FAMILIES), dict[str, list[bytes]]()
    for step in steps:
        happens(step, store, model)
    fold(store)
    fresh = Store(FAMILIES)
    for key, parts in model.items():
        fresh.put(key, parts)
    fold(fresh)
    assert lines(text_of(store)) == lines(text_of(fresh))
    assert set(store.keys) == set(model)
    assert gzip.decompress(gzip_of(store)) == text_of(store)


@given(steps=STEPS)
def test_counters_say_what_is_held(steps: Sequence[object]) -> None:
    store, model = Store(FAMILIES), dict[str, list[bytes]]()
    for step in steps:
        happens(step, store, model)
    fold(store)
    columns = [fragment for family in range(FAMILIES) for fragment in store.snapshot().column(family)]
    deflated, plain = sum(len(f.deflated) for f in columns), sum(f.length for f in columns)
    assert store.size == Size(len(columns), deflated, plain)
    assert store.waiting_bytes == 0


def test_a_family_stands_together_family_by_family_store_by_store() -> None:
    text = text_of(filled([1, 2]), filled([3])).decode()
    assert [line.partition(" ")[0] for line in text.splitlines() if not line.startswith("#")] == [
        f'f{family}{{object="{number}"}}' for family in range(FAMILIES) for number in (1, 2, 3)
    ]
    assert text.count("# HELP") == FAMILIES


def test_gzip_is_one_member_that_the_gzip_program_reads() -> None:
    store = filled(range(500))
    compressed = gzip_of(store, ending=b"# EOF\n")
    program = require("gzip")
    read = subprocess.run([program, "-dc"], input=compressed, capture_output=True, check=True).stdout
    assert read == text_of(store) + b"# EOF\n"
    assert compressed.count(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff") == 1


def test_what_waits_is_not_shown_until_it_is_folded_and_then_in_all_families() -> None:
    store = filled([1])
    before = text_of(store)
    store.put("1", parts_of(7))
    assert text_of(store) == before
    fold(store)
    assert text_of(store) == text_of(filled([7]))


def test_a_snapshot_stays_as_it_was_taken() -> None:
    store = filled(range(100))
    expected = text_of(store)
    snapshot = prepared(store)
    store.put("5", parts_of(999))
    store.remove("6")
    fold(store)
    assert body_of(PlainBody([Section(HEADERS, [snapshot])])) == expected
    assert gzip.decompress(body_of(GzipBody([Section(HEADERS, [snapshot])]))) == expected


def test_only_families_that_changed_are_made_anew() -> None:
    store = filled([1, 2])
    before = store.snapshot().buckets[0]
    changed = parts_of(1)
    changed[1] = b'f1{object="1"} 2\n'
    store.put("1", changed)
    fold(store)
    after = store.snapshot().buckets[0]
    assert [old is new for old, new in zip(before, after, strict=True)] == [True, False, True]


def test_an_update_that_says_nothing_new_waits_for_nothing() -> None:
    store = filled([1])
    store.put("1", parts_of(1))
    assert store.waiting_bytes == 0
    store.put("1", parts_of(2))
    store.put("1", parts_of(1))
    assert store.waiting_bytes == 0


def test_lines_are_rendered_when_they_are_folded_and_the_last_ones_only() -> None:
    store, rendered = filled([1], version=1), list[int]()

    def of(number: int) -> Unrendered:
        def render(_: int) -> Rendering:
            rendered.append(number)
            return Rendering(parts_of(number))

        return Unrendered(render, 100)

    before = text_of(store)
    store.put("1", of(2), 2)
    store.put("1", of(3), 3)
    assert (rendered, store.waiting_bytes, store.version("1"), text_of(store)) == ([], 100, 3, before)
    fold(store)
    assert (rendered, store.waiting_bytes, text_of(store)) == ([3], 0, text_of(filled([3])))
    store.put("1", of(4), 4)
    store.remove("1")
    store.put("2", of(5), 5)
    fold(store)
    assert (rendered, text_of(store)) == ([3, 5], text_of(filled([5])))


def test_what_is_rendered_before_it_is_folded_goes_on_waiting() -> None:
    store = filled([1, 2], version=1)
    before = text_of(store)
    store.put("1", later(*parts_of(3), b"x" * 1000)._replace(render=lambda _: Rendering(parts_of(3))), 2)
    store.put("2", later(*parts_of(2)))
    raw = store.waiting_bytes
    render(store)
    assert 0 < store.waiting_bytes == sum(map(len, parts_of(3))) < raw
    assert text_of(store) == before
    fold(store)
    assert (store.waiting_bytes, text_of(store)) == (0, text_of(filled([3, 2])))


def test_what_is_rendered_later_and_says_nothing_new_changes_no_fragment() -> None:
    store = filled([1, 2])
    before = store.snapshot().buckets[0]
    store.put("1", later(*parts_of(1)))
    fold(store)
    assert store.snapshot().buckets[0] is before


def test_totals_that_a_snapshot_found_out_are_kept_until_the_family_changes() -> None:
    store = filled([1, 2])
    prepared(store)
    assert set(store.snapshot().totals) == set(range(FAMILIES))
    changed = parts_of(1)
    changed[2] = b""
    store.put("1", changed)
    fold(store)
    assert set(store.snapshot().totals) == {0, 1}


def test_a_total_that_is_out_of_date_when_found_is_not_kept() -> None:
    store = filled([1])
    snapshot = store.snapshot()
    store.put("1", parts_of(2))
    fold(store)
    for _ in snapshot.prepare():
        pass
    assert store.snapshot().totals == {}
    assert gzip.decompress(gzip_of(store)) == text_of(filled([2]))


def test_a_bucket_closes_at_a_number_of_objects_and_of_bytes() -> None:
    assert [len(list(filled(range(n)).snapshot().buckets)) for n in (MOST_OBJECTS, MOST_OBJECTS + 1)] == [1, 2]
    store = Store(FAMILIES)
    for number in range(4):
        store.put(str(number), [b"x" * (MOST_BYTES // 2), b"", b""])
    assert len(store.snapshot().buckets) == 2


def test_an_object_may_be_larger_than_a_bucket() -> None:
    store = Store(FAMILIES)
    store.put("big", [b"x" * (MOST_BYTES + 70_000), b"", b"y\n"])
    store.put("small", [b"z\n", b"", b""])
    fold(store)
    assert text_of(store).count(b"x") == MOST_BYTES + 70_000
    assert gzip.decompress(gzip_of(store)) == text_of(store)


def test_creations_and_deletions_leave_no_trail_of_fragments() -> None:
    store = filled(range(1000))
    sizes = []
    for round_ in range(10):
        for number in range(1000):
            store.put(f"{round_}-{number}", parts_of(number))
            store.remove(f"{round_ - 1}-{number}")
        fold(store)
        sizes.append(store.size.fragments)
    assert max(sizes[1:]) <= sizes[0] + FAMILIES
    for number in range(1000):
        store.remove(f"9-{number}")
        store.remove(str(number))
    fold(store)
    assert (len(store), store.size) == (0, Size())


def test_sparse_buckets_are_merged() -> None:
    store = filled(range(TEN_BUCKETS))
    for number in range(TEN_BUCKETS):
        if number % MOST_OBJECTS >= FEW:
            store.remove(str(number))
    fold(store)
    assert store.size.fragments <= 3 * FAMILIES
    assert lines(text_of(store)) == lines(text_of(filled(n for n in range(TEN_BUCKETS) if n % MOST_OBJECTS < FEW)))


@given(steps=STEPS, kept=st.sets(KEYS), between=st.lists(st.tuples(KEYS, st.none() | PARTS), max_size=60))
def test_narrowing_leaves_what_is_kept_whatever_happens_meanwhile(
    steps: Sequence[object], kept: set[str], between: list[tuple[str, list[bytes] | None]]
) -> None:
    store, model = Store(FAMILIES), dict[str, list[bytes]]()
    for step in steps:
        happens(step, store, model)
    for dropped in store.narrow(kept.__contains__):
        assert dropped >= 0
        if between:
            key, parts = between.pop()
            # What is not kept isn't put either, once narrowing has begun.
            happens((key, parts if key in kept else None), store, model)
            fold(store)
    fold(store)
    fresh = Store(FAMILIES)
    for key, parts in model.items():
        if key in kept:
            fresh.put(key, parts)
    fold(fresh)
    assert lines(text_of(store)) == lines(text_of(fresh))


def test_the_newest_version_of_what_is_not_to_be_kept() -> None:
    store = Store(1)
    for number in range(TEN_BUCKETS):
        store.put(str(number), [b"a\n"], 1000 + number)
    assert max(store.newest(lambda key: int(key) > 50)) == 1050
    store.remove("50")
    store.put("3", [b"b\n"], 5000)
    assert max(store.newest(lambda key: int(key) > 50)) == 5000
    assert max(store.newest(lambda _: True)) == 0


def test_narrowing_says_how_many_it_removed_and_leaves_nothing_to_fold() -> None:
    store = filled(range(TEN_BUCKETS))
    assert sum(store.narrow(lambda key: int(key) % 2 == 0)) == TEN_BUCKETS // 2
    assert next(store.fold(), "nothing") == "nothing"
    assert lines(text_of(store)) == lines(text_of(filled(range(0, TEN_BUCKETS, 2))))


@pytest.mark.parametrize("objects", [0, 1])
def test_a_kind_without_objects_is_an_empty_snapshot(objects: int) -> None:
    assert filled(range(objects)).snapshot().objects == objects


def test_compaction_and_snapshots_in_turns_never_lose_or_double_an_object() -> None:
    store = filled(range(TEN_BUCKETS))
    for number in range(TEN_BUCKETS):
        if number % MOST_OBJECTS >= FEW:
            store.remove(str(number))
    expected = lines(text_of(filled(n for n in range(TEN_BUCKETS) if n % MOST_OBJECTS < FEW)))
    seen = [lines(text_of(store)) for _ in store.fold()]
    # First the ten buckets lose what was deleted, then they are merged.
    assert len(seen) > 15
    assert all(text == expected for text in seen[9:])
