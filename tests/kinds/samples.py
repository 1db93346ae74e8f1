"""One family's samples of one object, for tables of rules."""

from __future__ import annotations

import json
from typing import Any

from evergauge.declare import Allowlists, CompiledKind
from evergauge.kinds import KINDS

COMPILED = {kind.resource: CompiledKind(kind, allowlists=Allowlists(("*",), ("*",))) for kind in KINDS}


def samples(family: str, obj: dict[str, Any]) -> list[str]:
    """The family's samples of an object: what stands behind the identity's labels, and the value."""
    kind = next(kind for kind in COMPILED.values() if family in (f.name for f in kind.families))
    rendered = kind.render(json.dumps(obj).encode())
    assert rendered.faults == ()
    lines = rendered.parts[[f.name for f in kind.families].index(family)].decode().splitlines()
    identity = ",".join(f'{name}=""' for name in kind.kind.identity)
    assert all(line.startswith(f"{family}{{{identity}") for line in lines)
    return [line.removeprefix(f"{family}{{{identity}").lstrip(",").replace("} ", " ").strip() for line in lines]
