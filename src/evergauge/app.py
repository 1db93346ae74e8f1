"""Serving: everything wired together, from the options to a graceful stop."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import time
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog

from evergauge import __version__
from evergauge.generations import Builder
from evergauge.handover import Handover
from evergauge.jobs import Job, start_jobs, stop_jobs
from evergauge.kinds import KINDS
from evergauge.kube.client import ApiClient
from evergauge.kube.cluster import load_cluster
from evergauge.kube.waiting import ListQueue, Outage
from evergauge.kube.ways import Ways, timing_for
from evergauge.pipeline.exposer import StoreExposer
from evergauge.pipeline.memory import trimmer
from evergauge.pipeline.selection import compile_kinds
from evergauge.service import Service
from evergauge.shard import Fleet, Member, Membership, Partition
from evergauge.status import Readiness, ages, sizes
from evergauge.telemetry import Build, StallMonitor, Telemetry
from evergauge.web import Server, Timeouts, listen, metrics_app, telemetry_app

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    from evergauge.declare import CompiledKind
    from evergauge.options import Options

log = structlog.get_logger(__name__)

TICK = 1.0
"""Seconds between two looks at states that change by themselves, and at what waits to be folded."""
TRIM_EVERY = 1.0
"""Seconds at least between two times that freed memory is given back."""
_RNG = SystemRandom()


class Endpoints(NamedTuple):
    """Where a process serves, as URLs without a path."""

    metrics: str
    telemetry: str


async def serve(
    options: Options,
    *,
    started: Callable[[Endpoints], object] = lambda _: None,
    stop: asyncio.Event | None = None,
    environ: Mapping[str, str] = os.environ,
) -> int:
    """Serve until SIGTERM, SIGINT or `stop`; returns the exit code.

    started: told where, as soon as both ports answer. Raises EvergaugeError when it can't begin.
    """
    stop = stop or asyncio.Event()
    kinds = compile_kinds(options, KINDS)
    telemetry = Telemetry(Build(__version__), {name: go_type(kind) for name, kind in kinds.items()})
    _tell_of_config(options.config, telemetry)
    exposer = StoreExposer(telemetry.objects, trim=trimmer(every=TRIM_EVERY, clock=time.monotonic))
    async with AsyncExitStack() as stack:
        client = ApiClient(load_cluster(kubeconfig=options.kubeconfig, apiserver=options.apiserver, environ=environ))
        stack.push_async_callback(client.close)
        ways = ways_of(client, options, telemetry)
        shards = Shards(options, ways, Builder(options, kinds, ways, telemetry), exposer, telemetry)
        stack.push_async_callback(shards.service.close)
        telemetry.objects.sizes_from(lambda: sizes(shards.service))
        telemetry.freshness.ages_from(lambda: ages(shards.service), options.freshness_bound)
        for server in (servers := open_servers(options, exposer, telemetry, shards.service)):
            await server.start()
            stack.push_async_callback(server.stop)
        _stop_on_signals(stop)
        log.info("serving", metrics=servers[0].url, telemetry=servers[1].url, kinds=len(kinds))
        started(Endpoints(servers[0].url, servers[1].url))
        # What lives now lives on: the garbage collector needn't look through it again and again.
        gc.collect()
        gc.freeze()
        jobs = start_jobs(
            [
                Job("outage", ways.outage.run),
                Job("stalls", StallMonitor(telemetry.loop).run),
                Job("tick", lambda: _tick(shards.service, exposer)),
                *shards.jobs,
            ],
            _RNG,
        )
        stack.push_async_callback(stop_jobs, jobs)
        await stop.wait()
        log.info("stopping", why="told to")
        stop.clear()
        await _first(shards.drain(), stop.wait())
    return 0


class Shards:
    """The shard that is served: the one that the flags name, or the one that the Pod's StatefulSet makes it (autosharding)."""

    def __init__(
        self, options: Options, ways: Ways, builder: Builder, exposer: StoreExposer, telemetry: Telemetry
    ) -> None:
        self._membership: Membership | None = None
        if options.pod and options.pod_namespace:
            self._membership = Membership(
                ways, options.pod_namespace, options.pod, self._follow, bound=options.freshness_bound
            )
        self._handover = Handover(self._membership) if self._membership else None
        self.service = Service(
            builder.build,
            exposer,
            _RNG,
            served=lambda partition: telemetry.settings.sharding(partition.ordinal, partition.total),
            dropped=telemetry.feeds.drop,
            may_let_go=self._may_let_go,
        )
        if self._membership is None:
            self.service.want(Partition(options.shard, options.total_shards))

    @property
    def jobs(self) -> Sequence[Job]:
        """What runs as long as the process."""
        jobs = [Job("generations", self.service.run)]
        return [*jobs, Job("membership", self._membership.run)] if self._membership else jobs

    async def drain(self) -> None:
        """Told to stop: returns when that leaves no gap, or can't be put off any longer."""
        if self._handover:
            await self._handover.drain()

    async def _may_let_go(self, before: Partition, after: Partition) -> None:
        if self._handover:
            await self._handover.may_let_go(before, after)

    def _follow(self, member: Member, fleet: Fleet) -> None:
        partition = fleet.partition(member.number)
        if partition:
            self.service.want(partition)
        else:
            # It is leaving, or early: the others take over what it has, and it serves until it is told to stop.
            log.info("the fleet has no place for this Pod; serving on what it has", **fleet._asdict())


def ways_of(client: ApiClient, options: Options, telemetry: Telemetry) -> Ways:
    """What all feeds share."""
    return Ways(
        client,
        telemetry.feeds,
        ListQueue(),
        Outage(client.is_ready, _RNG),
        _RNG,
        time.monotonic,
        timing_for(options.freshness_bound),
    )


def go_type(kind: CompiledKind) -> str:
    """The Go type by which KSM's self-metrics name a kind: `*v1.Pod`."""
    return f"*{kind.kind.version}.{kind.kind.kind}"


def open_servers(
    options: Options, exposer: StoreExposer, telemetry: Telemetry, service: Service
) -> tuple[Server, Server]:
    """The servers of both ports, their sockets bound. Raises ListenError."""
    timeouts = Timeouts(
        read_header=options.server_read_header_timeout,
        read=options.server_read_timeout,
        idle=options.server_idle_timeout,
    )
    main = metrics_app(
        exposer,
        telemetry.scrapes,
        gzip=options.enable_gzip_encoding,
        write_timeout=options.server_write_timeout,
    )
    own = telemetry_app(telemetry, Readiness(service, telemetry.feeds, options.freshness_bound))
    listening = listen(options.host, options.port, flags=("--host", "--port"))
    try:
        own_listening = listen(
            options.telemetry_host, options.telemetry_port, flags=("--telemetry-host", "--telemetry-port")
        )
    except Exception:
        listening.close()
        raise
    return Server(main, listening, timeouts=timeouts), Server(own, own_listening, timeouts=timeouts)


def _tell_of_config(path: str, telemetry: Telemetry) -> None:
    """The file of `--config` is in force, if there is one; without it `--continue-without-config` has let us come here."""
    with suppress(FileNotFoundError):
        if path:
            telemetry.settings.config_loaded("config", path, Path(path).read_bytes())


async def _tick(service: Service, exposer: StoreExposer) -> None:
    while True:
        await asyncio.sleep(TICK)
        for feed in service.current.feeds if service.current else ():
            feed.report()
        await exposer.fold_what_is_much()


async def _first(*waits: Coroutine[Any, Any, object]) -> None:
    """Return when the first one does; the others are cancelled."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        # Outside the main thread, as in tests, there are no signals to handle.
        with suppress(ValueError, RuntimeError):
            loop.add_signal_handler(number, stop.set)
