"""Audits: how often what is served was held against the API server, and what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import Counter, Gauge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from prometheus_client import CollectorRegistry

    from evergauge.pipeline.audit import DriftKind
    from evergauge.pipeline.audits import Result


class AuditMetrics:
    """The counter of the audits."""

    def __init__(self, registry: CollectorRegistry, resources: Iterable[str], clock: Callable[[], float]) -> None:
        """clock: Unix seconds."""
        self._clock = clock
        self._audits = Counter(
            "evergauge_audits_total",
            "Audits of a feed by result: nothing was found, objects were not as the API server has them, or it could not be completed.",
            ["resource", "result"],
            registry=registry,
        )
        self._drift = Counter(
            "evergauge_audit_drift_objects_total",
            "Objects that were missing, that the API server no longer had, or that were out of date, found by audits.",
            ["resource", "drift"],
            registry=registry,
        )
        self._last = Gauge(
            "evergauge_audit_last_success_timestamp_seconds",
            "Unix time of the last audit of a resource that was completed, whatever it found.",
            ["resource"],
            registry=registry,
        )
        for resource in resources:
            for result in ("clean", "drift", "failed"):
                self._audits.labels(resource, result)
            for drift in ("missing", "extra", "outdated"):
                self._drift.labels(resource, drift)

    def audited(self, resource: str, result: Result) -> None:
        """See evergauge.pipeline.audits.AuditCounter."""
        self._audits.labels(resource, result).inc()
        if result != "failed":
            self._last.labels(resource).set(self._clock())

    def drifted(self, resource: str, drift: DriftKind, objects: int) -> None:
        """See evergauge.pipeline.audits.AuditCounter."""
        self._drift.labels(resource, drift).inc(objects)
