"""A proxy that speaks HTTP and drops the bookmarks that end the initial events of watches, as some proxies do.

It says that the API server is of a version that doesn't stream lists: others are not asked for such watches. And it asks for JSON only, to know a
bookmark when it sees one.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import aiohttp
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from support.controlplane import ControlPlane

_MARK: Final = b"k8s.io/initial-events-end"


class Swallowing:
    """What it has done. url: its own; swallowed: bookmarks."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        """session: to the API server."""
        self.url = ""
        self.swallowed = 0
        self._session = session

    async def pass_on(self, request: web.BaseRequest) -> web.StreamResponse:
        """Ask the API server, and answer line by line what it answers."""
        if request.path == "/version":
            return web.json_response({"major": "1", "minor": "33"})
        accepted = request.headers.get("Accept", "*/*").split(",")
        headers = {"Accept": ",".join(each for each in accepted if "protobuf" not in each)}
        async with self._session.get(request.raw_path, headers=headers) as answer:
            response = web.StreamResponse(
                status=answer.status, headers={"Content-Type": answer.headers["Content-Type"]}
            )
            await response.prepare(request)
            async for line in answer.content:
                if _MARK in line:
                    self.swallowed += 1
                else:
                    await response.write(line)
            await response.write_eof()
            return response


@asynccontextmanager
async def swallowing(plane: ControlPlane) -> AsyncIterator[Swallowing]:
    """One in front of the API server, on plain HTTP. It asks as the administrator, whoever asks it."""
    timeout = aiohttp.ClientTimeout(total=None)
    async with plane.session(timeout=timeout, read_bufsize=1 << 20) as session:
        proxy = Swallowing(session)
        server = web.Server(proxy.pass_on, handler_cancellation=True)
        runner = web.ServerRunner(server)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        proxy.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield proxy
        finally:
            await runner.cleanup()
