"""What must be served: the API server's own lists, rendered here, and a watchman who scrapes all the time."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import msgspec

from evergauge.kinds import KINDS
from evergauge.options import parse
from evergauge.pipeline.selection import compile_kinds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from aiohttp import ClientSession

    from evergauge.declare import CompiledKind
    from support.controlplane import ControlPlane
    from support.process import Evergauge

PODS: Final = 20_000
FLAGS: Final = (
    "--resources=pods,nodes,namespaces,deployments,replicasets,statefulsets,daemonsets,configmaps,services",
    "--metric-labels-allowlist=pods=[changed]",
)
_PAGE: Final = 2000


class _Metadata(msgspec.Struct):
    following: str | None = msgspec.field(default=None, name="continue")


class _List(msgspec.Struct):
    metadata: _Metadata
    items: list[msgspec.Raw] | None = None


async def expected_lines(plane: ControlPlane, flags: Sequence[str] = FLAGS) -> set[bytes]:
    """The sample lines of all objects that the API server has, by consistent lists."""
    lines: set[bytes] = set()
    async with plane.session() as session:
        for kind in compile_kinds(parse(flags), KINDS).values():
            async for page in _pages(session, kind):
                lines |= await asyncio.to_thread(_render, kind, page)
    return lines


async def _pages(session: ClientSession, kind: CompiledKind) -> AsyncIterator[list[msgspec.Raw]]:
    root = "apis" if kind.kind.group else "api"
    query: dict[str, str] = {"limit": str(_PAGE)}
    while True:
        async with session.get(f"/{root}/{kind.kind.api_version}/{kind.kind.resource}", params=query) as response:
            page = msgspec.json.decode(await response.read(), type=_List)
        yield page.items or []
        if not page.metadata.following:
            return
        query["continue"] = page.metadata.following


def _render(kind: CompiledKind, page: list[msgspec.Raw]) -> set[bytes]:
    text = b"".join(b"".join(kind.render(bytes(raw)).parts) for raw in page)
    return set(text.split(b"\n")) - {b""}


async def in_step(evergauge: Evergauge, plane: ControlPlane, *, within: float) -> None:
    """Wait until what is served equals the API's state; fails, with examples, after `within` seconds."""
    wanted = await expected_lines(plane)
    end = asyncio.get_running_loop().time() + within
    while (served := (await evergauge.scrape()).lines) != wanted:
        if asyncio.get_running_loop().time() > end:
            missing, extra = wanted - served, served - wanted
            examples = {"missing": sorted(missing)[:3], "extra": sorted(extra)[:3]}
            raise AssertionError(f"{len(missing)} lines missing, {len(extra)} too many: {examples}")
        await asyncio.sleep(0.5)


@asynccontextmanager
async def watched(evergauge: Evergauge, pods: int = PODS) -> AsyncIterator[list[int]]:
    """Scrapes twice a second as long as it is entered; yields the numbers of pods seen. Fails when one was short."""
    seen: list[int] = []

    async def look() -> None:
        while True:
            seen.append((await evergauge.scrape("?resources=pods")).count("kube_pod_info"))
            await asyncio.sleep(0.5)

    looking = asyncio.create_task(look())
    try:
        yield seen
    finally:
        looking.cancel()
        ended = await asyncio.gather(looking, return_exceptions=True)
    assert isinstance(ended[0], asyncio.CancelledError), ended
    assert len(seen) > 3
    assert min(seen) >= pods, f"a scrape had {min(seen)} of {pods} pods"


async def label(session: ClientSession, pod: dict[str, Any], value: str) -> None:
    """Set the label `changed` of a pod."""
    path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
    headers = {"Content-Type": "application/merge-patch+json"}
    body = json.dumps({"metadata": {"labels": {"changed": value}}})
    async with session.patch(path, data=body, headers=headers) as response:
        assert response.status == 200, await response.text()
