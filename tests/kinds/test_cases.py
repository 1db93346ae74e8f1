"""The cases of our own, and that every family has a case and a page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from evergauge.cli import main
from evergauge.kinds import KINDS
from evergauge.kubernetes_yaml import documents
from kinds.cases import all_cases, canonical
from support.conformance import REPO

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from evergauge.declare import Kind

CASES: Final = {
    file.stem: [case for document in documents(file.read_bytes()) for case in json.loads(document)]
    for file in sorted((REPO / "tests" / "cases").glob("*.yaml"))
}
"""The cases by resource."""
BY_RESOURCE: Final = {kind.resource: kind for kind in KINDS}


def families_of(samples: Iterable[str]) -> set[str]:
    """The names of the families that these lines are of."""
    return {canonical(line).partition("{")[0] for line in samples}


@pytest.mark.parametrize(
    ("resource", "case"),
    [pytest.param(resource, case, id=f"{resource}: {case['about']}") for resource in CASES for case in CASES[resource]],
)
def test_samples(resource: str, case: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kind = BY_RESOURCE[resource]
    manifest = tmp_path / "object.json"
    manifest.write_text(json.dumps({"apiVersion": kind.api_version, "kind": kind.kind, **case["object"]}))
    assert main(["render", f"--resources={resource}", "--metric-opt-in-list=.", str(manifest)]) == 0
    lines = [canonical(line) for line in capsys.readouterr().out.splitlines() if not line.startswith("#")]
    names = families_of(case["samples"])
    assert sorted(line for line in lines if line.partition("{")[0] in names) == sorted(map(canonical, case["samples"]))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.resource)
def test_every_family_has_a_case(kind: Kind) -> None:
    recorded = (case.samples for case in all_cases() if case.flags.kind == kind.kind)
    own = (case["samples"] for case in CASES.get(kind.resource, ()))
    shown = families_of(line for samples in (*recorded, *own) for line in samples)
    missing = [family.name for family in kind.families if family.name not in shown]
    assert not missing, f"add a case to tests/cases/{kind.resource}.yaml"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.resource)
def test_every_family_has_a_line_on_its_page(kind: Kind) -> None:
    page = REPO / "docs" / "metrics" / f"{kind.resource}.md"
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    missing = [family.name for family in kind.families if f"\n| `{family.name}` |" not in text]
    assert not missing, "run: make docs"


def test_every_case_is_of_a_kind() -> None:
    assert set(CASES) <= set(BY_RESOURCE)
