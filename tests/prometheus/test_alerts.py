"""The alerts on Evergauge itself: valid, firing and silent as their cases say, each with a section of the runbook, about metrics that exist."""

from __future__ import annotations

import re
import subprocess
from collections import defaultdict
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
import yaml

from evergauge.sim import Cluster, LoopClock, SimServer
from support.process import evergauge
from support.tools import require

HERE: Final = Path(__file__).parent
REPO: Final = HERE.parents[1]
RULES: Final = REPO / "alerts" / "evergauge.yaml"
CASES: Final = HERE / "alerts.yaml"
METRIC: Final = re.compile(r"\b(?:evergauge|kube_state_metrics)_\w+")


def rules() -> dict[str, dict[str, Any]]:
    """By the alert's name."""
    return {rule["alert"]: rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]}


@pytest.mark.prometheus
@pytest.mark.parametrize(("verb", "file"), [("check", RULES), ("test", CASES)], ids=["valid", "cases"])
def test_promtool_agrees(verb: str, file: Path) -> None:
    done = subprocess.run([require("promtool"), verb, "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    fires: dict[str, set[bool]] = defaultdict(set)
    for case in yaml.safe_load(CASES.read_text())["tests"]:
        for test in case["alert_rule_test"]:
            fires[test["alertname"]].add(bool(test.get("exp_alerts")))
    assert fires == {name: {True, False} for name in rules()}


def test_each_alert_has_a_section_of_the_runbook_and_each_section_an_alert() -> None:
    sections = re.findall(r"^## (\w+)$", (REPO / "docs" / "runbook.md").read_text(), re.MULTILINE)
    assert sorted(sections) == sorted(rules())
    links = {name: rule["annotations"]["runbook_url"] for name, rule in rules().items()}
    assert links == {name: f"docs/runbook.md#{name.lower()}" for name in rules()}


def test_each_section_says_what_one_needs_to_know() -> None:
    _, *sections = re.split(r"^## ", (REPO / "docs" / "runbook.md").read_text(), flags=re.MULTILINE)
    for section in sections:
        bold = " ".join(re.findall(r"^\*\*(.*?)\.\*\*", section, re.MULTILINE))
        assert re.fullmatch("Meaning Impact Look at(, mend| Mend)", bold), section


async def test_the_metrics_of_the_alerts_and_of_the_pages_exist(tmp_path: Path) -> None:
    pages = [RULES, REPO / "docs" / "runbook.md", REPO / "docs" / "freshness.md"]
    named = {name for page in pages for name in METRIC.findall(page.read_text())}
    async with (
        SimServer(Cluster(clock=LoopClock(), rng=Random(1))) as api,
        evergauge(tmp_path, f"--apiserver={api.url}", "--resources=pods") as running,
    ):
        await running.until_ready()
        _, text = await running.get(f"{running.telemetry}/metrics")
    there = set(re.findall(r"^# TYPE (\w+)", text.decode(), re.MULTILINE))
    assert named - there == set()
