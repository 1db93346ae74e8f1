"""StatefulSets: replicas wanted and there, revisions, and what becomes of their volume claims."""

# ruff: noqa: N815 (the API's names)

from typing import NamedTuple

from evergauge.declare import (
    STABLE,
    Int,
    Kind,
    Metadata,
    Model,
    Str,
    annotations,
    created,
    deletion_timestamp,
    gauge,
    generation,
    labels,
    numbered,
    rows,
)


@numbered(start=1)
class Ordinals(Model):
    start: Int = 0


@numbered(whenDeleted=1, whenScaled=2)
class RetentionPolicy(Model):
    whenDeleted: Str = ""
    whenScaled: Str = ""


@numbered(replicas=1, ordinals=11, persistentVolumeClaimRetentionPolicy=10)
class Spec(Model):
    replicas: Int = None
    ordinals: Ordinals | None = None
    persistentVolumeClaimRetentionPolicy: RetentionPolicy | None = None


@numbered(
    replicas=2,
    availableReplicas=11,
    currentReplicas=4,
    readyReplicas=3,
    updatedReplicas=5,
    observedGeneration=1,
    currentRevision=6,
    updateRevision=7,
)
class Status(Model):
    replicas: Int = 0
    availableReplicas: Int = 0
    currentReplicas: Int = 0
    readyReplicas: Int = 0
    updatedReplicas: Int = 0
    observedGeneration: Int = 0
    currentRevision: Str = ""
    updateRevision: Str = ""


@numbered(metadata=1, spec=2, status=3)
class StatefulSet(Model):
    metadata: Metadata | None = Metadata()
    spec: Spec | None = Spec()
    status: Status | None = Status()


class Retention(NamedTuple):
    """What becomes of the volume claims."""

    when_deleted: str
    when_scaled: str


def retention(when_deleted: str | None, when_scaled: str | None) -> list[Retention]:
    """The policy; no row where neither part of it is said."""
    return [Retention(when_deleted or "", when_scaled or "")] if when_deleted or when_scaled else []


POLICY = "spec.persistentVolumeClaimRetentionPolicy"

KIND = Kind(
    resource="statefulsets",
    kind="StatefulSet",
    group="apps",
    version="v1",
    namespaced=True,
    model=StatefulSet,
    identity={"namespace": "metadata.namespace", "statefulset": "metadata.name"},
    families=(
        created("kube_statefulset_created", STABLE),
        gauge("kube_statefulset_status_replicas", STABLE, "Pods that the StatefulSet has.", value="status.replicas"),
        gauge(
            "kube_statefulset_status_replicas_available", STABLE, "Pods of the StatefulSet that have been ready long enough to count as available.",
            value="status.availableReplicas",
        ),
        gauge(
            "kube_statefulset_status_replicas_current", STABLE, "Pods of the StatefulSet that are of its current revision.",
            value="status.currentReplicas",
        ),
        gauge("kube_statefulset_status_replicas_ready", STABLE, "Pods of the StatefulSet that are ready.", value="status.readyReplicas"),
        gauge(
            "kube_statefulset_status_replicas_updated", STABLE, "Pods of the StatefulSet that are of its update revision.",
            value="status.updatedReplicas",
        ),
        gauge(
            "kube_statefulset_status_observed_generation", STABLE, "The generation that the StatefulSet's controller has seen.",
            value="status.observedGeneration",
        ),
        gauge("kube_statefulset_replicas", STABLE, "Pods that the StatefulSet should have.", value="spec.replicas"),
        gauge("kube_statefulset_ordinals_start", STABLE, "The number of the StatefulSet's first Pod.", value="spec.ordinals.start"),
        generation("kube_statefulset_metadata_generation", STABLE),
        gauge(
            "kube_statefulset_persistentvolumeclaim_retention_policy", STABLE, "What becomes of the StatefulSet's volume claims.",
            each=rows("p", retention, f"{POLICY}.whenDeleted", f"{POLICY}.whenScaled"),
            labels={"when_deleted": "p.when_deleted", "when_scaled": "p.when_scaled"},
        ),
        annotations("kube_statefulset_annotations", STABLE),
        labels("kube_statefulset_labels", STABLE),
        gauge(
            "kube_statefulset_status_current_revision", STABLE, "The revision that the StatefulSet's Pods are updated from.",
            labels={"revision": "status.currentRevision"},
        ),
        gauge(
            "kube_statefulset_status_update_revision", STABLE, "The revision that the StatefulSet's Pods are updated to.",
            labels={"revision": "status.updateRevision"},
        ),
        deletion_timestamp("kube_statefulset_deletion_timestamp", STABLE),
    ),
)
