"""The HELP and TYPE lines of a family, and what ends an OpenMetrics exposition."""

from __future__ import annotations

from evergauge.exposition.text import escape_help

EOF = "# EOF\n"
"""The last line of an OpenMetrics exposition; the text format has none."""


def header(name: str, help: str, type: str, *, openmetrics: bool) -> str:  # noqa: A002 (the lines' own words)
    """HELP and TYPE. name: as the samples have it; help: unescaped; type: of the declaration (`gauge`, `info`, …)."""
    family, written = _openmetrics(name, type) if openmetrics else (name, _text_type(type))
    return f"# HELP {family} {escape_help(help, openmetrics=openmetrics)}\n# TYPE {family} {written}\n"


def _text_type(declared: str) -> str:
    """The text format knows neither info nor stateset."""
    return "gauge" if declared in {"info", "stateset"} else declared


def _openmetrics(name: str, declared: str) -> tuple[str, str]:
    """A family's name and type in OpenMetrics, where counters and infos are named without their samples' suffix.

    A name without that suffix can't have the type. A state set must keep its states in a label of the family's own name,
    which KSM's configuration doesn't provide for. Both are gauges, or unknown, to be valid.
    """
    if declared == "counter":
        return (name.removesuffix("_total"), "counter") if name.endswith("_total") else (name, "unknown")
    if declared == "info" and name.endswith("_info"):
        return name.removesuffix("_info"), "info"
    return name, _text_type(declared)
