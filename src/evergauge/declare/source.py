"""The text of a render function, block by block.

A block is the body of the function, of a loop or of a condition. It has two parts: first the locals (fields read once, texts
escaped once), then what uses them. A local is written in the outermost block that knows everything it needs, so families that
read the same field, or run through the same list, share the work.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(eq=False)
class Block:
    """One indented block.

    head: the line that opens it (`for …:`, `if …:`), empty for the function's body. known: the variables that are sure to be
    set and not None inside it.
    """

    head: str
    parent: Block | None = None
    known: set[str] = field(default_factory=set)
    _locals: dict[str, str] = field(default_factory=dict)
    _body: list[str | Block] = field(default_factory=list)
    _children: dict[str, Block] = field(default_factory=dict)

    def child(self, head: str, known: set[str]) -> Block:
        """The block below this one with that head; one that exists already is shared."""
        if head not in self._children:
            block = self._children[head] = Block(head, self, known)
            self._body.append(block)
        return self._children[head]

    def write(self, line: str) -> None:
        """Append one line that uses the block's locals."""
        self._body.append(line)

    def local(self, expression: str, names: Iterator[str], *, sure: bool) -> str:
        """The variable of this block that holds `expression`. sure: it is never None."""
        if expression not in self._locals:
            variable = self._locals[expression] = next(names)
            if sure:
                self.known.add(variable)
        return self._locals[expression]

    def home(self, variable: str) -> tuple[Block, bool]:
        """The outermost block around this one in which the variable is sure to be set; failing that, where it is defined, and False."""
        sure = [block for block in self.chain() if variable in block.known]
        if sure:
            return sure[-1], True
        return next(block for block in self.chain() if variable in block._locals.values()), False  # noqa: SLF001 (a block like this one)

    def chain(self) -> Iterator[Block]:
        """The block itself and those around it, innermost first."""
        block: Block | None = self
        while block is not None:
            yield block
            block = block.parent

    def lines(self, indent: int = 0) -> Iterator[str]:
        """The block's source text, line by line."""
        if self.head:
            yield "    " * indent + self.head
            indent += 1
        pad = "    " * indent
        for expression, variable in self._locals.items():
            yield f"{pad}{variable} = {expression}"
        for item in self._body:
            if isinstance(item, Block):
                yield from item.lines(indent)
            else:
                yield pad + item
