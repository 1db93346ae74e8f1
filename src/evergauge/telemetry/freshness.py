"""How fresh each feed is proven to be, and how long ago it had its last event."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prometheus_client import CollectorRegistry, Metric


class FeedAge(NamedTuple):
    """One feed at this moment, in seconds; namespace "" for all. proven: since its last proof, event: since its last event.

    None: there was none yet.
    """

    resource: str
    namespace: str
    proven: float | None
    event: float | None


class FreshnessMetrics:
    """Asked for when a scrape comes."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def ages_from(self, ages: Callable[[], Iterable[FeedAge]], bound: float) -> None:
        """Have the ages of all feeds asked for at each scrape. Once only. bound: of `--freshness-bound`, in seconds."""
        self._registry.register(_Ages(ages, bound))


class _Ages(Collector):
    def __init__(self, ages: Callable[[], Iterable[FeedAge]], bound: float) -> None:
        self._ages = ages
        self._bound = bound

    def describe(self) -> Iterable[Metric]:
        """Names without values: the registry checks for duplicates before there are feeds."""
        return self._families()

    def collect(self) -> Iterator[Metric]:
        bound, proven, event = self._families()
        bound.add_metric([], self._bound)
        for age in self._ages():
            for family, seconds in ((proven, age.proven), (event, age.event)):
                if seconds is not None:
                    family.add_metric([age.resource, age.namespace], seconds)
        yield from (bound, proven, event)

    @staticmethod
    def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily]:
        return (
            GaugeMetricFamily(
                "evergauge_freshness_bound_seconds", "The age beyond which a feed counts as lost, of --freshness-bound."
            ),
            GaugeMetricFamily(
                "evergauge_feed_freshness_seconds",
                "Seconds since the moment up to which the feed is proven to have seen everything.",
                labels=["resource", "namespace"],
            ),
            GaugeMetricFamily(
                "evergauge_feed_last_event_age_seconds",
                "Seconds since the feed's last event. It proves nothing: nothing may have happened, or a backlog may be read.",
                labels=["resource", "namespace"],
            ),
        )
