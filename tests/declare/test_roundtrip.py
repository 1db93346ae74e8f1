"""What is rendered is what foreign parsers read, whatever characters the object holds."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from declare.things import thing
from evergauge.declare import ALPHA, Allowlists, CompiledKind, MapLabels, counter, gauge, states
from evergauge.exposition.header import EOF
from evergauge.kinds.services import KIND as SERVICES
from support.foreign import parse_openmetrics, parse_text, samples

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.text('\\"\n\r\t ,{}=#é', max_size=6)
INTEGER = st.integers(-(2**70), 2**70)

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]

THINGS = CompiledKind(
    thing(
        gauge(
            "thing_size", ALPHA, 'Says "how\\big".\n', each="p in spec.parts", labels={"p": "p.name"}, value="p.size"
        ),
        gauge("thing_info", ALPHA, "", labels={"colour": "spec.colour", "nick": "spec.nickname"}),
        gauge("thing_labels", ALPHA, "", map_labels=MapLabels("label", "metadata.labels", "labels")),
        gauge("thing_state", ALPHA, "", states=states("state", "spec.colour", ("red", '"\\\n'))),
        counter("thing_count_total", ALPHA, "", value="spec.count"),
        gauge("thing_weight", ALPHA, "", value="spec.weight"),
    ),
    allowlists=Allowlists(labels=("*",)),
)

OBJECTS = st.fixed_dictionaries(
    {
        "metadata": st.fixed_dictionaries(
            {"name": TEXT, "labels": st.dictionaries(st.sampled_from(("a", "b.c/d")), TEXT)}
        ),
        "spec": st.fixed_dictionaries(
            {
                "parts": st.lists(
                    st.fixed_dictionaries({"name": TEXT, "size": INTEGER}), unique_by=lambda p: p["name"]
                ),
                "colour": TEXT,
                "nickname": TEXT,
                "count": st.integers(0, 2**70),
                "weight": st.integers(-(10**14), 10**14).map(lambda n: f"{n}m"),
            }
        ),
    }
)


def exposition(kind: CompiledKind, obj: dict[str, Any], *, openmetrics: bool) -> str:
    """The whole exposition of one object."""
    rendered = kind.render(json.dumps(obj).encode())
    assert rendered.faults == ()
    pieces = zip(kind.headers(openmetrics=openmetrics), rendered.parts, strict=True)
    return "".join(header + part.decode() for header, part in pieces) + (EOF if openmetrics else "")


def read(kind: CompiledKind, obj: dict[str, Any]) -> Samples:
    """What both parsers read of one object."""
    plain = samples(parse_text(exposition(kind, obj, openmetrics=False)))
    assert samples(parse_openmetrics(exposition(kind, obj, openmetrics=True))) == plain
    return plain


def sample(name: str, value: float, **labels: str) -> tuple[tuple[str, tuple[tuple[str, str], ...]], float]:
    return (name, tuple(sorted(labels.items()))), value


@given(OBJECTS)
def test_things(obj: dict[str, Any]) -> None:
    spec, name = obj["spec"], obj["metadata"]["name"]
    labels = {
        f"label_{key.translate(str.maketrans('./', '__'))}": text for key, text in obj["metadata"]["labels"].items()
    }
    wanted: Samples = dict(
        [
            *(sample("thing_size", float(p["size"]), thing=name, p=p["name"]) for p in spec["parts"]),
            sample("thing_info", 1, thing=name, colour=spec["colour"], nick=spec["nickname"]),
            sample("thing_labels", 1, thing=name, **labels),
            *(sample("thing_state", float(spec["colour"] == s), thing=name, state=s) for s in ("red", '"\\\n')),
            sample("thing_count_total", float(spec["count"]), thing=name),
            sample("thing_weight", int(spec["weight"][:-1]) / 1000, thing=name),
        ]
    )
    assert read(THINGS, obj) == wanted


@given(
    name=TEXT,
    uid=TEXT,
    kind=TEXT,
    ips=st.lists(TEXT, unique=True),
    hosts=st.lists(TEXT, unique=True),
)
def test_services(name: str, uid: str, kind: str, ips: list[str], hosts: list[str]) -> None:
    obj = {
        "metadata": {"name": name, "uid": uid, "namespace": "n", "annotations": {"note": kind}},
        "spec": {"type": kind, "externalIPs": ips, "clusterIP": name},
        "status": {"loadBalancer": {"ingress": [{"hostname": host} for host in hosts]}},
    }
    me = {"namespace": "n", "service": name, "uid": uid}
    info = {"cluster_ip": name, "external_name": "", "load_balancer_ip": "", "external_traffic_policy": ""}
    wanted: Samples = dict(
        [
            sample("kube_service_info", 1, **me, **info),
            sample("kube_service_spec_type", 1, **me, type=kind),
            sample("kube_service_annotations", 1, **me, annotation_note=kind),
            *(sample("kube_service_spec_external_ip", 1, **me, external_ip=ip) for ip in ips),
            *(sample("kube_service_status_load_balancer_ingress", 1, **me, ip="", hostname=host) for host in hosts),
        ]
    )
    assert read(CompiledKind(SERVICES, allowlists=Allowlists(annotations=("note",))), obj) == wanted
