"""The native part: what every object goes through, compiled to machine code, where Evergauge was installed with a C compiler.

`coder`, `fragments`, `lines`, `messages`, `nodes` and `partition` are the compiled modules, None without them. Then Python does the same, with the same result, in more time
(docs/decisions/0023-a-native-part.md); and objects are asked for in JSON.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["coder", "fragments", "lines", "messages", "nodes", "partition"]

coder: ModuleType | None
fragments: ModuleType | None
lines: ModuleType | None
messages: ModuleType | None
nodes: ModuleType | None
partition: ModuleType | None
try:
    coder = import_module("evergauge.native.coder")
    fragments = import_module("evergauge.native.fragments")
    lines = import_module("evergauge.native.lines")
    messages = import_module("evergauge.native.messages")
    nodes = import_module("evergauge.native.nodes")
    partition = import_module("evergauge.native.partition")
except ImportError:
    coder = fragments = lines = messages = nodes = partition = None
