"""HTTP: the metrics of the objects on the main port, everything about Evergauge itself on the telemetry port."""

from evergauge.web.exposer import Exposer, Readiness
from evergauge.web.metrics import metrics_app
from evergauge.web.self_metrics import telemetry_app
from evergauge.web.serving import Server, Timeouts
from evergauge.web.sockets import listen

__all__ = ["Exposer", "Readiness", "Server", "Timeouts", "listen", "metrics_app", "telemetry_app"]
