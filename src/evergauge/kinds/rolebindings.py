"""RoleBindings: which role they grant."""

# ruff: noqa: N815 (the API's names)

from evergauge.declare import (
    ALPHA,
    Kind,
    Metadata,
    Model,
    Str,
    annotations,
    created,
    gauge,
    labels,
    numbered,
    resource_version,
)


@numbered(kind=2, name=3)
class RoleRef(Model):
    kind: Str = ""
    name: Str = ""


@numbered(metadata=1, roleRef=3)
class RoleBinding(Model):
    metadata: Metadata | None = Metadata()
    roleRef: RoleRef | None = RoleRef()


KIND = Kind(
    resource="rolebindings",
    kind="RoleBinding",
    group="rbac.authorization.k8s.io",
    version="v1",
    namespaced=True,
    model=RoleBinding,
    identity={"namespace": "metadata.namespace", "rolebinding": "metadata.name"},
    families=(
        annotations("kube_rolebinding_annotations"),
        labels("kube_rolebinding_labels", ALPHA),
        gauge(
            "kube_rolebinding_info", ALPHA, "The role that is granted.",
            labels={"roleref_kind": "roleRef.kind", "roleref_name": "roleRef.name"},
        ),
        created("kube_rolebinding_created", ALPHA),
        resource_version("kube_rolebinding_metadata_resource_version"),
    ),
)
