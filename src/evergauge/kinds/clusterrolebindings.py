"""ClusterRoleBindings: which cluster role they grant."""

# ruff: noqa: N815 (the API's names)

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
from evergauge.kinds.rolebindings import RoleRef


@numbered(metadata=1, roleRef=3)
class ClusterRoleBinding(Model):
    metadata: Metadata | None = Metadata()
    roleRef: RoleRef | None = RoleRef()


KIND = Kind(
    resource="clusterrolebindings",
    kind="ClusterRoleBinding",
    group="rbac.authorization.k8s.io",
    version="v1",
    namespaced=False,
    model=ClusterRoleBinding,
    identity={"clusterrolebinding": "metadata.name"},
    families=(
        annotations("kube_clusterrolebinding_annotations"),
        labels("kube_clusterrolebinding_labels", ALPHA),
        gauge(
            "kube_clusterrolebinding_info", ALPHA, "The cluster role that is granted.",
            labels={"roleref_kind": "roleRef.kind", "roleref_name": "roleRef.name"},
        ),
        created("kube_clusterrolebinding_created", ALPHA),
        resource_version("kube_clusterrolebinding_metadata_resource_version"),
    ),
)
