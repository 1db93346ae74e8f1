"""What a StatefulSet and its Pods say of the shards."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from evergauge.shard.fleet import Fleet, number_of, read_fleet, read_pod
from evergauge.shard.key import Key


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


def test_the_key_of_a_fleet() -> None:
    assert Fleet("u", 7, 3, start=5).key("slots") == Key("u", 3, 5, "slots")


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
        (
            {
                "metadata": {"deletionTimestamp": "2026-11-24T12:00:00Z"},
                "status": {"conditions": [{"type": "Ready", "status": "True"}]},
            },
            "",
            False,
        ),
    ],
)
def test_pods(manifest: dict[str, Any], statefulset: str, ready: bool) -> None:  # noqa: FBT001 - a case
    pod = read_pod(json.dumps(manifest).encode())
    assert (pod.statefulset, pod.ready) == (statefulset, ready)


@pytest.mark.parametrize(
    ("status", "address"), [({"podIP": "10.1.2.3"}, "10.1.2.3"), ({"podIP": None}, ""), ({}, ""), (None, "")]
)
def test_the_address_of_a_pod(status: dict[str, Any] | None, address: str) -> None:
    assert read_pod(json.dumps({"metadata": {}, "status": status}).encode()).address == address
