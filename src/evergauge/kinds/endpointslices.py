"""EndpointSlices: the endpoints behind a Service, their conditions, ports and topology."""

# ruff: noqa: N815 (the API's names)

from collections.abc import Sequence
from typing import NamedTuple

from evergauge.declare import (
    ALPHA,
    Bool,
    Int,
    Items,
    Kind,
    Metadata,
    Model,
    Str,
    annotations,
    created,
    gauge,
    labels,
    numbered,
    rows,
)


@numbered(ready=1, serving=2, terminating=3)
class Conditions(Model):
    ready: Bool = None
    serving: Bool = None
    terminating: Bool = None


@numbered(kind=1, name=3, namespace=2)
class TargetRef(Model):
    kind: Str = ""
    name: Str = ""
    namespace: Str = ""


@numbered(name=1)
class Zone(Model):
    name: Str = ""


@numbered(forZones=1)
class Hints(Model):
    forZones: Items[Zone] = ()


@numbered(addresses=1, conditions=2, hostname=3, nodeName=6, zone=7, targetRef=4, hints=8)
class Endpoint(Model):
    addresses: Items[str] = ()
    conditions: Conditions | None = Conditions()
    hostname: Str = None
    nodeName: Str = None
    zone: Str = None
    targetRef: TargetRef | None = None
    hints: Hints | None = None


@numbered(name=1, port=3, protocol=2)
class Port(Model):
    name: Str = None
    port: Int = None
    protocol: Str = None


@numbered(metadata=1, addressType=4, endpoints=2, ports=3)
class EndpointSlice(Model):
    metadata: Metadata | None = Metadata()
    addressType: Str = ""
    endpoints: Items[Endpoint] = ()
    ports: Items[Port] = ()


class Hint(NamedTuple):
    """An endpoint that should serve clients of a zone."""

    address: str
    for_zone: str


def hints(zones: Sequence[Zone] | None, addresses: Sequence[str]) -> list[Hint]:
    """The zones that an endpoint should serve. Its first address stands for all; without any there is nothing to say."""
    return [Hint(addresses[0], zone.name or "") for zone in zones or ()] if addresses else []


KIND = Kind(
    resource="endpointslices",
    kind="EndpointSlice",
    group="discovery.k8s.io",
    version="v1",
    namespaced=True,
    model=EndpointSlice,
    identity={"endpointslice": "metadata.name", "namespace": "metadata.namespace"},
    families=(
        gauge("kube_endpointslice_info", ALPHA, "The type of the EndpointSlice's addresses.", labels={"addresstype": "addressType"}),
        created("kube_endpointslice_created", ALPHA),
        gauge(
            "kube_endpointslice_endpoints_hints", ALPHA, "A zone that an endpoint should serve, by topology-aware routing.",
            each=("e in endpoints", rows("h", hints, "e.hints.forZones", "e.addresses")),
            labels={"address": "h.address", "for_zone": "h.for_zone"},
        ),
        gauge(
            "kube_endpointslice_endpoints", ALPHA, "An address of an endpoint, the endpoint's conditions, and what stands behind it.",
            each=("e in endpoints", "address in e.addresses"),
            labels={
                "ready": "e.conditions.ready",
                "serving": "e.conditions.serving",
                "hostname": "e.hostname",
                "terminating": "e.conditions.terminating",
                "targetref_kind": "e.targetRef.kind",
                "targetref_name": "e.targetRef.name",
                "targetref_namespace": "e.targetRef.namespace",
                "endpoint_nodename": "e.nodeName",
                "endpoint_zone": "e.zone",
                "address": "address",
            },
        ),
        gauge(
            "kube_endpointslice_ports", ALPHA, "A port of the EndpointSlice.",
            each="p in ports", labels={"port_name": "p.name", "port_protocol": "p.protocol", "port_number": "p.port"},
        ),
        annotations("kube_endpointslice_annotations"),
        labels("kube_endpointslice_labels", ALPHA),
    ),
)
