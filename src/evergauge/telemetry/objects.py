"""Objects: how many are kept and in how many bytes, which could not be shown, and the folding of changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prometheus_client import CollectorRegistry, Metric


class KindSize(NamedTuple):
    """What the stores of one kind hold. deflated_bytes: of its fragments; plain_bytes: of the same text inflated."""

    resource: str
    objects: int
    fragments: int
    deflated_bytes: int
    plain_bytes: int


class ObjectMetrics:
    """Counted as it happens; sizes are asked for when a scrape comes."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._errors = Counter(
            "evergauge_object_errors_total",
            "Objects that lack a family because they could not be decoded or rendered. An empty family is all of them.",
            ["resource", "family"],
            registry=registry,
        )
        self._folds = Histogram(
            "evergauge_fold_duration_seconds",
            "Time in which the changes that waited were brought into the fragments.",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
            registry=registry,
        )
        self._folded = Counter(
            "evergauge_folded_buckets_total", "Buckets of objects whose fragments were made anew.", registry=registry
        )

    def failed(self, resource: str, family: str) -> None:
        """One object was served without one family; family "" where nothing of it could be served."""
        self._errors.labels(resource, family).inc()

    def folded(self, buckets: int, seconds: float) -> None:
        """A round of folding ended."""
        self._folded.inc(buckets)
        self._folds.observe(seconds)

    def sizes_from(self, sizes: Callable[[], Iterable[KindSize]]) -> None:
        """Have the sizes of all kinds, one entry each, asked for at each scrape. Once only, and it must be quick."""
        self._registry.register(_Sizes(sizes))


class _Sizes(Collector):
    def __init__(self, sizes: Callable[[], Iterable[KindSize]]) -> None:
        self._sizes = sizes

    def describe(self) -> Iterable[Metric]:
        """Names without values: the registry checks for duplicates before there are stores."""
        return self._families()

    def collect(self) -> Iterator[Metric]:
        objects, fragments, kept = self._families()
        for size in self._sizes():
            objects.add_metric([size.resource], size.objects)
            fragments.add_metric([size.resource], size.fragments)
            kept.add_metric([size.resource, "deflated"], size.deflated_bytes)
            kept.add_metric([size.resource, "plain"], size.plain_bytes)
        yield from (objects, fragments, kept)

    @staticmethod
    def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily]:
        return (
            GaugeMetricFamily("evergauge_objects", "Objects served.", labels=["resource"]),
            GaugeMetricFamily("evergauge_fragments", "Fragments kept.", labels=["resource"]),
            GaugeMetricFamily(
                "evergauge_fragment_bytes",
                "Bytes of the fragments: deflated as they are kept, and plain as a scrape inflates them.",
                labels=["resource", "form"],
            ),
        )
