"""PersistentVolumeClaims: what they ask for, and what they have got."""

# ruff: noqa: N815 (the API's names)

from collections.abc import Mapping

from evergauge.declare import (
    ALPHA,
    STABLE,
    Condition,
    Items,
    Kind,
    Map,
    Metadata,
    Model,
    Quantity,
    Str,
    annotations,
    conditions,
    created,
    deletion_timestamp,
    gauge,
    labels,
    numbered,
    states,
    via,
)
from evergauge.kinds.resources import storage


@numbered(requests=2)
class Resources(Model):
    requests: Map[Quantity] = None


@numbered(accessModes=1, resources=2, storageClassName=5, volumeMode=6, volumeName=3)
class Spec(Model):
    accessModes: Items[str] = ()
    resources: Resources | None = Resources()
    storageClassName: Str = None
    volumeMode: Str = None
    volumeName: Str = ""


@numbered(phase=1, conditions=4)
class Status(Model):
    phase: Str = ""
    conditions: Items[Condition] = ()


@numbered(metadata=1, spec=2, status=3)
class PersistentVolumeClaim(Model):
    metadata: Metadata | None = Metadata()
    spec: Spec | None = Spec()
    status: Status | None = Status()


CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"


def storage_class(annotations: Mapping[str, str] | None, name: str | None) -> str:
    """The storage class: by the annotation that came before the field, else by the field; "" for neither."""
    return (annotations or {}).get(CLASS_ANNOTATION, name or "")


KIND = Kind(
    resource="persistentvolumeclaims",
    kind="PersistentVolumeClaim",
    group="",
    version="v1",
    namespaced=True,
    model=PersistentVolumeClaim,
    identity={"namespace": "metadata.namespace", "persistentvolumeclaim": "metadata.name"},
    families=(
        labels("kube_persistentvolumeclaim_labels", STABLE),
        annotations("kube_persistentvolumeclaim_annotations"),
        gauge(
            "kube_persistentvolumeclaim_info", STABLE, "The claim's storage class, volume and volume mode.",
            labels={
                "storageclass": via(storage_class, "metadata.annotations", "spec.storageClassName"),
                "volumename": "spec.volumeName",
                "volumemode": "spec.volumeMode",
            },
        ),
        gauge(
            "kube_persistentvolumeclaim_status_phase", STABLE, "The claim's phase.", when="status.phase",
            states=states("phase", "status.phase", ("Lost", "Bound", "Pending")),
        ),
        gauge(
            "kube_persistentvolumeclaim_resource_requests_storage_bytes", STABLE, "Bytes of storage that the claim asks for.",
            value=via(storage, "spec.resources.requests"),
        ),
        gauge(
            "kube_persistentvolumeclaim_access_mode", STABLE, "A way in which the volume is to be mounted.",
            each="mode in spec.accessModes", labels={"access_mode": "mode"},
        ),
        conditions("kube_persistentvolumeclaim_status_condition", ALPHA, "The claim's conditions."),
        created("kube_persistentvolumeclaim_created", ALPHA),
        deletion_timestamp("kube_persistentvolumeclaim_deletion_timestamp"),
    ),
)
