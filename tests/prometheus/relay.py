"""A relay between Prometheus and what it scrapes, that asks for one format: a Prometheus before 2.49 can't be told which to ask for."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import aiohttp
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

TEXT: Final = "text/plain;version=0.0.4"
_PASSED: Final = ("Content-Type", "Content-Encoding")


@asynccontextmanager
async def relay(targets: Mapping[str, str], accept: str = TEXT) -> AsyncIterator[str]:
    """Host and port that answer `/NAME` with what the target's URL answers, byte for byte, when asked for `accept`."""

    async def handle(request: web.BaseRequest) -> web.Response:
        headers = {"Accept": accept, "Accept-Encoding": request.headers["Accept-Encoding"]}
        async with session.get(targets[request.path.strip("/")], headers=headers) as answer:
            passed = {name: answer.headers[name] for name in _PASSED if name in answer.headers}
            return web.Response(status=answer.status, body=await answer.read(), headers=passed)

    runner = web.ServerRunner(web.Server(handle))
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            host, port = runner.addresses[0][:2]
            yield f"{host}:{port}"
        finally:
            await runner.cleanup()
