"""The main port: the metrics of the objects, and its probes."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from evergauge.exposition.negotiate import Format, accepts_gzip, negotiate
from evergauge.web.pages import index, livez, new_app, ok

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from evergauge.store.body import Body, Piece
    from evergauge.telemetry.scrapes import Encoding, Outcome, ScrapeMetrics
    from evergauge.web.exposer import Exposer, Liveness

log = structlog.get_logger(__name__)

AHEAD = 2
"""Pieces of a plain response that are made at a time."""


def metrics_app(
    exposer: Exposer,
    scrapes: ScrapeMetrics,
    liveness: Liveness,
    *,
    gzip: bool,
    write_timeout: float,
    clock: Callable[[], float] = time.perf_counter,
) -> web.Application:
    """The application of the main port.

    gzip: compress for clients that accept it (`--enable-gzip-encoding`). write_timeout: seconds until a response must be
    with the client, 0 for no limit. clock: seconds, for durations.
    """
    app = new_app()
    links = {"/metrics": "Metrics", "/healthz": "Healthz", "/livez": "Livez"}
    app.router.add_get("/", index("Evergauge", "The state of Kubernetes objects as Prometheus metrics.", links))
    app.router.add_get(
        "/metrics", _Metrics(exposer, scrapes, gzip=gzip, write_timeout=write_timeout, clock=clock).handle
    )
    app.router.add_get("/healthz", ok)
    app.router.add_get("/livez", livez(liveness))
    return app


class _Metrics:
    """The handler of `/metrics`."""

    def __init__(
        self, exposer: Exposer, scrapes: ScrapeMetrics, *, gzip: bool, write_timeout: float, clock: Callable[[], float]
    ) -> None:
        self._exposer = exposer
        self._scrapes = scrapes
        self._gzip = gzip
        self._write_timeout = write_timeout
        self._clock = clock

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """GET or HEAD."""
        start = self._clock()
        accepted = _Accepted(request, gzip=self._gzip)
        try:
            async with asyncio.timeout(self._write_timeout or None):
                await self._answer(request, accepted)
            accepted.outcome = "complete"
        except ConnectionError as error:
            if not accepted.response.prepared:
                raise
            accepted.outcome = "disconnected"
            log.debug("client went away", client=request.remote, sent_bytes=accepted.sent, reason=str(error))
        except TimeoutError:
            accepted.outcome = "timeout"
            self._cut_off(request, accepted)
        finally:
            self._scrapes.handled(request.method, self._clock() - start)
            self._scrapes.served(accepted.encoding, accepted.outcome, accepted.sent)
        return accepted.response

    async def _answer(self, request: web.Request, accepted: _Accepted) -> None:
        body = await self._exposer.scrape(
            resources=names(request, "resources"),
            exclude=names(request, "exclude_resources") or frozenset(),
            openmetrics=accepted.format is Format.OPENMETRICS,
            gzip=accepted.encoding == "gzip",
        )
        accepted.response.content_length = body.length
        await accepted.response.prepare(request)
        if request.method != "HEAD":
            await _stream(body, accepted)

    def _cut_off(self, request: web.Request, accepted: _Accepted) -> None:
        """The response took too long. If its headers are sent, only cutting the connection tells the client."""
        if not accepted.response.prepared:
            raise web.HTTPServiceUnavailable(text="The response took longer than --server-write-timeout allows.\n")
        log.warning(
            "cut off a client that read too slowly",
            client=request.remote,
            sent_bytes=accepted.sent,
            of_bytes=accepted.response.content_length,
            flag="--server-write-timeout",
            seconds=self._write_timeout,
        )
        if request.transport:
            request.transport.abort()


class _Accepted:
    """What one client gets, and how far it got."""

    def __init__(self, request: web.Request, *, gzip: bool) -> None:
        self.format = negotiate(_joined(request, "Accept"))
        self.encoding: Encoding = "gzip" if gzip and accepts_gzip(_joined(request, "Accept-Encoding")) else "identity"
        self.outcome: Outcome = "error"
        self.sent = 0
        self.response = web.StreamResponse(headers={"Content-Type": self.format.content_type})
        if self.encoding == "gzip":
            self.response.headers["Content-Encoding"] = "gzip"
        if gzip:
            self.response.headers["Vary"] = "Accept, Accept-Encoding"
        else:
            self.response.headers["Vary"] = "Accept"

    async def send(self, piece: bytes) -> None:
        """Hand a piece of the body to the network; waits for a slow reader."""
        await self.response.write(piece)
        self.sent += len(piece)


async def _stream(body: Body, accepted: _Accepted) -> None:
    if body.inflates:
        await _stream_ahead(body.pieces(), accepted)
        return
    for make in body.pieces():
        await accepted.send(make())
        # A fast reader never makes `write` wait, and the others want their turn.
        await asyncio.sleep(0)


async def _stream_ahead(pieces: Iterator[Piece], accepted: _Accepted) -> None:
    """Two pieces at a time are made by threads (inflating releases the GIL), and sent in order."""
    loop = asyncio.get_running_loop()
    coming: deque[asyncio.Future[bytes]] = deque()
    for make in pieces:
        coming.append(loop.run_in_executor(None, make))
        if len(coming) >= AHEAD:
            await accepted.send(await coming.popleft())
    while coming:
        await accepted.send(await coming.popleft())


def names(request: web.Request, parameter: str) -> frozenset[str] | None:
    """The names in a query parameter: comma lists, which may be repeated. None when it isn't there at all.

    An empty one is an empty set, which as `resources` chooses nothing (KSM behaviour).
    """
    values = request.query.getall(parameter, None)
    if values is None:
        return None
    return frozenset(name for value in values for entry in value.split(",") if (name := entry.strip()))


def _joined(request: web.Request, header: str) -> str:
    """A header that may be repeated, as one list (RFC 9110, section 5.3)."""
    return ",".join(request.headers.getall(header, ()))
