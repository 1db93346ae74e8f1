"""Requests to the main port's metrics: how long they took, what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from prometheus_client import Counter, Histogram

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

Encoding = Literal["gzip", "identity"]
Outcome = Literal["complete", "disconnected", "timeout", "error"]


class ScrapeMetrics:
    """KSM's histogram of request durations, and what Evergauge says beside it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._durations = Histogram(
            "http_request_duration_seconds",
            "Time from a request's headers to the end of its response.",
            ["handler", "method"],
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
            registry=registry,
        )
        self._scrapes = Counter(
            "evergauge_scrapes_total",
            "Scrapes by encoding and by how they ended.",
            ["encoding", "outcome"],
            registry=registry,
        )
        self._bytes = Counter(
            "evergauge_scrape_bytes_total",
            "Bytes of response bodies handed to the network.",
            ["encoding"],
            registry=registry,
        )

    def handled(self, method: str, seconds: float) -> None:
        """A request to `/metrics` was handled, whatever came of it."""
        self._durations.labels("metrics", method.lower()).observe(seconds)

    def served(self, encoding: Encoding, outcome: Outcome, sent: int) -> None:
        """A scrape ended. sent: bytes of its body."""
        self._scrapes.labels(encoding, outcome).inc()
        self._bytes.labels(encoding).inc(sent)
