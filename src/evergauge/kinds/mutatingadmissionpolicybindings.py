"""MutatingAdmissionPolicyBindings: which policy they put into force, with which parameters."""

from evergauge.declare import (
    ALPHA,
    Kind,
    Metadata,
    Model,
    created,
    gauge,
    numbered,
)
from evergauge.kinds.admission import BINDING, GROUP, BindingSpec


@numbered(metadata=1, spec=2)
class MutatingAdmissionPolicyBinding(Model):
    metadata: Metadata | None = Metadata()
    spec: BindingSpec | None = BindingSpec()


KIND = Kind(
    resource="mutatingadmissionpolicybindings",
    kind="MutatingAdmissionPolicyBinding",
    group=GROUP,
    version="v1",
    namespaced=False,
    model=MutatingAdmissionPolicyBinding,
    identity={"namespace": "metadata.namespace", "mutatingadmissionpolicybinding": "metadata.name"},
    families=(
        gauge("kube_mutatingadmissionpolicybinding_info", ALPHA, "The policy that is put into force, and its parameters.", labels=BINDING),
        created("kube_mutatingadmissionpolicybinding_created", ALPHA),
    ),
)
