"""POST, PUT, PATCH and DELETE of single objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from evergauge.sim.objects import Manifest
from evergauge.sim.status import StatusError, bad_request

if TYPE_CHECKING:
    from aiohttp import web

    from evergauge.sim.exchange import Exchange
    from evergauge.sim.state import Cluster
    from evergauge.sim.target import Target

_MERGE_PATCH: Final = "application/merge-patch+json"


async def write(cluster: Cluster, exchange: Exchange, target: Target) -> web.StreamResponse:
    """Change one object and answer with it; a deletion answers with a Status."""
    body = await exchange.request.read()
    if target.verb == "delete":
        return await _delete(cluster, exchange, target)
    manifest = _manifest(body)
    match target.verb:
        case "create":
            stored = cluster.create(target.resource, _placed(target, manifest))
        case "update":
            stored = cluster.update(target.resource, _placed(target, manifest))
        case _:
            _require_merge_patch(exchange.request.content_type)
            stored = cluster.patch(target.resource, target.name, manifest, target.namespace)
    status = 201 if target.verb == "create" else 200
    return await exchange.whole(msgspec.json.encode(stored) + b"\n", status)


async def _delete(cluster: Cluster, exchange: Exchange, target: Target) -> web.StreamResponse:
    gone = cluster.delete(target.resource, target.name, target.namespace)
    details: dict[str, Any] = {"name": target.name}
    if target.resource.group:
        details["group"] = target.resource.group
    details |= {"kind": target.resource.plural, "uid": gone["metadata"]["uid"]}
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
    return await exchange.whole(msgspec.json.encode(status) + b"\n")


def _manifest(body: bytes) -> Manifest:
    try:
        return msgspec.json.decode(body, type=Manifest)
    except msgspec.DecodeError as error:
        raise bad_request(f"the object provided is unrecognized: {error}") from error


def _placed(target: Target, manifest: Manifest) -> Manifest:
    """The manifest with the namespace and name that the path says; they must not contradict."""
    metadata = dict(manifest.get("metadata") or {})
    for field, told in (("namespace", target.namespace), ("name", target.name)):
        if told and metadata.setdefault(field, told) != told:
            raise bad_request(f"the {field} of the object ({metadata[field]}) does not match the URL's ({told})")
    return {**manifest, "metadata": metadata}


def _require_merge_patch(content_type: str) -> None:
    if content_type != _MERGE_PATCH:
        message = f"the body of the request was in an unknown format - accepted media types include: {_MERGE_PATCH}"
        raise StatusError(415, "UnsupportedMediaType", message, details={})
