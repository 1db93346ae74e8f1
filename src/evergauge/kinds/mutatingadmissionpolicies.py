"""MutatingAdmissionPolicies: what they take as parameters, what happens when they fail, and whether they may run again."""

# ruff: noqa: N815 (the API's names)

from evergauge.declare import (
    ALPHA,
    Kind,
    Metadata,
    Model,
    Str,
    created,
    gauge,
    numbered,
)
from evergauge.kinds.admission import GROUP, POLICY, PolicySpec


@numbered(paramKind=1, failurePolicy=5, reinvocationPolicy=7)
class Spec(PolicySpec):
    reinvocationPolicy: Str = ""


@numbered(metadata=1, spec=2)
class MutatingAdmissionPolicy(Model):
    metadata: Metadata | None = Metadata()
    spec: Spec | None = Spec()


KIND = Kind(
    resource="mutatingadmissionpolicies",
    kind="MutatingAdmissionPolicy",
    group=GROUP,
    version="v1",
    namespaced=False,
    model=MutatingAdmissionPolicy,
    identity={"namespace": "metadata.namespace", "mutatingadmissionpolicy": "metadata.name"},
    families=(
        gauge(
            "kube_mutatingadmissionpolicy_info", ALPHA,
            "The kind of the policy's parameters, what happens to a request when the policy fails, and whether it may run again.",
            labels={**POLICY, "reinvocation_policy": "spec.reinvocationPolicy"},
        ),
        created("kube_mutatingadmissionpolicy_created", ALPHA),
    ),
)
