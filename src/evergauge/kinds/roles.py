"""Roles: metadata only."""

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
class Role(Model):
    metadata: Metadata | None = Metadata()


KIND = Kind(
    resource="roles",
    kind="Role",
    group="rbac.authorization.k8s.io",
    version="v1",
    namespaced=True,
    model=Role,
    identity={"namespace": "metadata.namespace", "role": "metadata.name"},
    families=(
        annotations("kube_role_annotations"),
        labels("kube_role_labels", ALPHA),
        gauge("kube_role_info", ALPHA, "That the Role exists."),
        created("kube_role_created", ALPHA),
        resource_version("kube_role_metadata_resource_version"),
    ),
)
