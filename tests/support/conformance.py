"""The conformance data: what kube-state-metrics v2.20.0 was recorded to expose. It lies beside the repo, not in it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

REPO: Final = Path(__file__).resolve().parents[2]


def conformance(repo: Path = REPO) -> Path:
    """The folder of the recorded data (its README says what each file holds). Raises FileNotFoundError where it isn't."""
    folder = repo.parent / "shared" / "conformance"
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is missing: the tests need the recorded conformance data beside the repo")
    return folder
