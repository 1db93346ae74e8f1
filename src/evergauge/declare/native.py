"""Render functions for the native part: their source, read as nodes that the compiled module runs.

The generated Python says what a render function does, so nothing is declared or generated twice. It uses a small part of the language, all of
which has its node. For source that uses more there is no native form, and the Python function serves.
"""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING, Any

from evergauge.declare.common import set_time
from evergauge.declare.convert import time_text
from evergauge.exposition.text import READY, escape, needs_escape, number
from evergauge.native import nodes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from types import ModuleType


class _UnknownError(Exception):
    """There is no node for this."""


def native_render(
    source: str, names: Mapping[str, Any], omitted: Collection[int] = ()
) -> Callable[[Any], Sequence[bytes]] | None:
    """The native form of a generated render function: it returns the UTF-8 of the same texts, and raises what that would.

    names: what the source knows beside its parameter. omitted: the slots of families about which its result is to say nothing: they are as they were.
    None without the native part, and for source that it can't run.
    """
    if nodes is None:
        return None
    try:
        program: Callable[[Any], Sequence[bytes]] = _Reader(nodes, names).program(ast.parse(source).body[0], omitted)
    except _UnknownError:
        return None
    return program


class _Reader:
    """Reads one function."""

    def __init__(self, nodes: ModuleType, names: Mapping[str, Any]) -> None:
        self._nodes = nodes
        self._names = names
        self._locals: dict[str, int] = {}
        self._families: dict[str, int] = {}

    def program(self, function: ast.stmt, omitted: Collection[int]) -> Any:  # noqa: ANN401 (of the native module, as are all nodes)
        """The whole of it."""
        match function:
            case ast.FunctionDef(
                args=ast.arguments(args=[ast.arg(parameter)]), body=[*body, ast.Return(ast.Tuple(slots))]
            ):
                self._families = {ast.unparse(slot): n for n, slot in enumerate(slots)}
                self._local(parameter)
                block = self._block(body)
                return self._nodes.Program(block, len(self._locals), bytes(n in omitted for n in range(len(slots))))
        raise _UnknownError(ast.unparse(function))

    def _local(self, name: str) -> int:
        return self._locals.setdefault(name, len(self._locals))

    def _block(self, body: Sequence[ast.stmt]) -> Any:  # noqa: ANN401 (as above)
        return self._nodes.Block(tuple(node for statement in body for node in self._statement(statement)))

    def _statement(self, statement: ast.stmt) -> Sequence[Any]:
        nodes = self._nodes
        match statement:
            case ast.If(test, body, []):
                return (nodes.If(self._expression(test), self._block(body)),)
            case ast.For(ast.Name(name), rows, body, []):
                return (nodes.For(self._local(name), self._expression(rows), self._block(body)),)
            case ast.AugAssign(ast.Name(name), ast.Add(), value) if name in self._families:
                return (nodes.Append(self._families[name], self._joined(value)),)
            case ast.Assign([ast.Tuple(targets)], ast.Tuple(values)):
                # One after the other: no value reads a target beside it.
                return [self._assign(ast.unparse(target), value) for target, value in zip(targets, values, strict=True)]
            case ast.Assign(targets, ast.Constant("")) if all(ast.unparse(each) in self._families for each in targets):
                return ()  # All families begin empty.
            case ast.Assign([ast.Name(name)], value):
                return (self._assign(name, value),)
        raise _UnknownError(ast.unparse(statement))

    def _assign(self, name: str, value: ast.expr) -> Any:  # noqa: ANN401 (as above)
        if name in self._families:
            # Nothing was there: what is in a loop, and may come again, is appended.
            return self._nodes.Append(self._families[name], self._joined(value))
        expression = self._expression(value)
        return self._nodes.Assign(self._local(name), expression)

    def _expression(self, node: ast.expr) -> Any:  # noqa: ANN401, PLR0911 (one for each form)
        nodes = self._nodes
        match node:
            case ast.Name(name) if name in self._locals:
                return nodes.Local(self._locals[name])
            case ast.Attribute(ast.Name(owner), name) if owner in self._locals:
                return nodes.Field(self._locals[owner], name)
            case ast.JoinedStr():
                return self._joined(node)
            case ast.Call(ast.Name(name), arguments, []):
                return self._call(name, arguments)
            case ast.BoolOp(ast.Or(), [first, second]):
                return nodes.Or(self._expression(first), self._expression(second))
            case ast.IfExp(test, yes, no):
                return nodes.Choice(self._expression(test), self._expression(yes), self._expression(no))
            case ast.Compare(operand, [ast.Eq()], [ast.Name(name)]) if name in self._locals:
                return nodes.Same(self._expression(operand), self._expression(node.comparators[0]))
            case ast.Compare(operand, [operator], [constant]):
                return self._comparison(operand, operator, self._constant(constant))
        return nodes.Constant(self._constant(node))

    def _comparison(self, operand: ast.expr, operator: ast.cmpop, constant: object) -> Any:  # noqa: ANN401 (as above)
        nodes = self._nodes
        match operator:
            case ast.IsNot() if constant is None:
                return nodes.IsNotNone(self._expression(operand))
            case ast.Eq():
                return nodes.Equal(self._expression(operand), constant)
            case ast.In():
                return nodes.OneOf(self._expression(operand), constant)
        raise _UnknownError(ast.unparse(operand))

    def _constant(self, node: ast.expr) -> object:
        if isinstance(node, ast.Name) and node.id in self._names:
            return self._names[node.id]
        try:
            return ast.literal_eval(node)
        except ValueError:
            raise _UnknownError(ast.unparse(node)) from None

    def _call(self, name: str, arguments: Sequence[ast.expr]) -> Any:  # noqa: ANN401 (as above)
        function = self._names[name] if name in self._names else getattr(builtins, name)
        match arguments:
            case [ast.JoinedStr() as texts] if function is needs_escape:
                return self._nodes.NeedsEscape(self._joined(texts))
            case [text] if function in (time_text, set_time):
                return self._nodes.Seconds(function, self._expression(text))
            case [value] if function is number:
                return self._nodes.Number(number, READY, self._expression(value))
            case [text] if function is escape:
                return self._nodes.Escape(escape, self._expression(text))
        return self._nodes.Call(function, tuple(self._expression(argument) for argument in arguments))

    def _joined(self, node: ast.expr) -> Any:  # noqa: ANN401 (as above)
        pieces: list[bytes | int] = []
        for piece in node.values if isinstance(node, ast.JoinedStr) else [node]:
            match piece:
                case ast.Constant(str(text)):
                    pieces.append(text.encode())
                case ast.FormattedValue(ast.Name(name), -1, None) if name in self._locals:
                    pieces.append(self._locals[name])
                case _:
                    raise _UnknownError(ast.unparse(node))
        return self._nodes.Joined(tuple(pieces))
