"""The shard that is served: the one that the flags name, or the one that the Pod's StatefulSet makes it (autosharding)."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Protocol

import structlog

from evergauge.errors import ApiError, NotFound
from evergauge.jobs import Job
from evergauge.shard import Fleet, Handover, Member, Membership, Peers, fixed, write_view

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from evergauge.kube.ways import Ways
    from evergauge.options import Options
    from evergauge.service import Service
    from evergauge.shard import Others, Pod
    from evergauge.telemetry import HandoverMetrics

log = structlog.get_logger(__name__)

BEFORE_KILL = 5.0
"""Seconds that a leaving Pod keeps of its grace period for ending its scrapes."""
ASK_EVERY = 1.0
"""Seconds between two questions whether the fleet has shrunk, while nobody answers."""


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

    def __init__(
        self,
        options: Options,
        service: Service,
        ways: Ways,
        metrics: HandoverMetrics,
        peers_for: Callable[[Callable[[int], Awaitable[Pod]]], Others],
    ) -> None:
        """peers_for: the other shards, given how to get the Pod of a number. They are closed with this one."""
        self._membership = Membership(
            ways, options.pod_namespace, options.pod, self._learn, bound=options.freshness_bound
        )
        self._peers = peers_for(self._membership.get_peer)
        self._handover = Handover(
            service,
            self._peers,
            metrics,
            ways.clock,
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
        return write_view(self._handover.view)

    async def drain(self) -> None:
        """See Shards. Where the fleet has shrunk: until the others serve what is served here, or the time is up."""
        self._handover.stopping = True
        seconds = self._drain_timeout or max(0.0, await self._membership.grace() - BEFORE_KILL)
        try:
            async with asyncio.timeout(seconds):
                if await self._leaves():
                    log.info("leaving the fleet: serving until the others do", at_most_seconds=seconds)
                    await self._handover.settled.wait()
        except TimeoutError:
            log.warning("stopping, though the others may not serve yet what is served here", after_seconds=seconds)

    async def _leaves(self) -> bool:
        """Whether this shard leaves its fleet. While that can't be told, it is better to stay than to leave a gap."""
        while True:
            try:
                await self._membership.refresh()
            except NotFound:
                log.info("the StatefulSet is gone")
                return False
            except ApiError as error:
                log.warning("it isn't known whether this shard leaves its fleet; asking again", why=str(error))
                await asyncio.sleep(ASK_EVERY)
            else:
                return self._handover.leaving

    async def close(self) -> None:
        """See Shards."""
        await self._peers.close()

    def _learn(self, member: Member, fleet: Fleet) -> None:
        self._handover.learn(member.number, fleet)


def shards_for(options: Options, service: Service, ways: Ways, metrics: HandoverMetrics) -> Shards:
    """Autosharding needs both flags; with one of them the flags of the fixed shard hold (KSM behaviour)."""
    if options.pod and options.pod_namespace:
        return StatefulSetShard(options, service, ways, metrics, partial(Peers, port=options.telemetry_port))
    return FixedShard(options, service)
