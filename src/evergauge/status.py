"""What is to be said of this process: its sizes, its feeds' ages, whether it is ready, whether it is alive."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from evergauge.jobs import ended
from evergauge.telemetry import FeedAge, FeedMetrics, KindSize

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator, Sequence

    from evergauge.kube.feed import Feed
    from evergauge.service import Service
    from evergauge.telemetry import StallMonitor

STUCK_AFTER = 60.0
"""Seconds without a look at the event loop, of some fifty a second."""
NOT_READY_AFTER = 10
"""Freshness bounds without proof of a feed until this process says that it isn't ready. Long before, its state and age say so."""


def sizes(service: Service) -> Iterator[KindSize]:
    """What the stores of each kind hold."""
    for resource, kind in service.current.kinds.items() if service.current else ():
        held = [store.store.size for store in kind.stores]
        yield KindSize(
            resource,
            objects=sum(map(len, kind.stores)),
            fragments=sum(size.fragments for size in held),
            deflated_bytes=sum(size.deflated for size in held),
            plain_bytes=sum(size.plain for size in held),
        )


def ages(service: Service) -> Iterator[FeedAge]:
    """How fresh each feed is."""
    for feed in service.current.feeds if service.current else ():
        yield FeedAge(feed.source.resource, feed.source.namespace or "", proven=feed.age, event=feed.event_age)


class Readiness(NamedTuple):
    """Ready when every feed has synced, and none has been without proof for ten times the bound.

    A kind that may not be read from the start, or only listed, is waited for and named: a shard that serves nothing of it, or nothing new, must
    not pass for a whole one.
    One that is no longer permitted later takes nothing out of service: that would mend nothing, and its state and age say so. A kind
    that the API server doesn't know isn't waited for. Where the flags leave nothing to read there is nothing to wait for.
    """

    service: Service
    synced: FeedMetrics

    def ready(self) -> tuple[bool, Sequence[str]]:
        """See `evergauge.web.exposer.Readiness`."""
        current = self.service.current
        ready, missing = self.synced.ready()
        if current is None:
            return False, missing or ["the StatefulSet that says which shard this is"]
        lost = [f"{feed.source} (lost)" for feed in current.feeds if self._is_lost(feed, current.bound)]
        return (ready or not current.feeds) and not lost, [*missing, *lost]

    def _is_lost(self, feed: Feed, bound: float) -> bool:
        return (feed.age or 0.0) > bound * NOT_READY_AFTER and not self.synced.refused(feed.source)


class Liveness(NamedTuple):
    """Alive as long as the event loop turns and is looked at, and nothing has ended that never should.

    loop: who looks at the event loop. jobs: what runs as long as the process.
    """

    loop: StallMonitor
    jobs: Sequence[asyncio.Task[None]]
    service: Service

    def troubles(self) -> Sequence[str]:
        """See `evergauge.web.exposer.Liveness`."""
        dead = [f"{name} has ended" for name in (*ended(self.jobs), *ended(self.service.tasks))]
        if self.loop.since > STUCK_AFTER:
            dead.append(f"nobody has looked at the event loop for {self.loop.since:.0f} s")
        return dead
