"""Start, time-outs and graceful stop."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import uvloop
from aiohttp import ClientSession, web

from evergauge.web.pages import new_app
from evergauge.web.serving import Server, Timeouts
from evergauge.web.sockets import listen
from support.web import FakeExposer, connection, main_port, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

RUNNING: web.AppKey[asyncio.Event] = web.AppKey("running", asyncio.Event)


@asynccontextmanager
async def held(release: asyncio.Event, timeouts: Timeouts | None = None, grace: float = 5.0) -> AsyncIterator[Server]:
    """A server whose `/hold` answers when `release` is set."""

    async def hold(request: web.Request) -> web.Response:
        request.app[RUNNING].set()
        await release.wait()
        return web.Response(text="held")

    app = new_app()
    app[RUNNING] = asyncio.Event()
    app.router.add_get("/hold", hold)
    async with serving(app, timeouts=timeouts, grace=grace) as server:
        yield server


LIVEZ = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize("sent", [b"", b"GET", b"GET /metrics HTTP/1.1\r\nHost: x\r\n"])
@pytest.mark.parametrize("requests_before", [0, 2])
async def test_headers_that_do_not_come_end_the_connection(sent: bytes, requests_before: int) -> None:
    timeouts = Timeouts(read_header=0.05, idle=0.2)
    async with (
        serving(main_port(FakeExposer()), timeouts=timeouts) as server,
        connection(server.url) as (reader, writer),
    ):
        for _ in range(requests_before):
            writer.write(LIVEZ)
            await reader.readuntil(b"\r\n\r\nOK")
        writer.write(sent)
        async with asyncio.timeout(5):
            assert await reader.read(-1) == b""


async def test_a_request_under_way_is_not_bound_by_the_headers_time() -> None:
    release = asyncio.Event()
    async with held(release, Timeouts(read_header=0.02)) as server, ClientSession() as client:
        request = asyncio.create_task(client.get(f"{server.url}/hold"))
        await asyncio.sleep(0.1)
        release.set()
        async with await request as response:
            assert await response.text() == "held"
        async with client.get(f"{server.url}/hold") as response:
            assert response.status == 200


async def test_an_idle_connection_is_closed() -> None:
    async with (
        serving(main_port(FakeExposer()), timeouts=Timeouts(idle=0.05)) as server,
        connection(server.url) as (reader, writer),
    ):
        writer.write(LIVEZ)
        assert (await reader.read(-1)).endswith(b"OK")


async def test_a_connection_serves_many_requests() -> None:
    async with serving(main_port(FakeExposer())) as server, connection(server.url) as (reader, writer):
        for _ in range(3):
            writer.write(LIVEZ)
            answer = await reader.readuntil(b"\r\n\r\nOK")
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"Content-Length: 2\r\n" in answer


async def test_stop_lets_a_running_request_end_and_takes_no_more() -> None:
    release = asyncio.Event()
    async with held(release) as server, ClientSession() as client:
        request = asyncio.create_task(client.get(f"{server.url}/hold"))
        await server.app[RUNNING].wait()
        stop = asyncio.create_task(server.stop())
        await asyncio.sleep(0)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", urlsplit(server.url).port)
        assert not stop.done()
        release.set()
        async with await request as response:
            assert await response.text() == "held"
        await stop


async def test_stop_ends_what_outlasts_the_grace_time() -> None:
    async with held(asyncio.Event(), grace=0.05) as server, connection(server.url) as (reader, writer):
        writer.write(b"GET /hold HTTP/1.1\r\nHost: x\r\n\r\n")
        await server.app[RUNNING].wait()
        await server.stop()
        assert await reader.read(-1) == b""


async def test_stop_ends_when_what_was_answered_is_sent_and_not_before() -> None:
    answered, body = asyncio.Event(), b"x" * 60_000

    async def answer(request: web.Request) -> web.Response:
        assert request.transport is not None
        # So little that the answer waits in this process, below the mark from which on a handler would wait for its reader.
        sent_from = request.transport.get_extra_info("socket")
        sent_from.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        answered.set()
        return web.Response(body=body)

    app = new_app()
    app.router.add_get("/", answer)
    async with serving(app) as server:
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect(("127.0.0.1", urlsplit(server.url).port))
            slow.setblocking(False)  # noqa: FBT003 - socket's own signature
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(slow, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            await answered.wait()
            stop = asyncio.create_task(server.stop())
            await asyncio.sleep(0.3)
            assert not stop.done()
            received = b""
            while piece := await loop.sock_recv(slow, 65_536):
                received += piece
            await stop
    assert received.endswith(b"\r\n\r\n" + body)


async def test_stop_cuts_off_who_does_not_take_what_was_answered() -> None:
    async def answer(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        return web.Response(body=b"x" * 60_000)

    app = new_app()
    app.router.add_get("/", answer)
    async with serving(app, grace=0.3) as server:
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect(("127.0.0.1", urlsplit(server.url).port))
            slow.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            await asyncio.sleep(0.2)
            async with asyncio.timeout(5):
                await server.stop()


async def test_stop_closes_idle_connections_at_once() -> None:
    async with serving(main_port(FakeExposer()), grace=60) as server, connection(server.url) as (reader, writer):
        writer.write(LIVEZ)
        await reader.readuntil(b"\r\n\r\nOK")
        async with asyncio.timeout(5):
            await server.stop()
            assert await reader.read(-1) == b""


def test_uvloop_serves_both_address_families() -> None:
    async def main() -> list[int]:
        server = Server(main_port(FakeExposer()), listen("::", 0, flags=("--host", "--port")))
        await server.start()
        port = urlsplit(server.url).port
        async with ClientSession() as client:
            statuses = []
            for host in ("127.0.0.1", "[::1]"):
                async with client.get(f"http://{host}:{port}/metrics") as response:
                    statuses.append(response.status)
        await server.stop()
        return statuses

    assert uvloop.run(main()) == [200, 200]
