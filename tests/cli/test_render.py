"""`evergauge render`: objects rendered each on its own, written family by family."""

import json

import pytest

from evergauge.declare import ALPHA, STABLE, CompiledKind, Int, Kind, Metadata, Model, Str, gauge
from evergauge.manifests import Manifest
from evergauge.options import parse
from evergauge.render import Rendering, selects


class Spec(Model, frozen=True):
    size: Int = None
    colour: Str = None


class Widget(Model, frozen=True):
    metadata: Metadata | None = None
    spec: Spec | None = None


def kind(name: str, resource: str, group: str, *, namespaced: bool = True) -> Kind:
    return Kind(
        resource=resource,
        kind=name,
        group=group,
        version="v1",
        namespaced=namespaced,
        model=Widget,
        identity={"name": "metadata.name"},
        families=(
            gauge(f"{name.lower()}_size", STABLE, "How big it is.", value="spec.size"),
            gauge(f"{name.lower()}_colour", ALPHA, "Which colour it has.", labels={"colour": "spec.colour"}),
        ),
    )


WIDGET, GADGET, NODE = (
    kind("Widget", "widgets", "example.com"),
    kind("Gadget", "gadgets", ""),
    kind("Node", "nodes", "", namespaced=False),
)
KINDS = (WIDGET, GADGET, NODE)


def manifest(version: str, name: str, **fields: object) -> Manifest:
    return Manifest(version, name, json.dumps({"kind": name, **fields}).encode(), f"here, {fields.get('metadata')}")


def a(version: str, name: str, label: str, size: object, **metadata: str) -> Manifest:
    return manifest(version, name, metadata={"name": label, **metadata}, spec={"size": size, "colour": "red"})


def rendering(*manifests: Manifest, chosen: tuple[Kind, ...] = KINDS, argv: tuple[str, ...] = ()) -> Rendering:
    result = Rendering(KINDS, {k.resource: CompiledKind(k) for k in chosen}, selects(parse(argv)))
    for one in manifests:
        result.add(one)
    return result


def text(result: Rendering, *, openmetrics: bool = False) -> str:
    return b"".join(result.text(openmetrics=openmetrics)).decode()


def test_samples_stand_family_by_family_under_one_header() -> None:
    result = rendering(a("v1", "Gadget", "g", 1), a("example.com/v1", "Widget", "w", 2), a("v1", "Gadget", "h", 3))
    assert text(result) == (
        "# HELP widget_size [STABLE] How big it is.\n# TYPE widget_size gauge\n"
        'widget_size{name="w"} 2\n'
        "# HELP widget_colour Which colour it has.\n# TYPE widget_colour gauge\n"
        'widget_colour{name="w",colour="red"} 1\n'
        "# HELP gadget_size [STABLE] How big it is.\n# TYPE gadget_size gauge\n"
        'gadget_size{name="g"} 1\ngadget_size{name="h"} 3\n'
        "# HELP gadget_colour Which colour it has.\n# TYPE gadget_colour gauge\n"
        'gadget_colour{name="g",colour="red"} 1\ngadget_colour{name="h",colour="red"} 1\n'
    )
    assert result.problems == result.unknown == []


def test_objects_with_the_same_name_do_not_hide_each_other() -> None:
    lines = text(rendering(a("v1", "Gadget", "g", 1, uid="u"), a("v1", "Gadget", "g", 1, uid="u"))).splitlines()
    assert lines.count('gadget_size{name="g"} 1') == 2


def test_no_object_no_text() -> None:
    assert text(rendering()) == ""
    assert text(rendering(), openmetrics=True) == "# EOF\n"
    assert text(rendering(a("v1", "Gadget", "g", 1)), openmetrics=True).endswith("# EOF\n")


@pytest.mark.parametrize(
    ("version", "name", "unknown"),
    [
        ("example.com/v1", "Widget", ""),
        ("", "Widget", ""),
        ("v1", "Widget", "unknown kind v1 Widget"),
        ("example.com/v2", "Widget", "unknown kind example.com/v2 Widget"),
        ("", "Thing", "unknown kind Thing"),
        ("v1", "Thing", "unknown kind v1 Thing"),
    ],
)
def test_a_kind_is_found_by_version_and_name(version: str, name: str, unknown: str) -> None:
    result = rendering(a(version, name, "x", 1))
    assert result.unknown == ([f"here, {{'name': 'x'}}: {unknown}"] if unknown else [])
    assert bool(text(result)) == (not unknown)


def test_a_known_kind_that_is_not_chosen_is_passed_over() -> None:
    result = rendering(a("v1", "Gadget", "g", 1), chosen=(WIDGET,))
    assert (text(result), result.unknown, result.problems) == ("", [], [])


def test_what_is_left_out_is_named() -> None:
    result = rendering(a("v1", "Gadget", "g", "big"))
    assert 'gadget_colour{name="g",colour="red"} 1\n' in text(result)
    (problem,) = result.problems
    assert problem.startswith("here, {'name': 'g'}: gadget_size left out: spec.size: ")


@pytest.mark.parametrize(
    ("argv", "names"),
    [
        ((), ["a/x", "b/y", "/z"]),
        (("--namespaces=a",), ["a/x", "/z"]),
        (("--namespaces=a,b", "--namespaces-denylist=a"), ["b/y", "/z"]),
        (("--namespaces-denylist=b",), ["a/x", "/z"]),
    ],
)
def test_namespaces_choose_objects_but_not_cluster_scoped_ones(argv: tuple[str, ...], names: list[str]) -> None:
    ours = selects(parse(argv))
    objects = [(GADGET, "a", "x"), (GADGET, "b", "y"), (NODE, "", "z")]
    found = [
        f"{namespace}/{name}"
        for which, namespace, name in objects
        if ours(which, json.dumps({"metadata": {"namespace": namespace, "name": name}}).encode())
    ]
    assert found == names


@pytest.mark.parametrize(
    ("argv", "nodes"),
    [
        (("--node=n1",), ["n1"]),
        (("--track-unscheduled-pods",), ["", None]),
        (("--track-unscheduled-pods", "--node=n1"), ["", None]),
    ],
)
def test_a_node_chooses_pods(argv: tuple[str, ...], nodes: list[str | None]) -> None:
    ours = selects(parse([*argv, "--resources=pods"]))
    assert [
        node for node in ("n1", "n2", "", None) if ours(GADGET, json.dumps({"spec": {"nodeName": node}}).encode())
    ] == nodes


def test_an_object_without_a_readable_place_is_left_to_the_renderer() -> None:
    assert selects(parse(["--namespaces=a"]))(GADGET, b'{"metadata": 5}')
