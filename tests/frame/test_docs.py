"""The documentation: its links lead somewhere, and generated pages are what the code says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import generate

REPO = Path(__file__).parents[2]
PAGES = sorted(
    path.relative_to(REPO) for pattern in ("*.md", "docs/**/*.md", "controlplane/*.md") for path in REPO.glob(pattern)
)
LINK = re.compile(r"\]\((?!https?://)([^)#]+)")


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_somewhere(page: Path) -> None:
    text = (REPO / page).read_text(encoding="utf-8")
    assert [link for link in LINK.findall(text) if not (REPO / page.parent / link).exists()] == []


def test_each_package_has_its_place_in_the_architecture() -> None:
    text = (REPO / "docs" / "architecture.md").read_text(encoding="utf-8")
    parts = [path.name for path in (REPO / "src" / "evergauge").iterdir() if not path.name.startswith("__")]
    assert [part for part in parts if part != "py.typed" and f"`{part}" not in text and f"/{part}" not in text] == []


def test_each_decision_has_a_number_of_its_own() -> None:
    numbers = [path.name[:5] for path in (REPO / "docs" / "decisions").glob("*.md") if path.name != "README.md"]
    assert [number for number in numbers if not re.fullmatch(r"\d{4}-", number)] == []
    assert len(numbers) == len(set(numbers))


def test_generated_pages_are_up_to_date() -> None:
    assert generate.outdated(REPO / "docs") == []


def test_a_page_out_of_date_is_named_and_written_anew(tmp_path: Path) -> None:
    assert generate.outdated(tmp_path) == [*generate.PAGES]
    assert generate.write(tmp_path) == [*generate.PAGES]
    (tmp_path / "reference" / "flags.md").write_text("old")
    (tmp_path / "metrics" / "widgets.md").write_text("of a kind that is gone")
    assert generate.write(tmp_path) == ["reference/flags.md", "metrics/widgets.md"]
    assert generate.outdated(tmp_path) == []


def test_the_example_of_render_says_what_render_says(tmp_path: Path) -> None:
    text = (REPO / "README.md").read_text(encoding="utf-8")
    found = re.search(
        r"    \$ cat pod\.yaml\n(.*?)\n\n    \$ \.venv/bin/evergauge ([^\n]*)\n(.*?)\n\n", text, re.DOTALL
    )
    assert found
    manifest, arguments, expected = (textwrap.dedent(group) for group in found.groups())
    (tmp_path / "pod.yaml").write_text(manifest)
    command = [sys.executable, "-m", "evergauge", *shlex.split(arguments)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (done.stdout.rstrip(), done.stderr) == (textwrap.dedent(expected), "")
