"""What is understood of what other shards answer."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from launcher.process import free_ports

from evergauge.errors import NotFound
from evergauge.shard import Key, Peers, Pod, View, write_view
from evergauge.shard.fleet import read_pod
from evergauge.shard.peers import MOST
from evergauge.shard.view import Wanted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

KEY = Key("u", 3)


def view(number: int) -> View:
    return View(number, Wanted(KEY, 1), [KEY], [])


class Neighbourhood:
    """Shards at 127.0.0.2 and on. pods: the number of the one that answers at each Pod's address; looked_up: whose Pods were asked for."""

    def __init__(self, port: int) -> None:
        self.addresses: dict[int, str] = {}
        self.looked_up: list[int] = []
        self.peers = Peers(self.get_pod, port)

    async def get_pod(self, number: int) -> Pod:
        self.looked_up.append(number)
        if number not in self.addresses:
            raise NotFound(f"no Pod {number}")
        return read_pod(f'{{"metadata": {{}}, "status": {{"podIP": "{self.addresses[number]}"}}}}'.encode())


@asynccontextmanager
async def answering(host: str, port: int, response: web.Response) -> AsyncIterator[None]:
    """A shard, or whatever listens there."""
    app = web.Application()

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=response.status, body=response.body, headers=response.headers)

    app.router.add_get("/shard", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    try:
        yield
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (200, write_view(view(1)), view(1)),
        (200, b"<html>", "silent"),
        (200, write_view(view(1)) + b" " * MOST, "silent"),
        (404, b"Not found", "silent"),
        (401, b"", "silent"),
        (302, b"", "silent"),
        # Somebody else has got the address.
        (200, write_view(view(4)), "unreachable"),
    ],
)
async def test_answers(status: int, body: bytes, answer: View | str) -> None:
    (port,) = free_ports(1)
    place = Neighbourhood(port)
    place.addresses[1] = "127.0.0.2"
    async with answering("127.0.0.2", port, web.Response(status=status, body=body)):
        assert await place.peers.ask([1]) == {1: answer}
    await place.peers.close()


async def test_who_is_not_there_is_looked_for_again() -> None:
    (port,) = free_ports(1)
    place = Neighbourhood(port)
    try:
        assert await place.peers.ask([1, 2]) == {1: "unreachable", 2: "unreachable"}
        place.addresses[1] = "127.0.0.2"
        assert await place.peers.ask([1]) == {1: "unreachable"}
        async with answering("127.0.0.3", port, web.Response(body=write_view(view(1)))):
            place.addresses[1] = "127.0.0.3"
            assert await place.peers.ask([1]) == {1: view(1)}
            looked_up = len(place.looked_up)
            assert await place.peers.ask([1]) == {1: view(1)}
            assert len(place.looked_up) == looked_up
        assert await place.peers.ask([1]) == {1: "unreachable"}
    finally:
        await place.peers.close()
