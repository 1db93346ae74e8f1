"""The same requests to the simulator and to a real kube-apiserver must get the same answers.

Left out of the comparison: what differs by nature (uids, times, managed fields, tokens' text). Versions are compared by
the change that they belong to.
"""

from __future__ import annotations

import asyncio
import json
import re
from bisect import bisect_left
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
import pytest

from evergauge.sim import Cluster, LoopClock, SimServer
from sim.apiclient import METADATA, METADATA_LIST

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from support.controlplane import ControlPlane

CONFIGMAPS = "/api/v1/namespaces/compared/configmaps"
PODS = "/api/v1/namespaces/compared/pods"
MERGE = {"Content-Type": "application/merge-patch+json", "User-Agent": "test"}
# kubectl and curl get indented JSON from the real server; everybody else compact.
PLAIN = {"User-Agent": "test", "Content-Type": "application/json"}


class Side(NamedTuple):
    """One of the two servers. versions: resourceVersion before the first change and after each."""

    session: aiohttp.ClientSession
    versions: list[int]

    async def call(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, str]:
        content = None if body is None else json.dumps(body)
        async with self.session.request(method, path, data=content, headers=PLAIN | headers) as response:
            return response.status, await response.text()

    async def change(self, method: str, path: str, body: object = None, **headers: str) -> None:
        status, text = await self.call(method, path, body, **headers)
        assert status in (200, 201), text
        listing = json.loads((await self.call("GET", CONFIGMAPS))[1])
        self.versions.append(int(listing["metadata"]["resourceVersion"]))

    def normal(self, text: str) -> str:
        """An answer without what differs by nature."""
        text = re.sub(r'"uid":"[^"]*"', '"uid":"U"', text)
        text = re.sub(r'"creationTimestamp":"[^"]*"', '"creationTimestamp":"T"', text)
        text = re.sub(r',"managedFields":\[.*?\}\}\]', "", text)
        text = re.sub(r'"continue":"[^"]*"', '"continue":"C"', text)
        text = re.sub(
            r'"resourceVersion":"(\d+)"', lambda found: f'"resourceVersion":"v{self._moment(found[1])}"', text
        )
        text = re.sub(r"current: \d+", "current: N", text)
        # The real server counts bookmarks by whole seconds of its own: two seconds before the end come none, one or two.
        lines = [
            line for line in text.splitlines() if not re.search(r'"BOOKMARK".*"resourceVersion":"v\d+"\}\}\}$', line)
        ]
        return "\n".join(lines)

    def _moment(self, version: str) -> int:
        # Other writes of the real server may come between a change and the list that told its version.
        return min(bisect_left(self.versions, int(version)), len(self.versions) - 1)


class Both(NamedTuple):
    """Simulator and real server, after the same changes."""

    simulated: Side
    real: Side


async def make_changes(side: Side) -> None:
    """Versions: 1 a, 2 b, 3 c, 4 b changed, 5 c deleted, 6 d."""
    status, _ = await side.call("POST", "/api/v1/namespaces", {"metadata": {"name": "compared"}})
    assert status in (201, 409)
    listing = json.loads((await side.call("GET", CONFIGMAPS))[1])
    side.versions.append(int(listing["metadata"]["resourceVersion"]))
    for name in "abc":
        await side.change("POST", CONFIGMAPS, {"metadata": {"name": name, "labels": {"l": name}}, "data": {"x": name}})
    await side.change("PATCH", CONFIGMAPS + "/b", {"data": {"x": None, "y": "1"}}, **MERGE)
    await side.change("DELETE", CONFIGMAPS + "/c")
    await side.change("POST", CONFIGMAPS, {"metadata": {"name": "d"}})


@pytest.fixture
async def both(controlplane: ControlPlane) -> AsyncIterator[Both]:
    cluster = Cluster(clock=LoopClock(), rng=Random(1))
    async with (
        SimServer(cluster) as server,
        aiohttp.ClientSession(base_url=server.url) as simulated,
        controlplane.session() as real,
    ):
        pair = Both(Side(simulated, []), Side(real, []))
        for side in pair:
            await make_changes(side)
        yield pair
        await pair.real.call("DELETE", CONFIGMAPS)


# {n}: the version after change n.
LISTS = [
    "",
    "?limit=2",
    "?limit=10",
    "?limit=-1",
    "?resourceVersion=0",
    "?resourceVersion=0&limit=1",
    "?resourceVersion={3}",
    "?resourceVersion={3}&limit=1",
    "?resourceVersion={3}&resourceVersionMatch=NotOlderThan&limit=1",
    "?resourceVersion={3}&resourceVersionMatch=Exact",
    "?resourceVersion={5}&resourceVersionMatch=Exact&limit=1",
    "?fieldSelector=metadata.name%3Da",
    "?fieldSelector=metadata.name!%3Da&limit=1",
    "?fieldSelector=metadata.namespace%3Dother",
    "?resourceVersion=999999999",
    "?resourceVersion=999999999&resourceVersionMatch=Exact",
    "?resourceVersion=x",
    "?limit=x",
    "?resourceVersionMatch=Exact",
    "?resourceVersion=0&resourceVersionMatch=Exact",
    "?resourceVersion={3}&resourceVersionMatch=Odd",
    "?sendInitialEvents=true",
    "?fieldSelector=a",
    "?shardSelector=shardRange(object.metadata.uid,'0x0000000000000000','0x10000000000000000')&limit=1",
    "?shardSelector=shardRange(object.metadata.uid,'0x8000000000000000','0x8000000000000000')",
    "/a",
    "/b",
    "/none",
    "/a?resourceVersion=999999999",
]
WATCHES = [
    "?resourceVersion={0}",
    "?resourceVersion={4}",
    "?resourceVersion={6}",
    "?resourceVersion=0",
    "",
    "?allowWatchBookmarks=true",
    "?resourceVersion=0&allowWatchBookmarks=true",
    "?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true",
    "?sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
    "?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=999999999",
    "?sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion={4}",
    "?resourceVersion={0}&fieldSelector=metadata.name%3Dc",
    "?resourceVersion=999999999",
    "?resourceVersion=x",
    "?resourceVersionMatch=NotOlderThan",
    "?sendInitialEvents=true",
]
OTHERS: list[tuple[str, str, object, dict[str, str]]] = [
    ("GET", CONFIGMAPS, None, {"Accept": METADATA_LIST}),
    ("GET", CONFIGMAPS + "/a", None, {"Accept": METADATA}),
    ("GET", CONFIGMAPS + "?watch=1&timeoutSeconds=1&resourceVersion={0}", None, {"Accept": METADATA}),
    ("POST", CONFIGMAPS, {"metadata": {"name": "a"}}, {}),
    ("PUT", CONFIGMAPS + "/none", {"metadata": {"name": "none"}}, {}),
    ("PUT", CONFIGMAPS + "/a", {"metadata": {"name": "a", "resourceVersion": "1"}}, {}),
    ("PATCH", CONFIGMAPS + "/a", {"data": {"x": "a"}}, MERGE),
    ("DELETE", CONFIGMAPS + "/none", None, {}),
    ("GET", "/api/v1/nope", None, {}),
    ("GET", "/apis/apps/v1/namespaces/compared/deployments/none", None, {}),
    ("GET", "/livez", None, {}),
    ("GET", "/apis/policy", None, {}),
    ("GET", PODS + "?fieldSelector=status.odd%3Da", None, {}),
    ("GET", PODS + "?fieldSelector=spec.nodeName%3D,status.phase!%3DRunning", None, {}),
]


async def answers(side: Side, method: str, path: str, body: object, headers: dict[str, str]) -> tuple[int, str]:
    path = re.sub(r"\{(\d)\}", lambda found: str(side.versions[int(found[1])]), path)
    status, text = await side.call(method, path, body, **headers)
    return status, side.normal(text)


@pytest.mark.controlplane
async def test_same_answers(both: Both) -> None:
    requests: list[tuple[str, str, Any, dict[str, str]]] = [("GET", CONFIGMAPS + query, None, {}) for query in LISTS]
    watching = "watch=1&timeoutSeconds=4"
    requests += [("GET", f"{CONFIGMAPS}{query}{'&' if query else '?'}{watching}", None, {}) for query in WATCHES]
    requests += OTHERS
    simulated, real = await asyncio.gather(
        *(asyncio.gather(*(answers(side, *request) for request in requests)) for side in both)
    )
    asked = [f"{method} {path}" for method, path, _, _ in requests]
    different = {path: (a, b) for path, a, b in zip(asked, simulated, real, strict=True) if a != b}
    assert different == {}
