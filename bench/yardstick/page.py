"""The generated sections of docs/performance.md: tables from results, each with its machine and its command.

A section stands between `<!-- begin: NAME -->` and `<!-- end: NAME -->`; what is around it is written by people. Names are those of
the results kept in docs/performance/, and `plots` for the pictures.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from yardstick import report
from yardstick.plot import drawn, plots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

Result = dict[str, Any]
SECTION: Final = re.compile(r"(<!-- begin: (\S+) -->\n).*?(<!-- end: \2 -->)", re.DOTALL)
PROGRAMS: Final = {"evergauge": "Evergauge", "peer": "kube-state-metrics"}
PLOTS: Final = "plots"
COMPARE: Final = "compare"


def kept(folder: Path) -> dict[str, Result]:
    """The results of a folder by their names."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def filled(page: str, results: Mapping[str, Result]) -> str:
    """The page with its sections as the results say."""
    return SECTION.sub(lambda found: found[1] + _section(found[2], results) + found[3], page)


def pictures(results: Mapping[str, Result]) -> dict[str, str]:
    """The plots by their file names: of all comparisons with a peer; none when there are fewer than two sizes."""
    runs = {each["pods"]: each["medians"] for each in results.values() if each["bench"] == COMPARE}
    return {name: drawn(plot) for name, plot in plots(runs, PROGRAMS)} if len(runs) > 1 else {}


def _section(name: str, results: Mapping[str, Result]) -> str:
    if name == PLOTS:
        shown = "\n".join(f"![{each.removesuffix('.svg')}](performance/{each})" for each in pictures(results))
        return f"{shown or 'Not drawn yet.'}\n"
    result = results.get(name)
    if result is None:
        return "Not measured yet.\n"
    parts = [_source(result), "\n".join(TABLES[result["bench"]](result)), "\n".join(_lines(result))]
    return "\n\n".join(part for part in parts if part) + "\n"


def _source(result: Result) -> str:
    """What was run, and where."""
    return (
        f"`{result['command']}` on {result['cores']} cores ({result['processor']}), Python {result['python']}, "
        f"{result['when'][:10]}; it took {max(1, round(result['took_seconds'] / 60))} min."
    )


def _lines(result: Result) -> Iterator[str]:
    lines = result["lines"]
    if lines:
        yield from _head("Evergauge", "found", "target", "")
    for line in lines:
        yield _row(line["what"], line["found"], line["target"], report.VERDICTS[line["met"]])


def _compare(result: Result) -> Iterator[str]:
    own, peer = result["medians"]["evergauge"], result["medians"]["peer"]
    pods = f"{result['pods']:,} pods"
    yield from _head(pods, "Evergauge", *(("kube-state-metrics", "ratio", "target", "beyond", "") if peer else ()))
    for row in report.ROWS:
        cells = [row.label, report.text(own[row.name] * row.scale, row.unit)]
        if peer:
            ratio = own[row.name] / peer[row.name] if peer[row.name] else float("nan")
            cells += [report.text(peer[row.name] * row.scale, row.unit), f"{ratio:.3f}", *_bounds(row, ratio)]
        yield _row(*cells)


def _bounds(row: report.Row, ratio: float) -> tuple[str, str, str]:
    if row.target is None:
        return "", "", ""
    return f"{row.target:g}", f"{row.beyond:g}", report.verdict(ratio, row.target, row.beyond)


def _shards(result: Result) -> Iterator[str]:
    yield from _head("shard", "pods", "received", "CPU", "until served", "resident", "gzip scrape")
    for label, cost in result["costs"].items():
        yield _row(
            label.replace("peer", "KSM"),
            f"{cost['pods']:,}",
            report.text(cost["received"] / 1e6, "MB"),
            report.text(cost["cpu"], "s"),
            report.text(cost["seconds"], "s"),
            report.text(cost["resident"], "MiB"),
            report.text(cost["gzip_seconds"], "s"),
        )


def _peaks(result: Result) -> Iterator[str]:
    yield from _head("memory", "before", "at its highest", "after", "took")
    for each in result["peaks"]:
        sizes = (report.text(each[name], "MiB") for name in ("before", "most", "after"))
        yield _row(each["what"], *sizes, report.text(each["seconds"], "s"))


def _million(result: Result) -> Iterator[str]:
    yield from _head("shard", "pods", "until ready", "CPU", "resident", "peak", "gzip scrape", "size")
    rows = [(f"{each['number']} of {result['total']}", each) for each in result["shards"]]
    if "whole" in result:
        rows.append(("all in one", result["whole"]))
    for label, each in rows:
        yield _row(
            label,
            f"{each['pods']:,}",
            report.text(each["seconds"], "s"),
            report.text(each["cpu"], "s"),
            report.text(each["resident"], "MiB"),
            report.text(each["peak"], "MiB"),
            report.text(each["gzip_seconds"], "s"),
            report.text(each["gzip_bytes"] / 1e6, "MB"),
        )


def _churn(result: Result) -> Iterator[str]:
    window = result["evergauge"]
    rate = result["events"] / window["seconds"]
    yield f"{result['pods']:,} pods, {rate:,.0f} events a second for {window['seconds']:.0f} s, a gzip scrape every 5 s."


TABLES: Final[Mapping[str, Callable[[Result], Iterator[str]]]] = {
    COMPARE: _compare,
    "churn": _churn,
    "shards": _shards,
    "peaks": _peaks,
    "million": _million,
}


def _head(*cells: str) -> Iterator[str]:
    yield _row(*cells)
    yield "|" + "---|" * len(cells)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"
