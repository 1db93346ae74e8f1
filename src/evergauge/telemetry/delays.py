"""From the arrival of an event to the moment from which scrapes show it. Counted in chunks: there may be thousands of events a second."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import CollectorRegistry, Metric

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class DelayHistogram(Collector):
    """A histogram that takes many equal observations at once, which those of prometheus_client don't."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._counts = [0] * (len(BUCKETS) + 1)
        self._sum = 0.0
        registry.register(self)

    def observe(self, seconds: float, events: int) -> None:
        """So many events took so long."""
        self._counts[bisect_left(BUCKETS, seconds)] += events
        self._sum += seconds * events

    def collect(self) -> Iterator[Metric]:
        bounds = [*map(str, BUCKETS), "+Inf"]
        yield HistogramMetricFamily(
            "evergauge_event_visible_delay_seconds",
            "Time from an event's arrival, or when it was left to gather, to the moment from which any scrape that begins shows it.",
            buckets=list(zip(bounds, accumulate(self._counts), strict=True)),
            sum_value=self._sum,
        )
