"""The allowlists of labels and annotations, from the flag to the samples (KSM's rules, internal/store/utils.go and builder.go)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from evergauge.kinds import KINDS
from evergauge.options import parse
from evergauge.options.resources import RESOURCES
from evergauge.pipeline.selection import compile_kinds

if TYPE_CHECKING:
    from collections.abc import Sequence

KEYS = {
    "app": "web",
    "app.kubernetes.io/name": "n",
    "app.kubernetes.io/partOf": "p",
    "team": "t",
    "a-b": "1",
    "a.b": "2",
}
OBJECT = json.dumps({"metadata": {"name": "x", "namespace": "y", "labels": KEYS, "annotations": KEYS}}).encode()
ALL = {
    "a_b_conflict1": "1",
    "a_b_conflict2": "2",
    "app": "web",
    "app_kubernetes_io_name": "n",
    "app_kubernetes_io_part_of": "p",
    "team": "t",
}
WITH_LABELS = sorted(
    {kind.resource for kind in KINDS for family in kind.families if family.map_labels and family.map_labels.allowlist}
)


def shown(resource: str, kind: str, *argv: str) -> dict[str, str] | None:
    """The labels that a resource's `_labels` or `_annotations` family shows of the object's keys; None without a sample."""
    compiled = compile_kinds(parse([f"--resources={resource}", "--metric-opt-in-list=.", *argv]), KINDS)[resource]
    (slot,) = (i for i, f in enumerate(compiled.families) if f.map_labels and f.map_labels.allowlist == kind)
    sample = compiled.render(OBJECT).parts[slot].decode()
    prefix = kind.removesuffix("s") + "_"
    pairs = (pair.partition("=") for pair in sample[sample.find("{") + 1 : sample.find("}")].split(","))
    return (
        {name.removeprefix(prefix): text.strip('"') for name, _, text in pairs if name.startswith(prefix)}
        if sample
        else None
    )


@pytest.mark.parametrize(
    ("lists", "wanted"),
    [
        ([], None),
        ([""], None),
        (["pods=[]"], None),
        (["*=[]"], None),
        (["nodes=[*]"], None),
        (["pods=[zone]"], {}),
        (["pods=[app]"], {"app": "web"}),
        (["pods=[ app , zone, team ]"], {"app": "web", "team": "t"}),
        (["pods=[app.kubernetes.io/*]"], {"app_kubernetes_io_name": "n", "app_kubernetes_io_part_of": "p"}),
        (["pods=[app*Of]"], {"app_kubernetes_io_part_of": "p"}),
        (["pods=[*m,app*name]"], {"app_kubernetes_io_name": "n", "team": "t"}),
        (["pods=[app.*]"], {"app_kubernetes_io_name": "n", "app_kubernetes_io_part_of": "p"}),
        (["pods=[a.b]"], {"a_b": "2"}),
        (["pods=[a*b]"], {"a_b_conflict1": "1", "a_b_conflict2": "2"}),
        (["pods=[*]"], ALL),
        (["pods=[*,team]"], ALL),
        (["pods=[team,*]"], {"team": "t"}),
        (["*=[*]"], ALL),
        (["*=[team]"], {"team": "t"}),
        (["pods=[app],*=[team]"], {"team": "t"}),
        (["*=[team],pods=[*]"], {"team": "t"}),
        (["*=[],pods=[*]"], None),
        (["pods=[app],pods=[team]"], {"team": "t"}),
        (["pods=[app]", "pods=[team]"], {"team": "t"}),
        (["pods=[app]", "nodes=[team]"], None),
        (["secrets=[app],pods=[team]"], {"team": "t"}),
    ],
)
@pytest.mark.parametrize("kind", ["labels", "annotations"])
def test_which_keys_are_shown(lists: Sequence[str], wanted: dict[str, str] | None, kind: str) -> None:
    assert shown("pods", kind, *(f"--metric-{kind}-allowlist={text}" for text in lists)) == wanted


@pytest.mark.parametrize("kind", ["labels", "annotations"])
@pytest.mark.parametrize("resource", WITH_LABELS)
def test_every_kind_keeps_the_rules(resource: str, kind: str) -> None:
    flag = f"--metric-{kind}-allowlist"
    assert shown(resource, kind) is None
    assert shown(resource, kind, f"{flag}={resource}=[]") is None
    assert shown(resource, kind, f"{flag}={resource}=[team,app.*]") == {
        "app_kubernetes_io_name": "n",
        "app_kubernetes_io_part_of": "p",
        "team": "t",
    }
    assert shown(resource, kind, f"{flag}=*=[*]") == ALL


def test_a_list_may_name_every_resource_whether_it_is_exposed_or_not() -> None:
    options = parse(["--resources=pods", f"--metric-labels-allowlist={','.join(f'{name}=[a]' for name in RESOURCES)}"])
    assert compile_kinds(options, KINDS)["pods"].allowlists.labels == ("a",)
