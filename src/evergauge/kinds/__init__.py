"""What is exposed: one module a kind, and the tuple of all kinds. No kind is known that doesn't stand here."""

from evergauge.kinds import (
    configmaps,
    daemonsets,
    deployments,
    namespaces,
    nodes,
    pods,
    replicasets,
    services,
    statefulsets,
    validatingadmissionpolicies,
    validatingadmissionpolicybindings,
    validatingwebhookconfigurations,
)

KINDS = (
    configmaps.KIND,
    daemonsets.KIND,
    deployments.KIND,
    namespaces.KIND,
    nodes.KIND,
    pods.KIND,
    replicasets.KIND,
    services.KIND,
    statefulsets.KIND,
    validatingadmissionpolicies.KIND,
    validatingadmissionpolicybindings.KIND,
    validatingwebhookconfigurations.KIND,
)
"""All kinds, sorted by resource, which is the order of the output."""
