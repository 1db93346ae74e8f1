"""A fleet whose objects change all the time, and somebody who looks at it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from aiohttp import ClientSession

from faults.changes import Changes, ThroughApi, ThroughEtcd, changing
from faults.fleet import Fleet, fleet
from faults.truth import CONFIG_MAPS, Truth, Watched, learn
from faults.watcher import SEEN_WITHIN, Watcher, watching

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from faults.pod import Image
    from support.controlplane import ControlPlane

BOUND: Final = 5.0
"""The freshness bound of the tests, in seconds."""
NOISE: Final = 2.0
"""Seconds by which a busy machine may exceed the design's figures."""
PATIENCE: Final = 240.0
"""Seconds until a fleet is given up that doesn't come to itself."""


class Scene(NamedTuple):
    """See the module. api, etcd: the two ways by which changes may go."""

    truth: Truth
    fleet: Fleet
    changes: Changes
    watcher: Watcher
    api: ThroughApi
    etcd: ThroughEtcd

    async def settled(self, shards: int, *, within: float) -> float:
        """When so many shards serve every object once, and changes are visible. Waits so many seconds at most."""
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


@asynccontextmanager
async def scene(
    plane: ControlPlane,
    image: Callable[[int], Image],
    replicas: int,
    *,
    watched: Watched = CONFIG_MAPS,
    bound: float = BOUND,
) -> AsyncIterator[Scene]:
    """Entered when all of it is at work, and the fleet has settled. watched: what is looked at; config maps change in any case.

    bound: seconds beyond which what is served is to be declared.
    """
    async with plane.session() as session, ClientSession(base_url=plane.etcd_url) as to_etcd:
        truth, api = await learn(session, watched), ThroughApi(session)
        changed = truth if watched is CONFIG_MAPS else await learn(session, CONFIG_MAPS)
        async with (
            fleet(session, image, replicas) as formed,
            changing(changed, api) as changes,
            watching(truth, lambda: formed.shards, bound) as watcher,
        ):
            entered = Scene(truth, formed, changes, watcher, api, ThroughEtcd(to_etcd))
            await entered.settled(replicas, within=PATIENCE)
            yield entered
