"""The names that `--resources` knows: the plural names of the 39 resources of kube-state-metrics v2.20."""

from collections.abc import Collection, Sequence

RESOURCES = (
    "certificatesigningrequests",
    "clusterrolebindings",
    "clusterroles",
    "configmaps",
    "cronjobs",
    "daemonsets",
    "deployments",
    "endpoints",
    "endpointslices",
    "horizontalpodautoscalers",
    "ingressclasses",
    "ingresses",
    "jobs",
    "leases",
    "limitranges",
    "mutatingadmissionpolicies",
    "mutatingadmissionpolicybindings",
    "mutatingwebhookconfigurations",
    "namespaces",
    "networkpolicies",
    "nodes",
    "persistentvolumeclaims",
    "persistentvolumes",
    "poddisruptionbudgets",
    "pods",
    "replicasets",
    "replicationcontrollers",
    "resourcequotas",
    "rolebindings",
    "roles",
    "secrets",
    "serviceaccounts",
    "services",
    "statefulsets",
    "storageclasses",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
    "validatingwebhookconfigurations",
    "volumeattachments",
)

NOT_BY_DEFAULT = frozenset(
    {
        "clusterrolebindings",
        "clusterroles",
        "endpoints",
        "ingressclasses",
        "rolebindings",
        "roles",
        "serviceaccounts",
    }
)

DEFAULT_RESOURCES = tuple(name for name in RESOURCES if name not in NOT_BY_DEFAULT)


def not_served_yet(chosen: Sequence[str], served: Collection[str]) -> str:
    """One line that names the chosen resources for which there is no kind yet; empty when there is none.

    served: the resources of all kinds there are.
    """
    missing = [name for name in chosen if name in RESOURCES and name not in served]
    return f"not exposed yet in this version: {', '.join(missing)}" if missing else ""
