"""Objects that can't be shown in full: each is counted, and named in the log at a bounded rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergauge.declare import Fault

log = structlog.get_logger(__name__)

LOGGED = 10
"""Log lines in a period."""
PERIOD = 60.0
"""Seconds."""


class FaultCounter(Protocol):
    """Who counts."""

    def failed(self, resource: str, family: str) -> None:
        """One object was served without one family; family "" where nothing of it could be served."""


class FaultReports:
    """The faults of all kinds."""

    def __init__(self, counter: FaultCounter, clock: Callable[[], float]) -> None:
        """clock: monotonic seconds."""
        self._counter = counter
        self._clock = clock
        self._period_ends = 0.0
        self._logged = 0
        self._suppressed = 0

    def report(self, resource: str, object_name: str, fault: Fault) -> None:
        """One family of one object, or the whole object, was left out."""
        self._counter.failed(resource, fault.family)
        if not self._may_log():
            self._suppressed += 1
            return
        log.warning("left out", resource=resource, object=object_name, family=fault.family or "all", why=fault.reason)

    def _may_log(self) -> bool:
        now = self._clock()
        if now >= self._period_ends:
            if self._suppressed:
                log.warning(
                    "more was left out than is named here; see evergauge_object_errors_total", unnamed=self._suppressed
                )
            self._period_ends, self._logged, self._suppressed = now + PERIOD, 0, 0
        self._logged += 1
        return self._logged <= LOGGED
