"""Which kinds and families the options choose."""

from __future__ import annotations

import pytest

from evergauge.errors import UsageError
from evergauge.kinds import KINDS, configmaps
from evergauge.options import parse
from evergauge.options.resources import DEFAULT_RESOURCES
from evergauge.pipeline.selection import compile_kinds


def chosen(*argv: str) -> dict[str, list[str]]:
    return {resource: [f.name for f in kind.families] for resource, kind in compile_kinds(parse(argv), KINDS).items()}


def test_by_default_the_default_kinds_and_no_opt_in_family() -> None:
    kinds = [kind for kind in KINDS if kind.resource in DEFAULT_RESOURCES]
    wanted = {kind.resource: [f.name for f in kind.families if not f.opt_in] for kind in kinds}
    assert chosen() == wanted
    assert list(chosen()) == sorted(wanted)


@pytest.mark.parametrize(
    ("argv", "wanted"),
    [
        (("--resources=services,configmaps",), ["configmaps", "services"]),
        (("--resources=pods", "--resources=nodes"), ["nodes", "pods"]),
        (("--metric-allowlist=kube_pod_info",), ["pods"]),
        (("--metric-allowlist=kube_pod_info", "--resources=nodes"), []),
        (("--metric-denylist=^kube_(pod|node|service)_", "--resources=pods,nodes,replicasets"), ["replicasets"]),
    ],
)
def test_a_kind_without_any_family_is_left_out(argv: tuple[str, ...], wanted: list[str]) -> None:
    assert list(chosen(*argv)) == wanted


@pytest.mark.parametrize(
    ("argv", "wanted"),
    [
        (("--metric-allowlist=created",), ["kube_configmap_created"]),
        (("--metric-allowlist=^kube_configmap_info$,_labels$",), ["kube_configmap_labels", "kube_configmap_info"]),
        (("--metric-allowlist=info$", "--metric-allowlist=labels"), ["kube_configmap_labels", "kube_configmap_info"]),
        (("--metric-denylist=kube_configmap_(?!info)",), ["kube_configmap_info"]),
        (("--metric-denylist=(?<!_)info|a.*s,version,created",), ["kube_configmap_info"]),
        (("--metric-denylist=^info",), [f.name for f in configmaps.KIND.families]),
        (("--metric-allowlist=^info",), None),
    ],
)
def test_patterns_match_anywhere_unless_anchored(argv: tuple[str, ...], wanted: list[str] | None) -> None:
    assert chosen("--resources=configmaps", *argv).get("configmaps") == wanted


@pytest.mark.parametrize(
    ("argv", "served"),
    [
        ((), False),
        (("--metric-opt-in-list=kube_pod_nodeselectors",), True),
        (("--metric-opt-in-list=selectors$",), True),
        (("--metric-opt-in-list=kube_node",), False),
        (("--metric-allowlist=kube_pod_nodeselectors",), False),
        (("--metric-allowlist=kube_pod_", "--metric-opt-in-list=kube_pod_nodeselectors"), True),
        (("--metric-allowlist=kube_pod_info", "--metric-opt-in-list=kube_pod_nodeselectors"), False),
        (("--metric-denylist=nodesel", "--metric-opt-in-list=kube_pod_nodeselectors"), False),
    ],
)
def test_an_opt_in_family_needs_its_list_and_leave(argv: tuple[str, ...], served: bool) -> None:  # noqa: FBT001 (a column)
    assert ("kube_pod_nodeselectors" in chosen("--resources=pods", *argv).get("pods", [])) == served


@pytest.mark.parametrize("flag", ["--metric-allowlist", "--metric-denylist", "--metric-opt-in-list"])
@pytest.mark.parametrize("pattern", ["kube_[", "*", "("])
def test_a_bad_pattern_is_a_usage_error_that_names_the_flag(flag: str, pattern: str) -> None:
    with pytest.raises(UsageError) as caught:
        compile_kinds(parse([f"{flag}=kube_pod,{pattern}"]), KINDS)
    assert str(caught.value).startswith(f"{flag}: not an ECMAScript regular expression: {pattern!r}: ")


@pytest.mark.parametrize(
    ("argv", "labels", "annotations"),
    [
        ((), None, None),
        (("--metric-labels-allowlist=configmaps=[a,b/*]",), ("a", "b/*"), None),
        (("--metric-labels-allowlist=pods=[a]", "--metric-annotations-allowlist=*=[*]"), None, ("*",)),
        (("--metric-labels-allowlist=configmaps=[]",), (), None),
    ],
)
def test_allowlists(argv: tuple[str, ...], labels: tuple[str, ...] | None, annotations: tuple[str, ...] | None) -> None:
    allowed = compile_kinds(parse(argv), KINDS)["configmaps"].allowlists
    assert (allowed.labels, allowed.annotations) == (labels, annotations)
