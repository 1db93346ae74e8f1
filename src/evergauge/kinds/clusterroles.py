"""ClusterRoles: metadata only, so their rules never leave the API server."""

from evergauge.declare import (
    ALPHA,
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
class ClusterRole(Model):
    metadata: Metadata | None = Metadata()


KIND = Kind(
    resource="clusterroles",
    kind="ClusterRole",
    group="rbac.authorization.k8s.io",
    version="v1",
    namespaced=False,
    model=ClusterRole,
    identity={"clusterrole": "metadata.name"},
    families=(
        annotations("kube_clusterrole_annotations"),
        labels("kube_clusterrole_labels", ALPHA),
        gauge("kube_clusterrole_info", ALPHA, "That the ClusterRole exists."),
        created("kube_clusterrole_created", ALPHA),
        resource_version("kube_clusterrole_metadata_resource_version"),
    ),
)
