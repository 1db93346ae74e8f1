"""Scrapes: what they choose, how they end, what they never mix."""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING

import pytest

from evergauge.declare import CompiledKind
from evergauge.kinds import KINDS
from evergauge.pipeline.exposer import FOLD_ABOVE, StoreExposer, exposed
from evergauge.pipeline.faults import FaultReports
from evergauge.pipeline.feed_store import FeedStore
from evergauge.store import Rendering, Unrendered
from support.foreign import parse_openmetrics, parse_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergauge.store import Body

PARTS = 40


class Counts:
    """Counts what is folded, what failed and how often memory was given back."""

    def __init__(self) -> None:
        self.rounds: list[int] = []
        self.trims = 0

    def folded(self, buckets: int, seconds: float) -> None:
        assert seconds >= 0
        self.rounds.append(buckets)

    def failed(self, resource: str, family: str) -> None:
        raise AssertionError(resource + family)

    def trim(self) -> None:
        self.trims += 1


class Stage:
    """Two kinds, the second with two feeds, and an exposer of them."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.kinds = {kind.resource: CompiledKind(kind) for kind in KINDS if kind.resource in ("nodes", "services")}
        self.stores = {
            resource: [
                FeedStore(kind, lambda _: True, FaultReports(self.counts, lambda: 0.0))
                for _ in range(2 if resource == "services" else 1)
            ]
            for resource, kind in self.kinds.items()
        }
        served = {resource: exposed(kind, self.stores[resource]) for resource, kind in self.kinds.items()}
        self.coming: list[Callable[[], None]] = []
        self.exposer = StoreExposer(self.counts, served, arrive=self.arrive, trim=self.counts.trim)

    async def arrive(self) -> None:
        """What has come, but wasn't seen yet, is."""
        while self.coming:
            self.coming.pop()()

    def put(self, resource: str, feed: int, number: int, version: str = "1") -> None:
        """An object each of whose families has one line that says its version."""
        families = self.kinds[resource].families
        lines = [f'{f.name}{{object="{number}",version="{version}"}} 1\n'.encode() for f in families]
        self.stores[resource][feed].store.put(str(number), lines)

    async def scrape(
        self,
        *,
        resources: frozenset[str] | None = None,
        exclude: frozenset[str] = frozenset(),
        openmetrics: bool = False,
    ) -> str:
        plain, compressed = [
            await self.exposer.scrape(resources=resources, exclude=exclude, openmetrics=openmetrics, gzip=form)
            for form in (False, True)
        ]
        text = whole(plain)
        assert gzip.decompress(whole(compressed)) == text
        return text.decode()


def whole(body: Body) -> bytes:
    text = b"".join(make() for make in body.pieces())
    assert len(text) == body.length
    return text


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def test_kinds_without_objects_write_nothing(stage: Stage) -> None:
    assert await stage.scrape() == ""
    assert await stage.scrape(openmetrics=True) == "# EOF\n"
    stage.put("nodes", 0, 1)
    text = await stage.scrape()
    assert "# HELP kube_node_info " in text
    assert "kube_service" not in text


@pytest.mark.parametrize(
    ("resources", "exclude", "expected"),
    [
        (None, [], {"nodes", "services"}),
        (["nodes"], [], {"nodes"}),
        (["nodes", "services"], ["nodes"], {"services"}),
        (None, ["services"], {"nodes"}),
        ([], [], set()),
        (["nothing"], [], set()),
    ],
)
async def test_a_scrape_chooses_kinds(
    stage: Stage, resources: list[str] | None, exclude: list[str], expected: set[str]
) -> None:
    stage.put("nodes", 0, 1)
    stage.put("services", 1, 1)
    text = await stage.scrape(resources=None if resources is None else frozenset(resources), exclude=frozenset(exclude))
    assert {name for name in ("nodes", "services") if f"# TYPE kube_{name[:-1]}_info " in text} == expected


async def test_feeds_of_one_kind_share_headers_family_by_family(stage: Stage) -> None:
    stage.put("services", 0, 1)
    stage.put("services", 1, 2)
    text = await stage.scrape()
    families = parse_text(text)
    assert [len(family.samples) for family in families] == [2] * len(stage.kinds["services"].families)
    assert {family.name for family in parse_openmetrics(await stage.scrape(openmetrics=True))} >= {"kube_service_info"}


async def test_a_scrape_holds_every_change_before_it(stage: Stage) -> None:
    for version in ("1", "2", "3"):
        stage.put("nodes", 0, 1, version)
        assert f'version="{version}"' in await stage.scrape()


async def test_a_scrape_holds_what_has_come_before_it_and_was_left_to_gather(stage: Stage) -> None:
    stage.coming.append(lambda: stage.put("nodes", 0, 1, "come"))
    assert 'version="come"' in await stage.scrape()


async def test_concurrent_scrapes_under_changes_never_mix_two_versions_of_an_object(stage: Stage) -> None:
    objects = 500

    async def change() -> None:
        for version in range(60):
            for number in range(0, objects, 7):
                stage.put("nodes", 0, number, str(version))
                if number % 70 == 0:
                    await asyncio.sleep(0)

    async def look() -> None:
        body = await stage.exposer.scrape(resources=None, exclude=frozenset(), openmetrics=False, gzip=True)
        versions: dict[str, set[str]] = {}
        for line in gzip.decompress(whole(body)).decode().splitlines():
            if not line.startswith("#"):
                _, number, _, version, _ = line.split('"')
                versions.setdefault(number, set()).add(version)
        assert len(versions) == objects
        assert all(len(seen) == 1 for seen in versions.values())

    for number in range(objects):
        stage.put("nodes", 0, number, "first")
    changing = asyncio.create_task(change())
    while not changing.done():
        await asyncio.gather(*(look() for _ in range(3)))
    await changing


async def test_folding_is_counted_and_memory_given_back_only_when_there_was_something(stage: Stage) -> None:
    await stage.scrape()
    assert (stage.counts.rounds, stage.counts.trims) == ([], 0)
    stage.put("nodes", 0, 1)
    await stage.scrape()
    assert (stage.counts.rounds, stage.counts.trims) == ([1], 1)


async def test_between_scrapes_much_is_rendered_before_it_counts_as_much(stage: Stage) -> None:
    stage.put("services", 0, 1)
    await stage.scrape()
    store = stage.stores["services"][0].store
    lines = [b"x" * 300 + b"\n"] * len(stage.kinds["services"].families)
    store.put("1", Unrendered(lambda _: Rendering(lines), FOLD_ABOVE + 1))
    await stage.exposer.fold_what_is_much()
    assert 0 < store.waiting_bytes < FOLD_ABOVE
    assert stage.counts.rounds == [1]


async def test_between_scrapes_only_much_is_folded(stage: Stage) -> None:
    stage.put("nodes", 0, 1)
    await stage.exposer.fold_what_is_much()
    assert stage.stores["nodes"][0].store.waiting_bytes > 0
    for number in range(64 * 80):
        stage.put("services", 0, number)
    await stage.scrape()
    for number in range(64 * 80):
        stage.stores["services"][0].store.put(str(number), [b"x" * 300 + b"\n"] * len(stage.kinds["services"].families))
    assert stage.stores["services"][0].store.waiting_bytes > FOLD_ABOVE
    stage.put("nodes", 0, 2)
    await stage.exposer.fold_what_is_much()
    assert stage.stores["services"][0].store.waiting_bytes == 0
    assert stage.stores["nodes"][0].store.waiting_bytes > 0
