"""Watches: resumed, from now on, or with the present state first (watch-list, KEP-3157)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from evergauge.sim.objects import METADATA_KIND, type_meta
from evergauge.sim.options import Options, parse_options, parse_selection
from evergauge.sim.reads import body_of, selected, wants_single_metadata
from evergauge.sim.selection import Delivery
from evergauge.sim.status import StatusError, too_old

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiohttp import web

    from evergauge.sim.clock import Timer
    from evergauge.sim.exchange import Exchange
    from evergauge.sim.resources import Resource
    from evergauge.sim.selection import Selection
    from evergauge.sim.snapshot import Snapshot
    from evergauge.sim.state import Cluster
    from evergauge.sim.target import Target
    from evergauge.sim.watcher import Watcher

_HEARTBEAT: Final = 60.0  # seconds between bookmarks
_BEFORE_DEADLINE: Final = 2.0  # or so long before the end, when that comes first
_BATCH: Final = 64  # events sent in one write
_SHORTEST: Final = 1800.0  # a watch without timeoutSeconds lasts this long, to twice as long


class WatchSettings(NamedTuple):
    """How a server treats its watches.

    buffer: events that may wait for one watcher. sharding: `shardSelector` counts. expired: a fault makes every
    resumption too old. swallow: a fault leaves out the bookmark that ends the initial events.
    """

    buffer: int
    sharding: bool
    expired: bool = False
    swallow: bool = False


async def watch(cluster: Cluster, exchange: Exchange, target: Target, settings: WatchSettings) -> web.StreamResponse:
    """Answer a watch until it ends: at its time, evicted, or with an ERROR event."""
    options = parse_options(exchange.query, watch=True)
    selection = parse_selection(target, exchange.query, sharding=settings.sharding)
    writer = _Writer(exchange, target.resource, metadata_only=wants_single_metadata(exchange))
    await exchange.begin()
    try:
        await _Watch(cluster, target, options, selection, settings).run(writer)
    except StatusError as error:
        await exchange.write(b'{"type":"ERROR","object":' + error.body() + b"}\n")
    return await exchange.finish()


class _Writer:
    """Events as lines of JSON."""

    def __init__(self, exchange: Exchange, resource: Resource, *, metadata_only: bool) -> None:
        self._exchange = exchange
        self._resource = resource
        self._metadata_only = metadata_only

    async def events(self, deliveries: Sequence[Delivery]) -> None:
        await self._exchange.write(b"".join(map(self._line, deliveries)))

    def _line(self, delivery: Delivery) -> bytes:
        body = body_of(self._resource, delivery.entry, metadata_only=self._metadata_only)
        return b'{"type":"%b","object":%b}\n' % (delivery.type.encode(), body)

    async def bookmark(self, version: int, *, initial_events_end: bool = False) -> None:
        kind = METADATA_KIND if self._metadata_only else type_meta(self._resource)
        end = b',"annotations":{"k8s.io/initial-events-end":"true"}' if initial_events_end else b""
        line = b'{"type":"BOOKMARK","object":{%b"metadata":{"resourceVersion":"%d"%b}}}\n' % (kind, version, end)
        await self._exchange.write(line)


class _Watch:
    """One watch. The deadline holds from its opening on, initial events included."""

    def __init__(
        self, cluster: Cluster, target: Target, options: Options, selection: Selection, settings: WatchSettings
    ) -> None:
        self._cluster = cluster
        self._table = cluster.table(target.resource)
        self._options = options
        self._selection = selection
        self._settings = settings
        lasts = options.timeout or cluster.rng.uniform(_SHORTEST, 2 * _SHORTEST)
        self._deadline = cluster.clock.now() + lasts

    async def run(self, writer: _Writer) -> None:
        version, wants_state = self._options.version, self._options.initial_events
        if wants_state is None:
            wants_state = not version
        if wants_state:
            await self._cluster.reach(version or 0)
        elif self._settings.expired and version:
            raise too_old(version, self._cluster.version)
        # From here to the first await nothing can happen between what was and what will be told.
        current = self._cluster.version
        missed = [] if wants_state or not version else self._table.since(version, current)
        watcher = self._table.watch(self._selection, self._settings.buffer, after=version or 0)
        ending = self._cluster.clock.call_later(self._deadline - self._cluster.clock.now(), watcher.end)
        try:
            if wants_state:
                with self._table.snapshot(current, current) as snapshot:
                    await self._send_state(writer, watcher, snapshot)
            else:
                deliveries = [self._selection.deliver(event) for event in missed]
                await self._send(writer, watcher, [delivery for delivery in deliveries if delivery is not None])
            await self._follow(writer, watcher)
        finally:
            ending.cancel()
            self._table.unwatch(watcher)

    async def _send_state(self, writer: _Writer, watcher: Watcher, snapshot: Snapshot) -> None:
        async for entries in selected(snapshot, self._selection, self._selection.low):
            if watcher.ended:
                return
            if entries:
                await writer.events([Delivery("ADDED", entry) for entry in entries])
        # The real server ends the state with it whenever bookmarks are allowed, asked by sendInitialEvents or not.
        if self._options.bookmarks and not self._settings.swallow:
            await writer.bookmark(snapshot.version, initial_events_end=True)

    async def _send(self, writer: _Writer, watcher: Watcher, deliveries: list[Delivery]) -> None:
        for first in range(0, len(deliveries), _BATCH):
            if watcher.ended:
                return
            await writer.events(deliveries[first : first + _BATCH])

    async def _follow(self, writer: _Writer, watcher: Watcher) -> None:
        timer = self._remind(watcher)
        try:
            while not watcher.ended:
                if deliveries := watcher.take(_BATCH):
                    await writer.events(deliveries)
                elif watcher.bookmark_due:
                    watcher.bookmark_due = False
                    timer.cancel()
                    timer = self._remind(watcher)
                    if self._table.moved:
                        await writer.bookmark(self._cluster.version)
                else:
                    await watcher.wait()
        finally:
            timer.cancel()

    def _remind(self, watcher: Watcher) -> Timer:
        left = self._deadline - self._cluster.clock.now()
        due = left - _BEFORE_DEADLINE if _BEFORE_DEADLINE < left < _BEFORE_DEADLINE + _HEARTBEAT else _HEARTBEAT
        return self._cluster.clock.call_later(due, watcher.remind if self._options.bookmarks else _nothing)


def _nothing() -> None:
    """What happens when no bookmark is wanted."""
