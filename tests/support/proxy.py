"""A TCP proxy between Evergauge and the API server, in which connections can be broken as networks break them."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from typing import Final, Self

_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER: on, for 0 seconds: close by RST
_CHUNK: Final = 65_536


class Proxy:
    """Passes on what it gets, byte by byte. An async context manager: it listens inside, always on the same port.

    connections: how many it has accepted so far. delay: seconds by which whatever comes from the API server is late. cuts: how many
    connections are still to be cut, after so many bytes: `cut_after`.
    """

    def __init__(self, target_port: int, *, host: str = "127.0.0.1") -> None:
        """target_port: on 127.0.0.1. host: the address to listen on."""
        self._target_port = target_port
        self._host = host
        self._server: asyncio.Server | None = None
        self._links: set[_Link] = set()
        self._answers = True
        self.cuts = 0
        self.cut_after = 0
        self.port = 0
        self.connections = 0
        self.delay = 0.0

    async def __aenter__(self) -> Self:
        await self.accept()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.refuse()

    async def accept(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._connected, self._host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Stop listening and reset all connections: as if nothing were there."""
        if self._server:
            self._server.close()
            self._server = None
        self.reset()
        await asyncio.gather(*(link.task for link in tuple(self._links)), return_exceptions=True)

    def reset(self) -> None:
        """Break all connections by RST, on both sides; new ones may come."""
        for link in tuple(self._links):
            link.reset()

    def hang(self) -> None:
        """From now on nothing more is passed on: connections stay open, new ones are accepted, and none is ever answered."""
        self._answers = False
        for link in self._links:
            link.hang()

    def answer(self) -> None:
        """New connections work again. Those that hang hang for ever."""
        self._answers = True

    def cut(self, *, after: int, times: int) -> None:
        """Break connections to come by RST when the API server has sent so many bytes on one: in the middle of something."""
        self.cut_after, self.cuts = after, times

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        link = _Link(self, reader, writer)
        self._links.add(link)
        try:
            if not self._answers:
                link.hang()
            await link.run(self._target_port)
        finally:
            self._links.discard(link)


class _Link:
    """One connection and the one that it is passed on to."""

    def __init__(self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._reader = reader
        self._writers = [writer]
        # Bytes from the API server until it is cut.
        self._left = proxy.cut_after if proxy.cuts else None
        self._flows = asyncio.Event()
        self._flows.set()
        task = asyncio.current_task()
        assert task is not None
        self.task = task

    async def run(self, port: int) -> None:
        """Pass on until either side ends, or it is reset."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            self.reset()
            return
        self._writers.append(writer)
        with suppress(OSError):
            await asyncio.gather(self._pump(self._reader, writer), self._pump(reader, self._writers[0], answers=True))
        for each in self._writers:
            each.transport.abort()

    def hang(self) -> None:
        """Pass on nothing any more. The kernel goes on to acknowledge what comes, so no peer notices."""
        self._flows.clear()

    def reset(self) -> None:
        """Break it by RST on both sides."""
        self._flows.set()
        for writer in self._writers:
            connection: socket.socket | None = writer.get_extra_info("socket")
            if connection is not None and connection.fileno() >= 0:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool = False) -> None:
        while chunk := await reader.read(_CHUNK):
            if answers:
                chunk = await self._altered(chunk)
            await self._flows.wait()
            writer.write(chunk)
            await writer.drain()
        await self._flows.wait()
        if writer.can_write_eof():
            writer.write_eof()

    async def _altered(self, chunk: bytes) -> bytes:
        """What becomes of bytes from the API server. Raises ConnectionResetError where they are cut."""
        if self._proxy.delay:
            await asyncio.sleep(self._proxy.delay)
        if self._left is None or not self._proxy.cuts:
            return chunk
        if len(chunk) > self._left:
            self._proxy.cuts -= 1
            self._writers[0].write(chunk[: self._left])
            await self._writers[0].drain()
            self.reset()
            raise ConnectionResetError
        self._left -= len(chunk)
        return chunk
