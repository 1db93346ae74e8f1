"""docs/performance.md: its generated sections, its plots."""

from __future__ import annotations

import sys
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import page as script
from yardstick.page import filled, pictures
from yardstick.plot import Axis, Plot, Series, drawn, short

MACHINE = {"cores": 2, "processor": "Some", "python": "3.11.7", "when": "2026-11-24T10:00:00Z", "took_seconds": 65}
FIGURES = {
    "served_seconds": 2.0, "served_cpu": 1.0, "resident": 100.0, "peak": 110.0, "plain_seconds": 0.1, "plain_cpu": 0.1,
    "plain_bytes": 1e8, "gzip_seconds": 0.01, "gzip_cpu": 0.01, "gzip_bytes": 1e7,
}  # fmt: skip
LINES = [{"what": "CPU", "found": "0.90", "target": "<= 0.8", "met": False}]


def compared(pods: int) -> dict[str, Any]:
    medians = {"evergauge": FIGURES, "peer": {name: 4 * value for name, value in FIGURES.items()}}
    command = {"bench": "compare", "command": "bench/run.py compare", "pods": pods}
    return {**MACHINE, **command, "medians": medians, "lines": []}


CHURN = {
    **MACHINE,
    "bench": "churn",
    "command": "bench/run.py churn",
    "pods": 5000,
    "events": 60_000,
    "evergauge": {"seconds": 60.0},
    "lines": LINES,
}


def test_what_people_wrote_stays_and_sections_say_what_was_measured() -> None:
    page = "# Title\n<!-- begin: one -->\nold\n<!-- end: one -->\nprose\n<!-- begin: churn -->\n<!-- end: churn -->\n"
    text = filled(page, {"one": compared(20_000), "churn": CHURN})
    assert "old" not in text
    assert (
        "# Title\n<!-- begin: one -->\n`bench/run.py compare` on 2 cores (Some), Python 3.11.7, 2026-11-24; it took 1 min.\n"
        in text
    )
    assert "| until all pods are served | 2.00 s | 8.00 s | 0.250 | 0.4 | 0.35 | beyond |\n" in text
    assert "| plain scrape | 0.100 s | 0.400 s | 0.250 | 0.2 | 0.1 | MISSED |\n" in text
    assert "5,000 pods, 1,000 events a second for 60 s" in text
    assert "| CPU | 0.90 | <= 0.8 | MISSED |\n<!-- end: churn -->\n" in text
    assert filled(text, {"one": compared(20_000), "churn": CHURN}) == text


def test_what_was_not_measured_says_so() -> None:
    page = "<!-- begin: one -->\n<!-- end: one -->\n<!-- begin: plots -->\n<!-- end: plots -->\n"
    assert filled(page, {}) == (
        "<!-- begin: one -->\nNot measured yet.\n<!-- end: one -->\n<!-- begin: plots -->\nNot drawn yet.\n<!-- end: plots -->\n"
    )


def test_plots_need_two_sizes() -> None:
    assert pictures({"a": compared(1000), "churn": CHURN}) == {}
    drawings = pictures({"a": compared(1000), "b": compared(100_000), "churn": CHURN})
    assert list(drawings) == ["served-seconds.svg", "served-cpu.svg", "resident.svg", "gzip-seconds.svg"]
    for text in drawings.values():
        assert len(ET.fromstring(text).findall(".//{*}circle")) == 4
        assert "kube-state-metrics</text>" in text


@pytest.mark.parametrize(("value", "place"), [(1, 100.0), (10, 150.0), (100, 200.0)])
def test_an_axis_is_logarithmic(value: float, place: float) -> None:
    axis = Axis([2, 90], 100, 200)
    assert axis.at(value) == pytest.approx(place)
    assert list(axis.marks()) == [1, 10, 100]


def test_names_of_lines_that_end_together_stand_apart() -> None:
    plot = Plot("Time", "seconds", [Series("a", [(1000, 1.0)]), Series("b", [(1000, 1.01)])])
    names = {each.text: float(each.attrib["y"]) for each in ET.fromstring(drawn(plot)).findall(".//{*}text")}
    assert names["a"] - names["b"] >= 14


def test_a_single_point_can_be_drawn() -> None:
    assert "<circle" in drawn(Plot("Time", "seconds", [Series("a", [(1000, 1.0)])]))
    assert [short(value) for value in (0.01, 1, 1000, 1e6)] == ["0.01", "1", "1k", "1M"]


def test_the_page_is_up_to_date(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["page.py", "--check"])
    assert script.main() == 0, capsys.readouterr().err
