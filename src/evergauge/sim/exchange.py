"""One request under way: its answer is written through here, where faults can strike it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NoReturn

from aiohttp import web

from evergauge.sim.clock import sleep
from evergauge.sim.listener import reset

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergauge.sim.clock import Clock
    from evergauge.sim.faults import Fault
    from evergauge.sim.target import Target

_HEADERS: Final = {"Content-Type": "application/json", "Cache-Control": "no-cache, private"}


class Exchange:
    """A request and its answer. target: None for what is not about objects."""

    def __init__(self, request: web.BaseRequest, clock: Clock, target: Target | None) -> None:
        """Nothing is answered yet."""
        self.request = request
        self.target = target
        self._clock = clock
        self._response: web.StreamResponse | None = None
        self._truncate: Fault | None = None
        self._hung = asyncio.Event()
        self._bandwidth = 0

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters; of repeated ones the first."""
        return self.request.query

    def strike(self, fault: Fault) -> None:
        """A fault of a kind that concerns connections strikes now, or the next time something is written."""
        match fault.kind:
            case "drop":
                self.reset()
            case "hang":
                self._hung.set()
            case "truncate":
                self._truncate = fault
            case "slow":
                self._bandwidth = fault.bandwidth

    def reset(self) -> None:
        """Break the connection with RST; the handler is cancelled by it."""
        if self.request.transport is not None:
            reset(self.request.transport)

    async def whole(
        self, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> web.StreamResponse:
        """Answer all at once, with Content-Length."""
        await self.begin(status, dict(headers or {}) | {"Content-Length": str(len(body))})
        await self.write(body)
        return await self.finish()

    async def begin(self, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """Send the headers; chunked, unless they say a length."""
        await self._wait_while_hung()
        self._response = web.StreamResponse(status=status, headers=_HEADERS | dict(headers or {}))
        if "Content-Length" not in self._response.headers:
            self._response.enable_chunked_encoding()
        await self._response.prepare(self.request)

    async def write(self, data: bytes) -> None:
        """Send a piece of the body, and give others a turn."""
        response = self._begun()
        await self._wait_while_hung()
        if self._truncate is not None:
            await self._cut(response, data, clean=self._truncate.clean)
        if self._bandwidth:
            await self._trickle(response, data)
        else:
            await response.write(data)
        await asyncio.sleep(0)

    async def finish(self) -> web.StreamResponse:
        """End the body."""
        await self._wait_while_hung()
        response = self._begun()
        await response.write_eof()
        return response

    def left(self) -> web.StreamResponse:
        """The client has gone: what was begun ends here."""
        return self._begun()

    def _begun(self) -> web.StreamResponse:
        if self._response is None:
            raise RuntimeError("begin() comes first")
        return self._response

    async def _wait_while_hung(self) -> None:
        if self._hung.is_set():
            await asyncio.Event().wait()  # for ever: only the client or the server's end cancels it

    async def _cut(self, response: web.StreamResponse, data: bytes, *, clean: bool) -> NoReturn:
        await response.write(data[: max(1, len(data) // 2)])
        if clean:
            await response.write_eof()
        transport = self.request.transport
        if transport is not None:
            transport.close()
        await asyncio.Event().wait()
        raise AssertionError("a closed connection cancels its handler")

    async def _trickle(self, response: web.StreamResponse, data: bytes) -> None:
        step = max(1, self._bandwidth // 20)
        for start in range(0, len(data), step):
            await response.write(data[start : start + step])
            await self._wait_while_hung()
            await sleep(self._clock, step / self._bandwidth if self._bandwidth else 0)
