"""What all feeds of a process share: the client, who is told, how they wait, and their times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from evergauge.kube.abilities import Abilities
    from evergauge.kube.client import ApiClient
    from evergauge.kube.source import Source
    from evergauge.kube.waiting import ListQueue, Outage

RelistReason = Literal["expired", "behind", "audit"]
"""expired: the server no longer knows the last version (410). behind: the server has gone back, as after the restoration of a backup.
audit: what is kept was not what the server has."""

WATCHES = 3
"""Watches, end to end, in a freshness bound."""
RENEW_AT = 0.8
"""The part of a watch's length after which its successor is opened. While both run every event comes twice."""
JITTER = 0.05
"""The part of their length by which watches and the times between them vary, so that those that were opened together don't stay together."""
RENEWALS = 2400
"""The most renewals a minute of one process. One costs the API server 0.8 ms of CPU and this process 0.6 ms (2.1 and 1.9 ms where it
takes a new TLS connection; measured on kube-apiserver 1.36), so these are some 3 % of a core on either side. All kinds of a whole
cluster stay below it even with the smallest bound, 5 s."""


class Timing(NamedTuple):
    """Times of a feed in seconds.

    watch: length of a watch. renew: after which the next one is opened. connect: until a watch must have begun. grace: how long
    after it is due a watch's end may take to arrive. silence: without a byte for so long a list has failed; one that does not
    begin gets more time as long as the server answers others. sync: the longest that a whole list may take. retry: the longest pause
    before the next attempt, after a failure or a refusal.
    """

    watch: float = 10.0
    renew: float = 8.0
    connect: float = 5.0
    grace: float = 10 / 3
    silence: float = 15.0
    sync: float = 600.0
    retry: float = 15.0


def bound_in_force(configured: float, feeds: int) -> float:
    """The freshness bound, in seconds, at which so many feeds make no more than RENEWALS: the configured one, or a wider one."""
    narrowest = feeds * 60 / RENEWALS * WATCHES / RENEW_AT
    return max(configured, narrowest)


def timing_for(bound: float) -> Timing:
    """The times by which a feed stays within a freshness bound, in seconds.

    A proof is as old as its watch is long when it comes, and grows older until the next one comes: 1.8 thirds of the bound.
    """
    watch = bound / WATCHES
    return Timing(
        watch=watch,
        renew=watch * RENEW_AT,
        connect=min(10.0, max(2.0, watch / 2)),
        grace=min(5.0, max(1.0, watch / 3)),
        silence=min(15.0, max(5.0, bound / 2)),
        retry=min(30.0, bound / 2),
    )


class Observer(Protocol):
    """Who is told what happens."""

    def listed(self, source: Source, error: Exception | None = None) -> None:
        """A list ended."""

    def watched(self, source: Source, error: Exception | None = None) -> None:
        """A watch was opened, or failed."""

    def relisted(self, source: Source, reason: RelistReason) -> None:
        """A feed that had listed is about to do so again."""

    def visible(self, source: Source, events: int, seconds: float) -> None:
        """Events of a watch, which any scrape that begins from now on shows. seconds: since they came into this process, at most."""

    def state(self, source: Source, state: str, why: str) -> None:
        """The state of the feed, repeated from time to time."""


class Ways(NamedTuple):
    """See the module. clock: monotonic seconds."""

    client: ApiClient
    abilities: Abilities
    observer: Observer
    queue: ListQueue
    outage: Outage
    rng: Random
    clock: Callable[[], float]
    timing: Timing = Timing()
