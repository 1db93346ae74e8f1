"""Items to the store: ours and others', sound and broken ones, one generation after the other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
from structlog.testing import capture_logs

from evergauge.declare import CompiledKind
from evergauge.kinds import KINDS
from evergauge.kube.items import Item
from evergauge.pipeline.faults import LOGGED, PERIOD, FaultReports
from evergauge.pipeline.feed_store import FeedStore
from evergauge.shard import fixed
from evergauge.store import PlainBody, Section, Size

if TYPE_CHECKING:
    from collections.abc import Callable

NAMESPACES = next(kind for kind in KINDS if kind.resource == "namespaces")
UID = "29ba9a8d-4c5f-4d3c-a2ab-b5a1b1a5f0a{}"


class Counter:
    """Counts faults; its clock is moved by hand."""

    def __init__(self) -> None:
        self.failures: list[tuple[str, str]] = []
        self.now = 0.0

    def failed(self, resource: str, family: str) -> None:
        self.failures.append((resource, family))


def item(number: int, **status: object) -> Item:
    uid = UID.format(number)
    raw = {"metadata": {"name": f"ns{number}", "uid": uid}, "status": status or {"phase": "Active"}}
    return Item(uid, str(number), msgspec.Raw(json.dumps(raw).encode()))


def feed_store(counter: Counter, owns: Callable[[str], bool] = lambda _: True) -> FeedStore:
    return FeedStore(CompiledKind(NAMESPACES), owns, FaultReports(counter, lambda: counter.now))


async def shown(store: FeedStore) -> list[str]:
    """The lines of the phase family that are 1."""
    await store.fold()
    body = PlainBody([Section([], [store.snapshot()])])
    for _ in body._sections[0].snapshots[0].prepare():
        pass
    column = [f for n in range(store.store.families) for f in store.snapshot().column(n)]
    text = b"".join(fragment.text() for fragment in column).decode()
    return sorted(
        line.partition(" ")[0] for line in text.splitlines() if "status_phase" in line and line.endswith(" 1")
    )


def phase(number: int, text: str = "Active") -> str:
    return f'kube_namespace_status_phase{{namespace="ns{number}",phase="{text}"}}'


async def test_objects_are_kept_replaced_and_removed() -> None:
    store = feed_store(Counter())
    store.put(item(1))
    store.put(item(2))
    store.put(item(1, phase="Terminating"))
    store.remove(item(2))
    store.remove(item(3))
    assert await shown(store) == [phase(1, "Terminating")]
    assert len(store) == 1


async def test_objects_of_other_shards_are_neither_kept_nor_rendered() -> None:
    counter = Counter()
    shards = [feed_store(counter, fixed(ordinal, 3).owns) for ordinal in range(3)]
    for shard in shards:
        for number in range(9):
            shard.put(item(number))
        shard.remove(item(0))
    assert sorted([line for shard in shards for line in await shown(shard)]) == [phase(n) for n in range(1, 9)]
    assert all(0 < len(shard) < 8 for shard in shards)


class Holding:
    """What a shard holds at the moment."""

    def __init__(self, *numbers: int) -> None:
        self.uids = {UID.format(number) for number in numbers}

    def owns(self, uid: str) -> bool:
        return uid in self.uids


async def test_narrowing_drops_what_is_no_longer_ours_from_the_set_in_service_and_from_the_next_one() -> None:
    holding = Holding(*range(8))
    store = feed_store(Counter(), holding.owns)
    for number in range(8):
        store.put(item(number))
    store.begin()
    following = store.begin()
    for number in range(2, 7):
        following.put(item(number, phase="Terminating"))
    holding.uids = Holding(1, 3, 5, 7).uids
    assert await store.narrow() == 4
    assert await shown(store) == [phase(number) for number in (1, 3, 5, 7)]
    await store.commit()
    assert await shown(store) == [phase(number, "Terminating") for number in (3, 5)]
    assert await store.narrow() == 0
    holding.uids = set()
    assert await store.narrow() == 2
    assert (len(store), store.store.size) == (0, Size())


async def test_the_next_generation_is_seen_only_when_it_is_complete() -> None:
    store = feed_store(Counter())
    store.put(item(1))
    build = store.begin()
    build.put(item(2))
    build.put(item(3))
    assert await shown(store) == [phase(1)]
    await store.commit()
    assert await shown(store) == [phase(2), phase(3)]
    store.put(item(4))
    assert await shown(store) == [phase(2), phase(3), phase(4)]


async def test_a_broken_object_loses_only_what_is_broken_and_is_counted() -> None:
    counter = Counter()
    store = feed_store(counter)
    with capture_logs() as logs:
        store.put(item(1, phase=["no", "text"], conditions=[]))
        store.put(item(2))
    assert await shown(store) == [phase(2)]
    assert counter.failures == [("namespaces", "kube_namespace_status_phase")]
    assert len(store) == 2
    (line,) = logs
    assert line["resource"] == "namespaces"
    assert line["family"] == "kube_namespace_status_phase"
    assert UID.format(1) in line["object"]
    assert "status.phase" in line["why"]


async def test_an_object_without_identity_is_counted_and_takes_nothing_along() -> None:
    counter = Counter()
    store = feed_store(counter)
    store.put(None)
    store.remove(None)
    store.put(item(1))
    assert counter.failures == [("namespaces", "")]
    assert await shown(store) == [phase(1)]


def test_the_log_names_faults_at_a_bounded_rate_and_says_how_many_it_did_not_name() -> None:
    counter = Counter()
    store = feed_store(counter)
    with capture_logs() as logs:
        for number in range(50):
            store.put(item(number % 10, phase=[]))
        counter.now += PERIOD
        store.put(item(1, phase=[]))
    assert len(counter.failures) == 51
    assert [line["event"] for line in logs].count("left out") == LOGGED + 1
    (rest,) = [line for line in logs if line["event"] != "left out"]
    assert rest["unnamed"] == 50 - LOGGED
