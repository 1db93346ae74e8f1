"""Watches: opening one, and reading what it sends with a bound on silence."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from evergauge.errors import ConnectionLost
from evergauge.kube.client import CHUNK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from evergauge.kube.client import ApiClient, Stream, Verb
    from evergauge.kube.source import Source


AT_ONCE = 0.0001
"""Seconds: whoever reads so quickly has not waited."""
GATHER = 0.1
"""Seconds, at most, for which nothing is read where events come often: one that is read by itself costs several times as much."""
MUCH = 128 * 1024
"""Bytes that are left to gather, at most, by the rate at which they came: the server never has to wait for room in the kernel."""


async def read_within(silence: float, stream: Stream, what: str) -> bytes:
    """What comes next of a stream, empty at its clean end. Raises ConnectionLost; as silent when nothing has come for so many seconds."""
    if there := stream.read_now():
        return there  # A time-out costs more than this.
    try:
        async with asyncio.timeout(silence):
            return await stream.read()
    except TimeoutError:
        raise ConnectionLost(f"{what}: not a byte for {silence:g} s", silent=True) from None


class Sent:
    """What a watch sends: an event each, as many at a time as have come.

    read_event: what reads one; see items. arrived: when what was read last had come into this process, in seconds of the clock; never too late.
    """

    def __init__(
        self, stream: Stream, what: str, *, silence: float, clock: Callable[[], float], gather: bool = False
    ) -> None:
        """silence: seconds after which a quiet stream counts as dead. gather: let events wait for one another, see GATHER."""
        self.read_event = stream.form.read_event
        self._stream = stream
        self._what = what
        self._silence = silence
        self._clock = clock
        self._rest = b""
        self._gather = gather
        self._is_often = False
        self._came = 0
        self._since = self._read = self.arrived = clock()

    async def read(self) -> list[bytes] | None:
        """The next that are complete (perhaps none), None at the clean end. Raises ConnectionLost."""
        if self._is_often:
            await self._stream.gather(self._time_to_gather())
        asked = self._clock()
        chunk = await read_within(self._silence, self._stream, self._what)
        now = self._clock()
        # What is there at once may have waited since the last time.
        self.arrived = now if now - asked > AT_ONCE else self._read
        self._is_often = self._gather and now - asked < GATHER and len(chunk) < CHUNK
        self._came += len(chunk)
        self._read = now
        if not chunk:
            if self._rest:
                raise ConnectionLost(f"{self._what}: broken off in the middle of an event")
            return None
        events, self._rest = self._stream.form.split(self._rest + chunk)
        return events

    def _time_to_gather(self) -> float:
        """Seconds until MUCH has come, at the rate since the last time; GATHER at most."""
        now = self._clock()
        seconds = min(GATHER, (now - self._since) * MUCH / self._came)
        self._since, self._came = now, 0
        return seconds


@asynccontextmanager
async def open_watch(
    client: ApiClient,
    source: Source,
    query: Mapping[str, str],
    *,
    connect: float,
    silence: float,
    verb: Verb = "watch",
    clock: Callable[[], float] = time.monotonic,
    gather: bool = False,
) -> AsyncIterator[Sent]:
    """A watch that has begun. query: beside the source's own. Raises ApiError when it is refused or can't be opened.

    connect: seconds until the headers must be there, which the API server sends at once, whatever follows. silence, gather: see Sent.
    verb: `list` where the watch starts with everything there is.
    """
    full = {"watch": "1", "allowWatchBookmarks": "true", **source.query, **query}
    async with client.stream(
        source.path, full, accept=source.accept_watch, connect_timeout=connect, resource=source.resource, verb=verb
    ) as stream:
        yield Sent(stream, f"watching {source}", silence=silence, clock=clock, gather=gather)
