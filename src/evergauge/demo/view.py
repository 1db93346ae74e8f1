"""The live series: both ports are read as Prometheus would read them, and put into words."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple, Self

import aiohttp

from evergauge.demo.series import OF_EVERGAUGE, OF_OBJECTS, RESOURCES, Reader, families, told
from evergauge.errors import DemoError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from evergauge.app import Endpoints
    from evergauge.demo.series import Series

_TITLE = max(len(series.title) for series in (*OF_OBJECTS, *OF_EVERGAUGE))


class Look(NamedTuple):
    """What was seen. seconds: it took."""

    told: Sequence[tuple[Series, str]]
    seconds: float

    def lines(self, width: int) -> Iterator[str]:
        """For a terminal of so many columns; where there is room, with the name of the family."""
        for series, text in self.told:
            line = f"  {series.title:<{_TITLE}}  {text}"
            room = width - len(line)
            yield f"{line}{series.families[-1]:>{room}}" if len(series.families[-1]) + 2 <= room else line

    def line(self) -> str:
        """All in one."""
        return "; ".join(f"{series.title}: {text}" for series, text in self.told)


class View:
    """A reader of both ports; an async context manager."""

    def __init__(self, endpoints: Endpoints) -> None:
        """Nothing is read yet."""
        self._endpoints = endpoints

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(headers={"Accept-Encoding": "identity"}, trust_env=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def missing(self) -> str:
        """What readiness waits for, in the port's own words; empty when it waits for nothing. Raises DemoError."""
        async with self._get(f"{self._endpoints.telemetry}/readyz") as response:
            return "" if response.status == 200 else (await response.text()).strip()

    async def look(self) -> Look:
        """Read both ports. Raises DemoError."""
        began = time.monotonic()
        objects = f"{self._endpoints.metrics}/metrics?resources={','.join(RESOURCES)}"
        seen = [
            *await self._told(objects, OF_OBJECTS),
            *await self._told(f"{self._endpoints.telemetry}/metrics", OF_EVERGAUGE),
        ]
        return Look(seen, time.monotonic() - began)

    async def _told(self, url: str, series: Sequence[Series]) -> list[tuple[Series, str]]:
        reader = Reader(families(series))
        async with self._get(url) as response:
            async for piece in response.content.iter_any():
                reader.feed(piece)
        return list(told(series, reader.samples))

    @asynccontextmanager
    async def _get(self, url: str) -> AsyncIterator[aiohttp.ClientResponse]:
        try:
            async with self._session.get(url) as response:
                yield response
        except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
            raise DemoError(f"{url} could not be read: {str(error) or type(error).__name__}") from error
