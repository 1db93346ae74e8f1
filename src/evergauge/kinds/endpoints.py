"""Endpoints: the addresses and ports behind a Service, ready or not."""

# ruff: noqa: N815 (the API's names)

from collections.abc import Sequence
from typing import NamedTuple

from evergauge.declare import (
    STABLE,
    Int,
    Items,
    Kind,
    Metadata,
    Model,
    Safe,
    Str,
    annotations,
    created,
    gauge,
    labels,
    numbered,
    rows,
)


@numbered(ip=1)
class Address(Model):
    ip: Str = ""


@numbered(name=1, port=2, protocol=3)
class Port(Model):
    name: Str = ""
    port: Int = 0
    protocol: Str = ""


@numbered(addresses=1, notReadyAddresses=2, ports=3)
class Subset(Model):
    addresses: Items[Address] = ()
    notReadyAddresses: Items[Address] = ()
    ports: Items[Port] = ()


@numbered(metadata=1, subsets=2)
class Endpoints(Model):
    metadata: Metadata | None = Metadata()
    subsets: Items[Subset] = ()


class Endpoint(NamedTuple):
    """An address. ready: `true` or `false`."""

    ip: str
    ready: Safe


def endpoints(ready: Sequence[Address], not_ready: Sequence[Address]) -> list[Endpoint]:
    """The addresses of a subset with their readiness."""
    return [Endpoint(a.ip or "", "true") for a in ready] + [Endpoint(a.ip or "", "false") for a in not_ready]


PORT = {"port_name": "p.name", "port_protocol": "p.protocol", "port_number": "p.port"}

KIND = Kind(
    resource="endpoints",
    kind="Endpoints",
    group="",
    version="v1",
    namespaced=True,
    model=Endpoints,
    identity={"namespace": "metadata.namespace", "endpoint": "metadata.name"},
    families=(
        gauge("kube_endpoint_info", STABLE, "That the Endpoints exist."),
        created("kube_endpoint_created", STABLE),
        annotations("kube_endpoint_annotations"),
        labels("kube_endpoint_labels", STABLE),
        gauge(
            "kube_endpoint_address", STABLE, "An address at which a port is served, and whether it is ready.",
            each=("s in subsets", "p in s.ports", rows("e", endpoints, "s.addresses", "s.notReadyAddresses")),
            labels={**PORT, "ip": "e.ip", "ready": "e.ready"},
        ),
        gauge(
            "kube_endpoint_ports", STABLE, "A port of the Endpoints.", deprecated="v2.14.0",
            each=("s in subsets", "p in s.ports"), labels=PORT,
        ),
    ),
)
