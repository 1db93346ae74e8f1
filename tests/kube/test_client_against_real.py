"""The client with a real kube-apiserver: its kubeconfigs, its refusals, its watches."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from evergauge.errors import Forbidden, Invalid, NotFound, Unauthorized, VersionTooLarge
from evergauge.kube.client import ApiClient
from evergauge.kube.cluster import load_cluster
from support.controlplane import controlplane as controlplane  # noqa: PLC0414 - a fixture for the tests here

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from support.controlplane import ControlPlane

pytestmark = pytest.mark.controlplane

ENOUGH = 30.0
NAMESPACES = "/api/v1/namespaces"


@asynccontextmanager
async def client_of(kubeconfig: Path) -> AsyncIterator[ApiClient]:
    client = ApiClient(load_cluster(kubeconfig=str(kubeconfig), apiserver="", environ={}))
    try:
        yield client
    finally:
        await client.close()


async def test_a_list_and_a_watch(controlplane: ControlPlane) -> None:
    async with client_of(controlplane.kubeconfig_of("admin")) as client:
        assert await client.health() == "ready"
        found = json.loads(await client.get(NAMESPACES, {"fieldSelector": "metadata.name=default"}, timeout=ENOUGH))
        assert [item["metadata"]["name"] for item in found["items"]] == ["default"]
        query = {"watch": "1", "sendInitialEvents": "true", "allowWatchBookmarks": "true", "timeoutSeconds": "1"}
        query["resourceVersionMatch"] = "NotOlderThan"
        body = b""
        async with client.stream(NAMESPACES, query, connect_timeout=ENOUGH) as stream, asyncio.timeout(ENOUGH):
            while piece := await stream.read():
                body += piece
    events = [json.loads(line) for line in body.splitlines()]
    assert "default" in [event["object"]["metadata"].get("name") for event in events]


@pytest.mark.parametrize(
    ("user", "path", "query", "kind", "says"),
    [
        ("admin", "/api/v1/nothings", {}, NotFound, "404 NotFound: the server could not find the requested resource"),
        ("admin", "/apis/none.example/v1/things", {}, NotFound, "404: 404 page not found"),
        (
            "stranger",
            NAMESPACES,
            {},
            Forbidden,
            '403 Forbidden: namespaces is forbidden: User "stranger" cannot list resource "namespaces"',
        ),
        ("admin", NAMESPACES, {"fieldSelector": "spec.nothing=1"}, Invalid, "400 BadRequest: "),
        ("admin", NAMESPACES, {"resourceVersionMatch": "Nonsense", "resourceVersion": "1"}, Invalid, "422 Invalid: "),
        (
            "admin",
            NAMESPACES,
            {"limit": "1", "continue": "nonsense"},
            Invalid,
            "400 BadRequest: invalid continue token",
        ),
        (
            "admin",
            NAMESPACES,
            {"resourceVersion": "999999999", "limit": "1"},
            VersionTooLarge,
            "504 Timeout: Timeout: Too large resource",
        ),
    ],
)
async def test_a_refusal(
    controlplane: ControlPlane, user: str, path: str, query: dict[str, str], kind: type[Exception], says: str
) -> None:
    async with client_of(controlplane.kubeconfig_of(user)) as client:
        with pytest.raises(kind) as caught:
            await client.get(path, query, timeout=ENOUGH)
    message = str(caught.value)
    assert message.startswith(f"reading {controlplane.url}{path}: {says}")
    assert controlplane.token_of(user) not in message


async def test_a_token_that_is_not_known(controlplane: ControlPlane, tmp_path: Path) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(controlplane.kubeconfig_of("admin").read_text().replace(controlplane.token, "unknown"))
    async with client_of(kubeconfig) as client:
        with pytest.raises(Unauthorized) as caught:
            await client.get(NAMESPACES, {}, timeout=ENOUGH)
    name = f'token (kubeconfig {kubeconfig}, user "admin")'
    assert (
        str(caught.value)
        == f"reading {controlplane.url}{NAMESPACES}: 401 Unauthorized: Unauthorized; not accepted: {name}"
    )
