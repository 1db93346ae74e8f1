"""A deadline for request headers, which aiohttp lacks: a client that connects and says nothing would stay for ever."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from aiohttp import web

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler


class HeaderDeadline(asyncio.Protocol):
    """Stands between a connection and aiohttp's protocol, and cuts it when headers take longer than `seconds`.

    The time runs from the connection's start, and from the first byte of each later request.
    """

    def __init__(self, inner: asyncio.Protocol, seconds: float, open_ones: set[HeaderDeadline]) -> None:
        """open_ones: those whose connection is not yet lost; it adds and removes itself."""
        self._open_ones = open_ones
        self._inner = inner
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self._handling = False

    def request_begins(self) -> None:
        """The headers are complete."""
        self._handling = True
        self._disarm()

    def request_ends(self) -> None:
        """From now on bytes belong to the next request."""
        self._handling = False

    def cut(self) -> None:
        """End the connection, whatever is still to be sent."""
        if self._transport:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol, as all that follows."""
        # uvloop's transports have all that asyncio.Transport has, and aren't of that class.
        self._transport = cast("asyncio.Transport", transport)
        self._open_ones.add(self)
        self._arm()
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if not self._handling and self._timer is None:
            self._arm()
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._open_ones.discard(self)
        self._disarm()
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def _arm(self) -> None:
        if self._seconds and self._transport:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._transport.abort)

    def _disarm(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None


@web.middleware
async def headers_complete(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tells the connection's deadline when a request begins and ends."""
    protocol = request.transport.get_protocol() if request.transport else None
    if not isinstance(protocol, HeaderDeadline):
        return await handler(request)
    protocol.request_begins()
    try:
        return await handler(request)
    finally:
        protocol.request_ends()
