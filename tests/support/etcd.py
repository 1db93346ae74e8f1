"""Requests to etcd's JSON gateway: objects where kube-apiserver keeps them, and the history that it keeps of them.

The API server reads from storage what it finds there, JSON included, and tells its watchers about it as about any other write.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final

import msgspec

from evergauge.kinds import KINDS

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from support.bulk_objects import Manifest

# Where kube-apiserver keeps each kind, below /registry/.
_FOLDERS: Final = {kind.kind: kind.resource for kind in KINDS} | {
    "Endpoints": "services/endpoints",
    "Ingress": "ingress",
    "Node": "minions",
    "ReplicationController": "controllers",
    "Service": "services/specs",
}

Request = tuple[str, dict[str, Any]]
"""A path and a JSON body."""


def storage_key(manifest: Manifest) -> str:
    """The key of an object in etcd. Raises KeyError for kinds that this module does not know."""
    metadata = manifest["metadata"]
    parts = (_FOLDERS[manifest["kind"]], metadata.get("namespace", ""), metadata["name"])
    return "/registry/" + "/".join(filter(None, parts))


def put(manifest: Manifest) -> Request:
    """Write an object."""
    value = _base64(msgspec.json.encode(manifest))
    return "/v3/kv/put", {"key": _base64(storage_key(manifest).encode()), "value": value}


def delete(manifest: Manifest) -> Request:
    """Delete an object, whether it exists or not."""
    return "/v3/kv/deleterange", {"key": _base64(storage_key(manifest).encode())}


async def send(session: ClientSession, request: Request) -> int:
    """Send one; the revision after it, which is the resourceVersion of what it wrote. session: one with etcd's base URL.

    Raises aiohttp.ClientError.
    """
    path, body = request
    async with session.post(path, data=msgspec.json.encode(body), raise_for_status=True) as response:
        answer = msgspec.json.decode(await response.read())
    return int(answer["header"]["revision"])


async def compact(session: ClientSession) -> None:
    """Forget the history: no watch can begin any more at a version from before this. Raises aiohttp.ClientError."""
    revision = await send(session, ("/v3/kv/range", {"key": _base64(b"/")}))
    await send(session, ("/v3/kv/compaction", {"revision": str(revision), "physical": True}))


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")
