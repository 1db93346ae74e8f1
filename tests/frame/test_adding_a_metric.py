"""docs/adding-a-metric.md, followed to the letter in a copy of the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from support.conformance import REPO, conformance

if TYPE_CHECKING:
    from pathlib import Path

TEXT: Final = (REPO / "docs" / "adding-a-metric.md").read_text(encoding="utf-8")
MANIFEST: Final = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {progressDeadlineSeconds: 600}
"""
SAMPLE: Final = 'kube_deployment_spec_progress_deadline_seconds{namespace="shop",deployment="web"} 600'


class Block(NamedTuple):
    """A block of code, and the file that was named last before it."""

    language: str
    file: str
    text: str


def blocks() -> list[Block]:
    """What the page shows as code for files."""
    found = re.finditer(r"^```(diff|yaml)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    return [
        Block(block[1], re.findall(r"`([\w/]+\.(?:py|yaml))`", TEXT[: block.start()])[-1], block[2]) for block in found
    ]


def added(block: Block) -> list[str]:
    """The lines that a diff adds."""
    return [line[1:] for line in block.text.splitlines() if line.startswith("+")]


def apply(block: Block, root: Path) -> None:
    """Insert a diff's lines behind its context, which stands in the file once; or write a new file."""
    file = root / block.file
    if block.language == "yaml":
        file.write_text(block.text)
        return
    text = file.read_text(encoding="utf-8")
    context = "".join(f"{line[1:]}\n" for line in block.text.splitlines() if line.startswith(" "))
    assert text.count(context) == 1, f"{context!r} in {block.file}"
    file.write_text(text.replace(context, context + "".join(f"{line}\n" for line in added(block))), encoding="utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the project, with the recorded data beside it."""
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "conformance").symlink_to(conformance())
    for name in ("src", "tests", "docs", "scripts"):
        shutil.copytree(REPO / name, tmp_path / "repo" / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPO / "pyproject.toml", tmp_path / "repo")
    return tmp_path / "repo"


def run(root: Path, *command: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Python in the copy, with the copy's package."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root / "src")},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def check_cases(root: Path) -> subprocess.CompletedProcess[str]:
    """The tests that hold a kind's cases and page."""
    return run(root, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/kinds/test_cases.py", "-k", "deployments")


def test_the_lines_are_as_few_as_promised() -> None:
    *source, case = blocks()
    assert {block.file for block in source} == {"src/evergauge/kinds/deployments.py"}
    assert [len(added(block)) for block in source] == [3, 1, 1], "the family, its field, the field's number"
    assert (case.language, case.file) == ("yaml", "tests/cases/deployments.yaml")


def test_following_the_page_adds_the_metric(root: Path) -> None:
    assert check_cases(root).returncode == 0
    *source, case = blocks()
    for block in source:
        apply(block, root)

    rendered = run(root, "-m", "evergauge", "render", "-", stdin=MANIFEST)
    assert (rendered.returncode, rendered.stderr) == (0, "")
    assert SAMPLE in rendered.stdout.splitlines()

    incomplete = check_cases(root)
    assert incomplete.returncode == 1
    assert "add a case to tests/cases/deployments.yaml" in incomplete.stdout
    assert "run: make docs" in incomplete.stdout

    apply(case, root)
    written = run(root, "scripts/generate.py").stdout.splitlines()
    assert written == ["docs/metrics/README.md written", "docs/metrics/deployments.md written"]
    complete = check_cases(root)
    assert complete.returncode == 0, complete.stdout


def test_a_path_that_leads_nowhere_fails_with_its_name(root: Path) -> None:
    family, *_ = blocks()
    apply(family, root)
    done = run(root, "-m", "evergauge", "render", "-", stdin=MANIFEST)
    assert done.returncode == 1
    assert "kube_deployment_spec_progress_deadline_seconds" in done.stderr
    assert "progressDeadlineSeconds" in done.stderr
