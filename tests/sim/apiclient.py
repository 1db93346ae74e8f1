"""A plain client of the simulated API server, and what the tests fill it with."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp

from evergauge.sim import Cluster, ManualClock, SimOptions, SimServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
WATCH_LIST: dict[str, Any] = {
    "watch": 1,
    "sendInitialEvents": "true",
    "resourceVersionMatch": "NotOlderThan",
    "allowWatchBookmarks": "true",
}
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


class Answer(NamedTuple):
    """Status, headers and decoded body."""

    status: int
    headers: dict[str, str]
    body: Any


class Api:
    """Requests to one server."""

    def __init__(self, session: aiohttp.ClientSession, server: SimServer) -> None:
        self.session = session
        self.server = server
        self.clock: ManualClock = server.cluster.clock  # type: ignore[assignment] # all tests have this one

    async def call(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None, **query: str | int
    ) -> Answer:
        content = None if body is None else json.dumps(body)
        url = (self.server.admin_url if path.startswith("/sim/") else self.server.url) + path
        async with self.session.request(method, url, params=query, data=content, headers=headers) as response:
            text = await response.text()
            parsed = json.loads(text) if response.content_type == "application/json" else text
            return Answer(response.status, dict(response.headers), parsed)

    async def get(self, path: str, headers: dict[str, str] | None = None, **query: str | int) -> Answer:
        return await self.call("GET", path, headers=headers, **query)

    @asynccontextmanager
    async def watch(
        self, path: str, headers: dict[str, str] | None = None, **query: str | int
    ) -> AsyncIterator[AsyncIterator[tuple[str, Any]]]:
        """The events of a watch as (type, object), until it ends."""
        async with self.session.get(self.server.url + path, params={"watch": 1, **query}, headers=headers) as response:
            yield _events(response)

    async def watched(self, path: str, **query: str | int) -> list[tuple[str, Any]]:
        """All events of a watch whose time is made to run out as soon as nothing is left to be sent."""
        async with self.watch(path, None, timeoutSeconds=600, **query) as events:
            reading = asyncio.ensure_future(_all(events))
            await until(lambda: reading.done() or self.server.idle_watches == len(self.server.running) > 0)
            self.clock.advance(600)
            return await reading


async def _all(events: AsyncIterator[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [event async for event in events]


async def pieces(response: aiohttp.ClientResponse, into: bytearray) -> None:
    """Read a body as far as it goes."""
    async for piece in response.content.iter_any():
        into += piece


async def _events(response: aiohttp.ClientResponse) -> AsyncIterator[tuple[str, Any]]:
    async for line in response.content:
        event = json.loads(line)
        yield event["type"], event["object"]


async def until(reached: Callable[[], bool]) -> None:
    """Let others have their turn until something holds."""
    async with asyncio.timeout(10):
        while not reached():  # noqa: ASYNC110 - seen from outside, there is no event to wait for
            await asyncio.sleep(0)


def new_cluster(window: int = 1000) -> Cluster:
    """Empty, with a clock that stands still."""
    return Cluster(clock=ManualClock(), rng=Random(1), window=window)


@asynccontextmanager
async def serving(cluster: Cluster, options: SimOptions | None = None) -> AsyncIterator[Api]:
    """The cluster behind a server, and a client of it."""
    async with SimServer(cluster, options) as server, aiohttp.ClientSession() as session:
        yield Api(session, server)


def configmap(name: str, namespace: str = "default", **data: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": namespace}, "data": data}


def pod(name: str, namespace: str = "default", node: str = "", phase: str = "Pending") -> dict[str, Any]:
    spec = {"nodeName": node} if node else {}
    return {"metadata": {"name": name, "namespace": namespace}, "spec": spec, "status": {"phase": phase}}


def names(listing: Answer) -> list[str]:
    """Names of the items of a list."""
    return [item["metadata"]["name"] for item in listing.body["items"]]


def told(events: list[tuple[str, Any]]) -> list[tuple[str, str]]:
    """Type and name of events, bookmarks left out."""
    return [(kind, thing["metadata"]["name"]) for kind, thing in events if kind != "BOOKMARK"]
