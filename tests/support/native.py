"""The native part in tests."""

from __future__ import annotations

from functools import cache
from operator import getitem
from typing import TYPE_CHECKING, Any

from evergauge.declare.native import native_render
from evergauge.native import lines
from support.tools import not_run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType


def native_part() -> ModuleType:
    """The compiled module. Where it isn't built the test is not run; with CI set in the environment it fails."""
    if lines is None:
        not_run("the native part is not built; `make` says what it takes")
    return lines


@cache
def _copier(families: int) -> Callable[[Any], Sequence[bytes]]:
    names = [f"f{n}" for n in range(families)]
    body = [f"    v{n} = part(object, {n})\n    f{n} = f'{{v{n}}}'\n" for n in range(families)]
    made = native_render(
        f'def render(object):\n    {" = ".join(names)} = ""\n{"".join(body)}    return ({", ".join(names)},)\n',
        {"part": getitem},
    )
    assert made
    return made


def native_lines(parts: Sequence[bytes]) -> Sequence[bytes]:
    """Lines as the native part renders them."""
    native_part()
    return _copier(len(parts))([part.decode() for part in parts])
