"""Server-side sharding (KEP-5866)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergauge.sim import Cluster, SimOptions
from evergauge.sim.objects import fnv1a
from evergauge.sim.selection import Selection, parse_shards
from sim.apiclient import CONFIGMAPS, configmap, names, new_cluster, serving, told

if TYPE_CHECKING:
    from sim.apiclient import Api

END = 1 << 64


def selector(*ranges: tuple[int, int]) -> str:
    return " || ".join(f"shardRange(object.metadata.uid, '0x{low:016x}', '0x{high:016x}')" for low, high in ranges)


@pytest.mark.parametrize(
    ("text", "digest"),
    [("", 0xCBF29CE484222325), ("a", 0xAF63DC4C8601EC8C), ("foobar", 0x85944171F73967E8)],
)
def test_hash(text: str, digest: int) -> None:
    # Test vectors of the FNV authors (draft-eastlake-fnv).
    assert fnv1a(text) == digest


@given(st.lists(st.integers(1, END - 1), max_size=20, unique=True), st.integers(1, 4))
def test_ranges_that_meet_are_complete_and_disjoint(cuts: list[int], shards: int) -> None:
    bounds = [0, *sorted(cuts), END]
    ranges = list(pairwise(bounds))
    cluster = _cluster(40)
    table = cluster.table("configmaps")
    selections = [
        Selection(table.resource, shards=parse_shards(selector(*own)))
        for own in (ranges[shard::shards] for shard in range(shards))
        if own
    ]
    for entry in table.entries.values():
        assert sum(selection.matches(entry) for selection in selections) == 1


def _cluster(count: int) -> Cluster:
    cluster = new_cluster()
    for number in range(count):
        cluster.create("configmaps", configmap(f"m{number:02}"))
    return cluster


HALF = selector((0, END // 2))


async def test_lists_and_watches_of_a_shard(api: Api) -> None:
    stored = [api.server.cluster.create("configmaps", configmap(f"m{number:02}")) for number in range(40)]
    lower = [thing["metadata"]["name"] for thing in stored if fnv1a(thing["metadata"]["uid"]) < END // 2]
    listing = await api.get(CONFIGMAPS, shardSelector=HALF)
    assert names(listing) == lower
    assert listing.body["metadata"]["shardInfo"] == {"selector": HALF}
    assert told(await api.watched(CONFIGMAPS, shardSelector=HALF)) == [("ADDED", name) for name in lower]
    assert told(await api.watched(CONFIGMAPS, shardSelector=HALF, resourceVersion=1)) == [
        ("ADDED", name) for name in lower
    ]


async def test_remaining_items_are_counted_regardless_of_the_shard(api: Api) -> None:
    stored = [api.server.cluster.create("configmaps", configmap(f"m{number:02}")) for number in range(40)]
    first = next(n for n, thing in enumerate(stored) if fnv1a(thing["metadata"]["uid"]) < END // 2)
    page = await api.get(CONFIGMAPS, shardSelector=HALF, limit=1)
    assert page.body["metadata"]["remainingItemCount"] == 39 - first


async def test_switched_off_the_parameter_is_ignored() -> None:
    async with serving(_cluster(10), SimOptions(sharding=False)) as api:
        listing = await api.get(CONFIGMAPS, shardSelector="anything")
        assert len(names(listing)) == 10
        assert "shardInfo" not in listing.body["metadata"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("junk", "expected shardRange()"),
        ("shardRange(object.metadata.name, '0x0000000000000000', '0x8000000000000000')", "unsupported field path"),
        ("shardRange(object.metadata.uid, '0x8000000000000000', '0x8000000000000000')", "must be less than end"),
        ("shardRange(object.metadata.uid, '0x0', '0x8000000000000000')", "16 hex digits"),
    ],
)
async def test_wrong_selectors(api: Api, text: str, message: str) -> None:
    answer = await api.get(CONFIGMAPS, shardSelector=text)
    assert (answer.status, "reason" in answer.body) == (500, False)
    assert message in answer.body["message"]


async def test_sixty_four_ranges_fit_in_a_request(api: Api) -> None:
    step = END // 128
    wanted = selector(*((2 * n * step, (2 * n + 1) * step) for n in range(64)))
    assert (await api.get(CONFIGMAPS, shardSelector=wanted)).status == 200
