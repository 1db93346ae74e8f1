"""Servers for the client's tests: one that answers as it is told, one that sends bytes as they are, and a proxy."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

from evergauge.kube.client import ApiClient
from evergauge.kube.cluster import Cluster

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable

    from multidict import CIMultiDictProxy

    Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

ENOUGH = 10.0
"""Seconds that no request here takes."""


OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


@dataclass
class Answering:
    """What a server was asked, and what it answers: 200 and an empty object, unless told otherwise."""

    url: str = ""
    answer: Callable[[web.Request], web.StreamResponse] = lambda _: web.json_response({})
    requests: list[web.Request] = field(default_factory=list)

    @property
    def headers(self) -> CIMultiDictProxy[str]:
        """Of the last request."""
        return self.requests[-1].headers

    def authorizations(self) -> list[str | None]:
        return [request.headers.get("Authorization") for request in self.requests]


@asynccontextmanager
async def answering(
    answer: Callable[[web.Request], web.StreamResponse] | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Answering]:
    """A server on loopback."""
    told = Answering()
    if answer:
        told.answer = answer

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        told.requests.append(request)  # type: ignore[arg-type] # has all that the tests look at
        return told.answer(request)  # type: ignore[arg-type]

    runner = web.ServerRunner(web.Server(handle), shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    port = runner.addresses[0][1]
    told.url = f"https://localhost:{port}" if tls else f"http://127.0.0.1:{port}"
    try:
        yield told
    finally:
        await runner.cleanup()


@asynccontextmanager
async def talking(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """The URL of a server that does as `talk` does with each connection, once the request's headers are there."""
    going: set[asyncio.Task[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        going.add(task)
        try:
            await reader.readuntil(b"\r\n\r\n")
            await talk(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            return  # the client went away, or the test is over
        finally:
            going.discard(task)
            writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0, ssl=tls)
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in list(going):
            task.cancel()
        await asyncio.gather(*going, return_exceptions=True)


def sending(*pieces: bytes, reset: bool = False, hang: bool = False) -> Talk:
    """Send the pieces, then end the connection, reset it, or keep it open in silence."""

    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if hang:
            await asyncio.Event().wait()
        if reset:
            # Without lingering the kernel sends RST, not FIN.
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    return talk


@asynccontextmanager
async def client_of(cluster: Cluster | str, clock: Callable[[], float] | None = None) -> AsyncIterator[ApiClient]:
    """A client, closed in the end. cluster: or just the server's URL."""
    known = Cluster(cluster) if isinstance(cluster, str) else cluster
    client = ApiClient(known, clock=clock) if clock else ApiClient(known)
    try:
        yield client
    finally:
        await client.close()
