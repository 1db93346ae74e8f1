"""Manifests to a real API server: created through its API, their statuses written to the subresource."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiohttp import ClientSession

EVERY_KIND: Final = Path(__file__).with_name("every_kind.yaml")
_MERGE: Final = {"Content-Type": "application/merge-patch+json"}

Manifest = dict[str, Any]


def every_kind() -> Iterator[Manifest]:
    """One object or more of each of the 39 kinds."""
    # Times stay texts, as Kubernetes' own YAML has them.
    yield from yaml.load_all(EVERY_KIND.read_text(encoding="utf-8"), Loader=_Loader)


class _Loader(yaml.SafeLoader):
    """YAML without timestamps."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def plural_of(kind: str) -> str:
    """The resource's name in URLs."""
    lower = kind.lower()
    if lower.endswith("endpoints"):
        return lower
    if lower.endswith("s"):
        return lower + "es"
    return lower[:-1] + "ies" if lower.endswith("y") else lower + "s"


def collection(manifest: Manifest) -> str:
    """The API path of the collection that an object belongs to."""
    version = manifest["apiVersion"]
    root = "apis" if "/" in version else "api"
    namespace = manifest["metadata"].get("namespace")
    within = f"/namespaces/{namespace}" if namespace else ""
    return f"/{root}/{version}{within}/{plural_of(manifest['kind'])}"


def path_of(manifest: Manifest) -> str:
    """The API path of an object."""
    return f"{collection(manifest)}/{manifest['metadata']['name']}"


async def create(session: ClientSession, manifest: Manifest) -> None:
    """Create an object and write its status."""
    body = {key: value for key, value in manifest.items() if key != "status"}
    async with session.post(collection(manifest), json=body) as response:
        assert response.status == 201, (manifest["kind"], await response.text())
    if "status" in manifest:
        await patch(session, path_of(manifest) + "/status", {"status": manifest["status"]})


async def patch(session: ClientSession, path: str, body: Manifest) -> None:
    """A merge patch."""
    async with session.patch(path, data=json.dumps(body), headers=_MERGE) as response:
        assert response.status == 200, (path, await response.text())


async def delete(session: ClientSession, manifest: Manifest) -> None:
    """Delete an object; one with finalizers stays, with a deletionTimestamp."""
    async with session.delete(path_of(manifest), json={"gracePeriodSeconds": 0}) as response:
        assert response.status in (200, 202), (manifest["kind"], await response.text())
