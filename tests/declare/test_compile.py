"""The generated code: what families share, what fails when a kind is declared, and how it shows in tracebacks."""

from __future__ import annotations

import linecache
import re
import traceback
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from declare.things import Part, Thing, big, shout, thing
from evergauge.declare import (
    ALPHA,
    Allowlists,
    CompiledKind,
    Family,
    Int,
    Kind,
    Model,
    Safe,
    const,
    gauge,
    given,
    present,
    rows,
    states,
    via,
)
from evergauge.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Callable

PARTS = "p in spec.parts"


def family(name: str = "size", **rule: object) -> Family:
    return gauge(name, ALPHA, "For tests.", **rule)  # type: ignore[arg-type]  # the rules of a table


def source(*families: Family) -> str:
    return CompiledKind(thing(*families)).source


def test_families_share_loops_conditions_and_fields() -> None:
    code = source(
        family("a", each=PARTS, labels={"p": "p.name"}, value="p.size"),
        family("b", each=PARTS, labels={"p": "p.name"}, value=present("p.limit")),
        family("c", each=PARTS, when="p.limit", labels={"p": "p.name"}, value="p.limit"),
        family("d", each=PARTS, when="p.limit", labels={"p": "p.name"}, value="p.sound"),
    )
    lines = Counter(line.strip() for line in code.splitlines())
    assert sum(count for line, count in lines.items() if line.startswith("for p in")) == 1
    assert sum(count for line, count in lines.items() if line.startswith("if v")) == 1
    for read in (".name or", ".limit", "escape(", 'p="', ".spec or"):
        assert code.count(read) == (2 if read == ".name or" else 1) + (read == "escape("), read


def test_a_field_is_read_only_where_its_condition_holds() -> None:
    code = source(family(when="spec.live", labels={"x": "spec.colour"}, value="spec.count"))
    before, inside = code.split("if v", maxsplit=1)
    assert "colour" in inside
    assert "count" in inside
    assert "colour" not in before
    assert "count" not in before


def test_what_does_not_change_is_not_computed_in_a_loop() -> None:
    code = source(family(each=PARTS, labels={"colour": "spec.colour", "p": "p.name"}))
    before, inside = code.split("for p in")
    assert "colour or" in before
    assert "colour or" not in inside


def test_a_family_that_is_left_out_costs_nothing() -> None:
    kind = thing(family("a", value="spec.count"), family("b", each=PARTS, value="p.size"))
    assert "parts" not in CompiledKind(kind, kind.families[:1]).source


def test_no_family_at_all() -> None:
    assert CompiledKind(thing()).render(b'{"metadata": {"name": "t"}}').parts == ()


def explode(text: str) -> Safe:
    raise RuntimeError(text)


def test_the_source_shows_in_tracebacks() -> None:
    kind = CompiledKind(thing(family("loud", labels={"x": via(explode, "spec.colour")})))
    with pytest.raises(RuntimeError) as caught:
        kind._render(Thing())
    shown = "".join(traceback.format_exception(caught.value))
    assert 'File "<evergauge render things: loud>", line ' in shown
    assert re.search(r"\n    v\d+ = c\d+\(v\d+\)\n", shown)


def numbers(texts: str) -> list[object]:
    return [texts]


def untyped(text):  # type: ignore[no-untyped-def]  # noqa: ANN001 (that is the point)
    return text


def mute(text: str) -> None:
    del text


def nothing(text: str) -> Model:
    return Part(name=text)


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: family(value="spec.sise"), "size: 'spec.sise': Spec has no field 'sise'; it has parts, spares"),
        (lambda: family(value="spce.count"), "size: 'spce.count': Thing has no field 'spce'; it has metadata, spec"),
        (lambda: family(labels={"x": "spec.colour.hue"}), "size: 'spec.colour.hue': str has no field 'hue'"),
        (lambda: family(each=PARTS, value="p.colour"), "size: 'p.colour': Part has no field 'colour'"),
        (lambda: family(when="spec.alive"), "size: 'spec.alive': Spec has no field"),
        (lambda: family(value=via(shout, "spec.color")), "size: 'spec.color': Spec has no field"),
        (lambda: family(states=states("x", "spec.phase", ("a",))), "size: 'spec.phase': Spec has no field"),
        (lambda: family(each="p in spec.colour"), "size: the loop 'p' runs over str, not over a list"),
        (lambda: family(each="spec.parts"), "size: each='spec.parts': a loop is written 'name in path'"),
        (lambda: family(each="object in spec.parts"), "size: the loop's name 'object' is taken"),
        (lambda: family(each="escape in spec.parts"), "size: the loop's name 'escape' is taken"),
        (lambda: family(each="for in spec.parts"), "size: the loop's name 'for' is taken"),
        (lambda: family(each="v1 in spec.parts"), "size: the loop's name 'v1' is taken"),
        (lambda: family(each=(PARTS, PARTS)), "size: the loop's name 'p' is taken"),
        (lambda: family(value="spec.colour"), "size: 'spec.colour': str is no sample's value"),
        (lambda: family(value="spec.parts"), "size: 'spec.parts': items is no sample's value"),
        (lambda: family(labels={"x": "spec.parts"}), "size: 'spec.parts': items is no label's text"),
        (
            lambda: family(each=rows("p", numbers, "spec.colour")),
            "size: numbers returns no label, value or rows: <class 'object'> is no type",
        ),
        (lambda: family(value=via(untyped, "spec.colour")), "size: untyped returns no label, value or rows: None"),
        (
            lambda: family(value=via(mute, "spec.colour")),
            "size: mute returns no label, value or rows: <class 'NoneType'>",
        ),
        (lambda: family(value=via(nothing, "spec.colour")), "struct is no sample's value"),
        (lambda: family(labels={"x": given("spec.colour")}), "size: 'spec.colour': is always there"),
    ],
)
def test_what_does_not_fit_the_model_fails_when_compiled(declare: Callable[[], Family], message: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        CompiledKind(thing(declare()), allowlists=Allowlists(("*",), ("*",)))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wrong_identity_is_named() -> None:
    with pytest.raises(DeclarationError, match=r"identity: 'metadata.nane': Metadata has no field 'nane'"):
        CompiledKind(Kind("t", "T", "", "v1", True, thing().model, {"x": "metadata.nane"}, ()))  # noqa: FBT003 (namespaced)


def test_a_model_of_a_strange_type_is_refused() -> None:
    class Odd(Model):
        value: complex = 0j

    with pytest.raises(DeclarationError, match=r"size: 'value': Odd.value: <class 'complex'> is no type of a field"):
        CompiledKind(Kind("t", "T", "", "v1", True, Odd, {}, (family(value="value"),)))  # noqa: FBT003 (namespaced)


def test_a_label_that_may_be_left_out_needs_one_before_it() -> None:
    declared = family(labels={"x": given("spec.nickname"), "y": const("t")})
    with pytest.raises(DeclarationError, match=r"size: a label that may be left out comes after one that stays"):
        CompiledKind(Kind("t", "T", "", "v1", True, Thing, {}, (declared,)))  # noqa: FBT003 (namespaced)


class Braces(Model):
    value: Int = 0


@pytest.mark.parametrize("text", ["{v1}", "{{v0}}", "'", '"', "\\", "\n", "\0v1\0", "{", "}", "é", "\u2028"])
def test_no_text_of_a_declaration_is_taken_for_code(text: str) -> None:
    kind = Kind(
        resource="t",
        kind="T",
        group="",
        version="v1",
        namespaced=False,
        model=Braces,
        identity={},
        families=(family(states=states("x", "value", {text: text}), labels={}),),
    )
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    (part,) = CompiledKind(kind).render(b"{}").parts
    assert part.decode() == f'size{{x="{escaped}"}} 0\n'


def test_sources_are_registered() -> None:
    source(family("registered", value="spec.count"))
    assert "def render" in linecache.getlines("<evergauge render things: registered>")[0]


def test_rows_of_models_share_the_loop() -> None:
    code = source(
        family("a", each=rows("p", big, "spec.parts"), value="p.size"),
        family("b", each=rows("p", big, "spec.parts"), labels={"p": "p.name"}),
    )
    assert code.count("for p in") == 1
