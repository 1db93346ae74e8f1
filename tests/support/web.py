"""Web servers for tests: something to expose, all in memory, on a loopback port of the system's choice."""

from __future__ import annotations

import asyncio
import gzip
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry

from evergauge.telemetry.scrapes import ScrapeMetrics
from evergauge.web.metrics import metrics_app
from evergauge.web.serving import Server, Timeouts
from evergauge.web.sockets import listen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from aiohttp import web

    from evergauge.store.body import Piece
    from evergauge.web.exposer import Liveness


@dataclass
class FakeBody:
    """The Body of given parts. error: raised after the first of them."""

    parts: Sequence[bytes]
    error: Exception | None = None
    inflates: bool = False
    length: int = field(init=False)

    def __post_init__(self) -> None:
        self.length = sum(map(len, self.parts))

    def pieces(self) -> Iterator[Piece]:
        """See Body."""
        for part in self.parts:
            yield partial(bytes, part)
            if self.error:
                raise self.error


@dataclass
class FakeExposer:
    """Exposes one sample a resource, in `copies` lines of it.

    error: raised by each scrape; breaks_off: by each body. inflates: have threads make the pieces.
    """

    resources: Sequence[str] = ("pods", "nodes")
    copies: int = 1
    error: Exception | None = None
    breaks_off: Exception | None = None
    inflates: bool = False
    calls: list[dict[str, object]] = field(default_factory=list)

    async def scrape(
        self, *, resources: frozenset[str] | None, exclude: frozenset[str], openmetrics: bool, gzip: bool
    ) -> FakeBody:
        """See Exposer."""
        self.calls.append({"resources": resources, "exclude": exclude, "openmetrics": openmetrics, "gzip": gzip})
        if self.error:
            raise self.error
        chosen = [name for name in self.resources if (resources is None or name in resources) and name not in exclude]
        pieces = [piece for name in chosen for piece in self.pieces(name)] + ([b"# EOF\n"] if openmetrics else [])
        return FakeBody([compress(b"".join(pieces))] if gzip else pieces, self.breaks_off, inflates=self.inflates)

    def pieces(self, resource: str) -> Iterator[bytes]:
        """One family, in pieces of 256 KiB at most."""
        yield f"# HELP kube_{resource} Things.\n# TYPE kube_{resource} gauge\n".encode()
        for start in range(0, self.copies, 4096):
            lines = range(start, min(start + 4096, self.copies))
            yield "".join(f'kube_{resource}{{number="{line:032}"}} 1\n' for line in lines).encode()


def compress(text: bytes) -> bytes:
    """One gzip member."""
    return gzip.compress(text, mtime=0)


@asynccontextmanager
async def serving(
    app: web.Application, *, timeouts: Timeouts | None = None, grace: float = 5.0
) -> AsyncIterator[Server]:
    """An application in service, stopped in the end."""
    server = Server(app, listen("127.0.0.1", 0, flags=("--host", "--port")), timeouts=timeouts, grace=grace)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def connection(url: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A bare connection to a server."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()


class Alive:
    """A liveness with fixed troubles."""

    def __init__(self, *troubles: str) -> None:
        self._troubles = troubles

    def troubles(self) -> Sequence[str]:
        """See Liveness."""
        return self._troubles


def main_port(
    exposer: FakeExposer,
    *,
    registry: CollectorRegistry | None = None,
    liveness: Liveness | None = None,
    gzip: bool = False,
    write_timeout: float = 60.0,
) -> web.Application:
    """The main port's application. registry: for the figures about its scrapes."""
    scrapes = ScrapeMetrics(registry or CollectorRegistry())
    return metrics_app(exposer, scrapes, liveness or Alive(), gzip=gzip, write_timeout=write_timeout)
