"""A listening socket that can go away and come back on the same port."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, Final

from aiohttp import web

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable

_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER of 0 seconds: closing sends RST
_LINE_LIMIT: Final = 64 * 1024  # bytes: shard selectors of many ranges are long


class Listener:
    """An HTTP server on one address."""

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        host: str,
        port: int,
        tls: ssl.SSLContext | None,
    ) -> None:
        """Nothing is open before `start`. Port 0 becomes a free one, and stays it."""
        self._host = host
        self._port = port
        self._tls = tls
        self._protocols = web.Server(handler, handler_cancellation=True, max_line_size=_LINE_LIMIT, access_log=None)
        self._server: asyncio.Server | None = None
        self._opening = asyncio.Lock()

    @property
    def url(self) -> str:
        """Base URL, known once started."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{'https' if self._tls else 'http'}://{host}:{self._port}"

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._protocols.connections)

    async def open(self) -> None:
        """Listen, again after `close`; no effect while open. Raises OSError when the port is taken."""
        async with self._opening:
            if self._server is None:
                loop = asyncio.get_running_loop()
                self._server = await loop.create_server(
                    self._protocols, self._host, self._port, ssl=self._tls, backlog=1024
                )
                self._port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Refuse new connections; open ones go on."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def reset(self) -> None:
        """Break every open connection with RST."""
        for protocol in tuple(self._protocols.connections):
            transport = protocol.transport
            if transport is not None:
                reset(transport)

    async def stop(self) -> None:
        """Close everything; handlers under way are cancelled."""
        await self.close()
        await self._protocols.shutdown(0.1)


def reset(transport: asyncio.BaseTransport) -> None:
    """Break one connection with RST."""
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
    else:
        transport.close()
