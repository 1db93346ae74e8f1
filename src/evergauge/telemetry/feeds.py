"""Lists, watches and states of the feeds. An instance is the feeds' observer, and says when all have synced."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, Protocol, get_args

import structlog
from prometheus_client import Counter, Gauge

from evergauge.freshness import State
from evergauge.kube.ways import RelistReason
from evergauge.telemetry.delays import DelayHistogram

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from prometheus_client import CollectorRegistry

STATES: tuple[State, ...] = get_args(State)
"""The states of a feed (docs: freshness)."""
RELIST_REASONS: tuple[RelistReason, ...] = get_args(RelistReason)
_REFUSED = frozenset({"forbidden", "absent"})
_SETTLED = frozenset({"live", "absent"})
"""A feed that has been in one of these is not waited for: it has synced, or there is no such kind."""
_UNEASY = _REFUSED | {"suspect", "lost"}

log = structlog.get_logger(__name__)


class FeedSource(Protocol):
    """What a feed lists and watches, as far as telemetry cares. resource: plural; namespace: None for all."""

    @property
    def resource(self) -> str: ...

    @property
    def namespace(self) -> str | None: ...


class FeedMetrics:
    """The observer of all feeds.

    The two counters that alerts on KSM look at keep their meaning: the share of errors among lists, and among watches.
    """

    def __init__(self, registry: CollectorRegistry, go_types: Mapping[str, str]) -> None:
        """go_types: resource to Go type, looked up at each call, so it may grow."""
        self._go_types = go_types
        self._feeds: collections.Counter[FeedSource] = collections.Counter()
        self._watching: set[FeedSource] = set()
        self._followed: set[FeedSource] = set()
        self._pending: dict[FeedSource, None] = {}
        self._states: dict[FeedSource, str] = {}
        self._lists = Counter(
            "kube_state_metrics_list_total",
            "Initial and repeated syncs of a resource, whether by pages or by a watch that starts with a list.",
            ["result", "resource"],
            registry=registry,
        )
        self._watches = Counter(
            "kube_state_metrics_watch_total",
            "Watches opened anew and watches that failed. Renewals of a sound watch are not counted: see evergauge_watch_renewals_total.",
            ["result", "resource"],
            registry=registry,
        )
        self._renewals = Counter(
            "evergauge_watch_renewals_total",
            "Watches opened while the one before was sound, as the lease asks for.",
            ["resource", "namespace"],
            registry=registry,
        )
        self._relists = Counter(
            "evergauge_feed_relists_total",
            "Lists after the first one, by reason: the version to resume from had expired, the API server was behind what it sent "
            "before, or an audit had found a difference.",
            ["resource", "namespace", "reason"],
            registry=registry,
        )
        self._delays = DelayHistogram(registry)
        self._state = Gauge(
            "evergauge_feed_state",
            "1 for the state that a feed is in. An empty namespace is all namespaces.",
            ["resource", "namespace", "state"],
            registry=registry,
        )
        self._changes = Counter(
            "evergauge_feed_state_changes_total",
            "Entries of a feed into a state.",
            ["resource", "namespace", "state"],
            registry=registry,
        )

    def add(self, source: FeedSource) -> None:
        """A feed is about to start: it is waited for, and its series are there from the beginning.

        A feed of the next generation beside the one in service changes nothing: what is served has synced.
        """
        self._feeds[source] += 1
        if self._feeds[source] > 1:
            return
        self._pending[source] = None
        for result in ("success", "error"):
            self._lists.labels(result, self._go_type(source))
            self._watches.labels(result, self._go_type(source))
        self._renewals.labels(*_place(source))
        for reason in RELIST_REASONS:
            self._relists.labels(*_place(source), reason)
        for state in STATES:
            self._changes.labels(*_place(source), state)
            self._state.labels(*_place(source), state)

    def drop(self, source: FeedSource) -> None:
        """A feed that was added has ended for good. With the last of its source its state is shown no more."""
        self._feeds[source] -= 1
        if self._feeds[source] > 0:
            return
        del self._feeds[source]
        self._watching.discard(source)
        self._followed.discard(source)
        self._pending.pop(source, None)
        self._states.pop(source, None)
        for state in STATES:
            self._state.remove(*_place(source), state)

    def listed(self, source: FeedSource, error: Exception | None = None) -> None:
        """A list ended, by pages or by watch-list."""
        self._watching.discard(source)
        self._lists.labels("error" if error else "success", self._go_type(source)).inc()
        if error:
            log.debug("list failed", **_named(source), error=str(error))

    def watched(self, source: FeedSource, error: Exception | None = None) -> None:
        """A watch was opened, or failed.

        After a clean opening the next ones are renewals, until one fails or a list takes place: leases renew so often
        that counting them would hide the errors among them.
        """
        if error:
            self._watching.discard(source)
            self._watches.labels("error", self._go_type(source)).inc()
            log.debug("watch failed", **_named(source), error=str(error))
        elif source in self._watching:
            self._renewals.labels(*_place(source)).inc()
        else:
            self._watching.add(source)
            self._followed.add(source)
            self._watches.labels("success", self._go_type(source)).inc()

    def relisted(self, source: FeedSource, reason: RelistReason) -> None:
        """A feed that had listed is about to do so again."""
        self._relists.labels(*_place(source), reason).inc()
        log.info("feed lists anew", **_named(source), reason=reason)

    def visible(self, source: FeedSource, events: int, seconds: float) -> None:  # noqa: ARG002 - one histogram for all
        """Events that any scrape shows which begins from now on. seconds: since they came into this process."""
        self._delays.observe(seconds, events)

    def state(self, source: FeedSource, state: str, why: str) -> None:
        """A feed's state. Logged and counted when it differs from the one before."""
        before = self._states.get(source)
        if state == before:
            return
        self._states[source] = state
        if before:
            self._state.labels(*_place(source), before).set(0)
        self._state.labels(*_place(source), state).set(1)
        self._changes.labels(*_place(source), state).inc()
        if state in _SETTLED:
            self._pending.pop(source, None)
        elif state == "forbidden" and source not in self._followed:
            # It may be listed but not watched: what it has is of no use.
            self._pending[source] = None
        write = log.warning if state in _UNEASY else log.info
        write("feed is " + state, **_named(source), before=before or "new", why=why)

    def ready(self) -> tuple[bool, Sequence[str]]:
        """Whether every feed has synced once, and the names of those that haven't. Not before there is a feed."""
        missing = [self._name(source) for source in self._pending]
        return not missing and bool(self._feeds), missing

    def refused(self, source: FeedSource) -> bool:
        """Whether the API server refuses a feed: it doesn't serve the kind, or doesn't let it be read."""
        return self._states.get(source) in _REFUSED

    def _name(self, source: FeedSource) -> str:
        where = f" in namespace {source.namespace}" if source.namespace else ""
        return f"{source.resource}{where}{' (forbidden)' if self.refused(source) else ''}"

    def _go_type(self, source: FeedSource) -> str:
        return self._go_types.get(source.resource, "*unstructured.Unstructured")


def _place(source: FeedSource) -> tuple[str, str]:
    return source.resource, source.namespace or ""


def _named(source: FeedSource) -> dict[str, str]:
    return {"resource": source.resource} | ({"namespace": source.namespace} if source.namespace else {})
