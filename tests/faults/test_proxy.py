"""The proxy breaks connections as it is told."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from support.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ENOUGH = 10.0
SHORT = 0.2


class Caller:
    """One connection through a proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, text: bytes, within: float = ENOUGH) -> bytes:
        """What comes back. Raises TimeoutError where nothing does, and ConnectionResetError."""
        self.writer.write(text)
        async with asyncio.timeout(within):
            return await self.reader.read(100_000)


class Line:
    """A proxy in front of a server that sends back what it gets."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self.callers: list[Caller] = []

    async def call(self) -> Caller:
        """Another connection."""
        caller = Caller(*await asyncio.open_connection("127.0.0.1", self.proxy.port))
        self.callers.append(caller)
        return caller


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionResetError):
            while data := await reader.read(100_000):
                writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, Proxy(server.sockets[0].getsockname()[1]) as proxy:
        yield (line := Line(proxy))
        for caller in line.callers:
            caller.writer.close()


async def test_it_passes_on(line: Line) -> None:
    proxy = line.proxy
    caller = await line.call()
    assert [await caller.ask(text) for text in (b"one", b"two")] == [b"one", b"two"]
    assert proxy.connections == 1


async def test_it_refuses_and_accepts_again_on_the_same_port(line: Line) -> None:
    proxy = line.proxy
    caller, port = await line.call(), proxy.port
    await caller.ask(b"one")
    await proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        await line.call()
    with pytest.raises(ConnectionResetError):
        await caller.ask(b"two")
    await proxy.accept()
    assert proxy.port == port
    assert await (await line.call()).ask(b"three") == b"three"


async def test_it_resets(line: Line) -> None:
    proxy = line.proxy
    caller = await line.call()
    await caller.ask(b"one")
    proxy.reset()
    with pytest.raises(ConnectionResetError):
        await caller.ask(b"two")
    assert await (await line.call()).ask(b"three") == b"three"


async def test_it_hangs_half_open(line: Line) -> None:
    proxy = line.proxy
    caller = await line.call()
    await caller.ask(b"one")
    proxy.hang()
    new = await line.call()
    for each in (caller, new):
        with pytest.raises(TimeoutError):
            await each.ask(b"two", SHORT)
    proxy.answer()
    assert await (await line.call()).ask(b"three") == b"three"
    for each in (caller, new):
        with pytest.raises(TimeoutError):
            await each.ask(b"four", SHORT)


async def test_it_delays(line: Line) -> None:
    proxy = line.proxy
    proxy.delay = SHORT
    caller = await line.call()
    began = time.monotonic()
    assert await caller.ask(b"one") == b"one"
    assert time.monotonic() - began >= SHORT


async def test_it_cuts(line: Line) -> None:
    before = await line.call()
    await before.ask(b"one")
    line.proxy.cut(after=5, times=1)
    assert await before.ask(b"0123456789") == b"0123456789"
    came, cut = b"", await line.call()
    with pytest.raises(ConnectionResetError):
        came = await cut.ask(b"0123456789") + await cut.ask(b"")
    assert len(came) <= 5
    assert line.proxy.cuts == 0
    assert await (await line.call()).ask(b"0123456789") == b"0123456789"
