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

from evergauge import __version__, native
from evergauge.generations import Builder, Generations
from evergauge.jobs import Job, start_jobs, stop_jobs
from evergauge.kinds import KINDS
from evergauge.kube.abilities import Abilities
from evergauge.kube.client import ApiClient
from evergauge.kube.cluster import load_cluster
from evergauge.kube.waiting import ListQueue, Outage
from evergauge.kube.ways import Ways, timing_for
from evergauge.pipeline.audits import Audits
from evergauge.pipeline.exposer import StoreExposer
from evergauge.pipeline.memory import trimmer
from evergauge.pipeline.selection import compile_kinds
from evergauge.service import Service
from evergauge.shards import shards_for
from evergauge.status import Liveness, Readiness, ages, sizes
from evergauge.telemetry import Build, StallMonitor, Telemetry
from evergauge.web import Server, Timeouts, listen, metrics_app, telemetry_app

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    from evergauge.declare import CompiledKind
    from evergauge.options import Options
    from evergauge.shards import Shards

log = structlog.get_logger(__name__)

TICK = 1.0
"""Seconds between two looks at states that change by themselves, and at what waits to be folded."""
TRIM_EVERY = 30.0
"""Seconds at least between two times that freed memory is given back: what is used again before long is not worth the page faults."""
YOUNG = 10_000
"""Objects more than were freed, at which the garbage collector looks through them: more than wait for a scrape in events, which are freed by themselves then."""
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
    parts = parts_of(options, environ)
    monitor, jobs = StallMonitor(parts.telemetry.loop), list[asyncio.Task[None]]()
    async with AsyncExitStack() as stack:
        for close in (parts.client.close, parts.service.close, parts.shards.close):
            stack.push_async_callback(close)
        servers = open_servers(options, parts, Liveness(monitor, jobs, parts.service))
        for server in servers:
            await server.start()
            stack.push_async_callback(server.stop)
        _stop_on_signals(stop)
        log.info(
            "serving",
            metrics=servers[0].url,
            telemetry=servers[1].url,
            kinds=parts.kinds,
            native=native.lines is not None,
        )
        started(Endpoints(servers[0].url, servers[1].url))
        # What lives now lives on: the garbage collector needn't look through it, not even once.
        gc.freeze()
        gc.set_threshold(YOUNG)
        gc.enable()
        jobs += start_jobs([Job("stalls", monitor.run), *jobs_of(options, parts)], _RNG)
        stack.push_async_callback(stop_jobs, tuple(jobs))
        # Those that are stopped are not dead.
        stack.callback(jobs.clear)
        await stop.wait()
        log.info("stopping", why="told to")
        stop.clear()
        await _first(parts.shards.drain(), stop.wait())
    return 0


class Parts(NamedTuple):
    """What a process is made of. kinds: how many it exposes."""

    kinds: int
    client: ApiClient
    ways: Ways
    telemetry: Telemetry
    exposer: StoreExposer
    service: Service
    shards: Shards


def parts_of(options: Options, environ: Mapping[str, str]) -> Parts:
    """All parts, wired together; nothing runs yet. Raises EvergaugeError."""
    kinds = compile_kinds(options, KINDS)
    telemetry = Telemetry(Build(__version__), {name: go_type(kind) for name, kind in kinds.items()})
    _tell_of_config(options.config, telemetry)
    trim = trimmer(every=TRIM_EVERY, clock=time.monotonic)
    cluster = load_cluster(kubeconfig=options.kubeconfig, apiserver=options.apiserver, environ=environ)
    client = ApiClient(cluster, counter=telemetry.api)
    exposer = StoreExposer(telemetry.objects, arrive=client.arrive, trim=trim)
    ways = ways_of(client, options, telemetry)
    builder = Builder(options, kinds, ways, telemetry, trim=trim)
    service = Service(builder.build, exposer, _RNG, Generations(telemetry))
    telemetry.api.connections_from(lambda: client.connections)
    telemetry.objects.sizes_from(lambda: sizes(service))
    telemetry.freshness.ages_from(lambda: ages(service), options.freshness_bound, lambda: bound_of(service, options))
    shards = shards_for(options, service, ways, telemetry.handovers)
    return Parts(len(kinds), client, ways, telemetry, exposer, service, shards)


def jobs_of(options: Options, parts: Parts) -> Sequence[Job]:
    """What runs as long as the process."""
    return [
        Job("outage", parts.ways.outage.run),
        Job("tick", lambda: _tick(parts.service, parts.exposer)),
        *audits(options, parts.ways, parts.service, parts.telemetry),
        *parts.shards.jobs,
    ]


def ways_of(client: ApiClient, options: Options, telemetry: Telemetry) -> Ways:
    """What all feeds share."""
    return Ways(
        client,
        Abilities(client, time.monotonic),
        telemetry.feeds,
        ListQueue(),
        Outage(client.health, _RNG),
        _RNG,
        time.monotonic,
        timing_for(options.freshness_bound),
    )


def audits(options: Options, ways: Ways, service: Service, telemetry: Telemetry) -> Sequence[Job]:
    """The job that audits what is served, unless it is off. Where not all objects are listed there is nothing to find."""
    if not options.audit_interval or options.object_limit:
        return ()
    auditing = Audits(
        ways.client,
        lambda: service.current.served if service.current else (),
        telemetry.audits,
        ways.rng,
        ways.clock,
        interval=options.audit_interval,
    )
    return [Job("audits", auditing.run)]


def bound_of(service: Service, options: Options) -> float:
    """The freshness bound in force, in seconds."""
    return service.current.bound if service.current else options.freshness_bound


def go_type(kind: CompiledKind) -> str:
    """The Go type by which KSM's self-metrics name a kind: `*v1.Pod`."""
    return f"*{kind.kind.version}.{kind.kind.kind}"


def open_servers(options: Options, parts: Parts, liveness: Liveness) -> tuple[Server, Server]:
    """The servers of both ports, their sockets bound. Raises ListenError."""
    timeouts = Timeouts(
        read_header=options.server_read_header_timeout,
        read=options.server_read_timeout,
        idle=options.server_idle_timeout,
    )
    main = metrics_app(
        parts.exposer,
        parts.telemetry.scrapes,
        liveness,
        gzip=options.enable_gzip_encoding,
        write_timeout=options.server_write_timeout,
    )
    readiness = Readiness(parts.service, parts.telemetry.feeds)
    own = telemetry_app(parts.telemetry, readiness, liveness, parts.shards.view)
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
