"""Generations and handovers: how many shards there are and are to be, and how the passage from one to the other goes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal

from prometheus_client import Counter, Gauge, Histogram

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from evergauge.shard import Key


class HandoverMetrics:
    """The observer of handovers."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._wanted = Gauge(
            "evergauge_wanted_shards", "The number of shards that the StatefulSet asks for.", registry=registry
        )
        self._current = Gauge(
            "evergauge_current_shards",
            "The number of shards by which objects are shared out now. It differs from the wanted one during a handover.",
            registry=registry,
        )
        self._key = Gauge(
            "evergauge_shard_key_info",
            "Constant 1; the label is a hash of what decides which shard owns an object. Shards that differ in it share out by different rules.",
            ["key"],
            registry=registry,
        )
        self._prepared = Gauge(
            "evergauge_prepared_generations",
            "Generations that are prepared beside the one in service.",
            registry=registry,
        )
        self._handovers = Counter(
            "evergauge_handovers_total",
            "Handovers that were completed, or superseded by another one before that.",
            ["result"],
            registry=registry,
        )
        self._duration = Histogram(
            "evergauge_handover_duration_seconds",
            "From learning of another number of shards to having let go of all that others serve.",
            buckets=(0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800),
            registry=registry,
        )
        self._stuck = Gauge(
            "evergauge_handover_stuck",
            "1 while a handover has been under way for more than ten minutes.",
            registry=registry,
        )
        for result in ("completed", "superseded"):
            self._handovers.labels(result)

    def wanted(self, key: Key) -> None:
        """See evergauge.shard.handover.Observer."""
        self._wanted.set(key.replicas)

    def current(self, key: Key) -> None:
        """By this key objects are shared out now."""
        self._current.set(key.replicas)
        self._key.clear()
        self._key.labels(hashlib.sha256(repr(tuple(key)).encode()).hexdigest()[:12]).set(1)

    def prepared(self, generations: int) -> None:
        """So many generations are prepared beside the one in service."""
        self._prepared.set(generations)

    def stuck(self, *, is_stuck: bool) -> None:
        """See evergauge.shard.handover.Observer."""
        self._stuck.set(is_stuck)

    def ended(self, result: Literal["completed", "superseded"], seconds: float) -> None:
        """See evergauge.shard.handover.Observer."""
        self._handovers.labels(result).inc()
        if result == "completed":
            self._duration.observe(seconds)
