"""A fleet whose objects change all the time, and somebody who looks at it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from aiohttp import ClientSession

from faults.changes import Changes, ThroughApi, ThroughEtcd, changing
from faults.fleet import Fleet, fleet
from faults.truth import CONFIG_MAPS, Truth, learn
from faults.watcher import Watcher, watching

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from faults.pod import Image
    from support.controlplane import ControlPlane

BOUND: Final = 5.0
"""The freshness bound of the tests, in seconds."""
SEEN_WITHIN: Final = 0.5
"""Seconds in which a change is visible when all is well, on a busy machine."""
NOISE: Final = 2.0
"""Seconds by which a busy machine may exceed the design's figures."""


class Outcome(NamedTuple):
    """What was found from a moment on. All but the first are seconds; see Findings.

    missing: objects that were missing at some time. age: of the oldest change that wasn't visible. whole: how long it took.
    """

    missing: int
    missing_seconds: float
    doubled_seconds: float
    age: float
    undeclared: float
    whole: float = 0.0


class Scene(NamedTuple):
    """See the module. api, etcd: the two ways by which changes may go."""

    truth: Truth
    fleet: Fleet
    changes: Changes
    watcher: Watcher
    api: ThroughApi
    etcd: ThroughEtcd

    async def settled(self, shards: int, *, within: float = 30.0) -> float:
        """When so many shards serve every object once, and changes are visible. Waits so many seconds at most, as those below."""
        pair = await self.watcher.until(
            lambda pair: (
                len(pair.held) == shards
                and all(pair.held.values())
                and not pair.doubled
                and pair.shows_all_until(pair.began - SEEN_WITHIN)
            ),
            within=within,
        )
        return pair.began

    async def shown(self, moment: float, *, within: float) -> float:
        """When all changes from before a moment are visible, and nothing is missing."""
        pair = await self.watcher.until(lambda pair: pair.shows_all_until(moment), after=moment, within=within)
        return pair.began

    async def in_step(self, *, after: float, within: float) -> float:
        """When, after a moment, changes are visible soon, and nothing is missing."""
        pair = await self.watcher.until(
            lambda pair: pair.shows_all_until(pair.began - SEEN_WITHIN), after=after, within=within
        )
        return pair.began

    def outcome(self, since: float, whole: float = 0.0) -> Outcome:
        """What was found since a moment."""
        found = self.watcher.since(since)
        return Outcome(
            len(found.missing),
            found.missing_seconds,
            found.doubled_seconds,
            max(found.ages, default=0.0),
            found.undeclared(BOUND),
            whole,
        )


@asynccontextmanager
async def scene(plane: ControlPlane, image: Callable[[int], Image], replicas: int) -> AsyncIterator[Scene]:
    """Entered when all of it is at work, and the fleet has settled."""
    async with plane.session() as session, ClientSession(base_url=plane.etcd_url) as to_etcd:
        truth, api = await learn(session, CONFIG_MAPS), ThroughApi(session)
        async with (
            fleet(session, image, replicas) as formed,
            changing(truth, api) as changes,
            watching(truth, lambda: formed.shards) as watcher,
        ):
            entered = Scene(truth, formed, changes, watcher, api, ThroughEtcd(to_etcd))
            await entered.settled(replicas)
            yield entered
