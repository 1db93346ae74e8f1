"""Columns, differences and sizes are the same by whichever part."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from evergauge.store import columns as by
from evergauge.store.columns import CHECKSUM, NARROW_BELOW, checksum
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
            changed = [new if new != before else None for new, before in zip(row, old, strict=True)]
            expected = changed if any(each is not None for each in changed) else None
            assert by.differing(row, fragments, slot) == expected
            assert by.differing(native_lines(row), fragments, slot) == expected


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_checksums_tell_texts_apart(one: bytes, other: bytes) -> None:
    assert len(checksum(one)) == CHECKSUM
    assert (checksum(one) == checksum(other)) == (one == other)
    assert checksum(one) != checksum(one + b"\0")
