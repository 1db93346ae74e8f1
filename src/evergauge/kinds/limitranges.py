"""LimitRanges: what a namespace's Pods, containers and claims may ask for, and get when they don't."""

# ruff: noqa: N815 (the API's names)

from collections.abc import Mapping
from typing import NamedTuple

from evergauge.declare import (
    STABLE,
    Items,
    Kind,
    Map,
    Metadata,
    Model,
    Quantity,
    Safe,
    Str,
    created,
    gauge,
    numbered,
    rows,
)
from evergauge.values.quantities import to_float


@numbered(type=1, min=3, max=2, default=4, defaultRequest=5, maxLimitRequestRatio=6)
class Limit(Model):
    type: Str = ""
    min: Map[Quantity] = None
    max: Map[Quantity] = None
    default: Map[Quantity] = None
    defaultRequest: Map[Quantity] = None
    maxLimitRequestRatio: Map[Quantity] = None


@numbered(limits=1)
class Spec(Model):
    limits: Items[Limit] = ()


@numbered(metadata=1, spec=2)
class LimitRange(Model):
    metadata: Metadata | None = Metadata()
    spec: Spec | None = Spec()


class Constraint(NamedTuple):
    """constraint: the API's name of what is constrained; amount: in the resource's unit."""

    resource: str
    constraint: Safe
    amount: float


CONSTRAINTS = ("min", "max", "default", "defaultRequest", "maxLimitRequestRatio")


def constraints(*quantities: Mapping[str, Quantity] | None) -> list[Constraint]:
    """What one limit says, resource by resource. quantities: in the order of `CONSTRAINTS`."""
    return [
        Constraint(resource, name, to_float(amount or 0))
        for name, amounts in zip(CONSTRAINTS, quantities, strict=True)
        for resource, amount in (amounts or {}).items()
    ]


KIND = Kind(
    resource="limitranges",
    kind="LimitRange",
    group="",
    version="v1",
    namespaced=True,
    model=LimitRange,
    identity={"namespace": "metadata.namespace", "limitrange": "metadata.name"},
    families=(
        gauge(
            "kube_limitrange", STABLE, "What may be asked for of a resource, or is given by default.",
            each=("limit in spec.limits", rows("c", constraints, *(f"limit.{name}" for name in CONSTRAINTS))),
            labels={"resource": "c.resource", "type": "limit.type", "constraint": "c.constraint"}, value="c.amount",
        ),
        created("kube_limitrange_created", STABLE),
    ),
)
