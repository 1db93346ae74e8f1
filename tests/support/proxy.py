"""A TCP proxy between Evergauge and the API server, in which connections can be broken as networks break them."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from typing import Self

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, for 0 seconds: close by RST
_CHUNK = 65_536


class Proxy:
    """Passes on what it gets, byte by byte. An async context manager: it listens on a loopback port inside.

    connections: how many it has accepted so far.
    """

    def __init__(self, target_port: int) -> None:
        """target_port: on 127.0.0.1."""
        self._target_port = target_port
        self._server: asyncio.Server | None = None
        self._links: set[_Link] = set()
        self.port = 0
        self.connections = 0

    async def __aenter__(self) -> Self:
        await self.accept()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.refuse()

    async def accept(self) -> None:
        """Listen; always on the same port."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
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
        for link in self._links:
            link.reset()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        link = _Link(reader, writer)
        self._links.add(link)
        try:
            await link.run(self._target_port)
        finally:
            self._links.discard(link)


class _Link:
    """One connection and the one that it is passed on to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writers = [writer]
        task = asyncio.current_task()
        assert task is not None
        self.task = task

    async def run(self, port: int) -> None:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            self.reset()
            return
        self._writers.append(writer)
        with suppress(OSError):
            await asyncio.gather(_pump(self._reader, writer), _pump(reader, self._writers[0]))
        for each in self._writers:
            each.transport.abort()

    def reset(self) -> None:
        for writer in self._writers:
            connection: socket.socket | None = writer.get_extra_info("socket")
            if connection is not None and connection.fileno() >= 0:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK):
        writer.write(chunk)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
