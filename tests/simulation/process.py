"""One process of Evergauge, wired as `app.py` does it but for the ports, on an API server in memory."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from evergauge.generations import Builder, Generations
from evergauge.jobs import Job, start_jobs, stop_jobs
from evergauge.kinds import KINDS
from evergauge.kube.abilities import Abilities
from evergauge.kube.waiting import ListQueue, Outage
from evergauge.kube.ways import Ways, timing_for
from evergauge.options import parse
from evergauge.pipeline.exposer import StoreExposer
from evergauge.pipeline.selection import compile_kinds
from evergauge.service import Service
from evergauge.shards import StatefulSetShard
from evergauge.status import Readiness
from evergauge.telemetry import Build, Telemetry
from simulation.api import Api, Client

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from random import Random

    from evergauge.kube.client import ApiClient
    from evergauge.kube.feed import Feed
    from evergauge.shard import Key, Others, Pod

BOUND: Final = 5.0
OPTIONS: Final = parse(
    [
        "--resources=configmaps",
        "--metric-allowlist=kube_configmap_metadata_resource_version",
        f"--freshness-bound={BOUND:g}s",
        "--pod-namespace=default",
    ]
)
KINDS_SERVED: Final = compile_kinds(OPTIONS, KINDS)
_SAMPLE: Final = re.compile(rb'configmap="([^"]*)"[^}]*} (\d+)')


class Process:
    """See the module. number: of its Pod; client: its way to the API server; informed:
    it could ask the others when it started. heard: the keys by which they serve or keep anything.
    """

    def __init__(
        self,
        api: Api,
        number: int,
        rng: Random,
        others_for: Callable[[Callable[[int], Awaitable[Pod]]], Others],
    ) -> None:
        self.number = number
        self.informed = True
        self.heard: set[Key] = set()
        self.client = Client(api, lag=rng.choice([0, 0, 1.5]) * rng.random())
        self.telemetry = Telemetry(Build("0"), {})
        client = cast("ApiClient", self.client)
        clock = asyncio.get_running_loop().time
        self._outage = Outage(client.health, rng)
        ways = Ways(
            client,
            Abilities(client, clock),
            self.telemetry.feeds,
            ListQueue(),
            self._outage,
            rng,
            clock,
            timing_for(BOUND),
        )
        self._exposer = StoreExposer(self.telemetry.objects, arrive=self.client.arrive)
        builder = Builder(OPTIONS, KINDS_SERVED, ways, self.telemetry)
        self.service = Service(builder.build, self._exposer, rng, Generations(self.telemetry))
        options = replace(OPTIONS, pod=f"e-{number}", handover_overlap=rng.choice([0.0, 0.0, 1.0]))
        self.shard = StatefulSetShard(options, self.service, ways, self.telemetry.handovers, others_for)
        self._rng = rng
        self._tasks: Sequence[asyncio.Task[None]] = ()

    def start(self) -> None:
        """Run."""
        self._tasks = start_jobs([Job("outage", self._outage.run), *self.shard.jobs], self._rng)

    async def end(self) -> None:
        """Stop at once, as killed."""
        await stop_jobs(self._tasks)
        await self.service.close()

    @property
    def ready(self) -> bool:
        """What its probe says."""
        return Readiness(self.service, self.telemetry.feeds).ready()[0]

    @property
    def feeds(self) -> Sequence[Feed]:
        """The feeds in service."""
        return self.service.current.feeds if self.service.current else ()

    async def served(self) -> dict[str, int]:
        """A scrape: versions by name."""
        body = await self._exposer.scrape(resources=None, exclude=frozenset(), openmetrics=False, gzip=False)
        text = b"".join(piece() for piece in body.pieces())
        return {name.decode(): int(version) for name, version in _SAMPLE.findall(text)}
