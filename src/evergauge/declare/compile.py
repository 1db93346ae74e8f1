"""Declarations to one Python function a kind.

    render(object) -> tuple of texts, one for each enabled family in order, "" where it has no sample

The generated source is registered with `linecache`, so it shows in tracebacks; `CompiledKind.source` holds it. How families
share loops, conditions and locals is told in `evergauge.declare.source`.
"""

import linecache
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from evergauge.declare.family import Const, Each, Family, Given, Label, MapLabels, Present, Same, Via, When
from evergauge.declare.fields import Conversion, Field
from evergauge.declare.model import Model
from evergauge.declare.source import Block, Source
from evergauge.declare.variables import Scope, Variable, Variables, innermost, present
from evergauge.errors import DeclarationError
from evergauge.exposition.text import escape, number

Render = Callable[[Any], tuple[str, ...]]


class Compiled(NamedTuple):
    """A render function, its source, what that knows by name, and the fields of an object that each family reads, those of its identity among them."""

    render: Render
    source: str
    names: Mapping[str, Any]
    reads: tuple[frozenset[Field], ...]

    @property
    def all_reads(self) -> frozenset[Field]:
        """The fields that any family reads."""
        return frozenset[Field]().union(*self.reads)


_VALUE = {
    Conversion.SAFE: "{0}",
    Conversion.BOOL: '"1" if {0} else "0"',
    Conversion.INT: "number({0})",
    Conversion.FLOAT: "number({0})",
    Conversion.TIME: "time_text({0})",
    Conversion.QUANTITY: "quantity_text({0})",
}
_TEXT = {
    Conversion.SAFE: "{0}",
    Conversion.STR: "escape({0})",
    Conversion.BOOL: '"true" if {0} else "false"',
    Conversion.INT: "str({0})",
    Conversion.TIME: "escape({0})",
}
_ONE_VARIABLE = re.compile(r"\{[^{}]+\}")


@dataclass(frozen=True, slots=True)
class Allowlists:
    """The allowlists of one resource: keys with wildcards, None where the flag doesn't name the resource."""

    labels: tuple[str, ...] | None = None
    annotations: tuple[str, ...] | None = None


@dataclass
class _Compiler:
    """Writes the render function of one kind for a choice of families."""

    variables: Variables
    identity_paths: Mapping[str, str]
    allowlists: Allowlists
    identity: str = ""

    @property
    def source(self) -> Source:
        """Where all of it is written."""
        return self.variables.source

    @property
    def family(self) -> str:
        """The name of the family that is being written, for messages."""
        return self.variables.family

    def compile(self, families: Sequence[Family | None]) -> tuple[str, list[frozenset[Field]]]:
        """The source of the function, and what each family reads."""
        body, slots = self.source.root, [f"f{n}" for n in range(len(families))]
        if slots:
            body.write(f'{" = ".join(slots)} = ""')
        self.variables.family = "identity"
        self.identity = self.label_texts(self.identity_paths, body, {})[0][1:]
        known, reads = frozenset(self.variables.reads), []
        for slot, family in zip(slots, families, strict=True):
            self.variables.reads = set(known)
            if family:
                self.variables.family = family.name
                self.emit(slot, family)
            reads.append(frozenset(self.variables.reads))
        body.write(f"return ({''.join(s + ', ' for s in slots)})")
        return self.source.text(), reads

    def emit(self, slot: str, family: Family) -> None:
        """Write the line of one family into the block of its loops and conditions."""
        if family.map_labels and not self.allowed(family.map_labels):
            return
        scope: Scope = {}
        block = self.source.root
        for loop in family.each:
            block = self.enter_loop(loop, block, scope)
        for condition in family.when:
            block = self.enter_condition(condition, block, scope)
        labels, home = self.all_labels(family, block, scope)
        if family.states:
            lines = self.state_lines(family, self.text(home, labels) if labels else "", block, scope)
        else:
            block, value = self.value(family.value, block, scope)
            lines = f"{literal(family.name)}{self.text(home, f'{{{{{labels}}}}} ')}{value}\\n"
        block.write(f"{slot} {'+=' if family.each else '='} f'{lines}'")

    # Loops and conditions

    def enter_loop(self, loop: Each, block: Block, scope: Scope) -> Block:
        """The block of a loop inside `block`; its variable enters the scope."""
        rows = self.variables.of(loop.source, block, scope)
        self.variables.enter(scope, loop, rows)
        sure = self.source.home(rows.name, block)[1]
        return block.child(f"for {loop.name} in {rows.name}{'' if sure else ' or ()'}:", {loop.name})

    def enter_condition(self, condition: When, block: Block, scope: Scope) -> Block:
        """The block inside `block` in which the condition holds."""
        if isinstance(condition, Same):
            names = [self.variables.fetch(path, block, scope).name for path in condition.paths]
            return block.child(f"if {' == '.join(names)}:", set(names))
        if isinstance(condition, str | Via):
            variable = self.variables.of(condition, block, scope)
            test = present(variable)
        else:
            variable = self.variables.fetch(condition.path, block, scope)
            one, *more = condition.texts
            test = f"{variable.name} in {condition.texts!r}" if more else f"{variable.name} == {one!r}"
        return block.child(f"if {test}:", {variable.name})

    # Labels

    def all_labels(self, family: Family, block: Block, scope: Scope) -> tuple[str, Block]:
        """The family's labels after the identity's, as the inside of an f-string, and the outermost block that knows them."""
        texts, home = self.label_texts(family.labels, block, scope)
        identity = self.text(self.source.root, self.identity) if self.identity else ""
        if not identity and texts.startswith("{"):
            raise DeclarationError(f"{family.name}: a label that may be left out comes after one that stays")
        labels = identity + texts if identity else texts[1:]
        if family.map_labels:
            pairs = self.map_labels(family.map_labels, block, scope)
            home = innermost([home, self.source.home(pairs, block)[0]], block)
            labels += braced(pairs)
        return labels, home

    def label_texts(self, labels: Mapping[str, Label], block: Block, scope: Scope) -> tuple[str, Block]:
        """Labels as the inside of an f-string, a comma before each, and the outermost block that knows them all."""
        text, homes = "", [self.source.root]
        for name, rule in labels.items():
            if isinstance(rule, Const):
                text += f',{name}="{literal(escape(rule.text))}"'
                continue
            variable = (
                self.given(name, rule, block, scope) if isinstance(rule, Given) else self.label(rule, block, scope)
            )
            homes.append(self.source.home(variable, block)[0])
            text += braced(variable) if isinstance(rule, Given) else f',{name}="{braced(variable)}"'
        return text, innermost(homes, block)

    def given(self, name: str, label: Given, block: Block, scope: Scope) -> str:
        """The name of the variable that holds a whole label, a comma before it, or nothing."""
        variable = self.variables.of(label.rule, block, scope)
        home, sure = self.source.home(variable.name, block)
        if sure:
            raise DeclarationError(f"{self.family}: {label.rule!r}: is always there, so its label is never left out")
        text = braced(self.label(label.rule, block, scope))
        code = f"f',{name}=\"{text}\"' if {variable.name} is not None else ''"
        return self.source.local(home, code, sure=True)

    def label(self, rule: str | Via, block: Block, scope: Scope) -> str:
        """The name of the variable that holds a label's escaped text."""
        variable = self.variables.of(rule, block, scope)
        shape, name = variable.shape, variable.name
        home, sure = self.source.home(name, block)
        if shape.conversion is Conversion.SAFE and sure:
            return name
        if shape.conversion not in _TEXT:
            raise DeclarationError(f"{self.family}: {rule!r}: {shape.conversion.value} is no label's text")
        code = _TEXT[shape.conversion].format(name)
        if not sure:
            return self.source.local(home, f'({code}) if {name} is not None else ""', sure=True)
        raw = name if shape.conversion in (Conversion.STR, Conversion.TIME) else ""
        return self.source.local(home, code, sure=True, raw=raw)

    def map_labels(self, rule: MapLabels, block: Block, scope: Scope) -> str:
        """The name of the variable that holds the labels made of a map."""
        variable = self.variables.of(rule.source, block, scope)
        code = f"map_labels({rule.prefix!r}, {self.allowed(rule)!r}, {variable.name})"
        return self.source.local(self.source.home(variable.name, block)[0], code, sure=True)

    def allowed(self, rule: MapLabels) -> tuple[str, ...]:
        """The keys of a map that become labels; none where the resource has no allowlist."""
        return ("*",) if rule.allowlist is None else getattr(self.allowlists, rule.allowlist) or ()

    def text(self, home: Block, inside: str) -> str:
        """The inside of an f-string, kept in a variable of `home`, itself the inside of an f-string."""
        if _ONE_VARIABLE.fullmatch(inside):
            return inside
        return braced(self.source.local(home, f"f'{inside}'", sure=True, is_labels=True))

    # Values

    def value(self, rule: str | float | Present | Via, block: Block, scope: Scope) -> tuple[Block, str]:
        """The block in which a value is known to be there, and its text as the inside of an f-string."""
        if isinstance(rule, (int, float)):
            return block, number(rule)
        if isinstance(rule, Present):
            variable = self.variables.fetch(rule.path, block, scope)
            return block, self.value_text(block, variable, f'"1" if {present(variable)} else "0"')
        variable = self.variables.of(rule, block, scope)
        if variable.shape.conversion not in _VALUE:
            raise DeclarationError(f"{self.family}: {rule!r}: {variable.shape.conversion.value} is no sample's value")
        if not self.source.home(variable.name, block)[1]:
            block = block.child(f"if {variable.name} is not None:", {variable.name})
        return block, self.value_text(block, variable, _VALUE[variable.shape.conversion].format(variable.name))

    def value_text(self, block: Block, variable: Variable, code: str) -> str:
        """A value's text as the inside of an f-string."""
        home = self.source.home(variable.name, block)[0]
        return braced(variable.name if code == variable.name else self.source.local(home, code, sure=True))

    def state_lines(self, family: Family, labels: str, block: Block, scope: Scope) -> str:
        """All lines of a family with states, as the inside of an f-string."""
        assert family.states is not None  # noqa: S101 (the caller has looked)
        state = self.variables.fetch(family.states.path, block, scope)
        lines = []
        for text, spelling in family.states.texts.items():
            value = self.value_text(block, state, f'"1" if {state.name} == {spelling!r} else "0"')
            label = f'{family.states.label}="{literal(escape(text))}"'
            inside = ",".join(filter(None, (labels, label)))
            lines.append(f"{literal(family.name + '{')}{inside}{literal('} ')}{value}\\n")
        return "".join(lines)


def braced(name: str) -> str:
    """A variable inside an f-string."""
    return f"{{{name}}}"


def literal(text: str) -> str:
    """A text as it stands between the single quotes of an f-string."""
    quoted = repr('"' + text)[2:-1]  # The double quote sees to it that repr takes single ones.
    return quoted.replace("{", "{{").replace("}", "}}")


def compile_render(
    resource: str,
    model: type[Model],
    identity: Mapping[str, str],
    families: Sequence[Family | None],
    allowlists: Allowlists,
) -> Compiled:
    """The render function of a resource's objects for these families.

    identity: the labels of every sample, by name, as paths. families: None for a place that stays empty. Raises DeclarationError for what doesn't fit the model.
    """
    compiler = _Compiler(Variables(model), identity, allowlists)
    (source, reads), names = compiler.compile(families), compiler.variables.globals
    enabled = list(filter(None, families))
    label = enabled[0].name if len(enabled) == 1 else f"{len(enabled)} families"
    filename = f"<evergauge render {resource}: {label}>"
    exec(compile(source, filename, "exec"), names)  # noqa: S102 (our own source, made from our own declarations)
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    return Compiled(cast("Render", names["render"]), source, names, tuple(reads))
