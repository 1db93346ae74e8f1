"""Declarations to one Python function a kind.

    render(object) -> tuple of texts, one for each enabled family in order, "" where it has no sample

The generated source is registered with `linecache`, so it shows in tracebacks; `CompiledKind.source` holds it. Families that
share a loop or a condition share it in the code; the identity's labels are formatted once an object.
"""

import linecache
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, cast, get_type_hints

from evergauge.declare import convert
from evergauge.declare.fields import Conversion, Shape, field_of, shape_of
from evergauge.declare.kind import Const, Each, Family, Is, Kind, MapLabels, Present, Via
from evergauge.declare.source import Block
from evergauge.errors import DeclarationError
from evergauge.exposition.text import escape, number

Render = Callable[[Any], tuple[str, ...]]

_EMPTY = {Conversion.STR: '""', Conversion.TIME: '""', Conversion.ITEMS: "()", Conversion.MAP: "no_map"}
_VALUE = {
    Conversion.BOOL: '"1" if {0} else "0"',
    Conversion.INT: "number({0})",
    Conversion.FLOAT: "number({0})",
    Conversion.TIME: "time_text({0})",
    Conversion.QUANTITY: "quantity_text({0})",
}
_TEXT = {
    Conversion.STR: "escape({0})",
    Conversion.BOOL: '"true" if {0} else "false"',
    Conversion.INT: "str({0})",
    Conversion.TIME: "escape({0})",
}


@dataclass(frozen=True, slots=True)
class Allowlists:
    """The allowlists of one resource: keys with wildcards, None where the flag doesn't name the resource."""

    labels: tuple[str, ...] | None = None
    annotations: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Variable:
    """A variable of the generated code and the shape of what it holds."""

    name: str
    shape: Shape


@dataclass
class _Compiler:
    """Writes the render function of one kind for a choice of families."""

    kind: Kind
    allowlists: Allowlists
    globals: dict[str, Any] = field(default_factory=lambda: dict(_GLOBALS))
    body: Block = field(default_factory=lambda: Block("", known={"object"}))
    names: Iterator[str] = field(default_factory=lambda: (f"v{n}" for n in count()))
    family: str = ""

    def source(self, families: Sequence[Family]) -> str:
        self.family = "identity"
        identity = self.labels_text(dict(self.kind.identity), self.body, {})
        self.identity = self.local(self.body, identity, sure=True)
        for slot, family in enumerate(families):
            self.family = family.name
            self.emit(slot, family)
        slots = [f"f{n}" for n in range(len(families))]
        lines = ["def render(object):", *(["    " + " = ".join(slots) + ' = ""'] if slots else [])]
        lines += self.body.lines(1)
        lines.append(f"    return ({''.join(s + ', ' for s in slots)})")
        return "\n".join(lines) + "\n"

    def emit(self, slot: int, family: Family) -> None:
        """Write the lines of one family into the blocks of its loops and conditions."""
        if family.map_labels and not self.allowed(family.map_labels):
            return
        block, scope = self.body, dict[str, _Variable]()
        for loop in family.each:
            block = self.enter_loop(loop, block, scope)
        for condition in family.when:
            block = self.enter_condition(condition, block, scope)
        labels = self.labels_text(family.labels, block, scope)
        start = literal(family.name + "{") + "{" + self.identity + "}" + ("," + labels if labels else "")
        if family.map_labels:
            start += "{" + self.map_labels(family.map_labels, block, scope) + "}"
        assign = "+=" if family.each else "="
        if family.states:
            block.write(f"f{slot} {assign} f'{self.state_lines(family, start, block, scope)}'")
            return
        block, value = self.value(family.value, block, scope)
        block.write(f"f{slot} {assign} f'{start}{literal('} ')}{value}\\n'")

    # Loops and conditions

    def enter_loop(self, loop: Each, block: Block, scope: dict[str, _Variable]) -> Block:
        rows = (
            self.call(loop.source, block, scope)
            if isinstance(loop.source, Via)
            else self.fetch(loop.source, block, scope)
        )
        if rows.shape.conversion is not Conversion.ITEMS or rows.shape.element is None:
            raise DeclarationError(
                f"{self.family}: the loop {loop.name!r} runs over {rows.shape.conversion.value}, not over a list"
            )
        sure = block.home(rows.name)[1]
        head = f"for {loop.name} in {rows.name}{'' if sure else ' or ()'}:"
        element = rows.shape.element
        scope[loop.name] = _Variable(loop.name, element)
        return block.child(head, {loop.name})

    def enter_condition(self, condition: str | Is, block: Block, scope: dict[str, _Variable]) -> Block:
        if isinstance(condition, Is):
            variable = self.fetch(condition.path, block, scope)
            texts = condition.texts
            test = (
                f"{variable.name} == {self.constant('k', texts[0])}"
                if len(texts) == 1
                else f"{variable.name} in {self.constant('k', texts)}"
            )
            return block.child(f"if {test}:", {variable.name})
        variable = self.fetch(condition, block, scope)
        return block.child(f"if {self.present(variable)}:", {variable.name})

    def present(self, variable: _Variable) -> str:
        """The test that something is there: a set pointer, a non-zero value, a time that isn't Go's zero."""
        if variable.shape.conversion is Conversion.TIME:
            return f"is_set_time({variable.name})"
        return f"{variable.name} is not None" if variable.shape.pointer else variable.name

    # Fields, labels, values

    def fetch(self, path: str, block: Block, scope: Mapping[str, _Variable]) -> _Variable:
        """The variable that holds what the path leads to; defined as far out as it can be."""
        first, _, rest = path.partition(".")
        if first in scope:
            variable, steps = scope[first], rest.split(".") if rest else []
        else:
            variable, steps = (
                _Variable("object", Shape(Conversion.STRUCT, self.kind.model, pointer=False)),
                path.split("."),
            )
        for step in steps:
            shape = field_of(variable.shape, step, family=self.family, path=path)
            home, sure = block.home(variable.name)
            expression = f"{variable.name}.{step}"
            if not shape.pointer:
                expression += f" or {self.zero(shape)}"
            if not sure:
                expression = f"({expression}) if {variable.name} is not None else None"
                shape = replace(shape, pointer=True)
            variable = _Variable(home.local(expression, self.names, sure=not shape.pointer), shape)
        return variable

    def zero(self, shape: Shape) -> str:
        """The source of a Go zero value."""
        if shape.conversion in (Conversion.INT, Conversion.FLOAT, Conversion.QUANTITY):
            return "0"
        if shape.conversion is Conversion.BOOL:
            return "False"
        return _EMPTY.get(shape.conversion) or self.constant("z", shape.zero)

    def call(self, via: Via, block: Block, scope: Mapping[str, _Variable]) -> _Variable:
        """The variable that holds a function's result."""
        arguments = [self.fetch(path, block, scope) for path in via.paths]
        returns = get_type_hints(via.function, include_extras=True).get("return")
        try:
            shape = shape_of_result(returns)
        except (TypeError, ValueError):
            raise DeclarationError(
                f"{self.family}: {via.function.__name__} returns {returns!r}, which is no label, value or rows"
            ) from None
        home = innermost([block.home(a.name)[0] for a in arguments], block)
        expression = f"{self.constant('c', via.function)}({', '.join(a.name for a in arguments)})"
        return _Variable(home.local(expression, self.names, sure=not shape.pointer), shape)

    def labels_text(self, labels: Mapping[str, str | Const | Via], block: Block, scope: Mapping[str, _Variable]) -> str:
        """The labels as the inside of an f-string."""
        return ",".join(f'{name}="{self.label(rule, block, scope)}"' for name, rule in labels.items())

    def label(self, rule: str | Const | Via, block: Block, scope: Mapping[str, _Variable]) -> str:
        if isinstance(rule, Const):
            return literal(escape(rule.text))
        variable = self.call(rule, block, scope) if isinstance(rule, Via) else self.fetch(rule, block, scope)
        if variable.shape.conversion not in _TEXT:
            raise DeclarationError(f"{self.family}: {rule!r}: {variable.shape.conversion.value} is no label's text")
        home, sure = block.home(variable.name)
        text = _TEXT[variable.shape.conversion].format(variable.name)
        text = text if sure else f'({text}) if {variable.name} is not None else ""'
        return "{" + home.local(text, self.names, sure=True) + "}"

    def map_labels(self, rule: MapLabels, block: Block, scope: Mapping[str, _Variable]) -> str:
        variable = self.fetch(rule.path, block, scope)
        arguments = f"{rule.prefix!r}, {self.constant('k', self.allowed(rule))}, {variable.name}"
        return block.home(variable.name)[0].local(f"map_labels({arguments})", self.names, sure=True)

    def allowed(self, rule: MapLabels) -> tuple[str, ...]:
        if rule.allowlist is None:
            return ("*",)
        return getattr(self.allowlists, rule.allowlist) or ()

    def value(
        self, rule: str | float | Present | Via, block: Block, scope: Mapping[str, _Variable]
    ) -> tuple[Block, str]:
        """The block in which the value is known to be there, and its text as the inside of an f-string."""
        if isinstance(rule, (int, float)):
            return block, number(rule)
        if isinstance(rule, Present):
            variable = self.fetch(rule.path, block, scope)
            return block, self.inline(block, variable, f'"1" if {self.present(variable)} else "0"')
        variable = self.call(rule, block, scope) if isinstance(rule, Via) else self.fetch(rule, block, scope)
        if variable.shape.conversion not in _VALUE:
            raise DeclarationError(f"{self.family}: {rule!r}: {variable.shape.conversion.value} is no sample's value")
        if not block.home(variable.name)[1]:
            block = block.child(f"if {variable.name} is not None:", {variable.name})
        return block, self.inline(block, variable, _VALUE[variable.shape.conversion].format(variable.name))

    def inline(self, block: Block, variable: _Variable, expression: str) -> str:
        return "{" + block.home(variable.name)[0].local(expression, self.names, sure=True) + "}"

    def state_lines(self, family: Family, start: str, block: Block, scope: Mapping[str, _Variable]) -> str:
        """All lines of a family with states."""
        assert family.states is not None  # noqa: S101 (the caller has looked)
        variable = self.fetch(family.states.path, block, scope)
        rows = (
            f'{start},{family.states.label}="{literal(escape(text))}"{literal("} ")}'
            f"{{1 if {variable.name} == {self.constant('k', spelling)} else 0}}\\n"
            for text, spelling in family.states.texts.items()
        )
        return "".join(rows)

    def constant(self, prefix: str, value: object) -> str:
        """The name under which the generated code knows a value."""
        for name, known in self.globals.items():
            if known is value or (type(known) is type(value) and isinstance(value, (str, tuple)) and known == value):
                return name
        name = f"{prefix}{len(self.globals)}"
        self.globals[name] = value
        return name

    def local(self, block: Block, inside: str, *, sure: bool) -> str:
        return block.local(f"f'{inside}'", self.names, sure=sure)


_GLOBALS: dict[str, Any] = {
    "escape": escape,
    "number": number,
    "time_text": convert.time_text,
    "is_set_time": convert.is_set_time,
    "quantity_text": convert.quantity_text,
    "map_labels": convert.map_labels,
    "no_map": {},
}


def literal(text: str) -> str:
    """A text as it stands between the quotes of an f-string."""
    text = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return text.replace("{", "{{").replace("}", "}}")


def shape_of_result(returns: Any) -> Shape:  # noqa: ANN401 (type hints have no common type)
    """The shape of a function's result from its return annotation; `Sequence[Row]` and `list[Row]` are rows."""
    origin, arguments = getattr(returns, "__origin__", None), getattr(returns, "__args__", ())
    if origin in (Sequence, list, Sequence.__mro__[0]) and arguments:
        return Shape(Conversion.ITEMS, tuple, pointer=False, zero=(), element=shape_of(arguments[0], 0))
    optional = type(None) in getattr(returns, "__args__", ())
    return shape_of(returns, None if optional else 0)


def innermost(homes: Sequence[Block], block: Block) -> Block:
    """The innermost of some blocks that all lie around `block`."""
    chain = list(block.chain())
    return min(homes, key=chain.index, default=chain[-1])


def compile_render(kind: Kind, families: Sequence[Family], allowlists: Allowlists) -> tuple[Render, str]:
    """The render function of a kind for these families, and its source. Raises DeclarationError for a wrong path."""
    compiler = _Compiler(kind, allowlists)
    source = compiler.source(families)
    label = families[0].name if len(families) == 1 else f"{len(families)} families"
    filename = f"<evergauge render {kind.resource}: {label}>"
    exec(compile(source, filename, "exec"), compiler.globals)  # noqa: S102 (our own source, made from our own declarations)
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    return cast("Render", compiler.globals["render"]), source
