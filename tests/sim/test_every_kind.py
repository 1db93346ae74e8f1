"""The simulator serves every kind that Evergauge exposes, and any of them can be taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evergauge.kinds import KINDS
from evergauge.kube.source import Source
from sim.apiclient import names, told

if TYPE_CHECKING:
    from evergauge.declare import Kind
    from sim.apiclient import Api


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.resource)
async def test_every_kind_is_listed_and_watched(kind: Kind, api: Api) -> None:
    path = Source(kind.resource, kind.api_version).path
    namespace = {"namespace": "default"} if kind.namespaced else {}
    api.server.cluster.create(kind.resource, {"metadata": {"name": "one", **namespace}})
    listing = await api.get(path)
    assert (listing.body["kind"], listing.body["apiVersion"]) == (f"{kind.kind}List", kind.api_version)
    assert names(listing) == ["one"]
    assert told(await api.watched(path, resourceVersion="0")) == [("ADDED", "one")]
    within = await api.get(Source(kind.resource, kind.api_version, "default").path)
    assert (within.status == 200) == kind.namespaced
    api.server.cluster.registry.remove(api.server.cluster.registry.named(kind.resource))
    assert (await api.get(path)).status == (await api.get(path, watch=1)).status == 404
