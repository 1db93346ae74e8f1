"""The native part: what every object goes through, compiled to machine code, where Evergauge was installed with a C compiler.

`lines` and `nodes` are the compiled modules, None without them. Then Python does the same, with the same result, in about a third more time
(docs/decisions/0023-a-native-part.md).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["lines", "nodes"]

lines: ModuleType | None
nodes: ModuleType | None
try:
    lines = import_module("evergauge.native.lines")
    nodes = import_module("evergauge.native.nodes")
except ImportError:
    lines = nodes = None
