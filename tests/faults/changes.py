"""Config maps that change all the time, and the truth that is kept of it.

Most changes are patches; now and then a config map is created, and an older one of those deleted. They go through the API or, while
it is away, straight into etcd, as those of another API server would.
"""

from __future__ import annotations

import asyncio
import itertools
import time
import uuid
from contextlib import asynccontextmanager
from random import Random
from typing import TYPE_CHECKING, Any, Final, Protocol

import aiohttp
import msgspec

from faults.truth import Name
from support import etcd
from support.bulk_objects import namespace_name

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from faults.truth import Truth

PER_SECOND: Final = 150.0
_AT_ONCE: Final = 8
_CREATE_EVERY: Final = 30
"""One change in so many is a creation."""
_CREATED: Final = 20
"""Config maps that are created until the first of them is deleted."""
_CATCH_UP: Final = 0.1
"""Seconds of changes that are made up for when they could not be made in time."""
_AFTER_FAILURE: Final = 0.05
_PLACE: Final = namespace_name(0)


class Writer(Protocol):
    """A way to write config maps. The methods raise aiohttp.ClientError where the outcome isn't known."""

    async def patch(self, name: Name, value: str) -> int:
        """Change it; its new version."""
        ...

    async def create(self, namespace: str, name: str) -> tuple[Name, int]:
        """Make a new one."""
        ...

    async def delete(self, name: Name) -> None:
        """End it."""


class ThroughApi:
    """Through the API server."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        """session: one of an administrator, with the API server's base URL."""
        self._session = session

    async def patch(self, name: Name, value: str) -> int:
        """See Writer."""
        body = {"metadata": {"annotations": {"changed": value}}}
        answer = await self._send("PATCH", f"{_path(name.namespace)}/{name.name}", body, "application/merge-patch+json")
        return int(answer["metadata"]["resourceVersion"])

    async def create(self, namespace: str, name: str) -> tuple[Name, int]:
        """See Writer."""
        metadata = (await self._send("POST", _path(namespace), {"metadata": {"name": name}}, "application/json"))[
            "metadata"
        ]
        return Name(namespace, name, metadata["uid"]), int(metadata["resourceVersion"])

    async def delete(self, name: Name) -> None:
        """See Writer."""
        await self._send("DELETE", f"{_path(name.namespace)}/{name.name}", {}, "application/json")

    async def _send(self, method: str, path: str, body: dict[str, Any], content_type: str) -> dict[str, Any]:
        headers = {"Content-Type": content_type}
        async with self._session.request(
            method, path, data=msgspec.json.encode(body), headers=headers, raise_for_status=True
        ) as response:
            answer: dict[str, Any] = msgspec.json.decode(await response.read())
            return answer


class ThroughEtcd:
    """Straight into etcd: for an API server that is away, or doesn't know of it."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        """session: one with etcd's base URL."""
        self._session = session

    async def patch(self, name: Name, value: str) -> int:
        """See Writer."""
        return await etcd.send(self._session, etcd.put(_config_map(name, value)))

    async def create(self, namespace: str, name: str) -> tuple[Name, int]:
        """See Writer."""
        new = Name(namespace, name, str(uuid.uuid4()))
        return new, await self.patch(new, "")

    async def delete(self, name: Name) -> None:
        """See Writer."""
        await etcd.send(self._session, etcd.delete(_config_map(name, "")))


class Changes:
    """Changes that never end. through: the way they go, which may be another one at any time. failed: how many did."""

    def __init__(self, truth: Truth, through: Writer, *, seed: int = 0) -> None:
        """truth: is told of each change as soon as it is acknowledged."""
        self.through = through
        self.made = 0
        self.failed = 0
        self._truth = truth
        self._rng = Random(seed)
        self._patched = [each.name for each in truth.objects.values() if each.name.name.startswith("settings-")]
        self._created: list[Name] = []
        self._numbers = itertools.count(1)
        self._next = time.monotonic()

    async def run(self, per_second: float = PER_SECOND) -> None:
        """Make them until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(self._work(1 / per_second))

    async def _work(self, every: float) -> None:
        while True:
            now = time.monotonic()
            self._next = max(self._next + every, now - _CATCH_UP)
            await asyncio.sleep(self._next - now)
            try:
                await self._change(next(self._numbers))
                self.made += 1
            except (aiohttp.ClientError, TimeoutError):
                self.failed += 1
                await asyncio.sleep(_AFTER_FAILURE)

    async def _change(self, number: int) -> None:
        if number % _CREATE_EVERY:
            name = self._rng.choice(self._patched)
            version = await self.through.patch(name, str(number))
        else:
            name, version = await self.through.create(_PLACE, f"passing-{uuid.uuid4()}")
            self._created.append(name)
        self._truth.changed(name, version, time.monotonic())
        if len(self._created) > _CREATED:
            await self._delete(self._created.pop(0))

    async def _delete(self, name: Name) -> None:
        history = self._truth.objects[self._truth.watched.key(name)]
        history.deleting = time.monotonic()
        await self.through.delete(name)
        history.deleted = time.monotonic()


@asynccontextmanager
async def changing(truth: Truth, through: Writer, per_second: float = PER_SECOND) -> AsyncIterator[Changes]:
    """Changes as long as it is entered."""
    changes = Changes(truth, through)
    running = asyncio.create_task(changes.run(per_second))
    try:
        yield changes
    finally:
        running.cancel()
        ended = await asyncio.gather(running, return_exceptions=True)
    assert isinstance(ended[0], asyncio.CancelledError), ended


def _path(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/configmaps"


def _config_map(name: Name, value: str) -> dict[str, Any]:
    metadata = {
        "name": name.name,
        "namespace": name.namespace,
        "uid": name.uid,
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "annotations": {"changed": value},
    }
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
