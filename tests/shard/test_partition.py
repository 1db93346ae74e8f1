"""The rules by which objects are shared out, `jump` against KSM's recorded shards."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergauge.shard import fixed, partition
from evergauge.shard.partition import Rule, fnv1a, jump, shard_of
from evergauge.shard.slots import SLOTS, ranges, selector, slots_of, table
from support.conformance import conformance
from support.native import native_part

if TYPE_CHECKING:
    from collections.abc import Collection

VECTORS = json.loads((conformance() / "shard_vectors.json").read_text(encoding="utf-8"))
RULES = st.sampled_from(["jump", "slots"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 0xCBF29CE484222325), ("a", 0xAF63DC4C8601EC8C), ("foobar", 0x85944171F73967E8)],
)
def test_hash_has_the_published_values(text: str, expected: int) -> None:
    assert fnv1a(text) == expected


@given(st.text(), st.integers(1, 2**31 - 1))
def test_whichever_part_says_the_same(text: str, total: int) -> None:
    native_part()
    hashed = partition._fnv1a(text)
    assert fnv1a(text) == hashed
    assert jump(hashed, total) == partition._jump(hashed, total)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["uid"] or "no-uid")
def test_the_owner_is_ksms(vector: dict[str, object]) -> None:
    uid, owners = vector["uid"], vector["shard"]
    assert isinstance(uid, str)
    assert isinstance(owners, dict)
    assert {total: jump(fnv1a(uid), int(total)) for total in owners} == owners
    assert all(fixed(ordinal, int(total)).owns(uid) for total, ordinal in owners.items())


@given(uid=st.text(), total=st.integers(1, 100), rule=RULES)
def test_every_object_has_one_owner(uid: str, total: int, rule: Rule) -> None:
    assert sum(fixed(ordinal, total, rule).owns(uid) for ordinal in range(total)) == 1


@given(uid=st.text(), total=st.integers(1, 50), rule=RULES)
def test_one_more_shard_takes_objects_only_for_itself(uid: str, total: int, rule: Rule) -> None:
    before, after = shard_of(fnv1a(uid), total, rule), shard_of(fnv1a(uid), total + 1, rule)
    assert after in (before, total)


def test_without_sharding_everything_is_ours() -> None:
    assert fixed(0, 1).owns("")
    assert fixed(0, 1).owns("29ba9a8d-4c5f-4d3c-a2ab-b5a1b1a5f0a2")


@pytest.mark.parametrize("total", range(1, SLOTS + 1))
def test_slots_are_shared_out_evenly(total: int) -> None:
    counts = Counter(table(total))
    assert len(counts) == total
    assert set(counts.values()) <= {SLOTS // total, SLOTS // total + 1}


@pytest.mark.parametrize("total", range(1, 21))
def test_a_shard_has_few_ranges_of_slots(total: int) -> None:
    for shard in range(total):
        found = ranges(slots_of(shard, total))
        assert {slot for first, end in found for slot in range(first, end)} == slots_of(shard, total)
        assert len(found) <= 14


@pytest.mark.parametrize(
    ("slots", "expected"),
    [
        (range(256), ""),
        ({0}, "shardRange(object.metadata.uid, '0x0000000000000000', '0x0100000000000000')"),
        (
            {1, 2, 255},
            (
                "shardRange(object.metadata.uid, '0x0100000000000000', '0x0300000000000000') || "
                "shardRange(object.metadata.uid, '0xff00000000000000', '0x10000000000000000')"
            ),
        ),
    ],
)
def test_what_an_api_server_is_asked_for(slots: Collection[int], expected: str) -> None:
    assert selector(slots) == expected
