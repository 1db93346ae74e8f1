"""What two interleaved rounds prove, and what a sequence of them shows."""

from __future__ import annotations

import pytest

from faults.rounds import Answer, Pair, judge
from faults.truth import CONFIG_MAPS, PODS, History, Name, Truth
from faults.watcher import Findings

A, B, C = (CONFIG_MAPS.key(Name("n", name, "")) for name in "abc")
BOTH = {A: 10, B: 20}


def truth() -> Truth:
    """An a at version 10, then 12, then 14; b at 20; c is gone since 6.0."""
    known = Truth(CONFIG_MAPS)
    for name, version, at in (("a", 14, 5.0), ("a", 10, 1.0), ("b", 20, 1.0), ("a", 12, 4.0), ("c", 5, 1.0)):
        known.changed(Name("n", name, ""), version, at)
    known.objects[C].deleting, known.objects[C].deleted = 5.9, 6.0
    return known


def asked(at: float, *served: dict[bytes, int] | None) -> list[Answer]:
    """A round in which the shards serve these objects."""
    return [Answer(shard, at, objects) for shard, objects in enumerate(served)]


@pytest.mark.parametrize(
    ("there", "back", "missing", "doubled"),
    [
        ([{A: 14}, {B: 20}], [{A: 14}, {B: 20}], set(), set()),
        ([{A: 14}, {}], [{A: 14}, {}], {B}, set()),
        # It moves: one of the two rounds saw it.
        ([{A: 14}, {}], [{A: 14}, {B: 20}], set(), set()),
        ([{A: 14}, {A: 14, B: 20}], [{A: 14}, {A: 14, B: 20}], set(), {A}),
        ([{A: 14}, {A: 14, B: 20}], [{A: 14}, {B: 20}], set(), set()),
        ([None, {B: 20}], [None, {B: 20}], {A}, set()),
        ([{A: 14}, {B: 20, C: 5}], [{A: 14}, {B: 20}], set(), set()),
    ],
)
def test_a_pair_of_rounds(
    there: list[dict[bytes, int] | None], back: list[dict[bytes, int] | None], missing: set[bytes], doubled: set[bytes]
) -> None:
    found = judge(truth(), {A, B, C}, asked(7.0, *there), asked(7.0, *back))
    assert (set(found.missing), set(found.doubled)) == (missing, doubled)


@pytest.mark.parametrize(
    ("at", "served", "oldest"),
    [
        (7.0, [{A: 14, B: 20}], {}),
        (7.0, [{A: 15, B: 20}], {}),
        (7.0, [{A: 12, B: 20}], {0: 5.0}),
        (7.0, [{A: 10, B: 20}], {0: 4.0}),
        (7.0, [{A: 11, B: 19}], {0: 1.0}),
        (4.5, [{A: 10, B: 20}], {0: 4.0}),
        (3.5, [{A: 10, B: 20}], {}),
        (7.0, [{A: 14}, {A: 12, B: 20}], {1: 5.0}),
        (7.0, [{A: 14, B: 20, C: 5}], {0: 6.0}),
        (5.5, [{A: 14, B: 20, C: 5}], {}),
        (7.0, [{A: 14}], {None: 1.0}),
    ],
)
def test_what_is_not_visible(at: float, served: list[dict[bytes, int]], oldest: dict[int | None, float]) -> None:
    assert judge(truth(), {A}, asked(at, *served), asked(at, *served)).oldest == oldest


def test_an_object_that_was_never_shown_is_late_and_not_missing() -> None:
    found = judge(truth(), {A}, asked(7.0, {A: 14}), asked(7.0, {A: 14}))
    assert not found.missing
    assert found.oldest == {None: 1.0}


def pair(
    began: float, *, missing: bytes = b"", doubled: bytes = b"", oldest: float | None = None, declared: bool = False
) -> Pair:
    """What two rounds agreed on about one shard."""
    return Pair(
        began,
        began,
        missing=frozenset([missing] if missing else ()),
        doubled=frozenset([doubled] if doubled else ()),
        oldest={} if oldest is None else {0: oldest},
        held={0: 2},
        declared=frozenset([0] if declared else ()),
    )


def test_findings() -> None:
    found = Findings(
        [
            pair(1.0),
            pair(2.0, missing=A),
            pair(3.0, missing=B, doubled=C),
            pair(4.0, oldest=1.5),
            pair(5.0, doubled=C, oldest=1.5, declared=True),
            pair(6.0, doubled=A),
        ]
    )
    assert found.missing == {A, B}
    assert found.missing_seconds == 2.0
    assert found.doubled_seconds == 1.0
    assert found.ages == [0.0, 0.0, 0.0, 2.5, 3.5, 0.0]
    assert (found.undeclared(2.0), found.undeclared(3.0)) == (2.5, 0.0)


def test_a_scrape_is_read() -> None:
    text = b"""# HELP kube_configmap_metadata_resource_version Resource version
kube_configmap_info{namespace="n",configmap="a"} 1
kube_configmap_metadata_resource_version{namespace="n",configmap="a"} 1234567
kube_configmap_metadata_resource_version{namespace="n",configmap="b"} 1.234567e+06
kube_pod_created{namespace="n",pod="p",uid="u"} 1.78e+09
"""
    assert CONFIG_MAPS.read(text) == {A: 1234567, B: 1234567}
    assert PODS.read(text) == {PODS.key(Name("n", "p", "u")): 0}


def test_histories_are_by_version() -> None:
    history = History(Name("n", "a", ""), changes=[(1, 9.0), (2, 3.0)])
    assert [history.unseen_since(version, 10.0) for version in (0, 1, 2)] == [3.0, 3.0, None]
