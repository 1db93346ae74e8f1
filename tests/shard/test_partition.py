"""The partition against KSM's recorded one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergauge.shard import WHOLE, Partition, fnv1a, jump
from support.conformance import conformance

VECTORS = json.loads((conformance() / "shard_vectors.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 0xCBF29CE484222325), ("a", 0xAF63DC4C8601EC8C), ("foobar", 0x85944171F73967E8)],
)
def test_hash_has_the_published_values(text: str, expected: int) -> None:
    assert fnv1a(text) == expected


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["uid"] or "no-uid")
def test_the_owner_is_ksms(vector: dict[str, object]) -> None:
    uid, owners = vector["uid"], vector["shard"]
    assert isinstance(uid, str)
    assert isinstance(owners, dict)
    assert {total: jump(fnv1a(uid), int(total)) for total in owners} == owners
    assert all(Partition(ordinal, int(total)).owns(uid) for total, ordinal in owners.items())


@given(uid=st.text(), total=st.integers(1, 100))
def test_every_object_has_one_owner(uid: str, total: int) -> None:
    assert sum(Partition(ordinal, total).owns(uid) for ordinal in range(total)) == 1


@given(uid=st.text(), total=st.integers(1, 50))
def test_one_more_shard_takes_objects_only_for_itself(uid: str, total: int) -> None:
    before, after = jump(fnv1a(uid), total), jump(fnv1a(uid), total + 1)
    assert after in (before, total)


def test_without_sharding_everything_is_ours() -> None:
    assert WHOLE.owns("")
    assert WHOLE.owns("29ba9a8d-4c5f-4d3c-a2ab-b5a1b1a5f0a2")
