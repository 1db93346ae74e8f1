"""When a shard may let go of what it loses, and how long one that leaves serves on.

Without a word from the other shards their Pods say enough: one that is Ready has synced, so it serves what it has gained. That a Pod
doesn't get Ready means an overlap, never a gap.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from evergauge.errors import ApiError

if TYPE_CHECKING:
    from evergauge.shard import Member, Membership, Partition

log = structlog.get_logger(__name__)

LOOK_EVERY = 1.0
"""Seconds between two looks at the gaining Pods."""
STUCK_AFTER = 600.0
"""Seconds after which it is said that the gaining Pods don't get Ready."""
BEFORE_KILL = 5.0
"""Seconds that a leaving Pod keeps of its grace period for ending its scrapes."""


class Handover:
    """The passages of one member of a fleet."""

    def __init__(self, membership: Membership) -> None:
        self._membership = membership

    async def may_let_go(self, before: Partition, after: Partition) -> None:
        """Return when the Pods that gain by this passage are Ready; at once when the fleet shrinks, for then this one gains."""
        member, fleet = self._membership.member, self._membership.fleet
        if member is None or fleet is None or after.total <= before.total:
            return
        gaining = [member.pod(fleet.start + ordinal) for ordinal in range(before.total, after.total)]
        looks = 0
        while waiting := [name for name in gaining if not await self._is_ready(name)]:
            if looks * LOOK_EVERY == STUCK_AFTER:
                log.warning("handover stuck: serving on what these Pods are to take over", waiting_for=waiting)
            looks += 1
            await asyncio.sleep(LOOK_EVERY)

    async def drain(self) -> None:
        """Told to stop: return at once, or, where the fleet has shrunk, when the grace period nears its end."""
        member, fleet = self._membership.member, self._membership.fleet
        if member is None or fleet is None or fleet.partition(member.number) is not None:
            return
        seconds = await self._grace(member)
        log.info("leaving the fleet: serving on until the others have taken over", seconds=seconds)
        await asyncio.sleep(seconds)

    async def _is_ready(self, pod: str) -> bool:
        try:
            return (await self._membership.get_pod(pod)).ready
        except ApiError as error:
            log.debug("a gaining Pod can't be read", pod=pod, why=str(error))
            return False

    async def _grace(self, member: Member) -> float:
        try:
            grace = (await self._membership.get_pod(member.pod(member.number))).metadata.deletionGracePeriodSeconds
        except ApiError as error:
            log.warning("the grace period isn't known", why=str(error))
            return 0.0
        return max(0.0, (grace or 0) - BEFORE_KILL)
