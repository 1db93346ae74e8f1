"""Orders over HTTP, on a port of their own.

GET    /sim/faults        the faults in force: {"1": {"kind": "hang", …}}
POST   /sim/faults        a Fault as JSON; answers {"id": 1}
DELETE /sim/faults[/1]    ends one, or all
POST   /sim/restart       an API server that restarts: {"outage": 20}, in seconds
GET    /sim/stats         objects, requests, requests under way, connections, resourceVersion
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import web

from evergauge.errors import SimulatorError
from evergauge.sim.faults import Fault

if TYPE_CHECKING:
    from evergauge.sim.server import SimServer

_LONGEST_OUTAGE: Final = 3600.0


class _Restart(msgspec.Struct, forbid_unknown_fields=True):
    outage: float = 0.0


async def handle_admin(server: SimServer, request: web.BaseRequest) -> web.StreamResponse:
    """Answer an order; 400 with one line of text when it can't be followed."""
    try:
        document = await _follow(server, request)
    except (SimulatorError, msgspec.DecodeError) as error:
        return web.Response(status=400, text=f"{error}\n")
    if document is None:
        return web.Response(status=404, text="there are /sim/faults, /sim/restart and /sim/stats\n")
    return web.Response(body=msgspec.json.encode(document), content_type="application/json")


async def _follow(server: SimServer, request: web.BaseRequest) -> dict[str, Any] | None:
    answer: dict[str, Any] | None = {}
    match request.method, request.path.strip("/").split("/"):
        case "GET", ["sim", "faults"]:
            answer = {str(number): fault for number, fault in server.faults}
        case "POST", ["sim", "faults"]:
            answer = {"id": await server.order(msgspec.json.decode(await request.read(), type=Fault))}
        case "DELETE", ["sim", "faults"]:
            await server.clear()
        case "DELETE", ["sim", "faults", number] if number.isdigit():
            await server.lift(int(number))
        case "POST", ["sim", "restart"]:
            restart = msgspec.json.decode(await request.read() or b"{}", type=_Restart)
            await server.restart(min(restart.outage, _LONGEST_OUTAGE))
        case "GET", ["sim", "stats"]:
            answer = _stats(server)
        case _:
            answer = None
    return answer


def _stats(server: SimServer) -> dict[str, Any]:
    cluster = server.cluster
    counts = ((resource.plural, cluster.count(resource)) for resource in cluster.registry)
    return {
        "resourceVersion": cluster.version,
        "objects": {plural: count for plural, count in counts if count},
        "requests": {f"{verb} {plural}": count for (verb, plural), count in sorted(server.requests.items())},
        "running": [f"{target.verb} {target.resource.plural}" for target in server.running if target is not None],
        "connections": server.connections,
    }
