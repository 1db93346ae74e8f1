"""What one declared family makes of an object: absent, null and zero values, loops, conditions, labels, states."""

from __future__ import annotations

import pytest

from declare.things import big, initial, lines, longest, shout
from evergauge.declare import (
    ALPHA,
    Allowlists,
    Family,
    MapLabels,
    const,
    counter,
    gauge,
    given,
    is_,
    present,
    rows,
    states,
    via,
)

PARTS = "p in spec.parts"
ZERO_TIME = "-6.21355968e+10"


def size(**rule: object) -> Family:
    return gauge("size", ALPHA, "For tests.", **rule)  # type: ignore[arg-type]  # the rules of a table


@pytest.mark.parametrize(
    ("path", "spec", "value"),
    [
        ("spec.count", '{"count": 5}', "5"),
        ("spec.count", '{"count": 9223372036854775808}', "9.223372036854776e+18"),
        ("spec.count", '{"count": null}', "0"),
        ("spec.count", "{}", "0"),
        ("spec.count", "null", "0"),
        ("spec.replicas", '{"replicas": 0}', "0"),
        ("spec.replicas", '{"replicas": null}', None),
        ("spec.replicas", "{}", None),
        ("spec.live", '{"live": true}', "1"),
        ("spec.live", "{}", "0"),
        ("spec.weight", '{"weight": "1500m"}', "1.5"),
        ("spec.weight", '{"weight": 2}', "2"),
        ("spec.weight", "{}", None),
        ("spec.born", '{"born": "2017-07-14T02:40:00Z"}', "1.5e+09"),
        ("spec.born", "{}", ZERO_TIME),
        ("spec.stopped", '{"stopped": "2017-07-14T02:40:00Z"}', "1.5e+09"),
        ("spec.stopped", '{"stopped": "0001-01-01T00:00:00Z"}', ZERO_TIME),
        ("spec.stopped", "{}", None),
        ("spec.maker.since", '{"maker": {"since": "1970-01-01T00:01:00Z"}}', "60"),
        ("spec.maker.since", '{"maker": {}}', None),
        ("spec.maker.since", "{}", None),
    ],
)
def test_value(path: str, spec: str, value: str | None) -> None:
    assert lines(size(value=path), spec) == ([] if value is None else [f'size{{thing="t"}} {value}'])


@pytest.mark.parametrize(
    ("rule", "spec", "text"),
    [
        ("spec.colour", '{"colour": "red"}', "red"),
        ("spec.colour", r'{"colour": "a\"b\\c\nd"}', r"a\"b\\c\nd"),
        ("spec.colour", '{"colour": null}', ""),
        ("spec.nickname", "{}", ""),
        ("spec.nickname", r'{"nickname": "\""}', r"\""),
        ("spec.live", '{"live": true}', "true"),
        ("spec.live", "null", "false"),
        ("spec.count", '{"count": 1000000}', "1000000"),
        ("spec.replicas", "{}", ""),
        ("spec.stopped", '{"stopped": "2017-07-14T02:40:00Z"}', "2017-07-14T02:40:00Z"),
        ("spec.maker.name", '{"maker": {"name": "m"}}', "m"),
        ("spec.maker.name", "{}", ""),
        (const("{'\"\\}"), "{}", "{'\\\"\\\\}"),
        (via(shout, "spec.colour"), '{"colour": "red"}', "RED"),
    ],
)
def test_label(rule: object, spec: str, text: str) -> None:
    assert lines(size(labels={"x": rule}), spec) == [f'size{{thing="t",x="{text}"}} 1']


@pytest.mark.parametrize(
    ("rules", "spec", "texts"),
    [
        ({"x": given("spec.nickname")}, '{"nickname": "n"}', ',x="n"'),
        ({"x": given("spec.nickname")}, '{"nickname": ""}', ',x=""'),
        ({"x": given("spec.nickname")}, r'{"nickname": "a\"b"}', r',x="a\"b"'),
        ({"x": given("spec.nickname")}, '{"nickname": null}', ""),
        ({"x": given("spec.replicas")}, '{"replicas": 0}', ',x="0"'),
        ({"x": given("spec.replicas")}, "{}", ""),
        ({"x": given("spec.maker.name")}, '{"maker": {}}', ',x=""'),
        ({"x": given("spec.maker.name")}, "null", ""),
        ({"x": given(via(initial, "spec.colour"))}, '{"colour": "red"}', ',x="r"'),
        ({"x": given(via(initial, "spec.colour"))}, "{}", ""),
        ({"x": given("spec.nickname"), "y": "spec.colour", "z": given("spec.replicas")}, "{}", ',y=""'),
        (
            {"x": given("spec.nickname"), "y": "spec.nickname", "z": given("spec.replicas")},
            '{"nickname": "{", "replicas": 1}',
            ',x="{",y="{",z="1"',
        ),
    ],
)
def test_given(rules: dict[str, object], spec: str, texts: str) -> None:
    assert lines(size(labels=rules), spec) == [f'size{{thing="t"{texts}}} 1']


@pytest.mark.parametrize(
    ("condition", "spec", "holds"),
    [
        ("spec.nickname", '{"nickname": ""}', True),
        ("spec.nickname", "{}", False),
        ("spec.colour", '{"colour": ""}', False),
        ("spec.colour", '{"colour": "red"}', True),
        ("spec.count", '{"count": 0}', False),
        ("spec.live", '{"live": true}', True),
        ("spec.maker", '{"maker": {}}', True),
        ("spec.maker", '{"maker": null}', False),
        ("spec.stopped", '{"stopped": "0001-01-01T00:00:00Z"}', False),
        ("spec.stopped", '{"stopped": "2017-07-14T02:40:00Z"}', True),
        (is_("spec.colour", "red"), '{"colour": "red"}', True),
        (is_("spec.colour", "red"), "{}", False),
        (is_("spec.colour", "red", "green"), '{"colour": "green"}', True),
        ((is_("spec.colour", "red"), "spec.count"), '{"colour": "red", "count": 1}', True),
        ((is_("spec.colour", "red"), "spec.count"), '{"colour": "red"}', False),
    ],
)
def test_condition(condition: object, spec: str, holds: bool) -> None:  # noqa: FBT001 (a column of the table)
    assert lines(size(when=condition), spec) == (['size{thing="t"} 1'] if holds else [])


@pytest.mark.parametrize(
    ("rule", "spec", "wanted"),
    [
        ({"each": PARTS, "labels": {"p": "p.name"}, "value": "p.size"}, "{}", []),
        ({"each": PARTS, "labels": {"p": "p.name"}, "value": "p.size"}, '{"parts": null}', []),
        (
            {"each": PARTS, "labels": {"p": "p.name"}, "value": "p.size"},
            '{"parts": [{"name": "a", "size": 3}, null, {}]}',
            [',p="a"} 3', ',p=""} 0', ',p=""} 0'],
        ),
        ({"each": PARTS, "value": "p.limit"}, '{"parts": [{"limit": 1}, {}, {"limit": 0}]}', ["} 1", "} 0"]),
        (
            {"each": (PARTS, "s in spec.spares"), "labels": {"p": "p.name", "s": "s.name"}},
            '{"parts": [{"name": "a"}, {"name": "b"}], "spares": [{"name": "x"}, {"name": "y"}]}',
            [',p="a",s="x"} 1', ',p="a",s="y"} 1', ',p="b",s="x"} 1', ',p="b",s="y"} 1'],
        ),
        (
            {"each": "tag in spec.tags", "labels": {"tag": "tag"}},
            '{"tags": ["a", null]}',
            [',tag="a"} 1', ',tag=""} 1'],
        ),
        (
            {"each": rows("p", big, "spec.parts"), "labels": {"p": "p.name"}, "value": "p.size"},
            '{"parts": [{"name": "a", "size": 1}, {"name": "b", "size": 2}]}',
            [',p="b"} 2'],
        ),
        ({"value": via(longest, "spec.parts")}, '{"parts": [{"size": 1}, {"size": 7}]}', ["} 7"]),
        ({"value": via(longest, "spec.parts")}, "{}", []),
        ({"value": present("spec.maker")}, "{}", ["} 0"]),
        ({"value": present("spec.maker")}, '{"maker": {}}', ["} 1"]),
        ({"value": 2.5}, "{}", ["} 2.5"]),
        (
            {"states": states("colour", "spec.colour", ("red", "green"))},
            '{"colour": "green"}',
            [',colour="red"} 0', ',colour="green"} 1'],
        ),
        (
            {"labels": {"k": const("v")}, "states": states("is", "spec.colour", {"warm": "red", "cold": "blue"})},
            '{"colour": "red"}',
            [',k="v",is="warm"} 1', ',k="v",is="cold"} 0'],
        ),
    ],
)
def test_samples(rule: dict[str, object], spec: str, wanted: list[str]) -> None:
    assert lines(size(**rule), spec) == [f'size{{thing="t"{line}' for line in wanted]


@pytest.mark.parametrize(
    ("allowlist", "wanted"),
    [
        (None, []),
        ((), []),
        (("none",), ['size{thing="t"} 1']),
        (("a.b/c",), ['size{thing="t",label_a_b_c="\\""} 1']),
        (("*",), ['size{thing="t",label_a_b_c="\\"",label_x_y="2"} 1']),
    ],
)
def test_map_labels(allowlist: tuple[str, ...] | None, wanted: list[str]) -> None:
    family = size(map_labels=MapLabels("label", "metadata.labels", "labels"))
    spec = '{}, "metadata": {"name": "t", "labels": {"xY": "2", "a.b/c": "\\""}}'
    assert lines(family, spec, Allowlists(labels=allowlist)) == wanted


def test_a_map_without_an_allowlist_gives_all_its_keys() -> None:
    family = size(map_labels=MapLabels("is", "metadata.labels"))
    spec = '{}, "metadata": {"name": "t", "labels": {"b": "2", "a": null}}'
    assert lines(family, spec) == ['size{thing="t",is_a="",is_b="2"} 1']


def test_help_says_stability_and_deprecation() -> None:
    assert gauge("a", "STABLE", "What.").help == "[STABLE] What."
    assert gauge("a", "STABLE", "What.", deprecated="2.1").help == "[STABLE] (Deprecated since 2.1) What."
    assert counter("a_total", ALPHA, "What.", value=1).help == "What."
    assert counter("a_total", ALPHA, "What.", value=1).type == "counter"
