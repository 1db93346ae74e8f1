"""Foreign readers of the exposition formats: prometheus_client's parsers, typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families as text_families

if TYPE_CHECKING:
    from prometheus_client import Metric


def parse_text(exposition: str) -> list[Metric]:
    """The families of an exposition in the text format. Raises ValueError when it isn't one."""
    return list(text_families(exposition))


def parse_openmetrics(exposition: str) -> list[Metric]:
    """The families of an exposition in OpenMetrics, read strictly. Raises ValueError when it isn't one."""
    return list(openmetrics_families(exposition))  # type: ignore[no-untyped-call]  # the library has no type here


def samples(families: list[Metric]) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """All samples by name and sorted labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }
