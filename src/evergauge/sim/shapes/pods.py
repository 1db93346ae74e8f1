"""Pods of about 5 KB: a main container and a sidecar, in every situation between creation and end.

Pods of one workload share what its template sets, and differ in all else, image digests and times included: text that
repeats from pod to pod would flatter compression and caches.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from evergauge.sim.clock import timestamp
from evergauge.sim.shapes.names import digest, node_address, node_name, pod_address

if TYPE_CHECKING:
    from random import Random

    from evergauge.sim.objects import Manifest
    from evergauge.sim.shapes.workload import Revision, Situation, Workload

_ACCOUNT: Final = "/var/run/secrets/kubernetes.io/serviceaccount"
_OWNERS: Final = {"Deployment": "ReplicaSet", "StatefulSet": "StatefulSet", "DaemonSet": "DaemonSet"}
_SIDECAR_IMAGE: Final = "registry.example.com/mesh/proxy:v1.22.3"


class Place(NamedTuple):
    """A node by its number."""

    node: int

    @property
    def name(self) -> str:
        return node_name(self.node)

    @property
    def address(self) -> str:
        return node_address(self.node)


def pod(
    workload: Workload, revision: Revision, name: str, *, place: Place | None, created: float, rng: Random
) -> Manifest:
    """A pod without its status. place: where it is bound to run, None before."""
    spec: Manifest = {**_spec(workload.name, workload.namespace, revision.tag)}
    if place is not None:
        spec["nodeName"] = place.name
    return {
        "metadata": {
            "name": name,
            "generateName": f"{revision.name}-",
            "namespace": workload.namespace,
            "creationTimestamp": timestamp(created),
            "labels": workload.labels | {"app.kubernetes.io/version": revision.tag, "pod-template-hash": revision.hash},
            "annotations": {
                "checksum/config": digest(rng),
                "prometheus.io/scrape": "true",
                "prometheus.io/port": "9102",
            },
            "ownerReferences": [_owner(workload, revision)],
            "managedFields": _managed_fields(timestamp(created)),
        },
        "spec": spec,
    }


def status(
    workload: Workload, revision: Revision, *, place: Place, situation: Situation, since: float, rng: Random
) -> Manifest:
    """The status of a pod; since: when it came into this situation."""
    if situation == "unscheduled":
        unschedulable = {"reason": "Unschedulable", "message": "0/3 nodes are available: 3 Insufficient memory."}
        conditions = [_condition("PodScheduled", "False", since) | unschedulable]
        return {"phase": "Pending", "conditions": conditions, "qosClass": "Burstable"}
    if situation == "scheduled":
        return {"phase": "Pending", "conditions": [_condition("PodScheduled", "True", since)], "qosClass": "Burstable"}
    running = situation in ("running", "terminating")
    images = (
        ("app", f"registry.example.com/{workload.namespace}/{workload.name}:{revision.tag}"),
        ("proxy", _SIDECAR_IMAGE),
    )
    started: Manifest = {
        "phase": "Pending" if situation == "creating" else "Running",
        "conditions": _conditions(since, ready=running, sandbox=situation != "creating"),
        "hostIP": place.address,
        "hostIPs": [{"ip": place.address}],
        "startTime": timestamp(since - 2),
        "containerStatuses": [_container_status(name, image, situation, since, rng) for name, image in images],
        "qosClass": "Burstable",
    }
    if situation != "creating":
        address = pod_address(rng)
        started |= {"podIP": address, "podIPs": [{"ip": address}]}
    return started


def _owner(workload: Workload, revision: Revision) -> Manifest:
    of_deployment = workload.kind == "Deployment"
    return {
        "apiVersion": "apps/v1",
        "kind": _OWNERS[workload.kind],
        "name": revision.name if of_deployment else workload.name,
        "uid": revision.uid if of_deployment else workload.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _condition(kind: str, state: str, since: float) -> Manifest:
    return {"type": kind, "status": state, "lastProbeTime": None, "lastTransitionTime": timestamp(since)}


def _conditions(since: float, *, ready: bool, sandbox: bool) -> list[Manifest]:
    state = "True" if ready else "False"
    why = {} if ready else {"reason": "ContainersNotReady", "message": "containers with unready status: [app]"}
    return [
        _condition("PodReadyToStartContainers", "True" if sandbox else "False", since - 1),
        _condition("Initialized", "True", since - 2),
        _condition("Ready", state, since) | why,
        _condition("ContainersReady", state, since) | why,
        _condition("PodScheduled", "True", since - 2),
    ]


def _container_status(name: str, image: str, situation: Situation, since: float, rng: Random) -> Manifest:
    if situation == "creating":
        waiting = {"waiting": {"reason": "ContainerCreating"}}
        return _container(name, image, waiting) | {"ready": False, "started": False, "imageID": "", "restartCount": 0}
    container_id = f"containerd://{digest(rng)}"
    image_id = f"{image.rpartition(':')[0]}@sha256:{digest(rng)}"
    ran = _container(name, image, {"running": {"startedAt": timestamp(since)}})
    ran |= {"ready": True, "started": True, "imageID": image_id, "restartCount": 0, "containerID": container_id}
    if situation == "crashing" and name == "app":
        restarts = rng.randrange(1, 30)
        message = f"back-off {min(300, 10 * 2**restarts)}s restarting failed container=app"
        ran["state"] = {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
        ran["lastState"] = {"terminated": _terminated(container_id, since, rng)}
        ran |= {"ready": False, "started": False, "restartCount": restarts}
    return ran


def _container(name: str, image: str, state: Manifest) -> Manifest:
    return {"name": name, "state": state, "lastState": {}, "image": image}


def _terminated(container_id: str, since: float, rng: Random) -> Manifest:
    code, reason = rng.choice(((1, "Error"), (137, "OOMKilled"), (2, "Error")))
    times = {"startedAt": timestamp(since - 7), "finishedAt": timestamp(since)}
    return {"exitCode": code, "reason": reason, **times, "containerID": container_id}


# What a template sets is encoded once for each workload: pods by the hundred thousand are built from it.


@lru_cache(maxsize=64)
def _spec(name: str, namespace: str, tag: str) -> Manifest:
    containers = [_main_container(name, namespace, tag), _SIDECAR]
    spec = {
        "volumes": _volumes(name),
        "containers": containers,
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "serviceAccountName": name,
        "serviceAccount": name,
        "securityContext": {"fsGroup": 65532, "runAsNonRoot": True, "runAsUser": 65532},
        "schedulerName": "default-scheduler",
        "tolerations": [
            {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
            for key in ("not-ready", "unreachable")
        ],
        "priority": 0,
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
    }
    return {field: msgspec.Raw(msgspec.json.encode(value)) for field, value in spec.items()}


def _main_container(name: str, namespace: str, tag: str) -> Manifest:
    env: list[Any] = [
        {"name": "POD_NAME", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}},
        {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": f"{name}-db", "key": "password"}}},
        {"name": "LOG_LEVEL", "value": "info"},
    ]
    mounts = (("config", "/etc/app"), ("scratch", "/var/cache/app"), ("kube-api-access", _ACCOUNT))
    return {
        "name": "app",
        "image": f"registry.example.com/{namespace}/{name}:{tag}",
        "ports": [
            {"name": "http", "containerPort": 8080, "protocol": "TCP"},
            {"name": "metrics", "containerPort": 9102},
        ],
        "env": env,
        "resources": {"limits": {"cpu": "1", "memory": "512Mi"}, "requests": {"cpu": "250m", "memory": "256Mi"}},
        "volumeMounts": [
            {"name": volume, "mountPath": path, "readOnly": volume != "scratch"} for volume, path in mounts
        ],
        "readinessProbe": {
            "httpGet": {"path": "/ready", "port": "http", "scheme": "HTTP"},
            "timeoutSeconds": 1,
            "periodSeconds": 10,
            "successThreshold": 1,
            "failureThreshold": 3,
        },
        "imagePullPolicy": "IfNotPresent",
    }


_SIDECAR: Final = {
    "name": "proxy",
    "image": _SIDECAR_IMAGE,
    "resources": {"limits": {"memory": "128Mi"}, "requests": {"cpu": "50m", "memory": "64Mi"}},
    "volumeMounts": [{"name": "kube-api-access", "mountPath": _ACCOUNT, "readOnly": True}],
    "imagePullPolicy": "IfNotPresent",
}


def _volumes(name: str) -> list[Manifest]:
    token = {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}
    authority = {"configMap": {"name": "kube-root-ca.crt"}}
    return [
        {"name": "config", "configMap": {"name": f"{name}-config", "defaultMode": 420}},
        {"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}},
        {"name": "kube-api-access", "projected": {"sources": [token, authority], "defaultMode": 420}},
    ]


def _managed_fields(time: str) -> list[Manifest]:
    return [
        {"manager": manager, "operation": "Update", "apiVersion": "v1", "time": time, "fieldsType": "FieldsV1"}
        | ({"subresource": "status"} if manager == "kubelet" else {})
        | {"fieldsV1": fields}
        for manager, fields in (("kube-controller-manager", _CONTROLLER_FIELDS), ("kubelet", _KUBELET_FIELDS))
    ]


def _fields(*names: str, **nested: Manifest) -> Manifest:
    return {f"f:{name}": {} for name in names} | {f"f:{name}": {".": {}, **fields} for name, fields in nested.items()}


_CONTAINER_FIELDS: Final[Manifest] = _fields("image", "name", "resources")
_CONTROLLER_FIELDS: Final = msgspec.Raw(
    msgspec.json.encode(
        _fields(
            metadata=_fields(
                "generateName", annotations=_fields("checksum/config"), labels=_fields("team", "pod-template-hash")
            ),
            spec=_fields(
                "dnsPolicy", "enableServiceLinks", "restartPolicy", "schedulerName", "terminationGracePeriodSeconds"
            )
            | {"f:containers": {'k:{"name":"app"}': _CONTAINER_FIELDS, 'k:{"name":"proxy"}': _CONTAINER_FIELDS}},
        )
    )
)
_KUBELET_FIELDS: Final = msgspec.Raw(
    msgspec.json.encode(
        _fields(
            status=_fields("containerStatuses", "hostIP", "hostIPs", "phase", "podIP", "podIPs", "startTime")
            | {
                "f:conditions": {
                    f'k:{{"type":"{kind}"}}': _fields("lastTransitionTime", "status")
                    for kind in ("ContainersReady", "Ready")
                }
            }
        )
    )
)
