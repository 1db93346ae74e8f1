"""Whatever a server sends for an object, rendering never raises, and what doesn't depend on it stays as it was."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from evergauge.declare import Allowlists, CompiledKind, Family, Kind
from evergauge.declare.family import Given, Via
from evergauge.kinds import KINDS
from kinds.cases import all_cases

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EVERYTHING = Allowlists(("*",), ("*",))
COMPILED = {kind.kind: CompiledKind(kind, allowlists=EVERYTHING) for kind in KINDS}
DROP = object()
HUGE = "1" + "0" * 5000
ODD: tuple[object, ...] = (
    DROP,
    None,
    0,
    -1,
    2**64,
    "HUGE",
    1.5,
    1e300,
    True,
    "",
    "x",
    '"\\\n',
    "9999-99-99T99:99:99Z",
    [],
    [None],
    [5],
    [[]],
    {},
    {"a": None},
    {"a": 5},
    {"name": []},
)


def paths_of(kind: Kind, family: Family) -> set[str]:
    """The fields that a family reads by its declaration: dotted paths from the object, without list indexes."""
    loops: dict[str, str] = {}

    def absolute(path: str) -> str:
        first, _, rest = path.partition(".")
        base = loops.get(first, first)
        return f"{base}.{rest}" if rest and base else base

    found = set(kind.identity.values())
    for loop in family.each:
        sources = {absolute(path) for path in named_in(loop.source)}
        found |= sources
        # A function's rows may hold anything that lies below what it reads.
        loops[loop.name] = "" if isinstance(loop.source, Via) else sources.pop()
    of_maps = family.map_labels and family.map_labels.source
    for rule in (*family.when, *family.labels.values(), family.value, family.states, of_maps):
        found |= {absolute(path) for path in named_in(rule)}
    return found - {""}


def named_in(rule: object) -> tuple[str, ...]:
    if isinstance(rule, str):
        return (rule,)
    if isinstance(rule, Via):
        return rule.paths
    if isinstance(rule, Given):
        return named_in(rule.rule)
    path = getattr(rule, "path", None)
    return () if path is None else (path,)


def depends(kind: Kind, family: Family, changed: str) -> bool:
    """Whether a family reads the changed field, something inside it, or something around it."""
    return any(f"{p}.".startswith(f"{changed}.") or f"{changed}.".startswith(f"{p}.") for p in paths_of(kind, family))


Place = tuple[tuple[str | int, ...], str]
"""The steps to a value, and its path without list indexes."""


def places(tree: object, steps: tuple[str | int, ...] = ()) -> Iterator[Place]:
    """All values of a tree but the tree itself."""
    items: list[tuple[str | int, object]] = []
    if isinstance(tree, dict):
        items = list(tree.items())
    elif isinstance(tree, list):
        items = list(enumerate(tree))
    for step, value in items:
        way = (*steps, step)
        yield way, ".".join(s for s in way if isinstance(s, str))
        yield from places(value, way)


def mutate(tree: Any, steps: tuple[str | int, ...], odd: object) -> None:  # noqa: ANN401 (JSON of any shape)
    *way, last = steps
    for step in way:
        tree = tree[step]
    if odd is DROP:
        del tree[last]
    else:
        tree[last] = copy.deepcopy(odd)


def dumps(obj: object) -> bytes:
    """JSON, with the number that Python doesn't write in place of its sign."""
    return json.dumps(obj).replace('"HUGE"', HUGE).encode()


def mutated(data: st.DataObject, odd: Sequence[object]) -> tuple[str, bytes]:
    """The kind and the JSON of a recorded object in which up to eight values were replaced by odd ones."""
    case = data.draw(st.sampled_from(all_cases()))
    obj = copy.deepcopy(case.object)
    for _ in range(data.draw(st.integers(1, 8))):
        if found := list(places(obj)):
            mutate(obj, data.draw(st.sampled_from(found))[0], data.draw(st.sampled_from(odd)))
    return case.flags.kind, dumps(obj)


@given(st.data())
def test_one_mutation(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(all_cases()))
    compiled = COMPILED[case.flags.kind]
    before = compiled.render(dumps(case.object))
    steps, path = data.draw(st.sampled_from(list(places(case.object))))
    obj = copy.deepcopy(case.object)
    mutate(obj, steps, data.draw(st.sampled_from(ODD)))
    after = compiled.render(dumps(obj))
    assert before.faults == ()
    for family, old, new in zip(compiled.families, before.parts, after.parts, strict=True):
        if not depends(compiled.kind, family, path):
            assert new == old, (family.name, path)
    broken = {fault.family for fault in after.faults}
    assert broken <= {family.name for family in compiled.families if depends(compiled.kind, family, path)}
    assert all(
        part == b"" for family, part in zip(compiled.families, after.parts, strict=True) if family.name in broken
    )


@given(st.data())
def test_many_mutations(data: st.DataObject) -> None:
    kind, raw = mutated(data, ODD)
    rendered = COMPILED[kind].render(raw)
    assert len(rendered.parts) == len(COMPILED[kind].families)
    assert all(part.endswith(b"\n") for part in rendered.parts if part)


@given(
    st.binary().filter(lambda raw: not raw.lstrip().startswith(b"{"))
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda x: json.dumps(x).encode())
)
def test_anything(raw: bytes) -> None:
    for compiled in COMPILED.values():
        rendered = compiled.render(raw)
        assert rendered.faults
        assert not any(rendered.parts)
