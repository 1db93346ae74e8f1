"""What the demo says, beside the live series: where everything is, and what to try."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergauge.app import Endpoints
    from evergauge.demo.cluster import Where
    from evergauge.demo.options import DemoOptions


def starting(own: DemoOptions) -> str:
    """What is begun."""
    life = f"about {own.churn:g} writes a second" if own.churn else "standing still"
    return f"A simulated cluster of {own.pods:,} pods, {life} (seed {own.seed})."


def announcement(where: Where, endpoints: Endpoints) -> Iterator[str]:
    """Everything a user can look at and do, once all of it is there."""
    yield ""
    yield "Evergauge serves it:"
    yield f"  metrics        {endpoints.metrics}/metrics     what Prometheus scrapes, under kube-state-metrics' names"
    yield f"  self-metrics   {endpoints.telemetry}/metrics     what Evergauge says about itself"
    yield f"  readiness      {endpoints.telemetry}/readyz"
    yield f"  API server     {where.api}             simulated; try curl {where.api}/api/v1/nodes"
    yield ""
    yield "Let something go wrong, and watch the feeds below; nothing that is served goes missing meanwhile:"
    for words, path, order in TROUBLES:
        yield f"  {words}"
        yield f"    curl -d '{order}' {where.orders}{path}"
    yield ""


TROUBLES = (
    (
        "The API server is away for 40 s: feeds become suspect, then lost, and come back.",
        "/sim/faults",
        '{"kind": "refuse", "seconds": 40}',
    ),
    (
        "Connections about pods fall silent for 40 s, without an error: only the proof that is missing shows it.",
        "/sim/faults",
        '{"kind": "hang", "resource": "pods", "seconds": 40}',
    ),
    (
        "Nodes may not be read for 30 s.",
        "/sim/faults",
        '{"kind": "forbid", "resource": "nodes", "seconds": 30}',
    ),
)
"""In words, and as an order to the simulator: the path and a fault as JSON."""

FAREWELL = "Stopped; the simulated cluster is gone."


def live(seconds: float) -> str:
    """What stands above the live series. seconds: it took to read them."""
    return f"Live, as these ports serve it, read in {seconds * 1000:.0f} ms (Ctrl-C ends the demo):"
