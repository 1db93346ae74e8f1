"""What serves, in the test's own process and without ports, so that a test can look and reach into it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from evergauge.app import audits, go_type, ways_of
from evergauge.declare import CompiledKind
from evergauge.generations import Builder, Generations
from evergauge.jobs import Job, start_jobs, stop_jobs
from evergauge.kinds import KINDS
from evergauge.kube.client import ApiClient
from evergauge.kube.cluster import load_cluster
from evergauge.options import parse
from evergauge.pipeline.exposer import StoreExposer
from evergauge.pipeline.selection import compile_kinds
from evergauge.service import Service
from evergauge.telemetry import Build, Telemetry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

    import msgspec

    from evergauge.declare import Kind, Model, Rendered
    from evergauge.options import Options
    from evergauge.pipeline.feed_store import FeedStore


class Rendering(CompiledKind):
    """Knows how many objects it has rendered."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind)
        self.rendered = 0

    def render(self, raw: bytes | msgspec.Raw | Model) -> Rendered:
        self.rendered += 1
        return super().render(raw)


@dataclass
class Serving:
    """All parts."""

    options: Options
    kinds: Mapping[str, CompiledKind]
    telemetry: Telemetry
    exposer: StoreExposer
    service: Service
    jobs: Sequence[str]

    def metric(self, name: str, **labels: str) -> float | None:
        """A self-metric."""
        return self.telemetry.registry.get_sample_value(name, labels)

    def stores(self) -> Iterator[FeedStore]:
        assert self.service.current
        for kind in self.service.current.kinds.values():
            yield from kind.stores


@asynccontextmanager
async def serving(*flags: str, kinds: Mapping[str, CompiledKind] | None = None) -> AsyncIterator[Serving]:
    """Everything but the ports; nothing is served until the test says so."""
    options = parse(flags)
    kinds = kinds or compile_kinds(options, KINDS)
    telemetry = Telemetry(Build("test"), {name: go_type(kind) for name, kind in kinds.items()})
    cluster = load_cluster(kubeconfig=options.kubeconfig, apiserver=options.apiserver, environ={})
    client = ApiClient(cluster, counter=telemetry.api)
    exposer = StoreExposer(telemetry.objects, arrive=client.arrive)
    ways = ways_of(client, options, telemetry)
    service = Service(Builder(options, kinds, ways, telemetry).build, exposer, Random(1), Generations(telemetry))
    jobs = start_jobs([Job("outage", ways.outage.run), *audits(options, ways, service, telemetry)], Random(1))
    try:
        yield Serving(options, kinds, telemetry, exposer, service, [job.get_name() for job in jobs])
    finally:
        await stop_jobs(jobs)
        await service.close()
        await client.close()
