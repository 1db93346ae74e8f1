"""What this process asks of the API server: requests by kind, and connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import Counter, Gauge

if TYPE_CHECKING:
    from collections.abc import Callable

    from prometheus_client import CollectorRegistry

    from evergauge.kube.client import Verb


class ApiMetrics:
    """The counter of the client's requests."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "evergauge_api_requests_total",
            "Requests to the API server. A list that comes by a watch is a list; probes are gets of readyz. "
            "The code is error where no answer came.",
            ["resource", "verb", "code"],
            registry=registry,
        )
        self._connections = Gauge(
            "evergauge_api_connections", "Open connections to the API server, idle ones included.", registry=registry
        )

    def requested(self, resource: str, verb: Verb, code: str) -> None:
        """A request was answered or failed. resource: plural; code: HTTP's, or `error`."""
        self._requests.labels(resource, verb, code).inc()

    def connections_from(self, connections: Callable[[], int]) -> None:
        """Have the number of open connections asked for at each scrape."""
        self._connections.set_function(connections)
