"""Label names made of Kubernetes keys, and the allowlists that choose them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergauge.exposition.labels import label_name, label_pairs, sanitize

VALUES = {"app": "1", "a.b/c": "2", "a.b/dE": "3", "x.y/c": "4", "zone": "5"}
KEYS = st.text("abAB_-./19é", min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("app", "label_app"),
        ("app.kubernetes.io/name", "label_app_kubernetes_io_name"),
        ("fooBar", "label_foo_bar"),
        ("fooBARBaz", "label_foo_barbaz"),
        ("v1Beta", "label_v1_beta"),
        ("FOO", "label_foo"),
        ("9lives", "label_9lives"),
        ("é-x", "label___x"),
        ("a_B", "label_a_b"),
    ],
)
def test_label_name(key: str, label: str) -> None:
    assert label_name("label", key) == label


def test_sanitize_keeps_case() -> None:
    assert sanitize("requests.nvidia.com/GPU-1") == "requests_nvidia_com_GPU_1"


@pytest.mark.parametrize(
    ("allowed", "keys"),
    [
        (None, ["a.b/c", "a.b/dE", "app", "x.y/c", "zone"]),
        ([], []),
        (["app", "absent"], ["app"]),
        (["app", "app"], ["app"]),
        (["*"], ["a.b/c", "a.b/dE", "app", "x.y/c", "zone"]),
        (["*", "app"], ["a.b/c", "a.b/dE", "app", "x.y/c", "zone"]),
        (["app", "*"], ["app"]),
        (["a.b/*"], ["a.b/c", "a.b/dE"]),
        (["*/c", "zone"], ["a.b/c", "x.y/c", "zone"]),
        (["a*c"], ["a.b/c"]),
        (["*a*"], []),
        (["a.b/*", "*o*"], ["a.b/c", "a.b/dE"]),
        (["aab/*"], []),
        (["a.*"], ["a.b/c", "a.b/dE"]),
    ],
)
def test_allowlists(allowed: list[str] | None, keys: list[str]) -> None:
    assert label_pairs("label", allowed, VALUES) == [(label_name("label", key), VALUES[key]) for key in keys]


@pytest.mark.parametrize(
    ("keys", "labels"),
    [
        (["a-b", "a_b"], ["l_a_b_conflict1", "l_a_b_conflict2"]),
        (["a-b", "a.b", "aB", "c"], ["l_a_b_conflict1", "l_a_b_conflict2", "l_a_b_conflict3", "l_c"]),
        # A key whose own label is a numbered one keeps it; the number is passed over.
        (["a-b", "a.b_conflict1", "a_b"], ["l_a_b_conflict2", "l_a_b_conflict1", "l_a_b_conflict3"]),
        (["a-b", "aB", "a_b_conflict1"], ["l_a_b_conflict1_conflict1", "l_a_b_conflict2", "l_a_b_conflict1_conflict2"]),
    ],
)
def test_conflicts(keys: list[str], labels: list[str]) -> None:
    assert label_pairs("l", None, dict.fromkeys(keys, "")) == [(label, "") for label in labels]


@given(st.dictionaries(KEYS, st.text()))
def test_labels_are_distinct_valid_and_hold_every_value(values: dict[str, str]) -> None:
    pairs = label_pairs("label", None, values)
    names = [name for name, _ in pairs]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"label_[a-z0-9_]+", name) for name in names)
    assert [value for _, value in pairs] == [values[key] for key in sorted(values)]
