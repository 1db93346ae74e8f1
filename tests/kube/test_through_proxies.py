"""Requests through proxies: in the open, as a tunnel, and as a tunnel within TLS."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

from evergauge.errors import Unreachable
from evergauge.kube.cluster import Cluster
from evergauge.kube.tls import Trust
from kube.answering import ENOUGH, answering, client_of, sending, talking
from kube.certificates import Authority, authority

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Coroutine

__all__ = ["authority"]

BASIC = "Basic ZXZhOnBhc3M="  # eva:pass


class Proxy:
    """Passes connections on to where a CONNECT says. heads: what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.heads: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        host, _, port = head.split()[1].rpartition(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):  # either side may have gone
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def proxy_of(tls: ssl.SSLContext | None = None) -> AsyncIterator[Proxy]:
    proxy = Proxy()
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, ssl=tls)
    proxy.url = f"{'https' if tls else 'http'}://eva:pass@localhost:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
@pytest.mark.parametrize("proxy_tls", [False, True], ids=["http proxy", "https proxy"])
def test_a_server_with_tls_is_reached_through_a_tunnel(
    authority: Authority,
    proxy_tls: bool,  # noqa: FBT001
    run: Callable[[Coroutine[Any, Any, None]], None],
) -> None:
    async def get() -> None:
        context = authority.server_context()
        async with (
            answering(tls=context) as server,
            proxy_of(context if proxy_tls else None) as proxy,
            client_of(Cluster(server.url, Trust(authority.pem), proxy=proxy.url)) as client,
        ):
            assert await client.get("/api/v1/pods", {}, timeout=ENOUGH) == b"{}"
            assert await client.get("/api/v1/pods", {}, timeout=ENOUGH) == b"{}"
        (head,) = proxy.heads
        assert head.startswith(f"CONNECT {server.url.removeprefix('https://')} HTTP/1.1\r\n")
        assert f"Proxy-Authorization: {BASIC}\r\n" in head
        assert "Proxy-Authorization" not in server.headers

    run(get())


async def test_a_server_without_tls_is_asked_for_by_its_whole_url() -> None:
    async with (
        answering() as proxy,
        client_of(Cluster("http://api.invalid", proxy=proxy.url.replace("//", "//eva:pass@"))) as client,
    ):
        assert await client.get("/api/v1/pods", {"limit": "1"}, timeout=ENOUGH) == b"{}"
    assert str(proxy.requests[0].url) == "http://api.invalid/api/v1/pods?limit=1"
    assert proxy.headers["Proxy-Authorization"] == BASIC


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            "refused the connection: 407 Proxy Authentication Required",
        ),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "refused the connection: 503 Service Unavailable"),
    ],
)
async def test_a_proxy_that_refuses(answer: bytes, says: str) -> None:
    async with talking(sending(answer)) as url, client_of(Cluster("https://api.invalid", proxy=url)) as client:
        with pytest.raises(Unreachable) as caught:
            await client.get("/x", {}, timeout=ENOUGH)
    assert str(caught.value) == f"reading https://api.invalid/x: the proxy {says}"
    assert caught.value.status == 0


async def test_a_proxy_that_is_not_there() -> None:
    async with client_of(Cluster("https://api.invalid", proxy="http://eva:S3CRET@127.0.0.1:1")) as client:
        with pytest.raises(Unreachable) as caught:
            await client.get("/x", {}, timeout=ENOUGH)
    assert str(caught.value) == "reading https://api.invalid/x: the proxy can't be reached: Connection refused"


async def test_a_proxy_that_says_nothing_ends_in_time() -> None:
    async with (
        talking(sending(hang=True)) as url,
        client_of(Cluster("https://api.invalid", proxy=url)) as client,
    ):
        with pytest.raises(Unreachable, match=r"no answer within 0.05 s$"):
            await client.get("/x", {}, timeout=0.05)
