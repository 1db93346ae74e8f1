"""The one error of the launcher, with the exit code that the command ends with."""

from __future__ import annotations

import sys
from typing import Final

FAILED: Final = 1
NO_GO: Final = 3
NOT_BUILT: Final = 4


class LauncherError(Exception):
    """What went wrong in one line, and the command's exit code."""

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(message)
        self.code = code


def say(text: str) -> None:
    """Write one line of progress to standard error; standard output carries results only."""
    sys.stderr.write(f"controlplane: {text}\n")
    sys.stderr.flush()
