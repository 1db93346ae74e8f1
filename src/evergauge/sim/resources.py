"""The resources that the simulated server knows: those of the 39 kinds of kube-state-metrics v2.20, and room for others.

Singular of nothing here is derived from the plural or the reverse: Kubernetes has no rule for it (`endpoints`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Field selectors beyond metadata.name and metadata.namespace: the API server knows a few for some resources.
_POD_FIELDS: Final = ("spec.nodeName", "status.phase", "spec.restartPolicy", "spec.schedulerName", "status.podIP")


class Resource(msgspec.Struct, frozen=True):
    """One resource of the API.

    fields: paths that field selectors may name beside `metadata.name` and `metadata.namespace`.
    generation: the server counts changes of `spec` in `metadata.generation`.
    built_in: its lists leave out `kind` and `apiVersion` of the items; those of custom resources carry them.
    """

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    fields: tuple[str, ...] = ()
    generation: bool = False
    built_in: bool = True

    @property
    def api_version(self) -> str:
        """What objects carry as `apiVersion`: `v1`, `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """The name that error messages use: `pods`, `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


def _group(name: str, version: str, *kinds: Resource) -> tuple[Resource, ...]:
    return tuple(msgspec.structs.replace(kind, group=name, version=version) for kind in kinds)


def _kind(plural: str, kind: str, *, generation: bool = False, fields: tuple[str, ...] = ()) -> Resource:
    return Resource("", "", plural, kind, generation=generation, fields=fields)


def _cluster(plural: str, kind: str, *, generation: bool = False, fields: tuple[str, ...] = ()) -> Resource:
    return Resource("", "", plural, kind, namespaced=False, generation=generation, fields=fields)


BUILT_IN: Final[tuple[Resource, ...]] = (
    *_group(
        "",
        "v1",
        _kind("configmaps", "ConfigMap"),
        _kind("endpoints", "Endpoints"),
        _kind("limitranges", "LimitRange"),
        _cluster("namespaces", "Namespace", fields=("status.phase",)),
        _cluster("nodes", "Node"),
        _kind("persistentvolumeclaims", "PersistentVolumeClaim"),
        _cluster("persistentvolumes", "PersistentVolume"),
        _kind("pods", "Pod", generation=True, fields=_POD_FIELDS),
        _kind("replicationcontrollers", "ReplicationController", generation=True),
        _kind("resourcequotas", "ResourceQuota"),
        _kind("secrets", "Secret", fields=("type",)),
        _kind("serviceaccounts", "ServiceAccount"),
        _kind("services", "Service"),
    ),
    *_group(
        "apps",
        "v1",
        _kind("daemonsets", "DaemonSet", generation=True),
        _kind("deployments", "Deployment", generation=True),
        _kind("replicasets", "ReplicaSet", generation=True),
        _kind("statefulsets", "StatefulSet", generation=True),
    ),
    *_group(
        "admissionregistration.k8s.io",
        "v1",
        _cluster("mutatingadmissionpolicies", "MutatingAdmissionPolicy", generation=True),
        _cluster("mutatingadmissionpolicybindings", "MutatingAdmissionPolicyBinding", generation=True),
        _cluster("mutatingwebhookconfigurations", "MutatingWebhookConfiguration", generation=True),
        _cluster("validatingadmissionpolicies", "ValidatingAdmissionPolicy", generation=True),
        _cluster("validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding", generation=True),
        _cluster("validatingwebhookconfigurations", "ValidatingWebhookConfiguration", generation=True),
    ),
    *_group("autoscaling", "v2", _kind("horizontalpodautoscalers", "HorizontalPodAutoscaler")),
    *_group("batch", "v1", _kind("cronjobs", "CronJob", generation=True), _kind("jobs", "Job", generation=True)),
    *_group("certificates.k8s.io", "v1", _cluster("certificatesigningrequests", "CertificateSigningRequest")),
    *_group("coordination.k8s.io", "v1", _kind("leases", "Lease")),
    *_group("discovery.k8s.io", "v1", _kind("endpointslices", "EndpointSlice", generation=True)),
    *_group(
        "networking.k8s.io",
        "v1",
        _cluster("ingressclasses", "IngressClass", generation=True),
        _kind("ingresses", "Ingress", generation=True),
        _kind("networkpolicies", "NetworkPolicy", generation=True),
    ),
    *_group("policy", "v1", _kind("poddisruptionbudgets", "PodDisruptionBudget", generation=True)),
    *_group(
        "rbac.authorization.k8s.io",
        "v1",
        _cluster("clusterrolebindings", "ClusterRoleBinding"),
        _cluster("clusterroles", "ClusterRole"),
        _kind("rolebindings", "RoleBinding"),
        _kind("roles", "Role"),
    ),
    *_group(
        "storage.k8s.io",
        "v1",
        _cluster("storageclasses", "StorageClass"),
        _cluster("volumeattachments", "VolumeAttachment"),
    ),
)


class Registry:
    """The resources served now. Kinds may come and go at run time, as those of CustomResourceDefinitions do."""

    def __init__(self, resources: Iterable[Resource] = BUILT_IN) -> None:
        """Serve `resources` from the start."""
        self._by_path: dict[tuple[str, str, str], Resource] = {}
        self._by_plural: dict[str, Resource] = {}
        for resource in resources:
            self.add(resource)

    def add(self, resource: Resource) -> None:
        """Serve one more resource; its short name (the plural) means it from now on."""
        self._by_path[resource.group, resource.version, resource.plural] = resource
        self._by_plural[resource.plural] = resource

    def remove(self, resource: Resource) -> None:
        """Serve it no longer: requests for it get 404. Raises KeyError when it isn't served."""
        del self._by_path[resource.group, resource.version, resource.plural]
        if self._by_plural.get(resource.plural) == resource:
            del self._by_plural[resource.plural]

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        """The resource at an API path, or None."""
        return self._by_path.get((group, version, plural))

    def named(self, plural: str) -> Resource:
        """The resource of that plural name. Raises KeyError when there is none."""
        return self._by_plural[plural]

    def __iter__(self) -> Iterator[Resource]:
        """All resources served, in the order in which they were added."""
        return iter(self._by_path.values())

    def __len__(self) -> int:
        """How many are served."""
        return len(self._by_path)
