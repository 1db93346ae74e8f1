"""ValidatingAdmissionPolicyBindings: which policy they put into force, with which parameters, and how."""

# ruff: noqa: N815 (the API's names)

from evergauge.declare import (
    ALPHA,
    Items,
    Kind,
    Metadata,
    Model,
    created,
    gauge,
    numbered,
)
from evergauge.kinds.admission import BINDING, GROUP, BindingSpec


@numbered(policyName=1, paramRef=2, validationActions=4)
class Spec(BindingSpec):
    validationActions: Items[str] = ()


@numbered(metadata=1, spec=2)
class ValidatingAdmissionPolicyBinding(Model):
    metadata: Metadata | None = Metadata()
    spec: Spec | None = Spec()


KIND = Kind(
    resource="validatingadmissionpolicybindings",
    kind="ValidatingAdmissionPolicyBinding",
    group=GROUP,
    version="v1",
    namespaced=False,
    model=ValidatingAdmissionPolicyBinding,
    identity={"namespace": "metadata.namespace", "validatingadmissionpolicybinding": "metadata.name"},
    families=(
        gauge("kube_validatingadmissionpolicybinding_info", ALPHA, "The policy that is put into force, and its parameters.", labels=BINDING),
        created("kube_validatingadmissionpolicybinding_created", ALPHA),
        gauge(
            "kube_validatingadmissionpolicybinding_validation_action", ALPHA, "What happens to a request that the policy rejects.",
            each="a in spec.validationActions", labels={"action": "a"},
        ),
    ),
)
