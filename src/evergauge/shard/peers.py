"""What the other shards of a fleet say of themselves: their Pods' addresses, and `/shard` of their telemetry ports."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

import aiohttp
import structlog

from evergauge.errors import ApiError
from evergauge.shard.view import View, read_view

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from evergauge.shard.fleet import Pod

log = structlog.get_logger(__name__)

TIMEOUT = 2.0
"""Seconds for one answer: peers are in the same cluster, and are asked again at once."""
MOST = 4 * 1024 * 1024
"""Bytes of an answer; a longer one is none. It names every feed, of which there may be one a namespace and kind."""

Answer = View | Literal["unreachable", "silent"]
"""unreachable: nobody answers there. silent: somebody does, but says nothing of shards: kube-state-metrics, or a proxy."""


class Peers:
    """The other shards, by the number in their Pods' names."""

    def __init__(self, get_pod: Callable[[int], Awaitable[Pod]], port: int) -> None:
        """get_pod: the Pod of a number; raises ApiError. port: of telemetry, the same in the whole fleet."""
        self._get_pod = get_pod
        self._port = port
        self._addresses: dict[int, str] = {}
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, numbers: Iterable[int]) -> dict[int, Answer]:
        """What each of these says now."""
        asked = tuple(numbers)
        return dict(zip(asked, await asyncio.gather(*map(self._ask, asked)), strict=True))

    async def is_ready(self, number: int) -> bool:
        """Whether a shard's Pod is Ready. False where that can't be told."""
        try:
            return (await self._get_pod(number)).ready
        except ApiError as error:
            log.debug("a Pod can't be read", number=number, why=str(error))
            return False

    async def close(self) -> None:
        """Close all connections."""
        if self._session:
            await self._session.close()

    async def _ask(self, number: int) -> Answer:
        address = self._addresses.get(number) or await self._find(number)
        if not address:
            return "unreachable"
        answer = await self._fetch(address)
        if answer == "unreachable" or (isinstance(answer, View) and answer.number != number):
            # It may have come back at another address, and somebody else may have got this one.
            self._addresses.pop(number, None)
            return "unreachable"
        return answer

    async def _find(self, number: int) -> str:
        try:
            address = (await self._get_pod(number)).address
        except ApiError as error:
            log.debug("a shard's Pod can't be read", number=number, why=str(error))
            return ""
        if address:
            self._addresses[number] = address
        return address

    async def _fetch(self, address: str) -> Answer:
        host = f"[{address}]" if ":" in address else address
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT))
        try:
            async with self._session.get(f"http://{host}:{self._port}/shard", allow_redirects=False) as response:
                body = await _body(response)
        except (aiohttp.ClientError, OSError) as error:
            log.debug("a shard doesn't answer", address=address, why=str(error) or type(error).__name__)
            return "unreachable"
        view = read_view(body) if response.status == 200 else None
        return view or "silent"


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = b""
    async for piece in response.content.iter_chunked(MOST):
        body += piece
        if len(body) > MOST:
            return b""
    return body
