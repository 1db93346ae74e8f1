"""Columns, differences and sizes are the same by whichever part."""

from __future__ import annotations

from array import array
from unittest.mock import patch

from hypothesis import example, given
from hypothesis import strategies as st

from evergauge.store import columns as by
from evergauge.store.columns import CHECKSUM, NARROW, NARROW_BELOW, WIDE, checksum
from evergauge.store.fragment import build
from support.native import native_lines, native_part

FAMILIES = 3
ROWS = st.lists(
    st.lists(st.text(max_size=9).map(str.encode), min_size=FAMILIES, max_size=FAMILIES), min_size=1, max_size=9
)


@given(ROWS)
@example([[b"x" * (NARROW_BELOW - 1), b"x" * NARROW_BELOW, b""], [b"y", b"", b""]])
def test_columns(rows: list[list[bytes]]) -> None:
    native = [native_lines(row) for row in rows]
    assert native_part().columns(native) == by.columns(rows) == by.columns([*native[:-1], rows[-1]])


@given(ROWS)
def test_sizes(rows: list[list[bytes]]) -> None:
    for row in rows:
        assert by.sizes(native_lines(row)) == by.sizes(row) == (sum(map(len, row)), max(map(len, row)))


@given(ROWS, ROWS)
def test_differences(rows: list[list[bytes]], others: list[list[bytes]]) -> None:
    fragments = [build(column) for column in by.columns(rows)]
    for slot in range(len(rows) + 1):
        for row in (*rows, *others):
            old = rows[slot] if slot < len(rows) else [b""] * FAMILIES
            both = enumerate(zip(row, old, strict=True))
            expected = {family: new for family, (new, before) in both if new != before}
            assert by.differing(row, tuple(fragments), slot) == expected
            assert by.differing(native_lines(row), tuple(fragments), slot) == expected


ROW = st.dictionaries(st.integers(0, FAMILIES - 1), st.sampled_from([b"", b"a 1\n", b"b 2\n"]))


@given(st.dictionaries(st.integers(0, 9), ROW | ROWS.map(lambda rows: rows[0])))
def test_what_waits_by_family(rows: dict[int, by.Row]) -> None:
    expected = {
        family: {slot: lines for slot, row in rows.items() if (lines := new_of(row, family)) is not None}
        for family in range(FAMILIES)
    }
    expected = {family: lines for family, lines in expected.items() if lines}
    native = {slot: row if isinstance(row, dict) else native_lines(row) for slot, row in rows.items()}
    assert native_part().by_family(rows) == native_part().by_family(native) == expected
    with patch.object(by, "native", None):
        assert by.by_family(rows) == by.by_family(native) == expected


def new_of(row: by.Row, family: int) -> bytes | None:
    return row.get(family) if isinstance(row, dict) else row[family] or None


LINES = st.lists(st.sampled_from([b"", b"a 1\n", b"a 2\nb 3\n", b"c" * 40 + b"\n"]), min_size=1, max_size=9)
BIG = b"x" * NARROW_BELOW


@given(LINES, st.dictionaries(st.integers(0, 8), st.sampled_from([b"", b"new 1\n", b"n"]), min_size=1))
@example([b"a", BIG, b"b"], {0: b"", 1: b"c"})
@example([b"a", b"b"], {0: BIG[1:]})
def test_changes(lines: list[bytes], changes: dict[int, bytes]) -> None:
    changes = {slot % len(lines): new for slot, new in changes.items()}
    after = [changes.get(slot, old) for slot, old in enumerate(lines)]
    found = by.changed(by.Column(b"".join(lines), packed(lines), b"".join(map(checksum, lines))), changes)
    assert found.text == b"".join(after)
    assert list(by.numbers(found.lengths, len(lines))) == list(map(len, after))
    assert found.checksums == b"".join(map(checksum, after))


def packed(lines: list[bytes]) -> bytes:
    """Their lengths as a column has them, also where all are empty."""
    return array(WIDE if max(map(len, lines)) >= NARROW_BELOW else NARROW, map(len, lines)).tobytes()


@given(LINES, st.integers(1, 5))
@example([BIG, b"a", b"b"], 3)
def test_cuts(lines: list[bytes], pieces: int) -> None:
    column = by.Column(b"".join(lines), packed(lines), b"".join(map(checksum, lines)))
    found = by.cut(column, pieces)
    assert len(found) <= pieces
    assert by.Column(*map(b"".join, zip(*found, strict=True))) == column
    slots = [len(piece.checksums) // CHECKSUM for piece in found]
    assert all(slots)
    assert sum(slots) == len(lines)
    for piece, count in zip(found, slots, strict=True):
        assert sum(by.numbers(piece.lengths, count)) == len(piece.text)


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_checksums_tell_texts_apart(one: bytes, other: bytes) -> None:
    assert len(checksum(one)) == CHECKSUM
    assert (checksum(one) == checksum(other)) == (one == other)
    assert checksum(one) != checksum(one + b"\0")
