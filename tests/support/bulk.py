"""Bulk work on a control plane: objects written straight into etcd, and bounded bursts of patches through the API.

The API server takes milliseconds for each object that it admits, etcd a fraction of one.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import aiohttp
import msgspec

from support import etcd

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping

    from support.bulk_objects import Manifest

T = TypeVar("T")

# etcd is away for a moment now and then when both cores are busy; what is written twice is written once.
_PAUSES: Final = (0.1, 0.5, 2.0)


class BulkError(Exception):
    """A request of a bulk job was refused; names the status, the path and the answer's first 500 characters."""


class Patch(NamedTuple):
    """One strategic merge patch; `path` is the object's (or subresource's) API path."""

    path: str
    body: Mapping[str, Any]


async def load(etcd_url: str, manifests: Iterable[Manifest], *, concurrency: int = 16) -> int:
    """Write objects into etcd through its JSON gateway; the number written. Raises BulkError."""
    return await _write(etcd_url, (etcd.put(each) for each in manifests), concurrency)


async def remove(etcd_url: str, manifests: Iterable[Manifest], *, concurrency: int = 16) -> int:
    """Delete objects from etcd, whether they exist or not; the number of keys. Raises BulkError."""
    return await _write(etcd_url, (etcd.delete(each) for each in manifests), concurrency)


async def patch(session: aiohttp.ClientSession, patches: Iterable[Patch], *, concurrency: int = 16) -> int:
    """Send patches, at most `concurrency` at a time; their number. Raises BulkError at the first that is refused."""

    async def send(each: Patch) -> None:
        headers = {"Content-Type": "application/strategic-merge-patch+json"}
        async with session.patch(each.path, data=msgspec.json.encode(each.body), headers=headers) as response:
            await _check(response)

    return await _drain(iter(patches), send, concurrency)


def label_patch(namespace: str, name: str, labels: Mapping[str, str]) -> Patch:
    """Sets labels of a pod."""
    return Patch(f"/api/v1/namespaces/{namespace}/pods/{name}", {"metadata": {"labels": labels}})


def status_patch(namespace: str, name: str, status: Mapping[str, Any]) -> Patch:
    """Changes a pod's status; lists in it are merged by their keys (conditions by type, statuses by name)."""
    return Patch(f"/api/v1/namespaces/{namespace}/pods/{name}/status", {"status": status})


def node_status_patch(name: str, status: Mapping[str, Any]) -> Patch:
    """Changes a node's status; lists in it are merged by their keys."""
    return Patch(f"/api/v1/nodes/{name}/status", {"status": status})


async def _write(etcd_url: str, requests: Iterator[etcd.Request], concurrency: int) -> int:
    """One request an object. A transaction of many is faster, but gives them one resourceVersion, as no API server does:

    the initial events of a watch-list then end in the middle of it, and a watch resumed there misses the rest.
    """
    async with aiohttp.ClientSession(base_url=etcd_url) as session:

        async def send(request: etcd.Request) -> None:
            path, body = request
            data = msgspec.json.encode(body)
            for pause in (*_PAUSES, None):
                async with session.post(path, data=data) as response:
                    if response.status != 503 or pause is None:
                        await _check(response)
                        return
                await asyncio.sleep(pause)

        return await _drain(requests, send, concurrency)


async def _drain(items: Iterator[T], send: Callable[[T], Awaitable[None]], concurrency: int) -> int:
    """Let `concurrency` workers take from one iterator, so that nothing is made before it can be sent."""
    count = 0

    async def work() -> None:
        nonlocal count
        for item in items:
            await send(item)
            count += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(work())
    return count


async def _check(response: aiohttp.ClientResponse) -> None:
    if response.status != 200:
        answer = (await response.text())[:500]
        raise BulkError(f"{response.status} for {response.method} {response.url.path}: {answer}")
