"""GET of one object, and lists: whole, or page by page from a snapshot."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from evergauge.sim.objects import METADATA_KIND, Entry, key_of, type_meta
from evergauge.sim.options import Options, Token, parse_options, parse_selection, parse_token, wants_metadata_only
from evergauge.sim.selection import shard_text
from evergauge.sim.status import StatusError, continue_expired, not_found

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from aiohttp import web

    from evergauge.sim.exchange import Exchange
    from evergauge.sim.resources import Resource
    from evergauge.sim.selection import Selection
    from evergauge.sim.snapshot import Snapshot
    from evergauge.sim.state import Cluster
    from evergauge.sim.target import Target

BATCH: Final = 100  # entries looked at, and joined, in one step of the event loop
_SINGLE: Final = {"wanted": "PartialObjectMetadata", "other": "PartialObjectMetadataList"}
_LIST: Final = {"wanted": "PartialObjectMetadataList", "other": "PartialObjectMetadata"}


def wants_single_metadata(exchange: Exchange) -> bool:
    """Whether one object, or a watch, is wanted as PartialObjectMetadata."""
    return wants_metadata_only(exchange.request.headers.get("Accept", ""), **_SINGLE)


def body_of(resource: Resource, entry: Entry, *, metadata_only: bool) -> bytes:
    """One object as GET and watches show it."""
    if metadata_only:
        return b"{" + METADATA_KIND + entry.metadata()
    return b"{" + type_meta(resource) + entry.raw


async def get(cluster: Cluster, exchange: Exchange, target: Target) -> web.StreamResponse:
    """Answer with one object."""
    metadata_only = wants_single_metadata(exchange)
    await cluster.reach(parse_options(exchange.query, watch=False).version or 0)
    entry = cluster.table(target.resource).entries.get(key_of(target.resource, target.namespace, target.name))
    if entry is None:
        raise not_found(target.resource, target.name)
    return await exchange.whole(body_of(target.resource, entry, metadata_only=metadata_only) + b"\n")


class ListSettings(NamedTuple):
    """How a server treats a list.

    sharding: `shardSelector` counts. expired: a fault makes every page after the first one too old. lag: by so many
    versions a fault makes the watch cache lag behind.
    """

    sharding: bool
    expired: bool = False
    lag: int = 0


async def get_list(cluster: Cluster, exchange: Exchange, target: Target, settings: ListSettings) -> web.StreamResponse:
    """Answer with a list."""
    metadata_only = wants_metadata_only(exchange.request.headers.get("Accept", ""), **_LIST)
    options = parse_options(exchange.query, watch=False)
    selection = parse_selection(target, exchange.query, sharding=settings.sharding)
    snapshot, start = await _open(cluster, target, options, selection, settings)
    with snapshot:
        listing = _Listing(target.resource, snapshot, selection, metadata_only=metadata_only)
        # As the watch cache: resourceVersion 0 gives everything at once.
        limit = 0 if options.version == 0 else options.limit
        return await listing.answer(exchange, start, limit)


async def _open(
    cluster: Cluster, target: Target, options: Options, selection: Selection, settings: ListSettings
) -> tuple[Snapshot, str]:
    table = cluster.table(target.resource)
    if options.resume:
        token = parse_token(options.resume)
        start = selection.low + token.start
        try:
            if settings.expired and token.version > 0:
                raise continue_expired("")
            return table.snapshot(token.version if token.version > 0 else cluster.version, cluster.version), start
        except StatusError as error:
            raise continue_expired(Token(version=-1, start=token.start).encode()) from error
    await cluster.reach(options.version or 0)
    version = cluster.version
    if options.exact and options.version:
        version = options.version
    elif options.version is not None:
        version = max(options.version, cluster.version - settings.lag, table.floor)
    return table.snapshot(version, cluster.version), selection.low


async def selected(snapshot: Snapshot, selection: Selection, start: str) -> AsyncIterator[list[Entry]]:
    """The entries of a snapshot that match, batch by batch; others have their turn in between."""
    while start < selection.high:
        entries, start = snapshot.batch(start, selection.high, BATCH)
        yield entries if selection.everything else [entry for entry in entries if selection.matches(entry)]
        await asyncio.sleep(0)


class _Listing:
    """One answer to a list request."""

    def __init__(self, resource: Resource, snapshot: Snapshot, selection: Selection, *, metadata_only: bool) -> None:
        self._snapshot = snapshot
        self._selection = selection
        kind, version = (
            ("PartialObjectMetadata", "meta.k8s.io/v1")
            if metadata_only
            else (
                resource.kind,
                resource.api_version,
            )
        )
        self._opening = f'{{"kind":"{kind}List","apiVersion":"{version}","metadata":'.encode()
        self._metadata_only = metadata_only
        # Items of built-in kinds say neither kind nor apiVersion.
        self._item = b"{" + (METADATA_KIND if metadata_only else b"" if resource.built_in else type_meta(resource))

    async def answer(self, exchange: Exchange, start: str, limit: int) -> web.StreamResponse:
        if limit:
            entries, metadata = await self._page(start, limit)
            batches = _in_batches(entries)
        else:
            metadata = self._metadata()
            batches = selected(self._snapshot, self._selection, start)
        await exchange.begin()
        pending = self._opening + msgspec.json.encode(metadata) + b',"items":['
        separator = b""
        async for batch in batches:
            if batch:
                await exchange.write(pending + separator + self._items(batch))
                pending, separator = b"", b","
        await exchange.write(pending + b"]}\n")
        return await exchange.finish()

    def _items(self, entries: Sequence[Entry]) -> bytes:
        raws = (entry.metadata() for entry in entries) if self._metadata_only else (entry.raw for entry in entries)
        return self._item + (b"," + self._item).join(raws)

    def _metadata(self, resume: str = "", remaining: int = 0) -> dict[str, Any]:
        metadata: dict[str, Any] = {"resourceVersion": str(self._snapshot.version)}
        if resume:
            metadata["continue"] = resume
            if (
                not self._selection.fields
            ):  # it counts regardless of a shardSelector, and not at all with field selectors
                metadata["remainingItemCount"] = remaining
        if self._selection.shards is not None:
            metadata["shardInfo"] = {"selector": shard_text(self._selection.shards)}
        return metadata

    async def _page(self, start: str, limit: int) -> tuple[list[Entry], dict[str, Any]]:
        entries: list[Entry] = []
        async for batch in selected(self._snapshot, self._selection, start):
            entries += batch
            if len(entries) >= limit:
                break
        del entries[limit:]
        if len(entries) < limit:
            return entries, self._metadata()
        following = entries[-1].key + "\0"
        remaining = self._snapshot.count(following, self._selection.high)
        if not remaining:
            return entries, self._metadata()
        token = Token(version=self._snapshot.version, start=following.removeprefix(self._selection.low))
        return entries, self._metadata(token.encode(), remaining)


async def _in_batches(entries: list[Entry]) -> AsyncIterator[list[Entry]]:
    for first in range(0, len(entries), BATCH):
        yield entries[first : first + BATCH]
