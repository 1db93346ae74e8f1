"""The telemetry port: self-metrics, readiness, and a look inside."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from evergauge.exposition.negotiate import negotiate
from evergauge.web.debug import add_debug_routes
from evergauge.web.pages import index, livez, new_app, ok

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergauge.telemetry import Telemetry
    from evergauge.web.exposer import Liveness, Readiness


def telemetry_app(
    telemetry: Telemetry,
    readiness: Readiness,
    liveness: Liveness,
    shard: Callable[[], bytes | None] = lambda: None,
) -> web.Application:
    """The application of the telemetry port. shard: what the other shards of the fleet may know, as JSON; None for nothing."""

    async def metrics(request: web.Request) -> web.Response:
        chosen = negotiate(",".join(request.headers.getall("Accept", ())))
        pieces = []
        for piece in telemetry.pieces(chosen):
            pieces.append(piece)
            await asyncio.sleep(0)
        return web.Response(body=b"".join(pieces), headers={"Content-Type": chosen.content_type})

    async def readyz(_request: web.Request) -> web.Response:
        ready, missing = readiness.ready()
        if ready:
            return web.Response(text="OK")
        return web.Response(status=503, text=f"Waiting for the sync of: {', '.join(missing) or 'feeds to start'}\n")

    async def shard_view(_request: web.Request) -> web.Response:
        view = shard()
        if view is None:
            return web.Response(status=404, text="Not autosharded: see --pod and --pod-namespace.\n")
        return web.Response(body=view, content_type="application/json")

    app = new_app()
    links = {
        "/metrics": "Self-metrics",
        "/readyz": "Readyz",
        "/healthz": "Healthz",
        "/livez": "Livez",
        "/debug/pprof/": "Debugging",
    }
    app.router.add_get("/", index("Evergauge", "What Evergauge says about itself.", links))
    app.router.add_get("/metrics", metrics)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/healthz", ok)
    app.router.add_get("/livez", livez(liveness))
    app.router.add_get("/shard", shard_view)
    add_debug_routes(app)
    return app
