"""ReplicationControllers: replicas wanted and there."""

# ruff: noqa: N815 (the API's names)

from evergauge.declare import (
    ALPHA,
    STABLE,
    Int,
    Kind,
    Metadata,
    Model,
    created,
    gauge,
    generation,
    numbered,
    owner,
)


@numbered(replicas=1)
class Spec(Model):
    replicas: Int = None


@numbered(replicas=1, fullyLabeledReplicas=2, readyReplicas=4, availableReplicas=5, observedGeneration=3)
class Status(Model):
    replicas: Int = 0
    fullyLabeledReplicas: Int = 0
    readyReplicas: Int = 0
    availableReplicas: Int = 0
    observedGeneration: Int = 0


@numbered(metadata=1, spec=2, status=3)
class ReplicationController(Model):
    metadata: Metadata | None = Metadata()
    spec: Spec | None = Spec()
    status: Status | None = Status()


KIND = Kind(
    resource="replicationcontrollers",
    kind="ReplicationController",
    group="",
    version="v1",
    namespaced=True,
    model=ReplicationController,
    identity={"namespace": "metadata.namespace", "replicationcontroller": "metadata.name"},
    families=(
        created("kube_replicationcontroller_created", STABLE),
        gauge("kube_replicationcontroller_status_replicas", STABLE, "Pods that the ReplicationController has.", value="status.replicas"),
        gauge(
            "kube_replicationcontroller_status_fully_labeled_replicas", STABLE, "Pods of the ReplicationController that carry all labels of its template.",
            value="status.fullyLabeledReplicas",
        ),
        gauge(
            "kube_replicationcontroller_status_ready_replicas", STABLE, "Pods of the ReplicationController that are ready.",
            value="status.readyReplicas",
        ),
        gauge(
            "kube_replicationcontroller_status_available_replicas", STABLE,
            "Pods of the ReplicationController that have been ready long enough to count as available.",
            value="status.availableReplicas",
        ),
        gauge(
            "kube_replicationcontroller_status_observed_generation", STABLE, "The generation that the ReplicationController's controller has seen.",
            value="status.observedGeneration",
        ),
        gauge("kube_replicationcontroller_spec_replicas", STABLE, "Pods that the ReplicationController should have.", value="spec.replicas"),
        generation("kube_replicationcontroller_metadata_generation", STABLE),
        owner("kube_replicationcontroller_owner", ALPHA, "What owns the ReplicationController."),
    ),
)
