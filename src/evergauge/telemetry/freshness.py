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

    def ages_from(
        self, ages: Callable[[], Iterable[FeedAge]], configured: float, in_force: Callable[[], float]
    ) -> None:
        """Have the ages of all feeds asked for at each scrape. Once only.

        configured: the bound of `--freshness-bound`, in seconds. in_force: the bound that the feeds keep.
        """
        self._registry.register(_Ages(ages, configured, in_force))


class _Ages(Collector):
    def __init__(self, ages: Callable[[], Iterable[FeedAge]], configured: float, in_force: Callable[[], float]) -> None:
        self._ages = ages
        self._configured = configured
        self._in_force = in_force

    def describe(self) -> Iterable[Metric]:
        """Names without values: the registry checks for duplicates before there are feeds."""
        return self._families()

    def collect(self) -> Iterator[Metric]:
        configured, in_force, proven, event = self._families()
        configured.add_metric([], self._configured)
        in_force.add_metric([], self._in_force())
        for age in self._ages():
            for family, seconds in ((proven, age.proven), (event, age.event)):
                if seconds is not None:
                    family.add_metric([age.resource, age.namespace], seconds)
        yield from (configured, in_force, proven, event)

    @staticmethod
    def _families() -> tuple[GaugeMetricFamily, ...]:
        return (
            GaugeMetricFamily("evergauge_freshness_bound_configured_seconds", "The bound of --freshness-bound."),
            GaugeMetricFamily(
                "evergauge_freshness_bound_seconds",
                "The bound in force: the age beyond which a feed counts as lost. Wider than the configured one where very many feeds "
                "would renew their watches too often.",
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
