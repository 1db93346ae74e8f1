"""The patterns of the metric lists: what ECMAScript says, what kube-state-metrics' engine takes beside it, what is refused.

The expected answers are those of that engine: regexp2 v2.6.0 with its ECMAScript option, as kube-state-metrics v2.20.0 calls it.
"""

from __future__ import annotations

import time

import pytest

from evergauge.errors import UsageError
from evergauge.kinds import KINDS
from evergauge.pipeline.patterns import BUDGET, Patterns

FAMILIES = [family.name for kind in KINDS for family in kind.families]
NAMES = (
    "kube_pod_info",
    "kube_pod_status_phase",
    "kube_node_info",
    "kube_configmap_metadata_resource_version",
    "kube_persistentvolume_csi_attributes",
    "kube_pod_container_status_last_terminated_timestamp",
)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("kube_pod_info", "100000"),
        ("pod_", "110001"),
        ("^pod_", "000000"),
        ("^kube_pod_info$", "100000"),
        ("kube_pod_(?!info)", "010001"),
        ("(?!.*(info|phase)).*", "111111"),
        ("^(?!.*(info|phase)).*$", "000111"),
        ("(?<=pod_)info", "100000"),
        ("(?<!pod_)info", "001000"),
        (r"(?<=kube_\w+_)info", "101000"),
        ("(?<=(?:pod|node)_)info", "101000"),
        ("(?<=^|_)pod(?=_|$)", "110001"),
        (r"(?<n>pod)_\w+", "110001"),
        (r"(?<n>o)\w*\k<n>", "101101"),
        (r"(o)\w*\1", "101101"),
        (r"\1(o)", "111111"),
        ("[^]", "111111"),
        ("[]", "000000"),
        ("a{,5}", "000000"),
        (r"\u006b\x75be", "111111"),
        (r"\u{6b}", "000000"),
        (r"[\u{6b}]", "111111"),
        (r"\p{L}", "000000"),
        (r"\bkube", "111111"),
        (r"pod\b", "000000"),
        (r"kube\_pod", "110001"),
        (r"\d|é", "000000"),
        ("^.{13}$", "100000"),
        ("(?i)KUBE_POD", "110001"),
        ("(?ims)^KUBE_NODE", "001000"),
        (r"\Akube_node", "001000"),
        (r"info\z", "101000"),
        (r"info\Z", "101000"),
        (r"\\A|\\\\z", "000000"),
        ("", "111111"),
    ],
)
def test_what_is_found(pattern: str, found: str) -> None:
    patterns = Patterns("--metric-allowlist", [pattern])
    assert "".join(str(int(patterns.match(name))) for name in NAMES) == found


def test_one_of_several_is_enough_and_none_find_nothing() -> None:
    assert [name for name in NAMES if Patterns("--metric-denylist", ["phase$", "node"]).match(name)] == [*NAMES[1:3]]
    assert not Patterns("--metric-denylist", []).match(NAMES[0])
    assert not Patterns("--metric-denylist", [])


@pytest.mark.parametrize(
    "pattern",
    [
        "kube_[",
        "*",
        "(",
        ")",
        "(?<",
        "a**",
        "a++",
        "a{2,1}",
        "[z-a]",
        "(?P<n>pod)",
        "(?>pod)",
        "(?#pod)",
        "(" * 5000 + ")" * 5000,
    ],
    ids=lambda pattern: pattern[:10],
)
def test_what_is_no_regular_expression_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError) as caught:
        Patterns("--metric-allowlist", ["kube_pod", pattern])
    assert str(caught.value).startswith(f"--metric-allowlist: not an ECMAScript regular expression: {pattern!r}: ")


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+!",
        r"((\w+)*)*-",
        "(.*)*(.*)*(.*)*!",
        r"(?=(\w+)+!)",
        r"(?<=(\w+)+)!",
        "x{1000000000}",
        "((k{1000}){1000}){1000}",
        "(?:k?){5000}k{5000}",
        "|".join(f"k{number}" for number in range(2000)),
    ],
    ids=lambda pattern: pattern[:20],
)
def test_patterns_that_ruin_other_engines_are_answered(pattern: str) -> None:
    patterns = Patterns("--metric-denylist", [pattern])
    start = time.monotonic()
    assert not any(map(patterns.match, FAMILIES))
    assert time.monotonic() - start < BUDGET


@pytest.mark.parametrize("pattern", [r"(?:\w*){200}!", r"(\w*)*(\w*)*(\w*)*\1\2\3!", r"(.+)+\1(.+)+\2!"])
def test_a_pattern_that_takes_too_long_is_named(pattern: str) -> None:
    patterns = Patterns("--metric-denylist", ["kube_pod_info", pattern])
    start = time.monotonic()
    with pytest.raises(UsageError) as caught:
        list(map(patterns.match, FAMILIES))
    assert str(caught.value) == f"--metric-denylist: {pattern!r} takes too long: the list has 1 s for all names"
    assert time.monotonic() - start < 5 * BUDGET


def test_the_time_is_for_all_names_together() -> None:
    readings = iter(range(1000))
    patterns = Patterns("--metric-denylist", ["pod"], clock=lambda: next(readings) * 0.3)
    assert [patterns.match(name) for name in NAMES[:3]] == [True, True, False]
    with pytest.raises(UsageError, match="'pod' takes too long"):
        patterns.match(NAMES[3])
