"""An API server in memory: lists, watches and single objects for clients that share its event loop, and what may go wrong with them.

No socket and no real time: a schedule of minutes runs in milliseconds. What real lists and watches do is tested elsewhere.
"""

from __future__ import annotations

import asyncio
import json
from bisect import bisect_right
from contextlib import AbstractContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from evergauge.errors import ConnectionLost, Expired, Forbidden, NotFound, Unreachable
from evergauge.kube.forms import JSON, form_of
from evergauge.kube.gathering import Gathering
from evergauge.kube.items import INITIAL_EVENTS_END

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from random import Random

    from evergauge.kube.waiting import Health

LATENCY: Final = 0.02
"""Seconds at most until an answer or event arrives."""
LIST_SECONDS: Final = 2.0
"""Seconds at most until all objects there are have arrived."""


class Change(NamedTuple):
    """One change of one object. at: when the API server committed it, in seconds of the loop; type: of its watch event."""

    at: float
    version: int
    resource: str
    type: str
    manifest: dict[str, Any]


class Api:
    """The server. changes: all of them, in their order. down: it isn't there. forbidden: resources that may not be listed or watched.
    minor: of its version, one that lists whole or one that lists by a watch.
    """

    def __init__(self, rng: Random) -> None:
        self.minor = rng.choice([33, 34])
        self.changes: list[Change] = []
        self.down = False
        self.forbidden: set[str] = set()
        self.oldest = 0
        self.changed = asyncio.Event()
        self._rng = rng
        self._objects: dict[tuple[str, str], dict[str, Any]] = {}

    @property
    def version(self) -> int:
        """The newest one."""
        return len(self.changes)

    def put(self, resource: str, name: str, **fields: Any) -> None:  # noqa: ANN401 - JSON
        """Create an object, or replace its fields."""
        before = self._objects.get((resource, name))
        uid = before["metadata"]["uid"] if before else f"{resource}-{name}-{self.version}"
        kept = before or {"metadata": {"name": name, "namespace": "default", "uid": uid}}
        metadata = kept["metadata"] | fields.pop("metadata", {}) | {"resourceVersion": str(self.version + 1)}
        manifest = kept | fields | {"metadata": metadata}
        self._objects[resource, name] = manifest
        self._commit(resource, "MODIFIED" if before else "ADDED", manifest)

    def remove(self, resource: str, name: str) -> None:
        """Delete an object."""
        before = self._objects.pop((resource, name))
        metadata = before["metadata"] | {"resourceVersion": str(self.version + 1)}
        self._commit(resource, "DELETED", before | {"metadata": metadata})

    def get(self, resource: str, name: str) -> dict[str, Any] | None:
        """An object."""
        return self._objects.get((resource, name))

    def all(self, resource: str) -> list[dict[str, Any]]:
        """The objects of a kind."""
        return [manifest for (kind, _), manifest in self._objects.items() if kind == resource]

    def forget(self) -> None:
        """Compact: watches can't resume from earlier versions."""
        self.oldest = self.version

    def latency(self) -> float:
        """Seconds until something arrives."""
        return self._rng.uniform(0, LATENCY)

    def list_seconds(self) -> float:
        """Seconds until a list has arrived."""
        return self._rng.choice([0, 0, LIST_SECONDS]) * self._rng.random()

    def _commit(self, resource: str, type_: str, manifest: dict[str, Any]) -> None:
        at = asyncio.get_running_loop().time()
        self.changes.append(Change(at, self.version + 1, resource, type_, manifest))
        self.changed.set()
        self.changed = asyncio.Event()

    def after(self, version: int) -> list[Change]:
        """The changes after a version."""
        return self.changes[bisect_right(self.changes, version, key=lambda change: change.version) :]


class Client:
    """One process' way to the server, with the faults of its own. Like evergauge.kube.client.ApiClient.

    silent: nothing arrives any more, and nobody says so. choked: the server gives up on its watches, one after another, before anything
    has arrived. lag: seconds by which what happens to StatefulSets arrives late.
    """

    def __init__(self, api: Api, lag: float = 0.0) -> None:
        self.silent = False
        self.choked = False
        self.lag = lag
        self.gathering = Gathering()
        self._api = api
        self._streams: set[MemoryStream] = set()

    async def get(self, path: str, _query: Mapping[str, str], **settings: Any) -> bytes:  # noqa: ANN401 - the client's own
        """The version, or one object."""
        await self._reach(settings["timeout"])
        if path == "/version":
            return json.dumps({"major": "1", "minor": str(self._api.minor)}).encode()
        *_, resource, name = path.split("/")
        manifest = self._api.get(resource, name)
        if manifest is None:
            raise NotFound(f"no {resource}/{name}", status=404)
        return json.dumps(manifest).encode()

    @asynccontextmanager
    async def stream(
        self,
        path: str,
        query: Mapping[str, str],
        **settings: Any,  # noqa: ANN401 - as above
    ) -> AsyncIterator[MemoryStream | MemoryList]:
        """A watch, or a whole list."""
        await self._reach(settings["connect_timeout"])
        resource = path.rsplit("/", 1)[1]
        if resource in self._api.forbidden:
            raise Forbidden(f"watching {resource}", status=403)
        if "watch" not in query:
            yield MemoryList(self, self._api, resource)
            return
        version = int(query.get("resourceVersion") or 0)
        initial = "sendInitialEvents" in query
        if not initial and version < self._api.oldest:
            raise Expired("too old", status=410)
        opened = MemoryStream(self, self._api, resource, None if initial else version, float(query["timeoutSeconds"]))
        self._streams.add(opened)
        try:
            yield opened
        finally:
            self.gathering.leave(opened)
            self._streams.discard(opened)

    async def health(self) -> Health:
        """Whether the server is there."""
        return "away" if self._api.down or self.silent else "ready"

    async def arrive(self) -> None:
        """See ApiClient."""
        await self.gathering.end()

    async def close(self) -> None:
        """Nothing to close."""

    def break_streams(self, how: str) -> None:
        """reset: an error. early: a clean end before the time, as of a reader that was too slow: what was under way is lost."""
        for stream in self._streams:
            stream.broken = how

    async def _reach(self, timeout: float) -> None:  # noqa: ASYNC109 - the caller's
        await asyncio.sleep(self._api.latency())
        if self.silent:
            await asyncio.sleep(timeout)
            raise Unreachable("no answer")
        if self._api.down:
            raise Unreachable("refused")


class MemoryList:
    """A list as it was when it was asked for, which takes its time to arrive, in two halves."""

    form = form_of(JSON)

    def __init__(self, client: Client, api: Api, resource: str) -> None:
        self._client = client
        self._api = api
        page = {"metadata": {"resourceVersion": str(api.version)}, "items": api.all(resource)}
        text = json.dumps(page, separators=(",", ":")).encode()
        self._rest = [text[: len(text) // 2], text[len(text) // 2 :]]
        self._resource = resource

    def read_now(self) -> bytes:
        """Nothing: whoever reads is to wait."""
        return b""

    async def read(self) -> bytes:
        """The next half, empty at the end. Raises ConnectionLost."""
        if not self._rest:
            return b""
        if self._resource != "statefulsets":
            await asyncio.sleep(self._api.list_seconds() / 2)
        while self._client.silent and not self._api.down:
            await _wait(self._api.changed, 1.0)
        if self._api.down:
            raise ConnectionLost("reset")
        return self._rest.pop(0)


class MemoryStream:
    """One watch. broken: see Client.break_streams."""

    form = form_of(JSON)

    def __init__(self, client: Client, api: Api, resource: str, version: int | None, seconds: float) -> None:
        """version: to start from, None to start with all objects. seconds: until its clean end."""
        self.broken = ""
        self._client = client
        self._api = api
        self._resource = resource
        self._ends = asyncio.get_running_loop().time() + seconds
        self._initial = b"" if version is not None else self._all()
        self._version = api.version if version is None else version

    def read_now(self) -> bytes:
        """Nothing: whoever reads is to wait."""
        return b""

    async def gather(self, seconds: float) -> None:
        """See Stream: here nothing comes that isn't read."""
        await self._client.gathering.rest(self, seconds)

    def idle(self) -> AbstractContextManager[None]:
        """See Stream."""
        return self._client.gathering.idle(self)

    async def read(self) -> bytes:
        """The next events, empty at the end. Raises ConnectionLost."""
        text, self._initial = self._initial, b""
        if text and self._resource != "statefulsets":
            await asyncio.sleep(self._api.list_seconds())
        while not text:
            if self.broken == "reset" or self._api.down:
                raise ConnectionLost("reset")
            left = self._ends - asyncio.get_running_loop().time()
            if self.broken == "early" or (left <= 0 and not self._client.silent):
                return b""
            if self._client.silent:
                await asyncio.sleep(1)
            elif self._client.choked:
                # Before its time, as the real one does: what ends at its full time has had the time to deliver.
                await asyncio.sleep(min(left / 2, self._api.list_seconds()))
                return b""
            elif changes := self._api.after(self._version):
                text = await self._arrived(changes)
            else:
                # Not longer than a second: faults are looked at from time to time.
                await _wait(self._api.changed, min(left, 1.0))
        return text

    async def _arrived(self, changes: list[Change]) -> bytes:
        """The events of changes, after a while; nothing where something went wrong meanwhile."""
        lag = self._client.lag if any(change.resource == self._resource == "statefulsets" for change in changes) else 0
        await asyncio.sleep(self._api.latency() + lag)
        if self.broken or self._client.silent or self._client.choked:
            return b""
        self._version = changes[-1].version
        mine = [change for change in changes if change.resource == self._resource]
        return b"".join(_line(change.type, change.manifest) for change in mine)

    def _all(self) -> bytes:
        annotations = {INITIAL_EVENTS_END: "true"}
        end = {"metadata": {"resourceVersion": str(self._api.version), "annotations": annotations}}
        return b"".join(_line("ADDED", manifest) for manifest in self._api.all(self._resource)) + _line("BOOKMARK", end)


def _line(type_: str, manifest: dict[str, Any]) -> bytes:
    return json.dumps({"type": type_, "object": manifest}).encode() + b"\n"


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
