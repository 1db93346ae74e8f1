"""Requests are counted by what they are for and by their answers; connections are counted while they are open."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from yarl import URL

from evergauge.errors import ApiError, Unreachable
from evergauge.kube.client import ApiClient
from evergauge.kube.cluster import Cluster
from evergauge.kube.credentials import Credential, Fixed
from evergauge.kube.tls import Trust
from evergauge.sim import Fault
from kube.answering import ENOUGH, answering, client_of, sending, talking
from kube.certificates import Authority, authority
from kube.feeding import staged
from support.proxy import Proxy
from support.virtual_time import in_virtual_time, until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from kube.answering import Talk

__all__ = ["authority"]

Counts = Counter[tuple[str, str, str]]


class Requests:
    """Counts, as the client's counter."""

    def __init__(self) -> None:
        self.counts: Counts = Counter()

    def requested(self, resource: str, verb: str, code: str) -> None:
        self.counts[resource, verb, code] += 1


async def counted(url: str, ask: Callable[[ApiClient], Awaitable[object]]) -> Counts:
    """What a client counts that asks so."""
    requests = Requests()
    client = ApiClient(Cluster(url, credentials=Fixed(Credential("token"))), counter=requests)
    try:
        with suppress(ApiError):  # only what is counted matters
            await ask(client)
    finally:
        await client.close()
    return requests.counts


async def get(client: ApiClient) -> object:
    return await client.get("/api/v1/pods", {}, timeout=0.2, resource="pods", verb="list")


async def watch(client: ApiClient) -> object:
    async with client.stream("/api/v1/pods", {}, connect_timeout=0.2, resource="pods") as stream:
        return await stream.read()


async def probe(client: ApiClient) -> object:
    return await client.health()


@pytest.mark.parametrize("code", [200, 403, 410, 429, 503])
@pytest.mark.parametrize(
    ("ask", "resource", "verb"), [(get, "pods", "list"), (watch, "pods", "watch"), (probe, "readyz", "get")]
)
async def test_an_answer_is_counted_by_its_code(
    ask: Callable[[ApiClient], Awaitable[object]], resource: str, verb: str, code: int
) -> None:
    async with answering(lambda _: web.json_response({}, status=code)) as server:
        assert await counted(server.url, ask) == {(resource, verb, str(code)): 1}


@pytest.mark.parametrize(
    ("talk", "code"),
    [
        (sending(), "error"),
        (sending(reset=True), "error"),
        (sending(hang=True), "error"),
        (sending(b"220 mail.example ESMTP\r\n"), "error"),
        (sending(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"), "200"),
    ],
    ids=["closed", "reset", "silent", "not HTTP", "broken off"],
)
async def test_a_request_without_an_answer_is_counted_as_an_error(talk: Talk, code: str) -> None:
    async with talking(talk) as url:
        assert await counted(url, get) == {("pods", "list", code): 1}


@in_virtual_time
async def test_the_requests_of_a_feed() -> None:
    requests = Requests()
    async with staged(counter=requests) as stage:
        await stage.in_step()
        await asyncio.sleep(60)
        counts = requests.counts
        assert counts["configmaps", "list", "200"] == 1
        # A minute at rest: one watch for each 7.5 s, and the first one at once.
        assert 8 <= counts["configmaps", "watch", "200"] <= 9
        await stage.server.order(Fault(kind="error", code=503, verb="watch", count=2))
        await until(lambda: counts["configmaps", "watch", "503"] == 2)
        await stage.server.order(Fault(kind="refuse", seconds=10))
        await asyncio.sleep(20)
        assert counts["readyz", "get", "error"] > 5
        assert counts["readyz", "get", "200"] >= 1


# Connections


@pytest.mark.parametrize("tls", [False, True])
async def test_connections_are_counted_while_they_are_open(authority: Authority, tls: bool) -> None:  # noqa: FBT001
    context = authority.server_context() if tls else None
    async with answering(tls=context) as server, client_of(Cluster(server.url, Trust(authority.pem))) as client:
        assert client.connections == 0
        await client.get("/", {}, timeout=ENOUGH)
        await client.get("/", {}, timeout=ENOUGH)
        assert client.connections == 1
        await asyncio.gather(*(client.get("/", {}, timeout=ENOUGH) for _ in range(5)))
        assert client.connections == 5
        await client.close()
        await closed(client)


BEGINNING = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


async def test_a_watch_that_is_given_up_counts_no_more() -> None:
    async with talking(sending(BEGINNING, hang=True)) as url, client_of(url) as client:
        async with client.stream("/", {}, connect_timeout=ENOUGH), client.stream("/", {}, connect_timeout=ENOUGH):
            assert client.connections == 2
        await closed(client)


async def test_no_farewell_is_waited_for_from_a_peer_that_is_gone(authority: Authority) -> None:
    async with (
        talking(sending(BEGINNING, hang=True), tls=authority.server_context()) as url,
        Proxy(URL(url).port or 0) as proxy,
        client_of(Cluster(f"https://127.0.0.1:{proxy.port}", Trust(authority.pem))) as client,
    ):
        async with client.stream("/", {}, connect_timeout=ENOUGH):
            proxy.hang()
        await closed(client)


async def test_what_never_became_a_connection_counts_no_more(authority: Authority) -> None:
    async with answering(tls=authority.server_context()) as server, client_of(Cluster(server.url, Trust())) as client:
        with pytest.raises(Unreachable, match="certificate is not accepted"):
            await client.get("/", {}, timeout=ENOUGH)
        await closed(client)


async def closed(client: ApiClient) -> None:
    """Transports close their sockets in a later turn of the loop."""
    async with asyncio.timeout(ENOUGH):
        while client.connections:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
