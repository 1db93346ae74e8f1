"""Tolerant decoding: nulls, values of the wrong type, and what no decoder can make sense of."""

from __future__ import annotations

import json

import pytest

from declare.things import Thing
from evergauge.declare.decode import MOST_MENDED, Broken, ObjectDecoder

DECODER = ObjectDecoder(Thing)


def unset(value: object, path: str) -> bool:
    """Whether the field at a path of names and indexes can't be read."""
    *way, name = path.split(".")
    for step in way:
        value = value[int(step)] if isinstance(value, tuple) else getattr(value, step)
    return not hasattr(value, name)


@pytest.mark.parametrize(
    ("spec", "field", "value"),
    [
        ("{}", "parts", ()),
        ('{"parts": null}', "parts", None),
        ('{"tags": ["a", null, null]}', "tags", ("a", "", "")),
        ('{"count": 123456789012345678901234567890}', "count", 123456789012345678901234567890),
        ('{"born": "0000-01-01T00:00:00Z"}', "born", "0000-01-01T00:00:00Z"),
        ('{"weight": 1.5, "unknown": [{"deep": 1}]}', "weight", 1.5),
    ],
)
def test_sound(spec: str, field: str, value: object) -> None:
    decoded = DECODER.decode(f'{{"spec": {spec}}}'.encode())
    assert decoded.broken == ()
    assert decoded.object
    assert getattr(decoded.object.spec, field) == value


def test_null_elements_are_zero_values() -> None:
    raw = b'{"spec": {"parts": [null, {"size": 2}, null]}, "metadata": {"labels": {"a": null, "b": "x"}}}'
    thing, broken = DECODER.decode(raw)
    assert broken == ()
    assert thing
    assert thing.spec
    assert thing.spec.parts
    assert [part.size for part in thing.spec.parts] == [0, 2, 0]
    assert thing.metadata
    assert thing.metadata.labels == {"a": "", "b": "x"}


@pytest.mark.parametrize(
    ("raw", "broken", "fields"),
    [
        ({"spec": {"count": "5"}}, [("spec.count", "Expected `int | null`, got `str`")], ["spec.count"]),
        ({"spec": {"count": 1.5}}, [("spec.count", "Expected `int | null`, got `float`")], ["spec.count"]),
        ({"spec": 5}, [("spec", "Expected `object | null`, got `int`")], ["spec"]),
        ({"spec": {"parts": {}}}, [("spec.parts", "Expected `array | null`, got `object`")], ["spec.parts"]),
        (
            {"spec": {"parts": [{"size": 1}, {"size": []}]}},
            [("spec.parts[1].size", "Expected `int | null`, got `array`")],
            ["spec.parts.1.size"],
        ),
        ({"spec": {"parts": [{}, 7]}}, [("spec.parts[1]", "Expected `object`, got `int`")], ["spec.parts"]),
        (
            {"metadata": {"labels": {"a": "1", "b": 2}}},
            [("metadata.labels[...]", "Expected `str`, got `int`")],
            ["metadata.labels"],
        ),
        (
            {"spec": {"count": "5", "live": 1, "parts": [None, {"size": ""}]}},
            [
                ("spec.count", "Expected `int | null`, got `str`"),
                ("spec.live", "Expected `bool | null`, got `int`"),
                ("spec.parts[1].size", "Expected `int | null`, got `str`"),
            ],
            ["spec.count", "spec.live", "spec.parts.1.size"],
        ),
        (
            {"spec": {"parts": [{"size": ""}, 7]}},
            [
                ("spec.parts[0].size", "Expected `int | null`, got `str`"),
                ("spec.parts[1]", "Expected `object`, got `int`"),
            ],
            ["spec.parts"],
        ),
        ({"spec": {"count": 1e300}}, [("spec.count", "Expected `int | null`, got `float`")], ["spec.count"]),
    ],
)
def test_a_broken_field_is_unset_and_named(
    raw: dict[str, object], broken: list[tuple[str, str]], fields: list[str]
) -> None:
    decoded = DECODER.decode(json.dumps(raw).encode())
    assert sorted(decoded.broken) == [Broken(*pair) for pair in broken]
    assert all(unset(decoded.object, field) for field in fields)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON: Expecting value"),
        (b"{", "not JSON: Expecting property name"),
        (b"\xff", "not JSON: Expecting value"),
        (b'{"spec": {}} {}', "not JSON: Extra data"),
        (b'{"\\ud800": 1, "spec": {"parts": [null]}}', "'utf-8' codec can't encode"),
        (b"[" * 100_000, "not JSON: "),
        (b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "not JSON: "),
        (b"[]", "Expected `object`, got `array`"),
        (b"null", "Expected `object`, got `null`"),
        (
            json.dumps({"spec": {"parts": [{"size": "x"}] * (MOST_MENDED + 1)}}).encode(),
            f"more than {MOST_MENDED} fields are broken",
        ),
    ],
    ids=lambda raw: str(raw)[:40],
)
def test_unusable(raw: bytes, reason: str) -> None:
    decoded = DECODER.decode(raw)
    assert decoded.object is None
    (broken,) = decoded.broken
    assert broken.path == ""
    assert broken.reason.startswith(reason)


def test_a_thousand_nulls_are_mended_at_once() -> None:
    decoded = DECODER.decode(json.dumps({"spec": {"parts": [None] * 1000}}).encode())
    assert decoded.broken == ()
    assert decoded.object
    assert decoded.object.spec
    assert len(decoded.object.spec.parts or ()) == 1000


@pytest.mark.parametrize(
    ("spec", "colour", "broken"),
    [
        (b'"colour": "a\xff"', "a\udcff", []),
        (b'"colour": "a\\ud800"', "a\ud800", []),
        (b'"colour": "a", "count": 1e999', "a", ["spec.count"]),
        (b'"colour": "a", "count": 1' + b"0" * 5000, "a", ["spec.count"]),
        (b'"colour": "a", "count": NaN', "a", ["spec.count"]),
    ],
    ids=["byte", "surrogate", "exponent", "digits", "nan"],
)
def test_what_json_readers_refuse_costs_its_field_only(spec: bytes, colour: str, broken: list[str]) -> None:
    decoded = DECODER.decode(b'{"spec": {' + spec + b"}}")
    assert decoded.object
    assert decoded.object.spec
    assert decoded.object.spec.colour == colour
    assert [field.path for field in decoded.broken] == broken


@pytest.mark.parametrize(
    ("array", "names"),
    [
        (b"[]", []),
        (b'[{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}, "spec": null}]', ["a", "b"]),
        pytest.param(b'[{"metadata": {"name": "a"}}, {"metadata": {"name": 7}}]', None, id="one needs mending"),
        pytest.param(b'[{"spec": {"tags": [null]}}]', None, id="a null in a list"),
        pytest.param(b'[{"metadata": {"name": "a"}', None, id="cut"),
        pytest.param(b"[" * 100_000, None, id="too deep"),
    ],
)
def test_a_list_is_decoded_at_once_where_nothing_in_it_needs_mending(array: bytes, names: list[str] | None) -> None:
    things = DECODER.decode_list(array)
    found = None if things is None else [thing.metadata and thing.metadata.name for thing in things]
    assert found == names
