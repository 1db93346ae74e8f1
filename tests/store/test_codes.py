"""What is deflated by codes that are always the same is the same text to everybody, and nothing else is taken for it."""

from __future__ import annotations

import zlib
from heapq import heapify, heappop, heappush
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergauge.native import coder as native
from evergauge.store.codes import (
    DISTANCE_SPANS,
    DISTANCE_WIDTH,
    DISTANCES,
    END,
    LENGTH_SPANS,
    NONE,
    TEXT,
    WIDTH,
    coder,
    codes,
    header,
)
from evergauge.store.fragment import RAW, deflate
from support.native import native_part

MOST = 32 * 1024
CODED = bytes(symbol for symbol in TEXT if symbol < END)
FLUSHED = b"\x00\x00\xff\xff"


@pytest.fixture(autouse=True)
def _native() -> None:
    native_part()


def lines(count: int, seed: int = 1) -> bytes:
    """Such as metrics have."""
    rng = Random(seed)
    return b"".join(
        b'kube_pod_status_ready_time{namespace="team-%d",pod="api-%x",uid="%032x"} 1.7%d\n'
        % (number // 7, rng.getrandbits(40), rng.getrandbits(128), rng.getrandbits(20))
        for number in range(count)
    )


def expect(text: bytes) -> bytes:
    """It comes back, from anybody's hands; returned as deflated."""
    deflated: bytes = coder().deflate(text)
    reader = zlib.decompressobj(RAW)
    assert reader.decompress(deflated) == text
    assert (reader.eof, reader.unused_data) == (False, b"")
    assert deflated.endswith(FLUSHED)
    assert coder().inflate(deflated, len(text)) == text
    return deflated


PARTS = st.lists(st.binary(max_size=12).map(lambda part: bytes(CODED[byte % len(CODED)] for byte in part)), max_size=8)


@given(PARTS, st.lists(st.tuples(st.integers(0, 7), st.integers(1, 300)), max_size=40))
def test_any_text_that_repeats_itself(parts: list[bytes], order: list[tuple[int, int]]) -> None:
    text = b"".join(parts[which % len(parts)] * times for which, times in order) if parts else b""
    expect(text[:MOST])


@given(st.integers(0, 60), st.integers(0, 2**32))
def test_any_lines(count: int, seed: int) -> None:
    expect(lines(count, seed))


@given(st.integers(1, MOST - 8), st.integers(4, 300))
def test_a_match_of_any_distance_and_length(distance: int, length: int) -> None:
    text = Random(distance).randbytes(distance).hex().encode()[:distance]
    while len(text) < min(distance + length, MOST):
        text += text[-distance:]
    text = text[: distance + length][:MOST]
    assert len(expect(text)) < 60 + 0.65 * distance + 10


@given(st.lists(st.integers(0, 30), max_size=6))
def test_in_a_row_they_are_one_stream(counts: list[int]) -> None:
    texts = [lines(count, seed) for seed, count in enumerate(counts)]
    reader = zlib.decompressobj(RAW)
    assert reader.decompress(b"".join(map(expect, texts))) == b"".join(texts)


def test_it_is_about_as_small_as_by_codes_of_its_own() -> None:
    for count in (10, 30, 100):
        text = lines(count)
        assert len(expect(text)) < 1.1 * len(deflate(text))


def test_the_longest_text() -> None:
    text = lines(1000)
    expect(text[:MOST])
    assert coder().deflate(text[: MOST + 1]) is None
    assert coder().inflate(deflate(text), len(text)) is None


@pytest.mark.parametrize("byte", sorted(set(range(256)) - set(CODED)))
def test_other_characters_have_no_code(byte: int) -> None:
    assert coder().deflate(b"a" + bytes([byte]) + b"b") is None
    assert expect(b"ab")


def test_what_is_of_other_codes_is_not_taken_for_its_own() -> None:
    text = lines(20)
    own = expect(text)
    fixed = zlib.compressobj(1, zlib.DEFLATED, RAW, 8, zlib.Z_FIXED)
    for other in (deflate(text), fixed.compress(text) + fixed.flush(), own[:30], b""):
        assert coder().inflate(other, len(text)) is None
    _, bits = header(codes(TEXT, END + 30, WIDTH), codes(DISTANCES, 30, DISTANCE_WIDTH))
    for bit in range(bits):
        flipped = bytearray(own)
        flipped[bit // 8] ^= 1 << bit % 8
        assert coder().inflate(bytes(flipped), len(text)) is None


def test_another_length_is_seen() -> None:
    text = lines(20)
    own = expect(text)
    for length in (0, len(text) - 1, len(text) + 1, MOST):
        with pytest.raises(ValueError, match=rf"{len(own)} bytes deflated are damaged: they don't inflate to {length}"):
            coder().inflate(own, length)


@given(st.data())
def test_damage_is_an_error_or_another_text_of_that_length(data: st.DataObject) -> None:
    text = lines(data.draw(st.integers(1, 40)))
    own = bytearray(expect(text))
    for place in data.draw(st.lists(st.integers(37, len(own) - 1), min_size=1, max_size=5)):
        own[place] ^= data.draw(st.integers(1, 255))
    del own[data.draw(st.integers(38, len(own))) :]
    try:
        found = coder().inflate(bytes(own), len(text))
    except ValueError:
        return
    assert len(found) == len(text)
    assert zlib.decompressobj(RAW).decompress(bytes(own), len(text)) == found


def huffman(weights: list[int]) -> int:
    """Bits that all symbols take together by the best codes of any length."""
    heap, bits = [*weights], 0
    heapify(heap)
    while len(heap) > 1:
        both = heappop(heap) + heappop(heap)
        bits += both
        heappush(heap, both)
    return bits


@given(st.lists(st.integers(1, 50), min_size=2, max_size=60))
def test_codes_are_the_best_there_are(weights: list[int]) -> None:
    found = codes(dict(enumerate(weights)), len(weights), 15)
    assert sum(weight * code.size for weight, code in zip(weights, found, strict=True)) == huffman(weights)
    assert sum(2.0**-code.size for code in found) == 1


@given(st.lists(st.integers(1, 10**9), min_size=2, max_size=64))
def test_codes_are_no_longer_than_allowed_and_none_begins_with_another(weights: list[int]) -> None:
    found = codes({2 * symbol: weight for symbol, weight in enumerate(weights)}, 2 * len(weights), 6)
    assert set(found[1::2]) == {NONE}
    texts = sorted(f"{code.bits:0{code.size}b}"[::-1] for code in found[::2])
    assert 1 <= min(map(len, texts)) <= max(map(len, texts)) <= 6
    assert not any(other.startswith(text) for text, other in pairwise(texts))
    ordered = sorted(zip(weights, found[::2], strict=True))
    assert all(one.size >= other.size for (a, one), (b, other) in pairwise(ordered) if a < b)


@pytest.mark.parametrize("which", ["literals", "distances"])
def test_codes_that_are_no_complete_set_are_refused(which: str) -> None:
    assert native
    good: dict[str, Any] = {
        "literals": codes(TEXT, END + 30, WIDTH),
        "distances": codes(DISTANCES, 30, DISTANCE_WIDTH),
    }
    good[which] = [NONE, *good[which][1:-1], NONE]
    with pytest.raises(ValueError, match="codes are missing, or too long"):
        native.Coder(*good.values(), LENGTH_SPANS, DISTANCE_SPANS, b"", 0)


def test_spans_are_those_of_the_rfc() -> None:
    assert [LENGTH_SPANS[symbol - 257] for symbol in (257, 265, 284, 285)] == [(3, 0), (11, 1), (227, 5), (258, 0)]
    assert [DISTANCE_SPANS[symbol] for symbol in (0, 4, 29)] == [(1, 0), (5, 1), (24577, 13)]
