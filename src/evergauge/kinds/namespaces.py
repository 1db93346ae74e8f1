"""Namespaces: phase and conditions."""

from evergauge.declare import (
    ALPHA,
    STABLE,
    Condition,
    Items,
    Kind,
    Metadata,
    Model,
    Str,
    annotations,
    conditions,
    created,
    gauge,
    labels,
    numbered,
    states,
)


@numbered(phase=1, conditions=2)
class Status(Model):
    phase: Str = ""
    conditions: Items[Condition] = ()


@numbered(metadata=1, status=3)
class Namespace(Model):
    metadata: Metadata | None = Metadata()
    status: Status | None = Status()


KIND = Kind(
    resource="namespaces",
    kind="Namespace",
    group="",
    version="v1",
    namespaced=False,
    model=Namespace,
    identity={"namespace": "metadata.name"},
    families=(
        created("kube_namespace_created", STABLE),
        annotations("kube_namespace_annotations"),
        labels("kube_namespace_labels", STABLE),
        gauge(
            "kube_namespace_status_phase", STABLE, "The Namespace's phase.",
            states=states("phase", "status.phase", ("Active", "Terminating")),
        ),
        conditions("kube_namespace_status_condition", ALPHA, "The Namespace's conditions."),
    ),
)
