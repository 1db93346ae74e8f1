"""ValidatingAdmissionPolicies: what they take as parameters, and what happens when they fail."""

from evergauge.declare import (
    ALPHA,
    Kind,
    Metadata,
    Model,
    created,
    gauge,
    numbered,
)
from evergauge.kinds.admission import GROUP, POLICY, PolicySpec


@numbered(metadata=1, spec=2)
class ValidatingAdmissionPolicy(Model):
    metadata: Metadata | None = Metadata()
    spec: PolicySpec | None = PolicySpec()


KIND = Kind(
    resource="validatingadmissionpolicies",
    kind="ValidatingAdmissionPolicy",
    group=GROUP,
    version="v1",
    namespaced=False,
    model=ValidatingAdmissionPolicy,
    identity={"namespace": "metadata.namespace", "validatingadmissionpolicy": "metadata.name"},
    families=(
        gauge(
            "kube_validatingadmissionpolicy_info", ALPHA, "The kind of the policy's parameters, and what happens to a request when the policy fails.",
            labels=POLICY,
        ),
        created("kube_validatingadmissionpolicy_created", ALPHA),
    ),
)
