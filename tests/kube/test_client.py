"""Requests: what is asked, what comes back, and what can go wrong on the way."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from evergauge.errors import ApiError, ConnectionLost, Forbidden, MalformedAnswer, Unreachable
from evergauge.kube import client as module
from evergauge.kube.client import CHUNK
from kube.answering import CHUNKED, ENOUGH, OK, answering, chunk, client_of, sending, talking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergauge.kube.client import ApiClient
    from kube.answering import Talk

SOME = 0.05
"""Seconds until a test gives up a server that says nothing."""


async def watched(client: ApiClient) -> list[bytes]:
    """The pieces of a watch until its clean end."""
    found = []
    async with client.stream("/watch", {}, connect_timeout=ENOUGH) as stream:
        while piece := await stream.read():
            found.append(piece)
    return found


# What is asked


async def test_a_request_has_the_path_query_and_headers_it_should_have() -> None:
    query = {"fieldSelector": "metadata.name=a b", "shardSelector": "hash('x') >= 1 && é", "continue": "ey+/=="}
    async with answering() as server, client_of(server.url) as client:
        assert await client.get("/api/v1/pods", query, accept="application/json", timeout=ENOUGH) == b"{}"
    (request,) = server.requests
    assert (request.method, request.path, dict(request.query)) == ("GET", "/api/v1/pods", query)
    assert "%26%26" in request.raw_path
    assert request.headers["Accept"] == "application/json"
    assert request.headers["Accept-Encoding"] == "identity"
    assert request.headers["User-Agent"].startswith("evergauge/")
    assert "Authorization" not in request.headers


async def test_a_server_may_have_a_path_of_its_own() -> None:
    async with answering() as server, client_of(f"{server.url}/k8s/clusters/c-1/") as client:
        await client.get("/api/v1/pods", {}, timeout=ENOUGH)
    assert server.requests[0].path == "/k8s/clusters/c-1/api/v1/pods"


@pytest.mark.parametrize(
    ("accept", "sent", "taken"),
    [
        ("application/json", "application/json", True),
        ("application/json", "application/json;stream=watch", True),
        ("application/json;as=Table;g=meta.k8s.io;v=v1,application/json", "application/json; charset=utf-8", True),
        ("*/*", "text/plain", True),
        ("application/json", "text/html; charset=utf-8", False),
        ("application/json", "application/vnd.kubernetes.protobuf", False),
    ],
)
async def test_only_what_was_asked_for_is_taken(accept: str, sent: str, taken: bool) -> None:  # noqa: FBT001
    async with (
        answering(lambda _: web.Response(body=b"x", headers={"Content-Type": sent})) as server,
        client_of(server.url) as client,
    ):
        if taken:
            assert await client.get("/livez", {}, accept=accept, timeout=ENOUGH) == b"x"
        else:
            with pytest.raises(MalformedAnswer) as caught:
                await client.get("/livez", {}, accept=accept, timeout=ENOUGH)
            media_type = sent.partition(";")[0]
            assert str(caught.value) == f"reading {server.url}/livez: wanted {accept}, got {media_type}"


async def test_requests_share_a_connection_and_watches_hold_theirs() -> None:
    ports: list[int] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            ports.append(writer.get_extra_info("peername")[1])
            writer.write(OK + b"Content-Length: 2\r\n\r\n{}" if len(ports) <= 3 else CHUNKED)
            await reader.readuntil(b"\r\n\r\n")

    async with talking(talk) as url, client_of(url) as client:
        for _ in range(3):
            await client.get("/", {}, timeout=ENOUGH)
        async with client.stream("/", {}, connect_timeout=ENOUGH), client.stream("/", {}, connect_timeout=ENOUGH):
            assert len(set(ports[:3])) == 1
            assert len(set(ports[3:])) == 2


async def test_a_connection_that_has_been_idle_for_long_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its peer may have gone in silence: the next request would wait for nothing."""
    monkeypatch.setattr(module, "KEEP_IDLE", SOME)
    ports: list[int] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            ports.append(writer.get_extra_info("peername")[1])
            writer.write(OK + b"Content-Length: 2\r\n\r\n{}")
            await reader.readuntil(b"\r\n\r\n")

    async with talking(talk) as url, client_of(url) as client:
        await client.get("/", {}, timeout=ENOUGH)
        await asyncio.sleep(SOME * 1.5)
        await client.get("/", {}, timeout=ENOUGH)
    assert len(set(ports)) == 2


async def test_more_watches_than_any_usual_limit_are_open_at_once() -> None:
    opened = 0

    async def watch(client: ApiClient, all_open: asyncio.Event) -> None:
        nonlocal opened
        async with client.stream("/watch", {}, connect_timeout=ENOUGH):
            opened += 1
            if opened == 150:
                all_open.set()
            await all_open.wait()

    async with talking(sending(CHUNKED, hang=True)) as url, client_of(url) as client, asyncio.timeout(ENOUGH):
        event = asyncio.Event()
        await asyncio.gather(*(watch(client, event) for _ in range(150)))
    assert opened == 150


# What comes back


async def test_a_watch_gives_what_has_come_in_pieces_of_64_kib_at_most() -> None:
    body = bytes(range(256)) * 2000
    talk = sending(CHUNKED, chunk(body[:1000]), chunk(body[1000:]), b"0\r\n\r\n")
    async with talking(talk) as url, client_of(url) as client:
        found = await watched(client)
    assert b"".join(found) == body
    assert max(map(len, found)) <= CHUNK


async def test_a_watch_gives_a_piece_before_the_next_one_is_sent() -> None:
    seen = asyncio.Event()

    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + chunk(b"first\n"))
        await seen.wait()
        writer.write(chunk(b"second\n") + b"0\r\n\r\n")

    async with talking(talk) as url, client_of(url) as client, client.stream("/", {}, connect_timeout=ENOUGH) as stream:
        assert await stream.read() == b"first\n"
        seen.set()
        assert [await stream.read(), await stream.read(), await stream.read()] == [b"second\n", b"", b""]


async def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    async with talking(sending(OK + b"\r\n", b"{}")) as url, client_of(url) as client:
        assert await client.get("/", {}, timeout=ENOUGH) == b"{}"
        assert await watched(client) == [b"{}"]


# What can go wrong

BROKEN: dict[str, Talk] = {
    "the end of the chunks is missing": sending(CHUNKED + chunk(b'{"a":1}\n')),
    "within a chunk": sending(CHUNKED + b'40\r\n{"a":'),
    "within a chunk's length": sending(CHUNKED + chunk(b"{}") + b"4"),
    "before the first chunk": sending(CHUNKED),
    "the body is shorter than its length": sending(OK + b"Content-Length: 100\r\n\r\n{"),
    "reset within a chunk": sending(CHUNKED + b'40\r\n{"a":', reset=True),
    "reset between chunks": sending(CHUNKED + chunk(b"{}\n"), reset=True),
}


@pytest.mark.parametrize("talk", BROKEN.values(), ids=BROKEN)
async def test_an_answer_that_breaks_off_is_lost(talk: Talk) -> None:
    async with talking(talk) as url, client_of(url) as client:
        with pytest.raises(ConnectionLost) as read:
            await client.get("/api/v1/pods", {}, timeout=ENOUGH)
        with pytest.raises(ConnectionLost) as seen:
            await watched(client)
    assert str(read.value).startswith(f"reading {url}/api/v1/pods: the answer broke off (")
    assert str(seen.value).startswith(f"watching {url}/watch: the answer broke off (")
    assert (read.value.status, read.value.silent) == (0, False)


NO_ANSWER: dict[str, tuple[Talk, type[ApiError], str]] = {
    "closed": (sending(), Unreachable, "the connection was closed without an answer"),
    "reset": (sending(reset=True), Unreachable, "Connection reset by peer"),
    "closed within headers": (
        sending(b"HTTP/1.1 200 OK\r\nCont"),
        Unreachable,
        "the connection was closed without an answer",
    ),
    "no chunk": (
        sending(CHUNKED + b"<html>\r\n\r\n"),
        MalformedAnswer,
        "what came back is not HTTP/1.1 (Invalid character",
    ),
    "not HTTP": (sending(b"220 mail.example ESMTP\r\n"), MalformedAnswer, "what came back is not HTTP/1.1"),
    "silent": (sending(hang=True), Unreachable, f"no answer within {SOME:g} s"),
    "silent within headers": (sending(OK, hang=True), Unreachable, f"no answer within {SOME:g} s"),
}


@pytest.mark.parametrize(("talk", "kind", "says"), NO_ANSWER.values(), ids=NO_ANSWER)
async def test_no_answer(talk: Talk, kind: type[ApiError], says: str) -> None:
    limit = SOME if "within" in says and "HTTP" not in says else ENOUGH
    async with talking(talk) as url, client_of(url) as client:
        with pytest.raises(ApiError) as read:
            await client.get("/api/v1/pods", {}, timeout=limit)
        with pytest.raises(ApiError) as seen:
            async with client.stream("/watch", {}, connect_timeout=limit):
                pytest.fail("nothing was opened")
    assert (type(read.value), type(seen.value), read.value.status) == (kind, kind, 0)
    assert str(read.value).startswith(f"reading {url}/api/v1/pods: {says}")
    assert str(seen.value).startswith(f"watching {url}/watch: {says}")


async def test_a_body_that_does_not_come_to_its_end_in_time_is_lost() -> None:
    async with talking(sending(CHUNKED + chunk(b"{"), hang=True)) as url, client_of(url) as client:
        with pytest.raises(ConnectionLost, match=r"the answer was not complete after 0.5 s$") as caught:
            await client.get("/api/v1/pods", {}, timeout=0.5)
    assert caught.value.silent


async def test_a_refusal_may_come_in_pieces() -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 35\r\n\r\n" + b'{"reason":"No",')
        for _turn in range(20):  # turns of the event loop, in which the client reads the first piece
            await asyncio.sleep(0)
        writer.write(b'"message":"not you"}')

    async with talking(talk) as url, client_of(url) as client:
        with pytest.raises(Forbidden, match="403 No: not you;"):
            await client.get("/api/v1/pods", {}, timeout=ENOUGH)


async def test_a_refusal_that_does_not_come_to_its_end_ends_in_time() -> None:
    refusing = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 10\r\n\r\n"
    async with talking(sending(refusing, hang=True)) as url, client_of(url) as client:
        with pytest.raises(Unreachable, match="no answer within"):
            await client.get("/api/v1/pods", {}, timeout=SOME)


async def test_a_connection_that_is_not_made_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server takes the connection and says nothing to TLS."""
    monkeypatch.setattr(module, "CONNECT", SOME)
    async with talking(sending(hang=True)) as url, client_of(url.replace("http:", "https:")) as client:
        with pytest.raises(Unreachable, match=r"/api/v1/pods: no connection in time$"):
            await client.get("/api/v1/pods", {}, timeout=ENOUGH)


@pytest.fixture
def refusing_port() -> Iterator[int]:
    """One where nobody listens, and nobody else will."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


async def test_nobody_listens(refusing_port: int) -> None:
    async with client_of(f"http://127.0.0.1:{refusing_port}") as client:
        with pytest.raises(Unreachable, match=r"/api/v1/pods: Connection refused$"):
            await client.get("/api/v1/pods", {}, timeout=ENOUGH)


async def test_a_name_that_is_none() -> None:
    async with client_of("http://evergauge.invalid") as client:
        with pytest.raises(Unreachable, match="the name can't be resolved: "):
            await client.get("/api/v1/pods", {}, timeout=ENOUGH)


async def test_a_watch_that_is_given_up_closes_its_connection() -> None:
    gone = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED)
        await reader.read()
        gone.set()

    async with talking(talk) as url, client_of(url) as client, asyncio.timeout(ENOUGH):
        with pytest.raises(TimeoutError):
            async with client.stream("/watch", {}, connect_timeout=ENOUGH) as stream, asyncio.timeout(SOME):
                await stream.read()
        await gone.wait()


# Ready?


@pytest.mark.parametrize(
    ("code", "health"),
    [
        (200, "ready"),
        (401, "ready"),
        (403, "ready"),
        (404, "ready"),
        (429, "answers"),
        (500, "answers"),
        (503, "answers"),
    ],
)
async def test_who_answers_is_ready_or_says_that_it_is_not(code: int, health: str) -> None:
    async with answering(lambda _: web.Response(text="ok", status=code)) as server, client_of(server.url) as client:
        assert await client.health() == health
    assert server.requests[0].path == "/readyz"


async def test_nobody_is_away(refusing_port: int) -> None:
    async with client_of(f"http://127.0.0.1:{refusing_port}") as client:
        assert await client.health() == "away"
