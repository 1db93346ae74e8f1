"""Evergauge as users have it: with compiled bytecode, and without the packages that only the development tools bring."""

from __future__ import annotations

import compileall
import os
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
STAND_INS: Final = ROOT / "bench" / "as_installed"
"""Comes before all other packages."""


def compile_source() -> None:
    """As an installation does: a peer needn't compile itself at each start either."""
    compileall.compile_dir(ROOT / "src", quiet=2)


def environment() -> dict[str, str]:
    """Of a process that is measured."""
    return os.environ | {"PYTHONPATH": str(STAND_INS)}
