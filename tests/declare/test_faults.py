"""A family that fails takes no other along, and says why."""

from __future__ import annotations

import pytest

from declare.things import shout, thing
from evergauge.declare import ALPHA, CompiledKind, Safe, gauge, is_, via


def picky(text: str) -> Safe:
    """For tests: raises for `bad`."""
    if text == "bad":
        raise KeyError(text)
    return text


KIND = CompiledKind(
    thing(
        gauge("count", ALPHA, "", value="spec.count"),
        gauge("size", ALPHA, "", each="p in spec.parts", labels={"p": "p.name"}, value="p.size"),
        gauge("name", ALPHA, "", each="p in spec.parts", labels={"p": "p.name"}),
        gauge("red", ALPHA, "", when=is_("spec.colour", "red"), value="spec.stopped"),
        gauge("loud", ALPHA, "", labels={"x": via(shout, "spec.colour")}),
        gauge("picky", ALPHA, "", labels={"x": via(picky, "spec.colour")}),
        gauge("weight", ALPHA, "", value="spec.weight"),
        gauge("since", ALPHA, "", value="spec.maker.since"),
        gauge("label", ALPHA, "", when="spec.live", labels={"x": "spec.colour"}),
    )
)
NAMES = [family.name for family in KIND.families]


@pytest.mark.parametrize(
    ("spec", "faults"),
    [
        ("{}", {}),
        ('{"count": "x"}', {"count": "spec.count: Expected `int | null`, got `str`"}),
        (
            '{"parts": [{"name": "a", "size": 1}, {"name": "b", "size": "x"}]}',
            {"size": "spec.parts[1].size: Expected `int | null`, got `str`"},
        ),
        (
            '{"parts": 5}',
            dict.fromkeys(("size", "name"), "spec.parts: Expected `array | null`, got `int`"),
        ),
        ('{"colour": "red", "stopped": "junk"}', {"red": "ValueError: not a time of RFC 3339: 'junk'"}),
        ('{"colour": "blue", "stopped": "junk"}', {}),
        ('{"stopped": 5}', {}),
        (
            '{"colour": 5}',
            dict.fromkeys(("red", "loud", "picky"), "spec.colour: Expected `str | null`, got `int`"),
        ),
        ('{"colour": "bad"}', {"picky": "KeyError: 'bad'"}),
        ('{"weight": "much"}', {"weight": "ValueError: not a quantity: 'much'"}),
        ('{"maker": "me"}', {"since": "spec.maker: Expected `object | null`, got `str`"}),
        ("5", dict.fromkeys(NAMES, "spec: Expected `object | null`, got `int`")),
        (
            '{"count": "x", "weight": "much"}',
            {
                "count": "spec.count: Expected `int | null`, got `str`",
                "weight": "ValueError: not a quantity: 'much'",
            },
        ),
    ],
)
def test_faults(spec: str, faults: dict[str, str]) -> None:
    rendered = KIND.render(f'{{"metadata": {{"name": "t"}}, "spec": {spec}}}'.encode())
    assert {fault.family: fault.reason for fault in rendered.faults} == faults
    assert len(rendered.faults) == len(faults)
    parts = dict(zip(NAMES, rendered.parts, strict=True))
    assert all(parts[name] == b"" for name in faults)
    # Those that have a sample in any case have it still.
    for name in {"count", "loud", "picky"} - set(faults):
        assert parts[name].startswith(f'{name}{{thing="t"'.encode())


def test_a_broken_identity_costs_all_families() -> None:
    rendered = KIND.render(b'{"metadata": {"name": 5}, "spec": {"parts": [{}], "live": true, "colour": "red"}}')
    reason = "metadata.name: Expected `str | null`, got `int`"
    assert {fault.reason for fault in rendered.faults} == {reason}
    assert rendered.parts == (b"",) * len(NAMES)


def test_what_is_no_object_is_one_fault() -> None:
    rendered = KIND.render(b"<html>")
    ((family, reason),) = rendered.faults
    assert (family, reason.partition(":")[0]) == ("", "not JSON")
    assert rendered.parts == (b"",) * len(NAMES)


def test_text_that_is_no_unicode_costs_the_families_that_show_it() -> None:
    rendered = KIND.render(b'{"metadata": {"name": "t"}, "spec": {"colour": "\xff", "count": 5}}')
    assert [fault.family for fault in rendered.faults] == ["loud", "picky"]
    assert rendered.parts[0] == b'count{thing="t"} 5\n'
