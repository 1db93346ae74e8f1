"""Items to the store: ours and others', sound and broken ones, one generation after the other."""

from __future__ import annotations

import gc
import json
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import ref

import msgspec
import pytest
from structlog.testing import capture_logs

from evergauge.declare import CompiledKind, Family, Model, Rendered, via
from evergauge.kinds import KINDS
from evergauge.kube.items import Item, read_item
from evergauge.pipeline.faults import LOGGED, PERIOD, FaultReports
from evergauge.pipeline.feed_store import FeedStore
from evergauge.protobuf import Protobuf
from evergauge.shard import fixed
from evergauge.store import PlainBody, Section, Size
from support.messages import field, message
from support.native import native_part

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
    """An object; its version is another one for another status."""
    uid = UID.format(number)
    phases = status or {"phase": "Active"}
    version = str(1 + zlib.crc32(json.dumps(phases).encode()))
    raw = {"metadata": {"name": f"ns{number}", "uid": uid, "resourceVersion": version}, "status": phases}
    return Item(uid, version, msgspec.Raw(json.dumps(raw).encode()))


def at(version: int, item: Item) -> Item:
    """The object, at that version."""
    return item._replace(version=str(version))


class Rendering(CompiledKind):
    """Knows how many objects it has rendered, and how many of them came as JSON."""

    def __init__(self) -> None:
        super().__init__(NAMESPACES)
        self.rendered = self.decoded = 0

    def render(self, raw: bytes | msgspec.Raw | Model) -> Rendered:
        self.rendered += 1
        self.decoded += not isinstance(raw, Model)
        return super().render(raw)


def feed_store(
    counter: Counter,
    owns: Callable[[str], bool] = lambda _: True,
    *,
    keeps: Callable[[str], bool] | None = None,
    kind: CompiledKind | None = None,
    before: FeedStore | None = None,
) -> FeedStore:
    faults = FaultReports(counter, lambda: counter.now)
    return FeedStore(kind or CompiledKind(NAMESPACES), owns, faults, keeps=keeps, before=before)


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


async def test_an_event_is_rendered_when_it_is_folded_and_an_object_once_for_many() -> None:
    kind, counter = Rendering(), Counter()
    store = feed_store(counter, kind=kind)
    store.put(item(1))
    assert kind.rendered == 1
    store.put(item(1, phase=[]))
    store.put(item(1, phase="Terminating"))
    assert (kind.rendered, len(store), counter.failures) == (1, 1, [])
    assert await shown(store) == [phase(1, "Terminating")]
    assert kind.rendered == 2
    store.put(item(1, phase=[]))
    assert await shown(store) == []
    assert counter.failures == [("namespaces", "kube_namespace_status_phase")]


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


async def test_what_is_being_passed_on_is_kept_up_to_date_and_nothing_new_is_taken_in() -> None:
    ours, served = Holding(1), Holding(1, 2, 3)
    store = feed_store(Counter(), lambda uid: uid in ours.uids or not passing, keeps=served.owns)
    passing = False
    for number in (1, 2, 3):
        store.put(at(10 + number, item(number)))
    passing = True
    store.put(at(20, item(2, phase="Terminating")))
    store.put(at(21, item(4)))
    store.remove(item(3))
    assert await shown(store) == [phase(1), phase(2, "Terminating")]
    assert await store.newest_passing() == 20
    # A list while it is passed on leaves it where it is, too; so does the set of another generation.
    for filled in (store, feed_store(Counter(), ours.owns, keeps=served.owns, kind=store.kind, before=store)):
        build = filled.begin()
        for number in range(1, 6):
            build.put(at(30 + number, item(number)))
        await filled.commit()
        assert await shown(filled) == [phase(1), phase(2)]
        assert await filled.newest_passing() == 32
    served.uids = ours.uids
    assert (await store.narrow(), await store.newest_passing()) == (1, 0)
    assert await shown(store) == [phase(1)]


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


@pytest.mark.parametrize(
    ("afresh", "rendered"),
    [pytest.param(False, 2, id="only-what-changed"), pytest.param(True, 4, id="afresh-everything")],
)
async def test_a_list_renders(*, afresh: bool, rendered: int) -> None:
    kind = Rendering()
    store = feed_store(Counter(), kind=kind)
    for number in range(4):
        store.put(item(number))
    kind.rendered = 0
    build = store.begin(afresh=afresh)
    for each in (item(0), item(1, phase="Terminating"), item(2), item(9)):
        build.put(each)
    assert kind.rendered == rendered
    await store.commit()
    assert await shown(store) == [phase(0), phase(1, "Terminating"), phase(2), phase(9)]


def array(*items: Item) -> bytes:
    return b"[%b]" % b",".join(bytes(each.raw) for each in items)


NAMELESS = Item("", "", msgspec.Raw(b'{"metadata":null}'))
BROKEN = Item("", "", msgspec.Raw(b'{"metadata":{"name":"ns7","uid":"u7"},"status":{"phase":7}}'))


@pytest.mark.parametrize(
    ("others", "ours", "as_json"),
    [
        pytest.param((), (1, 2, 3), 0, id="all-at-once"),
        pytest.param((NAMELESS,), (1, 2, 3), 0, id="one-without-name"),
        pytest.param((BROKEN,), (1, 2, 3), 4, id="one-that-needs-mending"),
        pytest.param((), (2,), 0, id="not-ours"),
    ],
)
async def test_objects_of_a_new_list_are_decoded_at_once_where_that_is_enough(
    others: tuple[Item, ...], ours: tuple[int, ...], as_json: int
) -> None:
    kind, counter = Rendering(), Counter()
    store = feed_store(counter, Holding(*ours).owns if len(ours) < 3 else lambda _: True, kind=kind)
    build = store.begin()
    for each in build.read(array(item(1), item(2), *others, item(3))):
        build.put(each)
    await store.commit()
    assert await shown(store) == [phase(number) for number in ours]
    assert kind.decoded == as_json
    assert (build.seen, len(counter.failures)) == (3 + len(others), len(others))


async def test_once_an_object_is_not_ours_or_there_are_some_to_adopt_objects_come_as_json() -> None:
    kind = Rendering()
    store = feed_store(Counter(), Holding(1, 2).owns, kind=kind)
    build = store.begin()
    for each in (*build.read(array(item(1), item(3))), *build.read(array(item(2)))):
        build.put(each)
    assert (kind.rendered, kind.decoded) == (2, 0)
    for each in build.read(array(item(2, phase="Terminating"))):
        build.put(each)
    assert kind.decoded == 1
    await store.commit()
    build = store.begin()
    for each in build.read(array(item(1), item(2, phase="Terminating"))):
        build.put(each)
    assert kind.rendered == 3
    await store.commit()
    assert await shown(store) == [phase(1), phase(2, "Terminating")]


async def test_the_first_list_of_a_generation_adopts_from_the_one_before_and_later_ones_from_its_own() -> None:
    kind, both = Rendering(), (1, 2, 3)
    before = feed_store(Counter(), Holding(1, 2).owns, kind=kind)
    for number in both:
        before.put(item(number))
    after = feed_store(Counter(), Holding(2, 3).owns, kind=kind, before=before)
    # The first attempt comes to nothing.
    after.begin().put(item(2))
    kind.rendered = 0
    for expected in (1, 1):
        build = after.begin()
        for number in both:
            build.put(item(number))
        await after.commit()
        before.remove(item(2))
        assert kind.rendered == expected
        assert await shown(after) == [phase(2), phase(3)]


async def test_a_set_whose_feed_never_lists_does_not_keep_the_one_before_alive() -> None:
    before = feed_store(Counter())
    after = feed_store(Counter(), kind=before.kind, before=before)
    alive = ref(before)
    del before
    gc.collect()
    assert alive() is None
    after.begin().put(item(1))
    await after.commit()
    assert await shown(after) == [phase(1)]


async def test_what_another_compilation_rendered_is_rendered_anew() -> None:
    before, kind = feed_store(Counter()), Rendering()
    before.put(item(1))
    after = feed_store(Counter(), kind=kind, before=before)
    after.begin().put(item(1))
    assert kind.rendered == 1


async def test_what_is_begun_and_not_committed_is_dropped() -> None:
    store = feed_store(Counter())
    store.put(item(1))
    held = []
    for _ in range(2):
        held.append(store.begin())
        held[-1].put(item(2))
    store.abandon()
    assert [len(build.store) for build in held] == [0, 0]
    assert await shown(store) == [phase(1)]


async def test_faults_of_an_adopted_object_are_not_reported_again() -> None:
    counter = Counter()
    store = feed_store(counter)
    store.put(item(1, phase=[]))
    store.begin().put(item(1, phase=[]))
    await store.commit()
    assert len(counter.failures) == 1
    store.begin().put(item(1, phase={}))
    assert len(counter.failures) == 2


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
            store.put(item(number, phase=[]))
        counter.now += PERIOD
        store.put(item(50, phase=[]))
    assert len(counter.failures) == 51
    assert [line["event"] for line in logs].count("left out") == LOGGED + 1
    (rest,) = [line for line in logs if line["event"] != "left out"]
    assert rest["unnamed"] == 50 - LOGGED


PODS = next(kind for kind in KINDS if kind.resource == "pods")


class Omitting(CompiledKind):
    """Knows how many pods it has rendered whole, and how many without what their specs alone make."""

    def __init__(self) -> None:
        super().__init__(PODS)
        self.whole = self.beside = 0

    def render(self, raw: bytes | msgspec.Raw | Protobuf | Model) -> Rendered:
        self.whole += 1
        return super().render(raw)

    def render_beside_spec(self, message: bytes | msgspec.Raw | Protobuf) -> Sequence[bytes] | None:
        found = super().render_beside_spec(message)
        self.beside += found is not None
        return found


def pod(version: int, policy: str, phase: str) -> Protobuf:
    metadata = {"name": "a", "uid": "u", "resourceVersion": str(version)}
    manifest = {"metadata": metadata, "spec": {"restartPolicy": policy}, "status": {"phase": phase}}
    return Protobuf(message(msgspec.convert(manifest, PODS.model)))


def pods_shown(store: FeedStore) -> dict[str, str]:
    families = ("kube_pod_restart_policy", "kube_pod_status_phase")
    slots = [n for n, family in enumerate(PODS.families) if family.name in families]
    text = b"".join(each.text() for slot in slots for each in store.snapshot().column(slot)).decode()
    lines = [line for line in text.splitlines() if line.endswith(" 1")]
    return {family: line.split('"')[-2] for family in families for line in lines if line.startswith(family)}


@pytest.mark.parametrize("listed", [pytest.param(True, id="after-a-list"), pytest.param(False, id="after-an-event")])
async def test_an_event_with_the_spec_as_it_was_is_rendered_without_what_that_alone_makes(*, listed: bool) -> None:
    native_part()
    kind = Omitting()
    store = feed_store(Counter(), kind=kind)
    if listed:
        build = store.begin()
        for each in build.read(Protobuf(field(2, pod(1, "Always", "Pending")))):
            build.put(each)
        await store.commit()
    else:
        store.put(read_item(pod(1, "Always", "Pending")))
    await store.fold()
    for version, policy, phase, rendered in (
        (2, "Always", "Running", (1, 1)),
        (3, "Never", "Running", (2, 1)),
        (4, "Never", "Failed", (2, 2)),
        (5, "Always", "Failed", (3, 2)),
    ):
        store.put(read_item(pod(version, policy, phase)))
        await store.fold()
        assert (kind.whole, kind.beside) == rendered
        assert pods_shown(store) == {"kube_pod_restart_policy": policy, "kube_pod_status_phase": phase}


async def test_a_family_that_failed_is_tried_and_reported_with_each_event() -> None:
    native_part()
    counter = Counter()
    kind = CompiledKind(PODS, [failing(family) for family in PODS.families])
    store = feed_store(counter, kind=kind)
    for version in (1, 2, 3):
        store.put(read_item(pod(version, "Always", "Running")))
        await store.fold()
    assert counter.failures == [("pods", "kube_pod_restart_policy")] * 3
    assert pods_shown(store) == {"kube_pod_status_phase": "Running"}


def failing(family: Family) -> Family:
    def fail(_: str) -> str:
        raise RuntimeError

    if family.name != "kube_pod_restart_policy":
        return family
    return replace(family, labels={"type": via(fail, "spec.restartPolicy")})
