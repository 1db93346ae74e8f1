"""A scrape: fold what waits, take the fragments of all kinds in one step, make a response body of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

from evergauge.kube.turns import run_in_turns
from evergauge.store import OPENMETRICS_END, GzipBody, PlainBody, Section, header_fragment

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from evergauge.declare import CompiledKind
    from evergauge.pipeline.feed_store import FeedStore
    from evergauge.store import Body, Fragment

FOLD_ABOVE = 4 * 1024 * 1024
"""Bytes that wait in one store, as lines or as what they are rendered from, that are left so between two scrapes."""


async def nothing_to_wait_for() -> None:
    """What there is has arrived."""


class FoldCounter(Protocol):
    """Who counts the folding."""

    def folded(self, buckets: int, seconds: float) -> None:
        """A round of folding ended."""


class Exposed(NamedTuple):
    """One kind in service: its headers in both formats, and the stores of its feeds."""

    headers: Sequence[Fragment]
    openmetrics_headers: Sequence[Fragment]
    stores: Sequence[FeedStore]

    def section(self, *, openmetrics: bool) -> Section | None:
        """What a scrape shows of it at this moment; None of a kind without objects (KSM behaviour)."""
        shown = [store.snapshot() for store in self.stores if not store.omitted()]
        snapshots = [snapshot for snapshot in shown if snapshot.objects]
        headers = self.openmetrics_headers if openmetrics else self.headers
        return Section(headers, snapshots) if snapshots else None


def exposed(kind: CompiledKind, stores: Sequence[FeedStore]) -> Exposed:
    """A kind and its stores, ready to be scraped."""
    text, openmetrics = (
        [header_fragment(header.encode()) for header in kind.headers(openmetrics=form)] for form in (False, True)
    )
    return Exposed(text, openmetrics, stores)


class StoreExposer:
    """All kinds in service, by resource.

    Theory of operation. A scrape first waits until what has come from the API server is seen, for it may have been left to gather. Then it folds, bucket
    by bucket and in turns with everything else, what waits. Then it takes the fragments of all stores within one step of the event loop.
    A change that arrives meanwhile waits, or is folded with all its families, so no scrape mixes two versions of an object; and none misses a
    change that had come before it began. What it took is immutable: a slow reader holds up nobody.
    """

    def __init__(
        self,
        counter: FoldCounter,
        kinds: Mapping[str, Exposed] | None = None,
        *,
        arrive: Callable[[], Awaitable[None]] = nothing_to_wait_for,
        trim: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """arrive: waits until what has come from the API server is seen. trim: gives freed memory back, called after a round of folding. clock: seconds, for durations."""
        self._kinds = kinds or {}
        self._counter = counter
        self._arrive = arrive
        self._trim = trim
        self._clock = clock

    def take(self, kinds: Mapping[str, Exposed]) -> None:
        """Serve these kinds from now on. Scrapes under way end with the ones before."""
        self._kinds = kinds

    @property
    def resources(self) -> Sequence[str]:
        """The kinds in service."""
        return tuple(self._kinds)

    async def scrape(
        self, *, resources: frozenset[str] | None, exclude: frozenset[str], openmetrics: bool, gzip: bool
    ) -> Body:
        """One response body. See `evergauge.web.exposer.Exposer`."""
        chosen = [
            kind
            for resource, kind in self._kinds.items()
            if (resources is None or resource in resources) and resource not in exclude
        ]
        await self._arrive()
        await self._fold(store for kind in chosen for store in kind.stores)
        sections = [section for kind in chosen if (section := kind.section(openmetrics=openmetrics))]
        for section in sections:
            for snapshot in section.snapshots:
                await run_in_turns(snapshot.prepare())
        ending = OPENMETRICS_END if openmetrics else None
        return GzipBody(sections, ending) if gzip else PlainBody(sections, ending)

    async def fold_what_is_much(self) -> None:
        """See to the stores in which more than 4 MiB wait: render that, and where it is as much as lines, fold it. To be called from time to time."""
        stores = [store for kind in self._kinds.values() for store in kind.stores]
        for store in stores:
            if store.store.waiting_bytes > FOLD_ABOVE:
                await store.render()
        await self._fold(store for store in stores if store.store.waiting_bytes > FOLD_ABOVE)

    async def _fold(self, stores: Iterable[FeedStore]) -> None:
        start = self._clock()
        buckets = 0
        for store in stores:
            buckets += await store.fold()
        if buckets:
            self._counter.folded(buckets, self._clock() - start)
            self._trim()
