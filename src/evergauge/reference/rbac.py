"""The rights that Evergauge needs for what the options choose, and no others, as manifests of RBAC.

Kubernetes' documentation, "Using RBAC Authorization", says what `resourceNames` does to `list` and `watch`: they are granted for requests
with a field selector on that name, which is how the StatefulSet is read.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import yaml

from evergauge.declare import Kind
from evergauge.errors import UsageError
from evergauge.options import Options

API = "rbac.authorization.k8s.io"
Rule = Mapping[str, Sequence[str]]
Manifest = Mapping[str, Any]

READ = ("list", "watch")
CHECK_REQUESTS: Sequence[Rule] = (
    {"apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "verbs": ["create"]},
    {"apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"], "verbs": ["create"]},
)
"""What `--auth-filter` asks the API server for."""

_POD_OF_STATEFUL_SET = re.compile(r"(.+)-\d+")


def manifests(kinds: Sequence[Kind], options: Options, *, name: str, service_account: str = "") -> list[Manifest]:
    """The roles for these kinds, with bindings where a service account (`NAMESPACE:NAME`) is named.

    kinds: those that the options choose. name: of all the manifests. Raises UsageError where `--pod` names no Pod of a StatefulSet.
    """
    found = []
    for namespace, role, rules in _roles(kinds, options, name):
        if rules:
            found.append(_role(namespace, role, rules))
            if service_account:
                found.append(_binding(namespace, role, service_account))
    return found


def text(documents: Sequence[Manifest]) -> str:
    """YAML documents, ready for `kubectl apply -f -`."""
    return "---\n".join(yaml.safe_dump(document, sort_keys=False) for document in documents)


def _roles(kinds: Sequence[Kind], options: Options, name: str) -> Iterator[tuple[str, str, Sequence[Rule]]]:
    """Namespace (empty: a ClusterRole), name and rules of each role."""
    namespaces = sorted(set(options.namespaces) - set(options.namespaces_denylist))
    everywhere = [kind for kind in kinds if not (kind.namespaced and options.namespaces)]
    yield "", name, [*_reading(everywhere), *(CHECK_REQUESTS if options.auth_filter else ())]
    for namespace in namespaces:
        yield namespace, name, _reading([kind for kind in kinds if kind.namespaced])
    if options.pod and options.pod_namespace:
        yield options.pod_namespace, f"{name}-autosharding", _autosharding(options.pod)


def _reading(kinds: Sequence[Kind]) -> list[Rule]:
    """One rule for each API group."""
    by_group = groupby(sorted(kinds, key=lambda kind: (kind.group, kind.resource)), key=lambda kind: kind.group)
    return [
        {"apiGroups": [group], "resources": [kind.resource for kind in members], "verbs": [*READ]}
        for group, members in by_group
    ]


def _autosharding(pod: str) -> Sequence[Rule]:
    """To read the own Pod, the other shards' Pods, and the one StatefulSet that they are of."""
    owner = _POD_OF_STATEFUL_SET.fullmatch(pod)
    if not owner:
        raise UsageError(f"--pod={pod}: must be the name of a StatefulSet's Pod, such as evergauge-0")
    return (
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]},
        {
            "apiGroups": ["apps"],
            "resources": ["statefulsets"],
            "resourceNames": [owner[1]],
            "verbs": ["get", *READ],
        },
    )


def _role(namespace: str, name: str, rules: Sequence[Rule]) -> Manifest:
    return {**_head("Role", namespace, name), "rules": [dict(rule) for rule in rules]}


def _binding(namespace: str, name: str, service_account: str) -> Manifest:
    home, account = service_account.split(":")
    return {
        **_head("RoleBinding", namespace, name),
        "roleRef": {"apiGroup": API, "kind": _kind("Role", namespace), "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": home}],
    }


def _head(kind: str, namespace: str, name: str) -> dict[str, Any]:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": f"{API}/v1", "kind": _kind(kind, namespace), "metadata": metadata}


def _kind(kind: str, namespace: str) -> str:
    return kind if namespace else f"Cluster{kind}"
