"""StorageClasses: who provides their volumes, and how."""

# ruff: noqa: N815 (the API's names)

from evergauge.declare import (
    STABLE,
    Kind,
    Metadata,
    Model,
    Str,
    annotations,
    created,
    gauge,
    labels,
    numbered,
    otherwise,
)


@numbered(metadata=1, provisioner=2, reclaimPolicy=4, volumeBindingMode=7)
class StorageClass(Model):
    metadata: Metadata | None = Metadata()
    provisioner: Str = ""
    reclaimPolicy: Str = None
    volumeBindingMode: Str = None


KIND = Kind(
    resource="storageclasses",
    kind="StorageClass",
    group="storage.k8s.io",
    version="v1",
    namespaced=False,
    model=StorageClass,
    identity={"storageclass": "metadata.name"},
    families=(
        gauge(
            "kube_storageclass_info", STABLE, "Who provides the class's volumes, when they are bound, and what becomes of them.",
            labels={
                "provisioner": "provisioner",
                "reclaim_policy": otherwise("reclaimPolicy", "Delete"),
                "volume_binding_mode": otherwise("volumeBindingMode", "Immediate"),
            },
        ),
        created("kube_storageclass_created", STABLE),
        annotations("kube_storageclass_annotations"),
        labels("kube_storageclass_labels", STABLE),
    ),
)
