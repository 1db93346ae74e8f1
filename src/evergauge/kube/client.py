"""Requests to one API server, over aiohttp."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, cast
from urllib.parse import urlencode

import aiohttp
import structlog
from yarl import URL

from evergauge import __version__
from evergauge.errors import (
    ApiError,
    ConnectionLost,
    Forbidden,
    MalformedAnswer,
    NoCredential,
    NotFound,
    Unauthorized,
    Unreachable,
)
from evergauge.kube.access import Access
from evergauge.kube.failures import lost, refusal, unreachable
from evergauge.kube.forms import JSON, form_of
from evergauge.kube.gathering import Gathering
from evergauge.kube.sockets import Sockets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from contextlib import AbstractContextManager

    from evergauge.kube.access import Way
    from evergauge.kube.cluster import Cluster
    from evergauge.kube.waiting import Health

log = structlog.get_logger(__name__)

CHUNK = 65_536
"""Bytes that a stream gives at most at a time."""
CONNECT = 10.0
"""Seconds for a connection to one address, TLS included."""
PROBE = 3.0
"""Seconds for a probe, which a server that is well answers at once."""
KEEP_IDLE = 1.0
"""Seconds that an idle connection may wait for the next request. With many feeds most renewals still find one; and a connection whose
peer has silently gone can be the next renewal's for a moment only."""
_REFUSAL = 65_536
"""Bytes of a refusal that are read."""


Verb = Literal["list", "watch", "get", "audit"]
"""What a request is for. A list that comes by a watch is a list."""


class RequestCounter(Protocol):
    """Who counts the requests."""

    def requested(self, resource: str, verb: Verb, code: str) -> None:
        """A request was answered or failed. resource: plural, `readyz` for probes; code: HTTP's, `error` where no answer came."""


class _Asked(NamedTuple):
    url: URL
    accept: str
    what: str
    resource: str
    verb: Verb


class Stream:
    """The body of an answer that goes on. form: how it is written."""

    def __init__(self, response: aiohttp.ClientResponse, what: str, gathering: Gathering) -> None:
        self.form = form_of(response.content_type)
        self._response = response
        self._what = what
        self._gathering = gathering

    def read_now(self) -> bytes:
        """What is there already, 64 KiB at most; empty where there is nothing yet, or nothing any more."""
        content = self._response.content
        return b"" if content.exception() else content.read_nowait(CHUNK)

    async def gather(self, seconds: float) -> None:
        """Let what comes gather in the kernel for so many seconds, or until `ApiClient.arrive`. Then it is there at once."""
        transport = self._transport
        if transport:
            _pause(transport)
        try:
            await self._gathering.rest(self, seconds)
        finally:
            # The very one, for it might be another answer's by now.
            if transport and not transport.is_closing():
                _resume(transport)
        # One round of the event loop to hear from the kernel, one to read.
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    def idle(self) -> AbstractContextManager[None]:
        """Whoever reads has taken all that came before, and waits. What comes next `ApiClient.arrive` waits for, until this is said again."""
        return self._gathering.idle(self)

    @property
    def _transport(self) -> asyncio.ReadTransport | None:
        # Of an answer that has come to its end the connection is somebody else's by now.
        connection = self._response.connection
        transport = connection.transport if connection else None
        return None if transport is None or transport.is_closing() else cast("asyncio.ReadTransport", transport)

    async def read(self) -> bytes:
        """What has come, 64 KiB at most; waits for the first byte, as long as it takes. Empty at the clean end.

        Raises ConnectionLost when the answer breaks off.
        """
        try:
            return await self._response.content.read(CHUNK)
        except (aiohttp.ClientError, OSError) as error:
            raise lost(error, self._what) from None


class ApiClient:
    """Requests to one API server; every request has a time-out. To be used and closed in one event loop.

    Paths begin with a slash and are encoded already; queries are not. All errors are ApiErrors. resource, verb: see RequestCounter.
    """

    def __init__(
        self, cluster: Cluster, *, counter: RequestCounter | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        """clock: seconds since 1970, by which credentials expire and files are looked at."""
        self._counter = counter
        self._sockets = Sockets()
        self._gathering = Gathering()
        self._access = Access(cluster, clock)
        self._clock = clock
        self._server = str(URL(cluster.server)).rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    @property
    def connections(self) -> int:
        """Connections that are open now, idle ones included."""
        return len(self._sockets)

    async def arrive(self) -> None:
        """Wait until what has come by now over any stream that is ever `idle` or left to gather is taken by those who read it."""
        await self._gathering.end()

    async def get(
        self,
        path: str,
        query: Mapping[str, str],
        *,
        accept: str = JSON,
        timeout: float,  # noqa: ASYNC109 (of the whole request)
        resource: str = "",
        verb: Verb = "get",
    ) -> bytes:
        """The whole body of a 200. accept: media types; `*/*` takes any. timeout: seconds for all of it."""
        asked = _Asked(self._url(path, query), accept, f"reading {self._server}{path}", resource, verb)
        response = None
        try:
            async with asyncio.timeout(timeout):
                response = await self._open(asked)
                return await response.read()
        except TimeoutError:
            raise _too_late(asked.what, timeout, answered=response is not None) from None
        except (aiohttp.ClientError, OSError) as error:
            raise lost(error, asked.what) from None
        finally:
            if response is not None:
                _hang_up(response)

    @asynccontextmanager
    async def stream(
        self,
        path: str,
        query: Mapping[str, str],
        *,
        accept: str = JSON,
        connect_timeout: float,
        resource: str = "",
        verb: Verb = "watch",
    ) -> AsyncIterator[Stream]:
        """A watch or a long list. When this yields, the headers of a 200 are there. connect_timeout: seconds until then."""
        doing = "listing" if verb == "list" else "watching"
        asked = _Asked(self._url(path, query), accept, f"{doing} {self._server}{path}", resource, verb)
        try:
            async with asyncio.timeout(connect_timeout):
                response = await self._open(asked)
        except TimeoutError:
            raise _too_late(asked.what, connect_timeout, answered=False) from None
        stream = Stream(response, asked.what, self._gathering)
        try:
            yield stream
        finally:
            self._gathering.leave(stream)
            _hang_up(response)

    async def health(self) -> Health:
        """Whether the API server is there and ready (`/readyz`). Raises nothing; takes 3 s at most."""
        try:
            await self.get("/readyz", {}, accept="*/*", timeout=PROBE, resource="readyz")
        except NoCredential:
            return "away"
        except (Unauthorized, Forbidden, NotFound):
            # Who may not ask, or asks something that knows no such path, can't know; and somebody is there.
            return "ready"
        except ApiError as error:
            log.debug("not ready", error=str(error))
            return "answers" if error.status else "away"
        return "ready"

    async def close(self) -> None:
        """Close all connections. No request may follow."""
        await self._access.close()
        if self._session:
            await self._session.close()

    def _url(self, path: str, query: Mapping[str, str]) -> URL:
        url = f"{self._server}{path}"
        return URL(f"{url}?{urlencode(query)}" if query else url, encoded=True)

    async def _open(self, asked: _Asked) -> aiohttp.ClientResponse:
        """The answer, when it is a 200 of the right form. A 401 is asked again once, if there is a new credential."""
        way = await self._access.way()
        response = await self._send(asked, way)
        if response.status == 401 and await self._renewed(response, way):
            way = await self._access.way()
            response = await self._send(asked, way)
        if response.status != 200:
            raise await self._refused(response, asked, way)
        if not _is_acceptable(response, asked.accept):
            response.close()
            raise MalformedAnswer(f"{asked.what}: wanted {asked.accept}, got {response.content_type}", status=200)
        return response

    async def _renewed(self, refused: aiohttp.ClientResponse, way: Way) -> bool:
        try:
            renewed = await self._access.renew(way)
        except BaseException:
            refused.close()
            raise
        if renewed:
            refused.close()
        return renewed

    async def _send(self, asked: _Asked, way: Way) -> aiohttp.ClientResponse:
        code = "error"
        try:
            response = await self._opened_session().get(
                asked.url,
                headers=[*way.headers, ("Accept", asked.accept)],
                ssl=way.tls,
                server_hostname=way.cluster.trust.server_name or None,
                proxy=way.cluster.proxy or None,
                allow_redirects=False,
            )
        except (aiohttp.ClientError, OSError) as error:
            raise unreachable(error, asked.what, way) from None
        else:
            code = str(response.status)
            return response
        finally:
            # Also of a request that is cancelled: it ran out of time.
            if self._counter:
                self._counter.requested(asked.resource, asked.verb, code)

    async def _refused(self, response: aiohttp.ClientResponse, asked: _Asked, way: Way) -> ApiError:
        try:
            body = await _beginning(response)
        except (aiohttp.ClientError, OSError) as error:
            return lost(error, asked.what)
        finally:
            response.close()
        return refusal(response.status, response.headers, body, what=asked.what, way=way, now=self._clock())

    def _opened_session(self) -> aiohttp.ClientSession:
        # Made at the first request: it belongs to the event loop that runs then.
        if self._session is None:
            self._session = _new_session(self._sockets)
        return self._session


def _new_session(sockets: Sockets) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        # Watches hold their connections, so a limit would be a deadlock; feeds bound the number of requests.
        connector=aiohttp.TCPConnector(limit=0, socket_factory=sockets.open, keepalive_timeout=KEEP_IDLE),
        headers={
            "User-Agent": f"evergauge/{__version__}",
            # Watches are never compressed, and pages come no faster for it: see docs/decisions/0003-api-client.md.
            "Accept-Encoding": "identity",
        },
        cookie_jar=aiohttp.DummyCookieJar(),
        # Each request has its own limit as a whole, credentials included.
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT),
        read_bufsize=CHUNK,
    )


def _pause(transport: asyncio.ReadTransport) -> None:
    """Let nothing more be read from the kernel. A transport of TLS that is paused reads on, to its limit: so its limit is lowered."""
    if limit := getattr(transport, "set_read_buffer_limits", None):
        limit(0)
    else:
        transport.pause_reading()


def _resume(transport: asyncio.ReadTransport) -> None:
    if limit := getattr(transport, "set_read_buffer_limits", None):
        limit()
    else:
        transport.resume_reading()


def _hang_up(response: aiohttp.ClientResponse) -> None:
    """Be done with an answer. The connection of one that isn't complete goes at once: a farewell by TLS waits for one in return, and dead
    peers send none.
    """
    if response.connection and response.connection.transport:
        response.connection.transport.abort()
    response.close()


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    body = b""
    async for piece in response.content.iter_chunked(CHUNK):
        body += piece
        if len(body) >= _REFUSAL:
            break
    return body


def _is_acceptable(response: aiohttp.ClientResponse, accept: str) -> bool:
    wanted = {each.partition(";")[0].strip() for each in accept.split(",")}
    return "*/*" in wanted or response.content_type in wanted


def _too_late(what: str, seconds: float, *, answered: bool) -> ApiError:
    if answered:
        return ConnectionLost(f"{what}: the answer was not complete after {seconds:g} s", silent=True)
    return Unreachable(f"{what}: no answer within {seconds:g} s", silent=True)
