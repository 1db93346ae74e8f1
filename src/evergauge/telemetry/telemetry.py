"""All self-metrics in one registry of their own, by what they are about."""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from evergauge.exposition.negotiate import Format
from evergauge.telemetry.api import ApiMetrics
from evergauge.telemetry.audits import AuditMetrics
from evergauge.telemetry.feeds import FeedMetrics
from evergauge.telemetry.freshness import FreshnessMetrics
from evergauge.telemetry.handovers import HandoverMetrics
from evergauge.telemetry.objects import ObjectMetrics
from evergauge.telemetry.scrapes import ScrapeMetrics
from evergauge.telemetry.settings import SettingMetrics
from evergauge.telemetry.stalls import LoopMetrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from prometheus_client import Metric

_EOF = b"# EOF\n"


@dataclass(frozen=True, slots=True)
class Build:
    """What was built. revision and branch: of the source repository, empty where unknown."""

    version: str
    revision: str = ""
    branch: str = ""


class Telemetry:
    """The self-metrics.

    `feeds` (also the feeds' observer), `freshness`, `api`, `audits`, `handovers`, `objects`, `scrapes`, `settings`, `loop`.
    """

    def __init__(self, build: Build, go_types: Mapping[str, str], *, clock: Callable[[], float] = time.time) -> None:
        """go_types: resource to Go type (`pods`: `*v1.Pod`), the label that KSM's alerts know. clock: Unix seconds."""
        # A creation time beside each counter would double them; Prometheus learns of resets by itself.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has no type here
        self.registry = CollectorRegistry()
        self.feeds = FeedMetrics(self.registry, go_types)
        self.freshness = FreshnessMetrics(self.registry)
        self.api = ApiMetrics(self.registry)
        self.audits = AuditMetrics(self.registry, go_types, clock)
        self.handovers = HandoverMetrics(self.registry)
        self.objects = ObjectMetrics(self.registry)
        self.scrapes = ScrapeMetrics(self.registry)
        self.settings = SettingMetrics(self.registry, go_types, clock=clock)
        self.loop = LoopMetrics(self.registry)
        ProcessCollector(registry=self.registry)
        _build_info(self.registry, build)

    def exposition(self, format: Format) -> bytes:  # noqa: A002 (what it is)
        """All self-metrics as a response body."""
        return b"".join(self.pieces(format))

    def pieces(self, format: Format) -> Iterator[bytes]:  # noqa: A002 (as above)
        """The same family by family, for others to have a turn: thousands of feeds make a quarter of a second."""
        openmetrics = format is Format.OPENMETRICS
        for family in self.registry.collect():
            if openmetrics:
                text: bytes = generate_openmetrics(_One(family))  # type: ignore[no-untyped-call]  # as above
                yield text.removesuffix(_EOF)
            else:
                yield generate_latest(_One(family))
        if openmetrics:
            yield _EOF


class _One(CollectorRegistry):
    """A registry of one family that has been collected already."""

    def __init__(self, family: Metric) -> None:
        super().__init__()
        self._family = family

    def collect(self) -> Iterator[Metric]:
        yield self._family


def _build_info(registry: CollectorRegistry, build: Build) -> None:
    """Labels as KSM's where they mean the same; Go's own are left out."""
    labels = {
        "version": build.version,
        "revision": build.revision,
        "branch": build.branch,
        "pythonversion": platform.python_version(),
        "goos": platform.system().lower(),
        "goarch": platform.machine(),
    }
    info = Gauge(
        "kube_state_metrics_build_info",
        "Constant 1; the labels say which version of Evergauge this is and what it runs on.",
        labels,
        registry=registry,
    )
    info.labels(**labels).set(1)
