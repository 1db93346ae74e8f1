"""The shard that is served: the one that the flags name, or the one that the Pod's StatefulSet makes it (autosharding)."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Protocol

import structlog

from evergauge.errors import ApiError, NotFound
from evergauge.jobs import Job
from evergauge.shard import Fleet, Handover, Member, Membership, Peers, fixed, write_view

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergauge.kube.ways import Ways
    from evergauge.options import Options
    from evergauge.service import Service
    from evergauge.telemetry import HandoverMetrics

log = structlog.get_logger(__name__)

BEFORE_KILL = 5.0
"""Seconds that a leaving Pod keeps of its grace period for ending its scrapes."""


class Shards(Protocol):
    """How it is decided what is served."""

    @property
    def jobs(self) -> Sequence[Job]:
        """What runs as long as the process."""
        ...

    def view(self) -> bytes | None:
        """What the other shards may know of this one, as JSON; None as long as there is nothing to say."""
        ...

    async def drain(self) -> None:
        """Told to stop: returns when that leaves no gap, or can't be put off any longer."""

    async def close(self) -> None:
        """Close all connections of its own."""


class FixedShard:
    """The shard of `--shard` and `--total-shards`."""

    def __init__(self, options: Options, service: Service) -> None:
        self._holding = fixed(options.shard, options.total_shards, options.sharding)
        self._service = service

    @property
    def jobs(self) -> Sequence[Job]:
        """See Shards."""
        return [Job("generations", self._serve)]

    def view(self) -> bytes | None:
        """See Shards."""
        return None

    async def drain(self) -> None:
        """See Shards."""

    async def close(self) -> None:
        """See Shards."""

    async def _serve(self) -> None:
        await self._service.serve(self._holding)
        await asyncio.Event().wait()


class StatefulSetShard:
    """The shard of `--pod` and `--pod-namespace`."""

    def __init__(self, options: Options, service: Service, ways: Ways, metrics: HandoverMetrics) -> None:
        self._membership = Membership(
            ways, options.pod_namespace, options.pod, self._learn, bound=options.freshness_bound
        )
        self._peers = Peers(self._membership.get_peer, options.telemetry_port)
        self._handover = Handover(
            service,
            self._peers,
            metrics,
            time.monotonic,
            rule=options.sharding,
            overlap=options.handover_overlap,
        )
        self._drain_timeout = options.drain_timeout

    @property
    def jobs(self) -> Sequence[Job]:
        """See Shards."""
        return [Job("handover", self._handover.run), Job("membership", self._membership.run)]

    def view(self) -> bytes | None:
        """See Shards."""
        view = self._handover.view
        return write_view(view) if view else None

    async def drain(self) -> None:
        """See Shards. Where the fleet has shrunk: until the others serve what is served here, or the time is up."""
        try:
            await self._membership.refresh()
        except NotFound:
            log.info("the StatefulSet is gone")
            return
        except ApiError as error:
            log.warning("it isn't known whether this shard is leaving; going by what was known", why=str(error))
        if not self._handover.leaving:
            return
        seconds = self._drain_timeout or await self._grace()
        log.info("leaving the fleet: serving until the others do", at_most_seconds=seconds)
        try:
            async with asyncio.timeout(seconds):
                await self._handover.settled.wait()
        except TimeoutError:
            log.warning("the others don't serve yet what is served here", **self._named())

    async def close(self) -> None:
        """See Shards."""
        await self._peers.close()

    def _learn(self, member: Member, fleet: Fleet) -> None:
        self._handover.learn(member.number, fleet)

    def _named(self) -> dict[str, str]:
        member = self._membership.member
        return {"pod": member.pod(member.number)} if member else {}

    async def _grace(self) -> float:
        """Seconds until the Pod is killed, but for what its last scrapes need."""
        member = self._membership.member
        try:
            grace = member and (await self._membership.get_peer(member.number)).metadata.deletionGracePeriodSeconds
        except ApiError as error:
            log.warning("the grace period isn't known", why=str(error))
            return 0.0
        return max(0.0, (grace or 0) - BEFORE_KILL)


def shards_for(options: Options, service: Service, ways: Ways, metrics: HandoverMetrics) -> Shards:
    """Autosharding needs both flags; with one of them the flags of the fixed shard hold (KSM behaviour)."""
    if options.pod and options.pod_namespace:
        return StatefulSetShard(options, service, ways, metrics)
    return FixedShard(options, service)
