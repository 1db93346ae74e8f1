"""Programs that tests need beside Python, such as promtool and curl."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final, NoReturn

import pytest

_PACKAGES: Final = {"promtool": "prometheus", "ip": "iproute2"}


def require(program: str) -> Path:
    """The path of a program. Where it is missing the test is not run; with CI set in the environment it fails."""
    found = shutil.which(program)
    if found is None:
        package = _PACKAGES.get(program, program)
        not_run(f"there is no {program}; on Debian as root `make test` installs it, elsewhere install {package}")
    return Path(found)


def not_run(reason: str) -> NoReturn:
    """End a test that can't be run here: reported as not run, never as passed. With CI set it fails."""
    if os.environ.get("CI"):
        pytest.fail(f"CI runs every test: {reason}")
    pytest.skip(f"not run: {reason}")
