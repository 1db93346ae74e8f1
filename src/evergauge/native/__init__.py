"""The native part: what every object goes through, compiled to machine code, where Evergauge was installed with a C compiler.

`lines`, `messages`, `nodes`, `partition` and `pieces` are the compiled modules, None without them. Then Python does the same, with the same result, in more time
(docs/decisions/0023-a-native-part.md); and objects are asked for in JSON.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["lines", "messages", "nodes", "partition", "pieces"]

lines: ModuleType | None
messages: ModuleType | None
nodes: ModuleType | None
partition: ModuleType | None
pieces: ModuleType | None
try:
    lines = import_module("evergauge.native.lines")
    messages = import_module("evergauge.native.messages")
    nodes = import_module("evergauge.native.nodes")
    partition = import_module("evergauge.native.partition")
    pieces = import_module("evergauge.native.pieces")
except ImportError:
    lines = messages = nodes = partition = pieces = None
