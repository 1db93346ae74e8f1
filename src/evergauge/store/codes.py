"""The Huffman codes of pieces: the same for all, so that none is made or read for a few objects' lines (RFC 1951, docs/decisions/0032)."""

from __future__ import annotations

import threading
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from evergauge.native import coder as native

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

END = 256
"""The symbol that ends a block. Those below are bytes, those above are lengths of a match."""
TEXT = {
    **dict.fromkeys(b" !\"#$%&'()*+,-./:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`{|}~", 1),
    **dict.fromkeys(b"\n _.,=/:{}", 8),
    **dict.fromkeys(b"ghijklmnopqrstuvwxyz", 16),
    **dict.fromkeys(b'"', 24),
    **dict.fromkeys(b"-", 75),
    **dict.fromkeys(b"0123456789abcdef", 150),
    END: 6,
    **dict.fromkeys(range(END + 1, END + 30), 9),
}
"""How often a symbol is met in what is left of lines of metrics after matches: mostly hexadecimal digits, of UIDs and hashes.

Only alike where they are much alike: then the header is short. Other characters have no code.
"""
DISTANCES = {
    **dict.fromkeys(range(10), 2),
    **dict.fromkeys(range(10, 14), 16),
    **dict.fromkeys(range(14, 18), 120),
    **dict.fromkeys(range(18, 24), 60),
    **dict.fromkeys(range(24, 30), 2),
}
"""The same for the distances of matches: one line, or one object's lines, as a rule."""
WIDTH, DISTANCE_WIDTH = 11, 8
"""Bits of the longest codes, as `native/coder.pyx` has room for them."""


class Code(NamedTuple):
    """The code of a symbol. bits: the first one is the lowest. size: their number, 0 where the symbol has no code."""

    bits: int
    size: int


NONE = Code(0, 0)


class Span(NamedTuple):
    """What one symbol stands for. least: bytes. extra: so many further bits are to be added."""

    least: int
    extra: int


def _spans(least: int, extras: Iterable[int]) -> Iterator[Span]:
    for extra in extras:
        yield Span(least, extra)
        least += 1 << extra


LENGTH_SPANS = [*_spans(3, (max(0, number // 4 - 1) for number in range(28))), Span(258, 0)]
DISTANCE_SPANS = [*_spans(1, (max(0, number // 2 - 1) for number in range(30)))]


ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
"""In which a header says how long the codes are that it says the others' lengths with."""
ZEROS, SAME = ((18, 11, 7), (17, 3, 3)), ((16, 3, 2),)
"""The symbols of repetitions, of nothing and of what was before: at least how many they stand for, and how many bits say how many more."""


def codes(weights: Mapping[int, int], symbols: int, longest: int) -> list[Code]:
    """The code of each symbol: the heavier the shorter, of `longest` bits at most."""
    sizes = _sizes(weights, longest)
    found, bits = [NONE] * symbols, 0
    for size in range(1, longest + 1):
        for symbol in sorted(symbol for symbol in sizes if sizes[symbol] == size):
            found[symbol] = Code(int(f"{bits:0{size}b}"[::-1], 2), size)
            bits += 1
        bits <<= 1
    return found


def _sizes(weights: Mapping[int, int], longest: int) -> dict[int, int]:
    """The bits of each code, by the package-merge algorithm (Larmore and Hirschberg, 1990)."""
    leaves = [(weight, (symbol,)) for symbol, weight in weights.items()]
    packages: list[tuple[int, tuple[int, ...]]] = []
    for _ in range(longest):
        row = sorted(leaves + packages)
        packages = [(one[0] + other[0], one[1] + other[1]) for one, other in zip(row[::2], row[1::2], strict=False)]
    return Counter(symbol for _, package in packages[: len(leaves) - 1] for symbol in package)


def header(literals: Sequence[Code], distances: Sequence[Code]) -> tuple[bytes, int]:
    """What a block begins with that isn't the last and has these codes, and how many bits that is (RFC 1951, 3.2.7)."""
    runs = [*_runs([code.size for code in (*literals, *distances)])]
    own = codes(Counter(symbol for symbol, _ in runs), len(ORDER), 7)
    sizes = [own[symbol].size for symbol in ORDER]
    while not sizes[-1]:
        sizes.pop()
    fields = [
        Code(0, 1),
        Code(2, 2),
        Code(len(literals) - 257, 5),
        Code(len(distances) - 1, 5),
        Code(len(sizes) - 4, 4),
    ]
    fields += [Code(size, 3) for size in sizes]
    for symbol, further in runs:
        fields += own[symbol], further
    bits = count = 0
    for field in fields:
        bits |= field.bits << count
        count += field.size
    return bits.to_bytes(-(-count // 8), "little"), count


def _runs(sizes: Iterable[int]) -> Iterator[tuple[int, Code]]:
    """What a header says of sizes: a size or a repetition, and the bits that belong to it."""
    for size, group in groupby(sizes):
        count = len([*group])
        if size:
            yield size, NONE
            count -= 1
        for symbol, least, extra in SAME if size else ZEROS:
            while count >= least:
                more = min(count - least, (1 << extra) - 1)
                yield symbol, Code(more, extra)
                count -= least + more
        yield from [(size, NONE)] * count


class _Own(threading.local):
    coder: Any = None


_OWN = _Own()


def coder() -> Any:  # noqa: ANN401 (of the native module)
    """What deflates pieces and inflates them again, of this thread; None without the native part."""
    if native and not _OWN.coder:
        literals, distances = codes(TEXT, END + 30, WIDTH), codes(DISTANCES, 30, DISTANCE_WIDTH)
        _OWN.coder = native.Coder(literals, distances, LENGTH_SPANS, DISTANCE_SPANS, *header(literals, distances))
    return _OWN.coder
