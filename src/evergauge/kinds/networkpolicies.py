"""NetworkPolicies: how many rules they have."""

# ruff: noqa: N815 (the API's names)

from collections.abc import Sequence

from evergauge.declare import (
    ALPHA,
    Items,
    Kind,
    Metadata,
    Model,
    Time,
    annotations,
    gauge,
    labels,
    numbered,
    via,
)


@numbered(
    name=1,
    namespace=3,
    uid=5,
    resourceVersion=6,
    generation=7,
    creationTimestamp=8,
    deletionTimestamp=9,
    labels=11,
    annotations=12,
    ownerReferences=13,
)
class Dated(Metadata):
    """Unlike for other kinds, KSM shows Go's zero time where there is none."""

    creationTimestamp: Time = ""


@numbered()
class Rule(Model):
    pass


@numbered(ingress=2, egress=3)
class Spec(Model):
    ingress: Items[Rule] = ()
    egress: Items[Rule] = ()


@numbered(metadata=1, spec=2)
class NetworkPolicy(Model):
    metadata: Dated | None = Dated()
    spec: Spec | None = Spec()


def count(rules: Sequence[Rule]) -> int:
    """How many rules there are."""
    return len(rules)


KIND = Kind(
    resource="networkpolicies",
    kind="NetworkPolicy",
    group="networking.k8s.io",
    version="v1",
    namespaced=True,
    model=NetworkPolicy,
    identity={"namespace": "metadata.namespace", "networkpolicy": "metadata.name"},
    families=(
        gauge(
            "kube_networkpolicy_created", ALPHA, "When the object was created, in seconds since the epoch.",
            value="metadata.creationTimestamp",
        ),
        annotations("kube_networkpolicy_annotations"),
        labels("kube_networkpolicy_labels", ALPHA),
        gauge("kube_networkpolicy_spec_ingress_rules", ALPHA, "How many rules admit traffic to the Pods.", value=via(count, "spec.ingress")),
        gauge("kube_networkpolicy_spec_egress_rules", ALPHA, "How many rules admit traffic from the Pods.", value=via(count, "spec.egress")),
    ),
)
