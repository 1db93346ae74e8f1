"""The server: sockets, authentication, faults at the door, and which handler answers."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from evergauge.sim.admin import handle_admin
from evergauge.sim.clock import sleep
from evergauge.sim.discovery import HEALTH, discover
from evergauge.sim.exchange import Exchange
from evergauge.sim.faults import RUNNING, Fault, Faults
from evergauge.sim.listener import Listener
from evergauge.sim.options import flag
from evergauge.sim.reads import ListSettings, get, get_list
from evergauge.sim.status import (
    StatusError,
    forbidden,
    no_such_resource,
    server_error,
    throttled,
    unauthorized,
)
from evergauge.sim.target import Target, parse_target
from evergauge.sim.watches import WatchSettings, watch
from evergauge.sim.writes import write

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from aiohttp import web

    from evergauge.sim.clock import Timer
    from evergauge.sim.state import Cluster

_AT_THE_DOOR: Final = frozenset({"drop", "hang", "truncate", "slow", "throttle", "error", "forbid", "unauthorized"})
_OPEN_PATHS: Final = HEALTH | {"/version"}


class SimOptions(NamedTuple):
    """How the server behaves.

    port: 0 takes a free one. tls: for HTTPS. tokens: bearer token → user; None lets everybody in. sharding: it knows
    `shardSelector` (feature gate ShardedListAndWatch). watch_buffer: events that may wait for one watcher before it is
    evicted. minor: it says that it is Kubernetes 1.minor.
    """

    host: str = "127.0.0.1"
    port: int = 0
    tls: ssl.SSLContext | None = None
    tokens: Mapping[str, str] | None = None
    sharding: bool = True
    watch_buffer: int = 10_000
    minor: int = 36


class SimServer:
    """Serves a cluster as an API server does. An async context manager: it listens inside.

    url: of the API. admin_url: where faults are ordered over HTTP; a port of its own, so that no fault reaches it.
    requests: how many there have been, by verb and plural.
    """

    def __init__(self, cluster: Cluster, options: SimOptions | None = None) -> None:
        """Serve `cluster`."""
        self.cluster = cluster
        self.options = options or SimOptions()
        self.requests: Counter[tuple[str, str]] = Counter()
        self.faults = Faults()
        self._exchanges: set[Exchange] = set()
        self._timers: set[Timer] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._api = Listener(self._handle, self.options.host, self.options.port, self.options.tls)
        self._admin = Listener(lambda request: handle_admin(self, request), self.options.host, 0, None)

    async def __aenter__(self) -> Self:
        """Listen. Raises OSError when the port is taken."""
        await self._api.open()
        await self._admin.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all sockets and end all requests under way."""
        for timer in self._timers:
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.reset()
        await self._api.stop()
        await self._admin.stop()

    @property
    def url(self) -> str:
        """Base URL of the API."""
        return self._api.url

    @property
    def admin_url(self) -> str:
        """Base URL of the orders: `/sim/faults`, `/sim/stats`."""
        return self._admin.url

    @property
    def connections(self) -> int:
        """Open connections to the API."""
        return self._api.connections

    @property
    def running(self) -> list[Target | None]:
        """What the requests under way are about."""
        return [exchange.target for exchange in self._exchanges]

    @property
    def idle_watches(self) -> int:
        """How many watches have been sent all there is."""
        return sum(self.cluster.table(resource).idle_watchers for resource in self.cluster.registry)

    # Faults

    async def order(self, fault: Fault) -> int:
        """Let something go wrong; returns the number by which to `lift` it."""
        number = self.faults.add(fault)
        if fault.kind == "refuse":
            await self.refuse()
        if fault.kind == "expire":
            self.cluster.forget()
        if fault.running and fault.kind in RUNNING:
            self._strike_running(number, fault)
        once = fault.kind == "expire" and fault.count is None and fault.seconds is None
        if once or not fault.new:
            await self._lift_if_in_force(number)
        elif fault.seconds is not None:
            self._timers.add(self.cluster.clock.call_later(fault.seconds, lambda: self._expire(number)))
        return number

    def _strike_running(self, number: int, fault: Fault) -> None:
        for exchange in tuple(self._exchanges):
            if fault.concerns(exchange.target) and (fault.count is None or fault.count > 0):
                exchange.strike(fault)
                self.faults.spend(number, fault)

    def _expire(self, number: int) -> None:
        task = asyncio.get_running_loop().create_task(self._lift_if_in_force(number))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _lift_if_in_force(self, number: int) -> None:
        if number in self.faults:
            await self.lift(number)

    async def lift(self, number: int) -> None:
        """End a fault; connections that hang go on hanging. Raises SimulatorError when it is not in force."""
        if self.faults.lift(number).kind == "refuse":
            await self.listen()

    async def clear(self) -> None:
        """End all faults."""
        for number, _ in self.faults:
            await self._lift_if_in_force(number)

    async def refuse(self) -> None:
        """Stop listening and reset all connections, as a killed API server."""
        await self._api.close()
        self.reset()

    async def listen(self) -> None:
        """Listen again on the same port."""
        await self._api.open()

    async def restart(self, outage: float = 0.0) -> None:
        """An API server killed, away for `outage` seconds, and back with an empty watch cache."""
        await self.refuse()
        await sleep(self.cluster.clock, outage)
        self.cluster.forget()
        await self.listen()

    def reset(self) -> None:
        """Break every connection, idle ones included."""
        self._api.reset()

    # Requests

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        exchange = Exchange(request, self.cluster.clock, None)
        self._exchanges.add(exchange)
        try:
            return await self._answer(exchange)
        except StatusError as error:
            headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else None
            return await exchange.whole(error.body() + b"\n", error.code, headers)
        except ConnectionError:
            # The client went away in the middle of an answer, as clients of watches do all the time.
            return exchange.left()
        finally:
            self._exchanges.discard(exchange)

    async def _answer(self, exchange: Exchange) -> web.StreamResponse:
        request = exchange.request
        document = (
            discover(self.cluster.registry, request.path, self.options.minor) if request.method == "GET" else None
        )
        if request.path in HEALTH or document is not None:
            await self._admit(exchange)
            if document is None:
                return await exchange.whole(b"ok", headers={"Content-Type": "text/plain; charset=utf-8"})
            return await exchange.whole(document)
        if not request.path.startswith(("/api/", "/apis/")):
            raise no_such_resource()
        watching = flag(request.query, "watch")
        exchange.target = parse_target(self.cluster.registry, request.method, request.path, watch=watching)
        self.requests[exchange.target.verb, exchange.target.resource.plural] += 1
        await self._admit(exchange)
        return await self._serve(exchange, exchange.target)

    async def _serve(self, exchange: Exchange, target: Target) -> web.StreamResponse:
        match target.verb:
            case "get":
                return await get(self.cluster, exchange, target)
            case "list":
                return await get_list(self.cluster, exchange, target, self._list_settings(exchange, target))
            case "watch":
                return await watch(self.cluster, exchange, target, self._watch_settings(exchange, target))
            case _:
                return await write(self.cluster, exchange, target)

    def _list_settings(self, exchange: Exchange, target: Target) -> ListSettings:
        cached = "resourceVersion" in exchange.query and exchange.query.get("resourceVersionMatch") != "Exact"
        stale = self.faults.strike(target, ("stale",)) if cached else None
        return ListSettings(
            sharding=self.options.sharding,
            expired="continue" in exchange.query and self._struck(target, "expire"),
            lag=stale.lag if stale else 0,
        )

    def _watch_settings(self, exchange: Exchange, target: Target) -> WatchSettings:
        from_version = exchange.query.get("resourceVersion", "0") != "0"
        resumes = from_version and not flag(exchange.query, "sendInitialEvents")
        return WatchSettings(
            buffer=self.options.watch_buffer,
            sharding=self.options.sharding,
            expired=resumes and self._struck(target, "expire"),
            swallow=not resumes and self._struck(target, "swallow"),
        )

    def _struck(self, target: Target, kind: str) -> bool:
        return self.faults.strike(target, (kind,)) is not None

    # At the door

    async def _admit(self, exchange: Exchange) -> None:
        """Authenticate, then let the faults have their turn. Raises StatusError."""
        user = self._user(exchange.request)
        fault = self.faults.strike(exchange.target, _AT_THE_DOOR)
        if fault is None:
            return
        exchange.strike(fault)
        match fault.kind:
            case "drop" | "hang":
                await asyncio.Event().wait()
            case "slow":
                await sleep(self.cluster.clock, fault.delay)
            case "truncate":
                return
            case "throttle":
                raise throttled(fault.retry_after)
            case "error":
                raise server_error(fault.code)
            case "unauthorized":
                raise unauthorized()
            case "forbid" if exchange.target is not None:
                target = exchange.target
                raise forbidden(target.resource, target.verb, target.namespace, target.name, user)

    def _user(self, request: web.BaseRequest) -> str:
        if self.options.tokens is None or request.path in _OPEN_PATHS:
            return "system:anonymous"
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        user = self.options.tokens.get(token.strip()) if scheme.lower() == "bearer" else None
        if user is None:
            raise unauthorized()
        return user
