"""What a generation is made of: for each kind its feeds, their stores and what says something about them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from evergauge.freshness import Lease
from evergauge.kube.feed import Feed
from evergauge.kube.ways import bound_in_force, timing_for
from evergauge.pipeline.exposer import Exposed, exposed
from evergauge.pipeline.faults import FaultReports
from evergauge.pipeline.feed_store import FeedStore, Served
from evergauge.pipeline.sources import sources
from evergauge.service import Generation, Mine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from evergauge.declare import CompiledKind
    from evergauge.kube.source import Source
    from evergauge.kube.ways import Observer, RelistReason, Ways
    from evergauge.options import Options
    from evergauge.shard import Holding
    from evergauge.telemetry import Telemetry


log = structlog.get_logger(__name__)


class Builder:
    """Builds generations; nothing of them runs yet."""

    def __init__(
        self,
        options: Options,
        kinds: Mapping[str, CompiledKind],
        ways: Ways,
        telemetry: Telemetry,
        *,
        trim: Callable[[], None] = lambda: None,
    ) -> None:
        """trim: gives freed memory back, called when a list was taken into service."""
        self._options = options
        self._kinds = kinds
        self._ways = ways
        self._telemetry = telemetry
        self._trim = trim
        self._faults = FaultReports(telemetry.objects, ways.clock)
        self._bound = options.freshness_bound

    def build(self, holding: Holding, before: Generation | None) -> Generation:
        """A generation that holds this. before: the one in service, of which it takes over what hasn't changed."""
        mine = Mine(holding)
        chosen = {
            resource: [replace(source, shard_selector=mine.selector) for source in sources(kind, self._options)]
            for resource, kind in self._kinds.items()
        }
        bound = self._bound_for(sum(map(len, chosen.values())))
        observer = Quiet(self._ways.observer)
        ways = self._ways._replace(observer=observer, timing=timing_for(bound))
        served = {each.feed.source: each for each in before.served} if before else {}
        feeds: list[Feed] = []
        shown: dict[str, Exposed] = {}
        for resource, kind in self._kinds.items():
            stores = []
            for source in chosen[resource]:
                feed, store = self._feed(kind, source, mine, ways, Lease(bound), before=served.get(source))
                feeds.append(feed)
                stores.append(store)
            shown[resource] = exposed(kind, stores)
        return Generation(mine, feeds, shown, observer, bound)

    def _bound_for(self, feeds: int) -> float:
        """The freshness bound in force. Says so when it is another one than before."""
        bound = bound_in_force(self._options.freshness_bound, feeds)
        if bound != self._bound:
            log.warning(
                "the freshness bound in force is not the configured one: so many feeds would renew their watches too often; "
                "name fewer resources or namespaces, or no namespaces at all",
                flag="--freshness-bound",
                configured_seconds=self._options.freshness_bound,
                in_force_seconds=round(bound, 1),
                feeds=feeds,
            )
        self._bound = bound
        return bound

    def _feed(
        self, kind: CompiledKind, source: Source, mine: Mine, ways: Ways, lease: Lease, *, before: Served | None
    ) -> Served:
        options = self._options
        store = FeedStore(
            kind,
            mine.owns,
            self._faults,
            keeps=mine.keeps,
            listed=self._listed(source.resource),
            omitted=self._omitted(lease),
            before=before.store if before else None,
        )
        self._telemetry.feeds.add(source)
        feed = Feed(
            source,
            store,
            lease,
            ways,
            from_cache=options.use_apiserver_cache,
            at_least=before.feed.version if before else "",
            limit=options.object_limit,
        )
        return Served(feed, store)

    def _listed(self, resource: str) -> Callable[[int], None]:
        """Publishes how many objects a list had, under `--object-limit` only (KSM behaviour), and gives back what it has left behind."""

        def listed(objects: int) -> None:
            self._trim()
            if self._options.object_limit:
                self._telemetry.settings.list_limited(resource, objects, self._options.object_limit)

        return listed

    def _omitted(self, lease: Lease) -> Callable[[], bool]:
        """Whether a feed's objects are to be left out of a scrape."""
        if self._options.stale_policy == "omit":
            return lambda: lease.exceeded(self._ways.clock())
        return lambda: False


class Quiet:
    """An observer that passes everything on, but states and what is visible only from when its generation is in service.

    Until then the served generation's feeds speak for the same sources.
    """

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._speaks = False

    def speak(self) -> None:
        """See Speaker."""
        self._speaks = True

    def listed(self, source: Source, error: Exception | None = None) -> None:
        """See Observer."""
        self._observer.listed(source, error)

    def watched(self, source: Source, error: Exception | None = None) -> None:
        """See Observer."""
        self._observer.watched(source, error)

    def relisted(self, source: Source, reason: RelistReason) -> None:
        """See Observer."""
        self._observer.relisted(source, reason)

    def visible(self, source: Source, events: int, seconds: float) -> None:
        """See Observer."""
        if self._speaks:
            self._observer.visible(source, events, seconds)

    def state(self, source: Source, state: str, why: str) -> None:
        """See Observer."""
        if self._speaks:
            self._observer.state(source, state, why)


class Generations:
    """The service's observer: what becomes of generations shows in the self-metrics."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def serving(self, holding: Holding) -> None:
        """See evergauge.service.Observer. A shard that is leaving has no place by the key it hands over to."""
        key = holding.key
        if holding.number in key.numbers:
            self._telemetry.settings.sharding(holding.number - key.start, key.replicas)
        self._telemetry.handovers.current(key)

    def prepared(self, generations: int) -> None:
        """See evergauge.service.Observer."""
        self._telemetry.handovers.prepared(generations)

    def dropped(self, source: Source) -> None:
        """See evergauge.service.Observer."""
        self._telemetry.feeds.drop(source)
