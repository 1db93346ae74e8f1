"""A fragment after any changes is what its lines are; a change works on the pieces that it touches, and on no others."""

from __future__ import annotations

import zlib
from bisect import bisect_right
from contextlib import contextmanager
from itertools import accumulate, pairwise
from random import Random
from typing import TYPE_CHECKING
from unittest.mock import Mock, patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergauge.native import fragments as native
from evergauge.store import body, snapshot
from evergauge.store import fragment as by
from evergauge.store.columns import CHECKSUM, NARROW_BELOW, checksum, column_of, numbers
from evergauge.store.fragment import PIECE, RAW, Fragment, build, inflate, rebuild
from support.native import native_part

if TYPE_CHECKING:
    from collections.abc import Iterator

SLOTS = 64
_RNG = Random(0)


def lines(length: int) -> bytes:
    """So many bytes that don't compress too well."""
    return _RNG.randbytes((length + 1) // 2).hex().encode()[:length]


def built(all_lines: list[bytes]) -> Fragment:
    fragment = build(column_of(all_lines))
    assert fragment is not None
    return fragment


def expect(fragment: Fragment, all_lines: list[bytes]) -> None:
    """All that a fragment says is true of these lines."""
    text = b"".join(all_lines)
    assert fragment.text() == zlib.decompressobj(RAW).decompress(fragment.deflated) == text
    assert (fragment.length, fragment.crc, fragment.slots) == (len(text), zlib.crc32(text), len(all_lines))
    assert list(numbers(fragment.lengths, fragment.slots)) == list(map(len, all_lines))
    assert fragment.checksums == b"".join(map(checksum, all_lines))
    pieces = fragment.pieces()
    assert b"".join(piece.deflated for piece in pieces) == fragment.deflated
    first = 0
    for piece in pieces:
        expect_piece(piece, all_lines[first : first + piece.slots])
        first += piece.slots
    assert first == len(all_lines)


def expect_piece(piece: Fragment, its_lines: list[bytes]) -> None:
    text = b"".join(its_lines)
    assert (piece.text(), piece.length, piece.crc, piece.cuts) == (text, len(text), zlib.crc32(text), b"")
    assert list(numbers(piece.lengths, piece.slots)) == list(map(len, its_lines))
    assert piece.checksums == b"".join(map(checksum, its_lines))


CHANGES = st.lists(
    st.dictionaries(
        st.integers(0, 11), st.sampled_from([0, 1, 100, 700, 3000, PIECE, 3 * PIECE, NARROW_BELOW]), min_size=1
    ),
    min_size=1,
    max_size=8,
)


@given(CHANGES)
def test_any_changes_in_a_row(changes: list[dict[int, int]]) -> None:
    now: list[bytes] = []
    fragment: Fragment | None = None
    for change in changes:
        new = {slot: lines(length) for slot, length in change.items()}
        now += [b""] * (max(new) + 1 - len(now))
        now = [new.get(slot, old) for slot, old in enumerate(now)]
        fragment = rebuild(fragment, new, len(now))
        if any(now):
            assert fragment is not None
            expect(fragment, now[: fragment.slots])
            assert not any(now[fragment.slots :])
        else:
            assert fragment is None


def test_what_a_failed_deflate_took_in_does_not_come_out_with_the_next_text() -> None:
    stream = by._DEFLATER.stream
    by._DEFLATER.stream = Mock(compress=stream.compress, flush=Mock(side_effect=MemoryError))
    with pytest.raises(MemoryError):
        by.deflate(b"lost")
    assert inflate(by.deflate(b"kept"), 100) == b"kept"


def test_it_is_of_one_piece_until_it_changes() -> None:
    now = [lines(256) for _ in range(SLOTS)]
    fragment = built(now)
    assert fragment.pieces() == [fragment]
    now[20] = lines(256)
    cut = rebuild(fragment, {20: now[20]}, SLOTS)
    assert cut is not None
    expect(cut, now)
    sizes = [piece.length for piece in cut.pieces()]
    assert len(sizes) == SLOTS * 256 // PIECE
    assert all(PIECE <= size < 2 * PIECE for size in sizes[:-1])


@contextmanager
def calls_of_the_library() -> Iterator[tuple[Mock, Mock]]:
    with (
        patch.object(by, "inflate", wraps=inflate) as inflated,
        patch.object(by, "deflate", wraps=by.deflate) as deflated,
    ):
        yield inflated, deflated


def test_a_change_inflates_and_deflates_the_pieces_that_it_touches() -> None:
    # Text that the native part leaves to the library, too.
    now = [f"é{number}".encode() + lines(1000) for number in range(SLOTS)]
    before = rebuild(built(now), {0: b"x"}, SLOTS)
    assert before is not None
    ends = list(accumulate(piece.slots for piece in before.pieces()))
    one = ends[7] - 1
    now[0], now[one - 1], now[one], now[63] = b"x", lines(900), b"", "é".encode() + lines(1100)
    changes = {slot: now[slot] for slot in (one - 1, one, 63)}
    touched = {bisect_right(ends, slot) for slot in changes}
    assert len(touched) == 2
    with calls_of_the_library() as (inflated, deflated):
        after = rebuild(before, changes, SLOTS)
    assert after is not None
    assert inflated.call_count == deflated.call_count == 2
    expect(after, now)
    for number, (old, new) in enumerate(zip(before.pieces(), after.pieces(), strict=True)):
        assert (old.deflated == new.deflated) == (number not in touched)


def test_the_native_part_makes_pieces_of_metrics_without_the_library() -> None:
    now = [b'kube_pod_info{pod="%d"} 1\n' % number * 9 for number in range(SLOTS)]
    fragment: Fragment | None = built(now)
    with calls_of_the_library() as (inflated, deflated):
        for slot in range(SLOTS):
            now[slot] = now[slot] * 2
            fragment = rebuild(fragment, {slot: now[slot]}, SLOTS)
    assert fragment is not None
    expect(fragment, now)
    assert len(fragment.pieces()) > 5
    if vars(by)["native"]:
        assert (inflated.call_count, deflated.call_count) == (1, 0)


def test_new_slots_go_to_the_last_piece() -> None:
    now = [lines(1000) for _ in range(SLOTS)]
    fragment = rebuild(built(now), {0: b"x"}, SLOTS)
    assert fragment is not None
    pieces = len(fragment.pieces())
    now = [b"x", *now[1:], b"", b"new\n"]
    fragment = rebuild(fragment, {SLOTS + 1: b"new\n"}, SLOTS + 2)
    assert fragment is not None
    expect(fragment, now)
    assert len(fragment.pieces()) == pieces


def test_what_is_empty_and_was_changes_nothing() -> None:
    fragment = built([b"a 1\n", b""])
    assert rebuild(fragment, {1: b"", 2: b""}, 3) is fragment
    assert len(fragment.checksums) == 2 * CHECKSUM


NUMBERS = st.integers(0, 2**32 - 1)


@given(st.lists(st.builds(Fragment, st.binary(max_size=9), NUMBERS, NUMBERS, st.just(b""), st.just(b"")), max_size=5))
def test_what_fragments_in_a_row_come_to_is_the_same_by_whichever_part(fragments: list[Fragment]) -> None:
    native_part()
    with patch.object(snapshot, "native", None):
        expected = snapshot.total_of(fragments)
    with patch.object(snapshot, "native", native):
        assert snapshot.total_of(fragments) == expected


SIZED = st.builds(Fragment, st.binary(max_size=30), st.integers(0, 30), st.just(0), st.just(b""), st.just(b""))


@given(st.lists(SIZED, max_size=30), st.integers(1, 60), st.integers(1, 60), st.booleans())
def test_many_are_cut_into_pieces_at_the_same_places_by_whichever_part(
    fragments: list[Fragment],
    room: int,
    limit: int,
    deflated: bool,  # noqa: FBT001 (hypothesis gives it)
) -> None:
    native_part()
    assert native
    ends, left = native.ends(fragments, room, limit, deflated)
    assert (ends, left) == body._ends(fragments, room, limit, deflated)
    sizes = [len(each.deflated) if deflated else each.length for each in fragments]
    for start, end in pairwise([0, *ends]):
        bound = limit if start else room
        assert sum(sizes[start : end - 1]) < bound <= sum(sizes[start:end])
    last = ends[-1] if ends else 0
    assert left == (limit if last else room) - sum(sizes[last:]) > 0


@given(st.lists(SIZED, max_size=30))
def test_many_are_joined(fragments: list[Fragment]) -> None:
    native_part()
    assert native
    assert native.joined(fragments) == b"".join(each.deflated for each in fragments)


@given(st.lists(st.tuples(*[st.none() | SIZED] * 3), max_size=30))
def test_the_fragments_of_a_family(buckets: list[tuple[Fragment | None, ...]]) -> None:
    native_part()
    assert native
    for family in range(3):
        expected = [bucket[family] for bucket in buckets if bucket[family] is not None]
        assert native.column(tuple(buckets), family) == expected
