"""The audit of one feed: does its store hold what the API server has?

Theory of operation. The API server is asked by consistent reads, which its watch cache has no part in, or only as far as it is known
to be up to date. Its answer is of one version, and the store of another, so nothing is judged before the feed is proven to have seen
everything up to that version; and no object is judged that had an event since the audit began, for it is as that event says. What
remains has not changed since before the answer, neither here nor there: a difference is one. Even so it counts only if a second look
finds it again.

Counting is cheap: one object, and how many there are beside it. It finds what has been lost or kept by mistake, but not what is out
of date; and the number may be an estimate. So a count that differs proves nothing, and calls for a comparison of all objects.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from evergauge.errors import AuditError, AuditInterrupted
from evergauge.kube.items import name_of, read_items
from evergauge.kube.lists import count, list_by_pages
from evergauge.pipeline.versions import version_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from evergauge.kube.client import ApiClient
    from evergauge.kube.items import Item
    from evergauge.kube.tally import Journal
    from evergauge.pipeline.feed_store import FeedStore, Served
    from evergauge.protobuf import Protobuf

LOOK_EVERY = 0.25
"""Seconds between two looks at how far the feed is."""
ANSWER = 60.0
"""Seconds for one answer; the API server's own limit for a request is as long."""
PATIENCE = 2
"""Freshness bounds until it is given up that the feed gets as far as the API server's answer."""

DriftKind = Literal["missing", "extra", "outdated"]


class Drift(NamedTuple):
    """One object that isn't as the API server has it. name: with its namespace, empty where it isn't known."""

    kind: DriftKind
    name: str


class Found(NamedTuple):
    """What a comparison has found. version: of the API server's answer; drift: by UID."""

    version: str
    drift: Mapping[str, Drift]


class Numbers(NamedTuple):
    """Differences of numbers of objects.

    source: those that the API server has, less those that the feed knows of; None where either isn't known. store: those that should
    be held, less those that are.
    """

    source: int | None = None
    store: int = 0

    @property
    def agree(self) -> bool:
        """Whether there is none."""
        return not self.source and not self.store


class Audit:
    """One audit of one feed. Raises ApiError, AuditError."""

    def __init__(self, client: ApiClient, audited: Served, clock: Callable[[], float]) -> None:
        """clock: that of the feed."""
        self._client = client
        self._feed, self._store = audited
        self._source = replace(self._feed.source, metadata_only=True)
        self._clock = clock

    async def count(self) -> Numbers:
        """Compare numbers. The API server is asked where it can count: it can't count a selection."""
        tally = self._feed.tally
        source = None
        with tally.journal() as journal:
            counted = None
            if not (self._source.field_selector or self._source.shard_selector()):
                counted = await count(self._client, self._source, patience=ANSWER)
            if counted is not None:
                await self._until_seen(counted.version, journal)
                if tally.objects is not None:
                    source = counted.objects - (tally.objects - journal.change_after(counted.version))
            return Numbers(source, self._store.lacks(tally.objects))

    async def compare(self) -> Found:
        """Compare all objects, twice where the first look finds something."""
        first = await self._look()
        if not first.drift:
            return first
        second = await self._look()
        confirmed = {uid: drift for uid, drift in second.drift.items() if first.drift.get(uid) == drift}
        return Found(second.version, confirmed)

    async def _look(self) -> Found:
        with self._feed.tally.journal() as journal:
            comparison = Comparison(self._store)
            listed = await list_by_pages(
                self._client, self._source, comparison, at_least="", patience=ANSWER, verb="audit"
            )
            await self._until_seen(listed.version, journal)
            return Found(listed.version, comparison.drift(journal))

    async def _until_seen(self, version: str, journal: Journal) -> None:
        known, seconds = self._clock(), self._feed.bound * PATIENCE
        while not (journal.void or self._feed.has_seen(version, known)):
            if self._clock() - known > seconds:
                raise AuditError(f"{self._source}: not proven to have seen version {version} within {seconds:g} s")
            await asyncio.sleep(LOOK_EVERY)
        if journal.void:
            raise AuditInterrupted(f"{self._source}: listed anew")


class Comparison:
    """The objects of a store against those of a list. A `Build` for the list."""

    def __init__(self, store: FeedStore) -> None:
        self._store = store
        self._unseen = set(store.store.keys)
        self._differing: dict[str, tuple[str, int]] = {}

    def read(self, objects: bytes | Protobuf) -> list[Item | None]:
        """See Build."""
        return read_items(objects)

    def put(self, item: Item | None) -> None:
        """An object that the API server has."""
        if item is None or not self._store.owns(item.uid):
            return
        self._unseen.discard(item.uid)
        version = version_number(item.version)
        if self._store.store.version(item.uid) != version:
            self._differing[item.uid] = name_of(item.raw), version

    def remove(self, item: Item | None) -> None:
        """A list removes nothing."""
        raise NotImplementedError(item)

    def drift(self, journal: Journal) -> Mapping[str, Drift]:
        """What is wrong, of the objects without events since the journal was opened."""
        found: dict[str, Drift] = {}
        for uid, (name, version) in self._differing.items():
            held = self._store.store.version(uid)
            if held != version and self._counts(uid, journal):
                found[uid] = Drift("missing" if held is None else "outdated", name)
        for uid in self._unseen:
            if uid in self._store.store and self._counts(uid, journal):
                found[uid] = Drift("extra", "")
        return found

    def _counts(self, uid: str, journal: Journal) -> bool:
        return uid not in journal.touched and self._store.owns(uid)
