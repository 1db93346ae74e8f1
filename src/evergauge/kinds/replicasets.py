"""ReplicaSets: replicas wanted and there, and whose they are."""

# ruff: noqa: N815 (the API's names)

from evergauge.declare import (
    ALPHA,
    STABLE,
    Int,
    Kind,
    Metadata,
    Model,
    annotations,
    created,
    gauge,
    generation,
    labels,
    numbered,
    owner,
)


@numbered(replicas=1)
class Spec(Model):
    replicas: Int = None


@numbered(replicas=1, fullyLabeledReplicas=2, readyReplicas=4, terminatingReplicas=7, observedGeneration=3)
class Status(Model):
    replicas: Int = 0
    fullyLabeledReplicas: Int = 0
    readyReplicas: Int = 0
    terminatingReplicas: Int = None
    observedGeneration: Int = 0


@numbered(metadata=1, spec=2, status=3)
class ReplicaSet(Model):
    metadata: Metadata | None = Metadata()
    spec: Spec | None = Spec()
    status: Status | None = Status()


KIND = Kind(
    resource="replicasets",
    kind="ReplicaSet",
    group="apps",
    version="v1",
    namespaced=True,
    model=ReplicaSet,
    identity={"namespace": "metadata.namespace", "replicaset": "metadata.name"},
    families=(
        created("kube_replicaset_created", STABLE),
        gauge("kube_replicaset_status_replicas", STABLE, "Pods that the ReplicaSet has.", value="status.replicas"),
        gauge(
            "kube_replicaset_status_fully_labeled_replicas", STABLE, "Pods of the ReplicaSet that carry all labels of its template.",
            value="status.fullyLabeledReplicas",
        ),
        gauge("kube_replicaset_status_ready_replicas", STABLE, "Pods of the ReplicaSet that are ready.", value="status.readyReplicas"),
        gauge(
            "kube_replicaset_status_terminating_replicas", ALPHA, "Pods of the ReplicaSet that are being deleted.",
            value="status.terminatingReplicas",
        ),
        gauge(
            "kube_replicaset_status_observed_generation", STABLE, "The generation that the ReplicaSet's controller has seen.",
            value="status.observedGeneration",
        ),
        gauge("kube_replicaset_spec_replicas", STABLE, "Pods that the ReplicaSet should have.", value="spec.replicas"),
        generation("kube_replicaset_metadata_generation", STABLE),
        owner("kube_replicaset_owner", STABLE, "What owns the ReplicaSet."),
        annotations("kube_replicaset_annotations"),
        labels("kube_replicaset_labels", STABLE),
    ),
)
