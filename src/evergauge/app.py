"""Serving: everything wired together, from the options to a graceful stop."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import time
from contextlib import AsyncExitStack, suppress
from random import SystemRandom
from typing import TYPE_CHECKING, NamedTuple

import structlog

from evergauge import __version__
from evergauge.freshness import Lease
from evergauge.jobs import Job, run_until
from evergauge.kinds import KINDS
from evergauge.kube.client import ApiClient
from evergauge.kube.cluster import load_cluster
from evergauge.kube.feed import Feed
from evergauge.kube.waiting import ListQueue, Outage
from evergauge.kube.ways import Ways, timing_for
from evergauge.pipeline.exposer import StoreExposer, exposed
from evergauge.pipeline.faults import FaultReports
from evergauge.pipeline.feed_store import FeedStore
from evergauge.pipeline.memory import trimmer
from evergauge.pipeline.selection import compile_kinds
from evergauge.pipeline.sources import sources
from evergauge.shard import Partition
from evergauge.telemetry import Build, FeedAge, FeedMetrics, KindSize, StallMonitor, Telemetry
from evergauge.web import Server, Timeouts, listen, metrics_app, telemetry_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from evergauge.declare import CompiledKind
    from evergauge.options import Options
    from evergauge.pipeline.exposer import Exposed

log = structlog.get_logger(__name__)

NOT_READY_AFTER = 10
"""Freshness bounds without proof of a feed until this process says that it isn't ready. Long before, its state and age say so."""
TICK = 1.0
"""Seconds between two looks at states that change by themselves, and at what waits to be folded."""
TRIM_EVERY = 5.0
"""Seconds at least between two times that freed memory is given back."""


class Endpoints(NamedTuple):
    """Where a process serves, as URLs without a path."""

    metrics: str
    telemetry: str


class Cluster(NamedTuple):
    """What is read of one cluster: its feeds, and the kinds that they fill."""

    feeds: Sequence[Feed]
    kinds: Mapping[str, Exposed]


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
    telemetry.settings.sharding(options.shard, options.total_shards)
    async with AsyncExitStack() as stack:
        client = ApiClient(load_cluster(kubeconfig=options.kubeconfig, apiserver=options.apiserver, environ=environ))
        stack.push_async_callback(client.close)
        ways = Ways(
            client,
            telemetry.feeds,
            ListQueue(),
            Outage(client.is_ready, _RNG),
            _RNG,
            time.monotonic,
            timing_for(options.freshness_bound),
        )
        cluster = read_cluster(options, kinds, ways, telemetry)
        exposer = StoreExposer(cluster.kinds, telemetry.objects, trim=trimmer(every=TRIM_EVERY, clock=time.monotonic))
        telemetry.objects.sizes_from(lambda: sizes(cluster.kinds))
        telemetry.freshness.ages_from(lambda: map(age_of, cluster.feeds), options.freshness_bound)
        readiness = Readiness(cluster.feeds, telemetry.feeds, options.freshness_bound * NOT_READY_AFTER)
        servers = open_servers(options, exposer, telemetry, readiness)
        for server in servers:
            await server.start()
            stack.push_async_callback(server.stop)
        _stop_on_signals(stop)
        if not cluster.feeds:
            log.warning("nothing is exposed: the flags leave no resource, family or namespace")
        log.info("serving", metrics=servers[0].url, telemetry=servers[1].url, kinds=len(cluster.kinds))
        started(Endpoints(servers[0].url, servers[1].url))
        # What lives now lives on: the garbage collector needn't look through it again and again.
        gc.collect()
        gc.freeze()
        await run_until(stop, _jobs(cluster, ways, exposer, telemetry), _RNG)
        log.info("stopping", why="told to")
    return 0


_RNG = SystemRandom()


def go_type(kind: CompiledKind) -> str:
    """The Go type by which KSM's self-metrics name a kind: `*v1.Pod`."""
    return f"*{kind.kind.version}.{kind.kind.kind}"


def read_cluster(options: Options, kinds: Mapping[str, CompiledKind], ways: Ways, telemetry: Telemetry) -> Cluster:
    """Feeds and stores for all kinds; nothing runs yet."""
    owns = Partition(options.shard, options.total_shards).owns
    faults = FaultReports(telemetry.objects, time.monotonic)
    feeds: list[Feed] = []
    shown: dict[str, Exposed] = {}
    for resource, kind in kinds.items():
        stores = []
        for source in sources(kind, options):
            lease = Lease(options.freshness_bound)
            listed = _list_limit(options, resource, telemetry)
            store = FeedStore(kind, owns, faults, listed=listed, omitted=_stale_policy(options, lease))
            stores.append(store)
            telemetry.feeds.add(source)
            feeds.append(
                Feed(source, store, lease, ways, from_cache=options.use_apiserver_cache, limit=options.object_limit)
            )
        shown[resource] = exposed(kind, stores)
    return Cluster(feeds, shown)


def _list_limit(options: Options, resource: str, telemetry: Telemetry) -> Callable[[int], None]:
    """Publishes how many objects a list had, under `--object-limit` only (KSM behaviour)."""

    def listed(objects: int) -> None:
        if options.object_limit:
            telemetry.settings.list_limited(resource, objects, options.object_limit)

    return listed


def _stale_policy(options: Options, lease: Lease) -> Callable[[], bool]:
    """Whether a feed's objects are to be left out of a scrape."""
    if options.stale_policy == "omit":
        return lambda: lease.exceeded(time.monotonic())
    return lambda: False


class Readiness(NamedTuple):
    """Ready when every permitted feed has synced, and none has been without proof for too long. longest: seconds.

    One that is no longer permitted is not waited for either: to take the others out of service would mend nothing. Where the flags
    leave nothing to read there is nothing to wait for.
    """

    feeds: Sequence[Feed]
    synced: FeedMetrics
    longest: float

    def ready(self) -> tuple[bool, Sequence[str]]:
        """See `evergauge.web.exposer.Readiness`."""
        ready, missing = self.synced.ready()
        lost = [f"{feed.source} (lost)" for feed in self.feeds if self._is_lost(feed)]
        return (ready or not self.feeds) and not lost, [*missing, *lost]

    def _is_lost(self, feed: Feed) -> bool:
        return (feed.age or 0.0) > self.longest and not self.synced.refused(feed.source)


def open_servers(
    options: Options, exposer: StoreExposer, telemetry: Telemetry, readiness: Readiness
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
    own = telemetry_app(telemetry, readiness)
    listening = listen(options.host, options.port, flags=("--host", "--port"))
    try:
        own_listening = listen(
            options.telemetry_host, options.telemetry_port, flags=("--telemetry-host", "--telemetry-port")
        )
    except Exception:
        listening.close()
        raise
    return Server(main, listening, timeouts=timeouts), Server(own, own_listening, timeouts=timeouts)


def sizes(kinds: Mapping[str, Exposed]) -> Iterator[KindSize]:
    """What the stores of each kind hold."""
    for resource, kind in kinds.items():
        held = [store.store.size for store in kind.stores]
        yield KindSize(
            resource,
            objects=sum(map(len, kind.stores)),
            fragments=sum(size.fragments for size in held),
            deflated_bytes=sum(size.deflated for size in held),
            plain_bytes=sum(size.plain for size in held),
        )


def age_of(feed: Feed) -> FeedAge:
    """How fresh a feed is."""
    return FeedAge(feed.source.resource, feed.source.namespace or "", proven=feed.age, event=feed.event_age)


def _jobs(cluster: Cluster, ways: Ways, exposer: StoreExposer, telemetry: Telemetry) -> Iterator[Job]:
    """What runs beside the servers."""
    yield Job("outage", ways.outage.run)
    yield Job("stalls", StallMonitor(telemetry.loop).run)
    yield Job("tick", lambda: _tick(cluster.feeds, exposer))
    for feed in cluster.feeds:
        yield Job(f"feed {feed.source}", feed.run)


async def _tick(feeds: Sequence[Feed], exposer: StoreExposer) -> None:
    while True:
        await asyncio.sleep(TICK)
        for feed in feeds:
            feed.report()
        await exposer.fold_what_is_much()


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        # Outside the main thread, as in tests, there are no signals to handle.
        with suppress(ValueError, RuntimeError):
            loop.add_signal_handler(number, stop.set)
