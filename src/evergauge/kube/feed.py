"""A feed: the list and watch of one source, for ever.

Theory of operation. A feed lists once, then watches from the list's version in short watches of about a third of the freshness
bound, in relay. Each clean end proves that everything up to the watch's opening has arrived, and the next one resumes at the version
of the last event. A failed watch is resumed too, never answered by a new list; only a version that the server no longer knows (410),
when no watch lives any more, makes the feed list again, into a new set that takes the place of the old one when it is complete.
Versions never go back: every list after the first one asks for a state no older than the last version seen.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

import structlog

from evergauge.errors import (
    ApiError,
    BookmarkMissing,
    ConnectionLost,
    CutShort,
    Expired,
    Forbidden,
    Invalid,
    NotFound,
    Throttled,
    Unauthorized,
    Unreachable,
    VersionTooLarge,
)
from evergauge.kube.lists import list_by_pages, list_by_watch, list_whole
from evergauge.kube.relay import Relay
from evergauge.kube.tally import Tally
from evergauge.kube.versions import check_order, is_older, is_reached
from evergauge.kube.waiting import Backoff, Patience, run_until

if TYPE_CHECKING:
    from evergauge.freshness import Lease, State
    from evergauge.kube.lists import Listed
    from evergauge.kube.sink import Build, Sink
    from evergauge.kube.source import Source
    from evergauge.kube.ways import RelistReason, Ways

log = structlog.get_logger(__name__)


class Feed:
    """The list and watch of one source.

    synced: set as soon as all its objects are here, or the kind isn't served at all. settled: that, or it isn't permitted. caught_up: set
    when what happened while they were listed is here, too. tally: of all its objects. bound: seconds within which there is proof that it
    has seen everything.
    """

    def __init__(
        self,
        source: Source,
        sink: Sink,
        lease: Lease,
        ways: Ways,
        *,
        from_cache: bool = False,
        at_least: str = "",
        limit: int = 0,
    ) -> None:
        """from_cache: the first list may come from the server's cache as it is. limit: the most objects to list, 0 for all.

        at_least: the version up to which the source's objects have been seen already, if they have.
        """
        self.source = source
        self.synced = asyncio.Event()
        self.settled = asyncio.Event()
        self.caught_up = asyncio.Event()
        self.tally = Tally()
        self.bound = lease.bound
        self._called = asyncio.Event()
        self._sink = sink
        self._lease = lease
        self._ways = ways
        self._limit = limit
        self._version = at_least or ("0" if from_cache else "")
        self._listed = self._afresh = self._watching = False
        self._listed_at: float | None = None
        self._streams = not limit
        self._backoff = Backoff(ways.rng, most=ways.timing.retry, era=lambda: ways.outage.ended)
        self._relists = Backoff(ways.rng, most=ways.timing.retry, era=lambda: ways.outage.ended)
        self._refusals = Backoff(ways.rng, most=ways.timing.retry)
        self._patience = Patience(ways.outage, least=ways.timing.silence)
        self._relay = Relay(source, sink, self.tally, ways, self._backoff, proven=self._watched)
        self._doubted = False
        self._why = "started"

    async def run(self) -> None:
        """List and watch until cancelled."""
        self.report()
        while True:
            try:
                if not self._listed:
                    await self._list()
                await self._watch()
            except ApiError as error:
                self._why = str(error)
                await self._recover(error)

    @property
    def version(self) -> str:
        """The version up to which it has seen everything; none before the first list, "0" where that may come from a cache."""
        return self._relay.version if self._watching else self._version

    @property
    def state(self) -> State:
        """What is to be said of it at this moment."""
        return self._lease.state(self._ways.clock())

    def has_seen(self, version: str, known: float) -> bool:
        """Whether it has surely seen everything up to a version. known: since when the server is known to have had it, by the clock."""
        proof = self._lease.proof
        return self._listed and (is_reached(version, self.version) or (proof is not None and proof >= known))

    def relist(self, reason: RelistReason, at_least: str) -> None:
        """List anew at once, a state no older than a version; unless a list is due anyway."""
        if self._listed:
            self._relist(reason)
            self._relay.advance(at_least)
            if is_older(self._version, at_least):
                self._version = at_least
            self._called.set()

    @property
    def age(self) -> float | None:
        """Seconds since the last proof, None before the first."""
        return self._lease.age(self._ways.clock())

    @property
    def event_age(self) -> float | None:
        """Seconds since the last event of a watch, None before the first."""
        last = self._relay.last_event
        return None if last is None else self._ways.clock() - last

    def report(self) -> None:
        """Tell the observer the state at this moment. To be called from time to time: states also change by themselves."""
        self._ways.observer.state(self.source, self.state, self._why)

    # Lists

    async def _list(self) -> None:
        """A complete new set of objects, taken into service."""
        async with self._ways.queue.turn(len(self._sink), failed=self._patience.tried):
            opened = self._ways.clock()
            self._called.clear()
            try:
                listed = await self._filled()
            except ApiError as error:
                self._sink.abandon()
                self._ways.observer.listed(self.source, error)
                self._patience.failed(silent=_is_silent(error))
                raise
            await self._sink.commit()
        self.tally.listed(listed.objects)
        self._version, self._listed, self._afresh = listed.version, True, False
        self._listed_at = self._ways.clock()
        self._ways.observer.listed(self.source)
        self._ways.outage.answered()
        self._patience.reset()
        self._proven(opened, "listed")

    async def _filled(self) -> Listed:
        """Fill the next set within the time for it; its version is none before the last one. Raises ApiError."""
        try:
            async with asyncio.timeout(self._ways.timing.sync):
                listed = await self._fill()
        except TimeoutError:
            raise ConnectionLost(f"listing {self.source} took more than {self._ways.timing.sync:g} s") from None
        check_order(self.source, self._version, listed.version)
        return listed

    async def _fill(self) -> Listed:
        """Fill the next set with all objects there are."""
        client, at_least, patience = self._ways.client, self._version, self._patience.seconds
        silence = self._ways.timing.silence
        if not self._limit and await self._ways.abilities.streams_lists():
            try:
                return await list_whole(
                    client, self.source, self._begin(), at_least=at_least, patience=patience, silence=silence
                )
            except CutShort as error:
                # A watch has no such limit of time.
                log.debug("listing by a watch this time", **self.source.named, why=str(error))
        if self._streams:
            try:
                return await list_by_watch(
                    client, self.source, self._begin(), at_least=at_least, patience=patience, silence=silence
                )
            except (Invalid, BookmarkMissing) as error:
                self._streams = False
                log.info("listing by pages, not by a watch", **self.source.named, why=str(error))
            except CutShort as error:
                # The next one might fare no better: the more changes and the busier the server, the sooner it gives up. Pages can wait.
                log.debug("listing by pages this time", **self.source.named, why=str(error))
        return await list_by_pages(
            client, self.source, self._begin(), at_least=at_least, patience=patience, most=self._limit
        )

    def _begin(self) -> Build:
        return self._sink.begin(afresh=self._afresh)

    def _relist(self, reason: RelistReason) -> None:
        """List anew before the next watch. A feed that is about to list learns nothing from another 410, but from a server behind it."""
        if self._listed or reason == "behind":
            self._ways.observer.relisted(self.source, reason)
        self._listed = False

    async def _watch(self) -> None:
        """Watch until no watch lives or a list is called for. Raises the ApiError that ended the last watch, if one did."""
        self._relay.version = self._version
        # A long list is old by its end: the first watch is short, to prove soon that what it lacked has come.
        watching = self._relay.run(self._version, brief=not self.caught_up.is_set())
        self._watching = True
        try:
            await run_until(self._called, watching)
        finally:
            self._watching = False
            self._version = self._relay.version

    def _watched(self, opened: float, why: str) -> None:
        """Not before a watch has come to something may lists follow each other quickly: its version may be forgotten while it runs."""
        self._relists.reset()
        self._proven(opened, why)

    def _proven(self, opened: float, why: str) -> None:
        self._lease.prove(opened)
        self.synced.set()
        self.settled.set()
        if self._listed_at is not None and opened >= self._listed_at:
            self.caught_up.set()
        self._backoff.reset()
        self._refusals.reset()
        self._doubted = False
        self._why = why
        self.report()

    def _refused(self, how: Literal["absent", "forbidden"]) -> None:
        """Believed when it is repeated: a server that has just started refuses everything until it knows its roles and kinds."""
        if self._doubted:
            self._lease.refuse(how)
            self.settled.set()
            if how == "absent":
                self.synced.set()
        self._doubted = True

    # Failures

    async def _recover(self, error: ApiError) -> None:
        """Wait as the failure asks for, and see to it that what comes next can succeed."""
        match error:
            case VersionTooLarge() if self._version:
                # The server has gone back, as after the restoration of a backup: only a consistent list is right now, and equal
                # versions of an object may be different ones. (Where no version was asked for, its cache just lags behind itself.)
                log.warning("the API server is behind what it sent before: listing anew", **self.source.named)
                self._relist("behind")
                self._version, self._afresh = "", True
                await asyncio.sleep(self._relists.delay())
            case Expired():
                # It has an opinion, so it is there.
                self._ways.outage.answered()
                self._relist("expired")
                await asyncio.sleep(self._relists.delay())
            case Unauthorized() | Forbidden() | NotFound():
                self._refused("absent" if isinstance(error, NotFound) else "forbidden")
                self.report()
                await asyncio.sleep(self._refusals.delay())
            case Throttled():
                # No earlier, whatever the prober finds.
                await asyncio.sleep(error.retry_after)
                await self._ways.outage.wait(max(0.0, self._backoff.delay() - error.retry_after))
            case _:
                await self._ways.outage.wait(self._backoff.delay())
        self.report()


def _is_silent(error: ApiError) -> bool:
    """Whether the server took the request, or its connection, and said nothing."""
    return isinstance(error, Unreachable | ConnectionLost) and error.silent
