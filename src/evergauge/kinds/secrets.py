"""Secrets: type and metadata. The model has no `data` and no `stringData`, so their values are never decoded."""

from evergauge.declare import (
    ALPHA,
    STABLE,
    Kind,
    Metadata,
    Model,
    Str,
    annotations,
    created,
    gauge,
    labels,
    owner,
    resource_version,
)


class Secret(Model):
    metadata: Metadata | None = Metadata()
    type: Str = ""


KIND = Kind(
    resource="secrets",
    kind="Secret",
    group="",
    version="v1",
    namespaced=True,
    model=Secret,
    identity={"namespace": "metadata.namespace", "secret": "metadata.name"},
    families=(
        gauge("kube_secret_info", STABLE, "That the Secret exists."),
        gauge("kube_secret_type", STABLE, "The Secret's type.", labels={"type": "type"}),
        annotations("kube_secret_annotations"),
        labels("kube_secret_labels", STABLE),
        created("kube_secret_created", STABLE),
        resource_version("kube_secret_metadata_resource_version"),
        owner("kube_secret_owner", ALPHA, "What owns the Secret."),
    ),
)
