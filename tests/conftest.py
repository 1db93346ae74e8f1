"""What holds for every test: nothing is left out unsaid, and properties look for errors, not for slow machines."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Final, TypeVar

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Generator

IN_CI: Final = bool(os.environ.get("CI"))

# A deadline would measure the machine. In CI the examples are the same for everyone, so a failure belongs to the change.
settings.register_profile("evergauge", deadline=None, print_blob=True, derandomize=IN_CI)
settings.load_profile("evergauge")

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _refuse_skip((yield))


def _refuse_skip(report: Report) -> Report:
    """In CI whatever is not run is a failure, however it was skipped. Expected failures did run."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = _reason(report)
        report.outcome = "failed"
        report.longrepr = f"CI runs every test: {reason}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end what was not run, and why."""
    skipped = terminalreporter.getreports("skipped")
    if not skipped:
        return
    terminalreporter.section(f"not run: {len(skipped)}", yellow=True)
    for reason, count in Counter(map(_reason, skipped)).items():
        terminalreporter.write_line(f"{count}: {reason}")


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why a test was skipped, without pytest's and our own opening words."""
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
    return text.removeprefix("Skipped: ").removeprefix("not run: ")
