"""ResourceQuotas: how much of a resource a namespace may use, and how much it does."""

from collections.abc import Mapping
from typing import NamedTuple

from evergauge.declare import (
    STABLE,
    Kind,
    Map,
    Metadata,
    Model,
    Quantity,
    Safe,
    annotations,
    created,
    gauge,
    labels,
    numbered,
    rows,
)


@numbered(hard=1, used=2)
class Status(Model):
    hard: Map[Quantity] = None
    used: Map[Quantity] = None


@numbered(metadata=1, status=3)
class ResourceQuota(Model):
    metadata: Metadata | None = Metadata()
    status: Status | None = Status()


class Amount(NamedTuple):
    """How much of a resource. type: `hard`, what may be used, or `used`."""

    resource: str
    type: Safe
    amount: Quantity


def amounts(hard: Mapping[str, Quantity] | None, used: Mapping[str, Quantity] | None) -> list[Amount]:
    """The limits, then the use."""
    limits = [Amount(resource, "hard", quantity or 0) for resource, quantity in (hard or {}).items()]
    return limits + [Amount(resource, "used", quantity or 0) for resource, quantity in (used or {}).items()]


KIND = Kind(
    resource="resourcequotas",
    kind="ResourceQuota",
    group="",
    version="v1",
    namespaced=True,
    model=ResourceQuota,
    identity={"namespace": "metadata.namespace", "resourcequota": "metadata.name"},
    families=(
        created("kube_resourcequota_created", STABLE),
        gauge(
            "kube_resourcequota", STABLE, "How much of a resource the namespace may use, and how much it uses.",
            each=rows("a", amounts, "status.hard", "status.used"), labels={"resource": "a.resource", "type": "a.type"}, value="a.amount",
        ),
        annotations("kube_resourcequota_annotations"),
        labels("kube_resourcequota_labels", STABLE),
    ),
)
