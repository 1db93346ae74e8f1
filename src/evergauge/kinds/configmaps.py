"""ConfigMaps: metadata only, so their data never leaves the API server."""

from evergauge.declare import (
    STABLE,
    Kind,
    Metadata,
    Model,
    annotations,
    created,
    gauge,
    labels,
    numbered,
    resource_version,
)


@numbered(metadata=1)
class ConfigMap(Model):
    metadata: Metadata | None = Metadata()


KIND = Kind(
    resource="configmaps",
    kind="ConfigMap",
    group="",
    version="v1",
    namespaced=True,
    model=ConfigMap,
    identity={"namespace": "metadata.namespace", "configmap": "metadata.name"},
    families=(
        annotations("kube_configmap_annotations"),
        labels("kube_configmap_labels", STABLE),
        gauge("kube_configmap_info", STABLE, "That the ConfigMap exists."),
        created("kube_configmap_created", STABLE),
        resource_version("kube_configmap_metadata_resource_version"),
    ),
)
