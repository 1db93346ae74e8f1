"""Watches: opening one, and reading what it sends with a bound on silence."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING

from evergauge.errors import ConnectionLost
from evergauge.kube.client import CHUNK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from evergauge.kube.client import ApiClient, Stream, Verb
    from evergauge.kube.source import Source


AT_ONCE = 0.0001
"""Seconds: whoever reads so quickly has not waited."""
GATHER = 0.25
"""Seconds, at most, for which nothing is read where events come often: one that is read by itself costs several times as much."""
MUCH = 128 * 1024
"""Bytes that are left to gather, by the rate at which they came: about what the kernel has room for at once. With more the server would have to wait."""


async def read_within(silence: float, stream: Stream, what: str) -> bytes:
    """What comes next of a stream, empty at its clean end. Raises ConnectionLost; as silent when nothing has come for so many seconds."""
    return stream.read_now() or await wait_within(silence, stream, what)


async def wait_within(silence: float, stream: Stream, what: str) -> bytes:
    """The same, of a stream that has nothing now. What is there is better read without: a time-out costs more than reading it."""
    try:
        async with asyncio.timeout(silence):
            return await stream.read()
    except TimeoutError:
        raise ConnectionLost(f"{what}: not a byte for {silence:g} s", silent=True) from None


class Sent:
    """What a watch sends: an event each, as many at a time as have come.

    read_event: what reads one; see items. arrived: when what was read last had come to this process or was left to gather before it, in seconds of
    the clock; never too late. waited: whether reading it let others have their turn.
    """

    def __init__(
        self,
        stream: Stream,
        what: str,
        *,
        silence: float,
        clock: Callable[[], float],
        gather_until: float | None = None,
    ) -> None:
        """silence: seconds after which a quiet stream counts as dead.

        gather_until: let events wait for one another (see GATHER), and `ApiClient.arrive` for them, but not beyond this time of the clock.
        """
        self.read_event = stream.form.read_event
        self.waited = False
        self._stream = stream
        self._what = what
        self._silence = silence
        self._clock = clock
        self._gather_until = gather_until
        self._rest = b""
        self._is_often = False
        self._came = 0
        self._since = self._read = self.arrived = clock()

    async def read(self) -> Sequence[bytes | memoryview] | None:
        """The next that are complete (perhaps none), None at the clean end. Raises ConnectionLost."""
        self.waited = False
        if self._is_often:
            await self._let_gather()
        asked = self._clock()
        chunk = self._stream.read_now() or await self._wait()
        now = self._clock()
        waited = now - asked
        # What is there at once may have waited since the last time.
        self.arrived = now if waited > AT_ONCE else self._read
        self._is_often = self._gather_until is not None and waited < GATHER and 0 < len(chunk) < CHUNK
        if waited >= GATHER:
            self._since, self._came = now, 0
        self._came += len(chunk)
        self._read = now
        if not chunk:
            if self._rest:
                raise ConnectionLost(f"{self._what}: broken off in the middle of an event")
            return None
        events, self._rest = self._stream.form.split(self._rest + chunk)
        return events

    async def _wait(self) -> bytes:
        self.waited = True
        with nullcontext() if self._gather_until is None else self._stream.idle():
            return await wait_within(self._silence, self._stream, self._what)

    async def _let_gather(self) -> None:
        now = self._clock()
        seconds = min(GATHER, (now - self._since) * MUCH / self._came)
        self._since, self._came = now, 0
        if self._gather_until is not None and seconds > 0 and now + seconds <= self._gather_until:
            self.waited = True
            await self._stream.gather(seconds)


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
    gather_until: float | None = None,
) -> AsyncIterator[Sent]:
    """A watch that has begun. query: beside the source's own. Raises ApiError when it is refused or can't be opened.

    connect: seconds until the headers must be there, which the API server sends at once, whatever follows. silence, gather_until: see Sent.
    verb: `list` where the watch starts with everything there is.
    """
    full = {"watch": "1", "allowWatchBookmarks": "true", **source.query, **query}
    async with client.stream(
        source.path, full, accept=source.accept_watch, connect_timeout=connect, resource=source.resource, verb=verb
    ) as stream:
        yield Sent(stream, f"watching {source}", silence=silence, clock=clock, gather_until=gather_until)
