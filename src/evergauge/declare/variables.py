"""The variables of a render function: where a path leads, what a function makes of it.

Each is defined once, in the outermost block that knows what it needs (see `evergauge.declare.source`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from keyword import iskeyword
from typing import Any, get_type_hints

from evergauge.declare import convert
from evergauge.declare.family import Each, Via
from evergauge.declare.fields import Conversion, Field, Shape, field_of, fields_within, shape_of_result
from evergauge.declare.model import Model
from evergauge.declare.source import Block, Source
from evergauge.errors import DeclarationError
from evergauge.exposition.text import escape, needs_escape, number

OBJECT = "object"
"""The name of the function's parameter."""
_RESERVED = re.compile(r"object|[a-z]\d+")
"""Names that the generated code takes for itself."""
_ZERO = {
    Conversion.STR: '""',
    Conversion.SAFE: '""',
    Conversion.TIME: '""',
    Conversion.ITEMS: "()",
    Conversion.MAP: "no_map",
    Conversion.INT: "0",
    Conversion.FLOAT: "0",
    Conversion.QUANTITY: "0",
    Conversion.BOOL: "False",
}
_GLOBALS: dict[str, Any] = {
    "escape": escape,
    "needs_escape": needs_escape,
    "number": number,
    "time_text": convert.time_text,
    "is_set_time": convert.is_set_time,
    "quantity_text": convert.quantity_text,
    "map_labels": convert.map_labels,
    "no_map": {},
}


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the generated code and the shape of what it holds."""

    name: str
    shape: Shape


Scope = dict[str, Variable]
"""The variables of the loops around a place, by the loops' names."""


@dataclass
class Variables:
    """The variables of one function. family: the one that is being written, for messages. reads: the fields that they come from."""

    model: type[Model]
    source: Source = field(default_factory=lambda: Source(f"def render({OBJECT}):", OBJECT))
    globals: dict[str, Any] = field(default_factory=lambda: dict(_GLOBALS))
    family: str = ""
    reads: set[Field] = field(default_factory=set)

    def of(self, rule: str | Via, block: Block, scope: Scope) -> Variable:
        """The variable that holds what a path leads to, or what a function makes of such."""
        return self.call(rule, block, scope) if isinstance(rule, Via) else self.fetch(rule, block, scope)

    def fetch(self, path: str, block: Block, scope: Scope) -> Variable:
        """The variable that holds what a path leads to."""
        first, *steps = path.split(".")
        variable = scope.get(first)
        if variable is None:
            variable, steps = Variable(OBJECT, Shape(Conversion.STRUCT, self.model, pointer=False)), [first, *steps]
        for step in steps:
            variable = self.step(variable, step, path, block)
        return variable

    def step(self, variable: Variable, name: str, path: str, block: Block) -> Variable:
        """The variable that holds a field of what another one holds."""
        shape = field_of(variable.shape, name, family=self.family, path=path)
        self.reads.add((variable.shape.type, name))
        home, sure = self.source.home(variable.name, block)
        code = f"{variable.name}.{name}"
        if not shape.pointer:
            code += f" or {_ZERO.get(shape.conversion) or self.constant('z', shape.zero)}"
        if not sure:
            code = f"({code}) if {variable.name} is not None else None"
            shape = replace(shape, pointer=True)
        return Variable(self.source.local(home, code, sure=not shape.pointer), shape)

    def call(self, via: Via, block: Block, scope: Scope) -> Variable:
        """The variable that holds a function's result."""
        given = [self.fetch(path, block, scope) for path in via.paths]
        arguments = [variable.name for variable in given]
        for variable in given:
            self.reads |= fields_within(variable.shape)
        try:
            shape = shape_of_result(get_type_hints(via.function, include_extras=True).get("return"))
        except DeclarationError as error:
            raise DeclarationError(
                f"{self.family}: {via.function.__name__} returns no label, value or rows: {error}"
            ) from None
        home = innermost([self.source.home(name, block)[0] for name in arguments], block)
        code = f"{self.constant('c', via.function)}({', '.join(arguments)})"
        return Variable(self.source.local(home, code, sure=not shape.pointer), shape)

    def enter(self, scope: Scope, loop: Each, rows: Variable) -> None:
        """Bring the variable of a loop over rows into the scope."""
        taken = _RESERVED.fullmatch(loop.name) or iskeyword(loop.name)
        if taken or loop.name in self.globals or loop.name in scope:
            raise DeclarationError(f"{self.family}: the loop's name {loop.name!r} is taken, choose another")
        if rows.shape.conversion is not Conversion.ITEMS or rows.shape.element is None:
            what = rows.shape.conversion.value
            raise DeclarationError(f"{self.family}: the loop {loop.name!r} runs over {what}, not over a list")
        scope[loop.name] = Variable(loop.name, rows.shape.element)

    def constant(self, prefix: str, value: object) -> str:
        """The name under which the generated code knows a value."""
        for name, known in self.globals.items():
            if known is value:
                return name
        name = f"{prefix}{len(self.globals)}"
        self.globals[name] = value
        return name


def present(variable: Variable) -> str:
    """The test that something is there: a set pointer, a non-zero value, a time that isn't Go's zero."""
    if variable.shape.conversion is Conversion.TIME:
        return f"is_set_time({variable.name})"
    return f"{variable.name} is not None" if variable.shape.pointer else variable.name


def innermost(homes: Sequence[Block], block: Block) -> Block:
    """The innermost of some blocks that all lie around `block`."""
    chain = list(block.chain())
    return min(homes, key=chain.index, default=chain[-1])
