"""The tables that a run prints, and the file that it leaves."""

from __future__ import annotations

import json
import os
import platform
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from yardstick.outcome import Line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from yardstick.figures import Figures
    from yardstick.living import Asked, Round, Stalls

ANSWER_SECONDS: Final = 0.25
STALL_SECONDS: Final = 0.1
GROWTH: Final = 0.1
VERDICTS: Final = {None: "", True: "met", False: "MISSED"}
MORE_FRAGMENTS: Final = 0.01
"""Buckets fill up unevenly: so much comes and goes without growing."""


class Row(NamedTuple):
    """One figure as it is shown.

    target: the most that it may be of the peer's, None for one that is only shown. beyond: what would be better still.
    """

    label: str
    name: str
    unit: str
    scale: float = 1.0
    target: float | None = None
    beyond: float = 0.0


ROWS: Final = (
    Row("until all pods are served", "served_seconds", "s", target=0.4, beyond=0.35),
    Row("CPU until then", "served_cpu", "s", target=0.25, beyond=0.15),
    Row("memory after the scrapes", "resident", "MiB", target=0.1, beyond=0.06),
    Row("memory at its peak", "peak", "MiB"),
    Row("plain scrape", "plain_seconds", "s", target=0.2, beyond=0.1),
    Row("plain scrape, CPU", "plain_cpu", "s", target=0.2, beyond=0.1),
    Row("plain scrape, size", "plain_bytes", "MB", 1e-6),
    Row("gzip scrape", "gzip_seconds", "s", target=0.01, beyond=0.003),
    Row("gzip scrape, CPU", "gzip_cpu", "s", target=0.01, beyond=0.003),
    Row("gzip scrape, size", "gzip_bytes", "MB", 1e-6, target=1.1, beyond=1.0),
)
"""Targets are for 100,000 pods: what a start costs without any pods weighs less there."""


def compared(own: Figures, peer: Figures | None) -> Iterator[str]:
    """A line for each figure, with the peer's, the ratio and its target."""
    yield f"{'':<27}{'evergauge':>12}" + (f"{'peer':>12}{'ratio':>9}{'target':>10}" if peer else "")
    for row in ROWS:
        mine = getattr(own, row.name) * row.scale
        line = f"{row.label:<27}{text(mine, row.unit):>12}"
        if peer:
            theirs = getattr(peer, row.name) * row.scale
            ratio = mine / theirs if theirs else float("nan")
            line += f"{text(theirs, row.unit):>12}{ratio:>9.3f}"
            if row.target is not None:
                line += f"{f'<= {row.target:g}':>10}  {verdict(ratio, row.target, row.beyond)}"
        yield line


def alone(asked: Mapping[str, Asked], stalls: Stalls, rounds: Sequence[Round]) -> Iterator[Line]:
    """What must hold while pods sync and change. rounds: two at least."""
    for path, answers in asked.items():
        found = f"{answers.longest * 1000:.0f} ms, the longest of {answers.count}"
        yield Line(
            f"while pods sync: {path}", found, f"<= {ANSWER_SECONDS * 1000:.0f} ms", answers.longest <= ANSWER_SECONDS
        )
    found, target = f"{stalls.syncing * 1000:.0f} ms", f"<= {STALL_SECONDS * 1000:.0f} ms"
    yield Line("while pods sync: longest stall", found, target, stalls.syncing <= STALL_SECONDS)
    yield Line("longest stall, rounds included", f"{stalls.ever * 1000:.0f} ms")
    yield _growth([each.resident for each in rounds[1:]], len(rounds))
    yield _fragments([each.fragments for each in rounds[1:]], len(rounds))


def shown(lines: Sequence[Line]) -> Iterator[str]:
    """The lines as they are printed."""
    for line in lines:
        yield f"{line.what:<38}{line.found:<42}{line.target:<18}{_verdict(met=line.met)}".rstrip()


def save(path: Path, results: Mapping[str, object]) -> None:
    """Write a run's results, and on what machine, as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**machine(), **results}, indent=2, default=asdict) + "\n", encoding="utf-8")


def machine() -> dict[str, object]:
    """When and on what."""
    models = [line for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if "model name" in line]
    return {
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "cores": os.cpu_count(),
        "processor": models[0].partition(":")[2].strip() if models else platform.machine(),
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def _growth(resident: Sequence[float], rounds: int) -> Line:
    worst = max(resident, key=lambda each: abs(each - resident[0]))
    found = f"{resident[0]:.0f} to {worst:.0f} MiB ({(worst - resident[0]) / resident[0]:+.1%})"
    return Line(
        f"memory, rounds 2 to {rounds}", found, f"within {GROWTH:.0%}", abs(worst - resident[0]) <= GROWTH * resident[0]
    )


def _fragments(kept: Sequence[int], rounds: int) -> Line:
    found = f"{kept[0]} to {max(kept)} ({(max(kept) - kept[0]) / kept[0]:+.1%})"
    return Line(
        f"fragments, rounds 2 to {rounds}",
        found,
        f"<= {MORE_FRAGMENTS:+.0%}",
        max(kept) <= (1 + MORE_FRAGMENTS) * kept[0],
    )


def text(value: float, unit: str) -> str:
    """A figure with its unit."""
    digits = 3 if unit == "s" and value < 1 else 2 if unit == "s" else 0 if value >= 100 else 1
    return f"{value:.{digits}f} {unit}"


def verdict(ratio: float, target: float, beyond: float) -> str:
    """Of a ratio, in a word."""
    return "beyond" if ratio <= beyond else _verdict(met=ratio <= target)


def _verdict(*, met: bool | None) -> str:
    return VERDICTS[met]
