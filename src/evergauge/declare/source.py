"""The text of a render function, block by block.

A block is the body of the function, of a loop or of a condition. It holds lines of code and further blocks. Fields are read,
texts escaped and labels joined in locals, each written once, however many lines use it:

- a local's home is the outermost block that knows everything it needs;
- it is written in the innermost block around all its uses that lies no deeper in loops than its home. So families that read
  the same field, or run through the same list, share the work, and nobody works for a condition that doesn't hold;
- labels that only one line uses stand in that line.

The texts of one block are escaped together: a look at all of them at once tells that, as nearly always, none needs it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Names of locals stand between NULs until the text is complete, so that no text of a declaration is taken for one.
_MARK = "\0"
_NAME = re.compile(f"{_MARK}v\\d+{_MARK}")


@dataclass(eq=False)
class Line:
    """One line of code."""

    code: str


@dataclass(eq=False)
class Local(Line):
    """A variable; `code` is the expression that it holds.

    is_labels: the expression is an f-string, only used inside other f-strings. raw: the name of the text that it escapes.
    """

    name: str
    home: Block
    is_labels: bool = False
    raw: str = ""


@dataclass(eq=False)
class Block:
    """One indented block. head: the line that opens it. known: the variables that are sure to be set and not None inside it."""

    head: str
    parent: Block | None = None
    known: set[str] = field(default_factory=set)
    body: list[Line | Block] = field(default_factory=list)
    locals: list[Local] = field(default_factory=list)

    @property
    def is_loop(self) -> bool:
        """Whether what stands in it may run more than once."""
        return self.head.startswith("for ")

    def child(self, head: str, known: set[str]) -> Block:
        """The block below this one with that head; one that exists already is shared."""
        for item in self.body:
            if isinstance(item, Block) and item.head == head:
                return item
        block = Block(head, self, known)
        self.body.append(block)
        return block

    def write(self, code: str) -> None:
        """Append one line of code."""
        self.body.append(Line(code))

    def chain(self) -> Iterator[Block]:
        """The block itself and those around it, innermost first."""
        block: Block | None = self
        while block is not None:
            yield block
            block = block.parent

    def walk(self) -> Iterator[Block]:
        """The block itself and those inside it."""
        yield self
        for item in self.body:
            if isinstance(item, Block):
                yield from item.walk()

    def code_lines(self) -> Iterator[Line]:
        """What is run in the block itself, its inner blocks' heads included."""
        for item in self.body:
            yield Line(item.head) if isinstance(item, Block) else item

    def text(self, indent: int = 0) -> Iterator[str]:
        """The block's source text, line by line."""
        yield "    " * indent + self.head
        pad = "    " * (indent + 1)
        yield from (pad + code for code in _definitions(self.locals))
        for item in self.body:
            if isinstance(item, Block):
                yield from item.text(indent + 1)
            else:
                yield pad + item.code


class Source:
    """The source of one function. root: its body."""

    def __init__(self, head: str, parameter: str) -> None:
        self.root = Block(head, known={parameter})
        self._locals: dict[tuple[Block, str], Local] = {}

    def local(self, home: Block, code: str, *, sure: bool, is_labels: bool = False, raw: str = "") -> str:
        """The name of the variable of that block that holds an expression. sure: it is never None."""
        found = self._locals.get((home, code))
        if found is None:
            name = f"{_MARK}v{len(self._locals)}{_MARK}"
            found = self._locals[home, code] = Local(code, name, home, is_labels, raw)
            if sure:
                home.known.add(name)
        return found.name

    def home(self, name: str, block: Block) -> tuple[Block, bool]:
        """The outermost block around `block` in which a variable is sure to be set; failing that, its home, and False."""
        sure = [outer for outer in block.chain() if name in outer.known]
        if sure:
            return sure[-1], True
        return next(local.home for local in self._locals.values() if local.name == name), False

    def text(self) -> str:
        """The complete text. Call it once."""
        self._place_locals()
        return "\n".join(self.root.text()).replace(_MARK, "") + "\n"

    def _place_locals(self) -> None:
        """Write each local into its block. The last ones come first, for they use those before them."""
        uses: dict[str, list[tuple[Line, Block]]] = defaultdict(list)

        def note(code: str, line: Line, block: Block) -> None:
            for name in _NAME.findall(code):
                uses[name].append((line, block))

        for block in self.root.walk():
            for line in block.code_lines():
                note(line.code, line, block)
        for local in reversed(self._locals.values()):
            places = uses[local.name]
            if local.is_labels and len(places) == 1:
                line, block = places[0]
                line.code = line.code.replace(f"{{{local.name}}}", local.code[2:-1])
                note(local.code, line, block)
            elif places:
                block = _place(local.home, [block for _, block in places])
                block.locals.insert(0, local)
                note(local.code, local, block)


def _place(home: Block, users: Sequence[Block]) -> Block:
    """The innermost block around all users that lies in no loop inside `home`."""
    chains = [list(user.chain()) for user in users]
    place = home
    for block in reversed(chains[0][: chains[0].index(home)]):
        if block.is_loop or not all(block in chain for chain in chains):
            break
        place = block
    return place


def _definitions(placed: Sequence[Local]) -> Iterator[str]:
    """The lines that define a block's locals: fields and functions first, then escaped texts, then labels made of them."""
    for local in placed:
        if not local.raw and not local.is_labels:
            yield f"{local.name} = {local.code}"
    escaped = [local for local in placed if local.raw]
    if len(escaped) == 1:
        yield f"{escaped[0].name} = {escaped[0].code}"
    elif escaped:
        names = ", ".join(local.name for local in escaped)
        yield f"{names} = {', '.join(local.raw for local in escaped)}"
        together = "".join(f"{{{local.raw}}}" for local in escaped)
        yield f"if needs_escape(f'{together}'):"
        yield f"    {names} = {', '.join(local.code for local in escaped)}"
    for local in placed:
        if local.is_labels:
            yield f"{local.name} = {local.code}"
