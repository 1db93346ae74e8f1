"""The commands of `scripts/controlplane` where they can't do what they are asked."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from support.controlplane import SCRIPT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def run(arguments: Sequence[str], **environment: str) -> tuple[int, str]:
    """Exit code and standard error."""
    command = [sys.executable, str(SCRIPT), *arguments]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["build"], 3, "controlplane: Go is needed to build etcd, and no `go` is on the PATH\n"),
        (["up"], 4, "is not built; run: make controlplane\n"),
        (["down", "{folder}"], 1, "holds no control plane (there is no state.json)\n"),
        (["kill-apiserver", "{folder}"], 1, "holds no control plane (there is no state.json)\n"),
        (["down", "{folder}", "--v=2"], 2, "down takes no flags for kube-apiserver: --v=2\n"),
        (["sideways"], 2, "invalid choice: 'sideways'"),
    ],
)
def test_failures_have_a_code_and_one_line(tmp_path: Path, arguments: list[str], code: int, message: str) -> None:
    filled = [argument.format(folder=tmp_path) for argument in arguments]
    returned, said = run(filled, PATH="", EVERGAUGE_CACHE=str(tmp_path / "cache"))
    assert returned == code
    assert message in said
    if code != 2:  # argparse adds the usage
        assert said.count("\n") == 1


@pytest.mark.controlplane
def test_a_server_that_refuses_its_flags_leaves_nothing_behind(tmp_path: Path) -> None:
    code, said = run(["up", f"--dir={tmp_path / 'plane'}", "--no-such-flag=1"])
    if code == 4 and not os.environ.get("CI"):
        pytest.skip(f"not run: {said.strip()}")
    assert (code, "unknown flag: --no-such-flag" in said) == (1, True)
    assert not (tmp_path / "plane").exists()


@pytest.mark.controlplane
def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    code, said = run(["up", f"--dir={tmp_path}"])
    if code == 4 and not os.environ.get("CI"):
        pytest.skip(f"not run: {said.strip()}")
    assert (code, "is not empty" in said, (tmp_path / "precious").exists()) == (1, True, True)
