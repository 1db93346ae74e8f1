"""What Evergauge says about itself: self-metrics, readiness, stalls of the event loop."""

from evergauge.telemetry.api import ApiMetrics
from evergauge.telemetry.audits import AuditMetrics
from evergauge.telemetry.feeds import FeedMetrics, FeedSource
from evergauge.telemetry.freshness import FeedAge, FreshnessMetrics
from evergauge.telemetry.handovers import HandoverMetrics
from evergauge.telemetry.objects import KindSize, ObjectMetrics
from evergauge.telemetry.scrapes import ScrapeMetrics
from evergauge.telemetry.settings import SettingMetrics
from evergauge.telemetry.stalls import LoopMetrics, StallMonitor
from evergauge.telemetry.telemetry import Build, Telemetry

__all__ = [
    "ApiMetrics",
    "AuditMetrics",
    "Build",
    "FeedAge",
    "FeedMetrics",
    "FeedSource",
    "FreshnessMetrics",
    "HandoverMetrics",
    "KindSize",
    "LoopMetrics",
    "ObjectMetrics",
    "ScrapeMetrics",
    "SettingMetrics",
    "StallMonitor",
    "Telemetry",
]
