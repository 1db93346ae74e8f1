"""Objects of which some lines are left out because what they come from is as it was: the store shows them all the same."""

from __future__ import annotations

from operator import getitem
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergauge.declare.native import native_render
from evergauge.store import Rendering, Size, Store, Unrendered
from store.stores import FAMILIES, fold, lines, render, text_of
from support.native import native_part

if TYPE_CHECKING:
    from collections.abc import Sequence

OMITTED = 1
"""The family that comes of an object's first half alone."""
KEYS = st.integers(0, 70).map(str)
HALF = st.integers(1, 3)
STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "later", "later"]), KEYS, HALF, HALF)
    | st.tuples(st.just("remove"), KEYS)
    | st.sampled_from([("render",), ("fold",), ("relist",)]),
    max_size=60,
)


@pytest.fixture(autouse=True, scope="module", name="lines")
def lines_by_the_native_part() -> None:
    """Nobody else leaves lines out: this takes the place of the fixture that all tests of stores have."""
    native_part()


def parts_of(key: str, first: int, second: int) -> list[str]:
    return [
        f'f0{{object="{key}"}} {first}{second}\n',
        f'f1{{object="{key}"}} {first}\n',
        f'f2{{object="{key}"}} {second}\n' * (second - 1),
    ]


def rendering(parts: Sequence[str], digest: int, known: int) -> Rendering:
    omitted = [OMITTED] if digest == known else []
    names = [f"f{n}" for n in range(FAMILIES)]
    body = [f"    v{n} = part(object, {n})\n    f{n} = f'{{v{n}}}'\n" for n in range(FAMILIES) if n not in omitted]
    source = f'def render(object):\n    {" = ".join(names)} = ""\n{"".join(body)}    return ({", ".join(names)},)\n'
    made = native_render(source, {"part": getitem}, omitted)
    assert made
    return Rendering(made(parts), digest)


class Filling:
    """A store, and what all of its objects show."""

    def __init__(self) -> None:
        self.store = Store(FAMILIES)
        self.model: dict[str, tuple[int, int]] = {}

    def apply(self, step: tuple[str | int, ...]) -> None:
        match step:
            case ("remove", str(key)):
                assert self.store.remove(key) is (self.model.pop(key, None) is not None)
            case (_, str(key), int(first), int(second)):
                self.model[key] = first, second
                self.put(key, later=step[0] == "later")
            case ("render",):
                render(self.store)
            case ("relist",):
                self.relist()
            case ("fold",):
                fold(self.store)

    def put(self, key: str, *, later: bool = False) -> None:
        first, second = self.model[key]
        parts = parts_of(key, first, second)
        if later:
            self.store.put(key, Unrendered(lambda known: rendering(parts, first, known), 9), first)
        else:
            made = rendering(parts, first, 0)
            self.store.put(key, made.parts, first, made.digest)

    def relist(self) -> None:
        """Every second object is adopted as it is, whatever waits of it; the others are put."""
        before, self.store = self.store, self.store.successor()
        for key in self.model:
            if int(key) % 2 == 0 or not self.store.adopt(key, before.version(key) or 0):
                self.put(key)
        for _ in self.store.settle():
            pass

    def shown(self) -> bytes:
        return (
            _headers() + "".join(part for key, halves in self.model.items() for part in parts_of(key, *halves)).encode()
        )


@given(STEPS)
def test_it_shows_what_a_store_shows_that_was_given_all(steps: list[tuple[str | int, ...]]) -> None:
    filling = Filling()
    for step in (*steps, ("fold",)):
        filling.apply(step)
        if step == ("fold",):
            assert lines(text_of(filling.store)) == lines(filling.shown())
    if not filling.model:
        assert filling.store.size == Size()


def _headers() -> bytes:
    return text_of(Store(FAMILIES))


def test_it_is_told_what_is_folded_and_nothing_where_that_is_not_known() -> None:
    store, told = Store(FAMILIES), list[int]()

    def later(digest: int) -> Unrendered:
        def make(known: int) -> Rendering:
            told.append(known)
            return rendering(parts_of("1", digest, 1), digest, known)

        return Unrendered(make, 9)

    store.put("1", later(3))  # New: rendered at once.
    store.put("1", later(3))  # What it was is not folded, and dropped.
    fold(store)
    store.put("1", later(3))
    fold(store)
    store.put("1", later(2))
    store.put("1", later(2))  # The one before was never rendered.
    fold(store)
    store.put("1", later(3))
    render(store)
    store.put("1", later(3))
    fold(store)
    store.put("1", later(3))
    fold(store)
    assert told == [0, 0, 3, 3, 2, 0, 3]
    assert lines(text_of(store)) == lines(_headers() + "".join(parts_of("1", 3, 1)).encode())
