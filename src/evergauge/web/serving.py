"""One application on one listening socket: start, and a stop that lets running requests end."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from evergauge.web.deadline import HeaderDeadline
from evergauge.web.sockets import url

if TYPE_CHECKING:
    import socket

_FOREVER = 10 * 365 * 86_400.0
GRACE = 10.0
"""Seconds that running requests get when the server stops."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Limits for clients, in seconds; 0 for none. The limit for writing is the application's, which knows what it writes.

    read_header: until a request's headers are complete. read: for an unwanted request body, before the connection is
    closed. idle: between two requests; 0 takes `read`'s (as Go's server, whose flags these are).
    """

    read_header: float = 5.0
    read: float = 60.0
    idle: float = 300.0


class Server:
    """An application in service. url: where it answers, with the port it really has."""

    def __init__(
        self, app: web.Application, listening: socket.socket, *, timeouts: Timeouts | None = None, grace: float = GRACE
    ) -> None:
        """listening: bound, from `listen`; the server closes it. grace: seconds."""
        self.app = app
        self.url = url(listening)
        self._timeouts = timeouts or Timeouts()
        self._listening = listening
        self._grace = grace
        self._connections: set[HeaderDeadline] = set()
        self._server: asyncio.Server | None = None
        self._runner = web.AppRunner(
            app,
            access_log=None,
            keepalive_timeout=self._timeouts.idle or self._timeouts.read or _FOREVER,
            lingering_time=self._timeouts.read or _FOREVER,
            shutdown_timeout=grace,
        )

    async def start(self) -> None:
        """Accept connections from now on."""
        await self._runner.setup()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, sock=self._listening)

    async def stop(self) -> None:
        """Accept no more, close what is idle, let running requests end within the grace time, then close all."""
        deadline = asyncio.get_running_loop().time() + self._grace
        if self._server:
            self._server.close()
        await self._runner.cleanup()
        await self._sent(deadline)

    async def _sent(self, deadline: float) -> None:
        """Wait until closed connections have sent what they still held: a request has ended when its last piece was handed over."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                while self._connections:  # noqa: ASYNC110 - a fraction of a second, once
                    await asyncio.sleep(0.01)
        for connection in tuple(self._connections):
            connection.cut()

    def _connection(self) -> HeaderDeadline:
        accept = self._runner.server
        if accept is None:
            raise RuntimeError("a connection came in after the server was stopped")
        return HeaderDeadline(accept(), self._timeouts.read_header, self._connections)
