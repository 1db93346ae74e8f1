"""ServiceAccounts: whether Pods get their token, and which Secrets they name."""

# ruff: noqa: N815 (the API's names)

from evergauge.declare import (
    ALPHA,
    Bool,
    Items,
    Kind,
    Metadata,
    Model,
    Str,
    annotations,
    created,
    deletion_timestamp,
    gauge,
    labels,
    numbered,
)


@numbered(name=3)
class Reference(Model):
    name: Str = ""


@numbered(name=1)
class LocalReference(Model):
    name: Str = ""


@numbered(metadata=1, automountServiceAccountToken=4, imagePullSecrets=3, secrets=2)
class ServiceAccount(Model):
    metadata: Metadata | None = Metadata()
    automountServiceAccountToken: Bool = None
    imagePullSecrets: Items[LocalReference] = ()
    secrets: Items[Reference] = ()


KIND = Kind(
    resource="serviceaccounts",
    kind="ServiceAccount",
    group="",
    version="v1",
    namespaced=True,
    model=ServiceAccount,
    identity={"namespace": "metadata.namespace", "serviceaccount": "metadata.name", "uid": "metadata.uid"},
    families=(
        gauge(
            "kube_serviceaccount_info", ALPHA, "Whether Pods of the ServiceAccount get its token mounted.",
            labels={"automount_token": "automountServiceAccountToken"},
        ),
        created("kube_serviceaccount_created", ALPHA),
        deletion_timestamp("kube_serviceaccount_deleted"),
        gauge("kube_serviceaccount_secret", ALPHA, "A Secret that Pods of the ServiceAccount may use.", each="s in secrets", labels={"name": "s.name"}),
        gauge(
            "kube_serviceaccount_image_pull_secret", ALPHA, "A Secret with which images are pulled.",
            each="s in imagePullSecrets", labels={"name": "s.name"},
        ),
        annotations("kube_serviceaccount_annotations"),
        labels("kube_serviceaccount_labels", ALPHA),
    ),
)
