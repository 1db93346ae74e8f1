"""Secrets: type and metadata. The model has no `data` and no `stringData`, so their values are never decoded; without `kube_secret_type`
they aren't even asked for.

`kubectl apply` keeps a copy of the values in an annotation, which is therefore no label, whatever the allowlist says. KSM shows it.
"""

from collections.abc import Mapping

from evergauge.declare import (
    ALPHA,
    STABLE,
    Kind,
    MapLabels,
    Metadata,
    Model,
    Str,
    created,
    gauge,
    labels,
    numbered,
    owner,
    resource_version,
    via,
)


@numbered(metadata=1, type=3)
class Secret(Model):
    metadata: Metadata | None = Metadata()
    type: Str = ""


LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def harmless(annotations: Mapping[str, str] | None) -> dict[str, str]:
    """The annotations but the one that holds the values."""
    return {key: text for key, text in (annotations or {}).items() if key != LAST_APPLIED}


KIND = Kind(
    resource="secrets",
    kind="Secret",
    group="",
    version="v1",
    namespaced=True,
    model=Secret,
    confidential=True,
    identity={"namespace": "metadata.namespace", "secret": "metadata.name"},
    families=(
        gauge("kube_secret_info", STABLE, "That the Secret exists."),
        gauge("kube_secret_type", STABLE, "The Secret's type.", labels={"type": "type"}),
        gauge(
            "kube_secret_annotations", ALPHA, "The object's annotations that the allowlist names, but the one in which `kubectl apply` keeps the values.",
            map_labels=MapLabels("annotation", via(harmless, "metadata.annotations"), "annotations"),
        ),
        labels("kube_secret_labels", STABLE),
        created("kube_secret_created", STABLE),
        resource_version("kube_secret_metadata_resource_version"),
        owner("kube_secret_owner", ALPHA, "What owns the Secret."),
    ),
)
