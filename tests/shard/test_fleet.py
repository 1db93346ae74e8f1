"""What a StatefulSet and its Pods say of the shards."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from evergauge.shard.fleet import Fleet, number_of, read_fleet, read_pod
from evergauge.shard.partition import Partition


@pytest.mark.parametrize(
    ("pod", "statefulset", "number"),
    [
        ("ksm-0", "ksm", 0),
        ("ksm-12", "ksm", 12),
        ("a-1-2", "a-1", 2),
        ("a-1-2", "a", None),
        ("ksm", "ksm", None),
        ("ksm-x", "ksm", None),
        ("ksm-٣", "ksm", None),
        ("ksm-1", "", None),
    ],
)
def test_the_number_in_a_pods_name(pod: str, statefulset: str, number: int | None) -> None:
    assert number_of(pod, statefulset) == number


@pytest.mark.parametrize(
    ("fleet", "number", "partition"),
    [
        (Fleet("u", 1, 3), 0, Partition(0, 3)),
        (Fleet("u", 1, 3), 2, Partition(2, 3)),
        (Fleet("u", 1, 3), 3, None),
        (Fleet("u", 1, 0), 0, None),
        (Fleet("u", 1, 2, start=5), 5, Partition(0, 2)),
        (Fleet("u", 1, 2, start=5), 6, Partition(1, 2)),
        (Fleet("u", 1, 2, start=5), 4, None),
    ],
)
def test_the_shard_of_a_pod(fleet: Fleet, number: int, partition: Partition | None) -> None:
    assert fleet.partition(number) == partition


@pytest.mark.parametrize(
    ("manifest", "fleet"),
    [
        ({"metadata": {"uid": "u", "generation": 4}, "spec": {"replicas": 3}}, Fleet("u", 4, 3)),
        ({"metadata": {"uid": "u"}, "spec": {"replicas": 0, "ordinals": {"start": 2}}}, Fleet("u", 0, 0, 2)),
        ({"metadata": {}, "spec": {"replicas": None, "ordinals": None}}, Fleet("", 0, 1)),
        ({"metadata": {"labels": {"any": "thing"}}, "spec": {"template": {}}}, Fleet("", 0, 1)),
    ],
)
def test_the_fleet_of_a_statefulset(manifest: dict[str, Any], fleet: Fleet) -> None:
    assert read_fleet(json.dumps(manifest).encode()) == fleet


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b'{"metadata": {}, "spec": {"replicas": "3"}}'])
def test_what_is_no_statefulset_is_refused(raw: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        read_fleet(raw)


@pytest.mark.parametrize(
    ("manifest", "statefulset", "ready"),
    [
        ({"metadata": {}}, "", False),
        ({"metadata": {"ownerReferences": [{"kind": "StatefulSet", "name": "s", "controller": True}]}}, "s", False),
        ({"metadata": {"ownerReferences": [{"kind": "StatefulSet", "name": "s"}]}}, "", False),
        ({"metadata": {"ownerReferences": [{"kind": "ReplicaSet", "name": "s", "controller": True}]}}, "", False),
        ({"metadata": {}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}, "", True),
        ({"metadata": {}, "status": {"conditions": [{"type": "Ready", "status": "False"}]}}, "", False),
        ({"metadata": {}, "status": {"conditions": None}}, "", False),
    ],
)
def test_pods(manifest: dict[str, Any], statefulset: str, ready: bool) -> None:  # noqa: FBT001 - a case
    pod = read_pod(json.dumps(manifest).encode())
    assert (pod.statefulset, pod.ready) == (statefulset, ready)
