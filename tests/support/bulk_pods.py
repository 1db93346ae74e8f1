"""Pods of about 5 KB as storage holds them: two containers, statuses, managed fields, volumes, tolerations.

Pods of one replica set share what the template sets and differ in all else, image digests included: text that repeats
from pod to pod would flatter compression and caches.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Any, Final

from support.bulk_objects import DAY, NAMESPACES, NOW, TIERS, WORDS, Manifest, namespace_name, node_name, stamp, uid

PODS_PER_NODE: Final = 40
PODS_PER_APP: Final = 8

_LETTERS: Final = "bcdfghjklmnpqrstvwxz2456789"  # those that Kubernetes builds generated names from
# Per mille of the pods in each situation; the rest runs.
_SITUATIONS: Final = {"crashing": 20, "creating": 20, "unschedulable": 10, "succeeded": 30, "failed": 10}
_PHASES: Final = {"creating": "Pending", "unschedulable": "Pending", "succeeded": "Succeeded", "failed": "Failed"}
_SERVICE_ACCOUNT: Final = "/var/run/secrets/kubernetes.io/serviceaccount"


@dataclass(frozen=True, slots=True)
class _App:
    """What the pods of one replica set share."""

    name: str
    namespace: str
    hash: str
    owner_uid: str
    version: str


@dataclass(frozen=True, slots=True)
class _Draw:
    """The dice of one pod: `created` and `started` are Unix times."""

    rng: Random
    app: _App
    node: str
    host_ip: str
    situation: str
    created: int
    started: int

    @property
    def placed(self) -> bool:
        return self.situation != "unschedulable"


def pod(number: int, seed: int = 0) -> Manifest:
    """Pod `number`. Neighbours belong to one replica set; one in eleven is not simply running."""
    draw = _draw(number, seed)
    app, rng = draw.app, draw.rng
    metadata = {
        "name": f"{app.name}-{app.hash}-{_suffix(rng, number)}",
        "generateName": f"{app.name}-{app.hash}-",
        "namespace": app.namespace,
        "uid": uid(rng),
        "generation": 1,
        "creationTimestamp": stamp(draw.created),
        "labels": {
            "app.kubernetes.io/name": app.name,
            "app.kubernetes.io/version": app.version,
            "pod-template-hash": app.hash,
            "team": app.namespace,
        },
        "annotations": {"checksum/config": f"{rng.getrandbits(256):064x}", "prometheus.io/scrape": "true"},
        "ownerReferences": [
            {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "name": f"{app.name}-{app.hash}",
                "uid": app.owner_uid,
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ],
        "managedFields": _managed_fields(draw),
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": _spec(draw), "status": _status(draw)}


def _suffix(rng: Random, number: int) -> str:
    # The last letter keeps the names of one replica set apart, however the dice fall.
    return "".join(rng.choices(_LETTERS, k=4)) + _LETTERS[number % PODS_PER_APP]


def _draw(number: int, seed: int) -> _Draw:
    rng = Random(f"pod/{seed}/{number}")
    dice = rng.randrange(1000)
    situation = "running"
    for name, share in _SITUATIONS.items():
        dice -= share
        if dice < 0:
            situation = name
            break
    created = NOW - rng.randrange(60 * DAY)
    place = number // PODS_PER_NODE
    return _Draw(
        rng=rng,
        app=_app(number // PODS_PER_APP, seed),
        node=node_name(place),
        host_ip=f"10.{place // 250}.{place % 250}.7",
        situation=situation,
        created=created,
        started=created + rng.randrange(1, 240),
    )


@lru_cache(maxsize=64)
def _app(number: int, seed: int) -> _App:
    rng = Random(f"app/{seed}/{number}")
    return _App(
        name=f"{rng.choice(WORDS)}-{rng.choice(TIERS)}-{number}",
        namespace=namespace_name(number % NAMESPACES),
        hash="".join(rng.choices(_LETTERS, k=10)),
        owner_uid=uid(rng),
        version=f"{rng.randrange(9)}.{rng.randrange(40)}.{rng.randrange(20)}",
    )


def _spec(draw: _Draw) -> Manifest:
    spec: Manifest = {
        "containers": [_main_container(draw), _sidecar()],
        "dnsPolicy": "ClusterFirst",
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
        "priority": 0,
        "restartPolicy": "Never" if draw.situation in {"succeeded", "failed"} else "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {"fsGroup": 65532, "runAsNonRoot": True, "runAsUser": 65532},
        "serviceAccount": draw.app.name,
        "serviceAccountName": draw.app.name,
        "terminationGracePeriodSeconds": 30,
        "tolerations": [
            {"effect": "NoExecute", "key": f"node.kubernetes.io/{key}", "operator": "Exists", "tolerationSeconds": 300}
            for key in ("not-ready", "unreachable")
        ],
        "volumes": _volumes(draw),
    }
    if draw.placed:
        spec["nodeName"] = draw.node
    return spec


def _main_container(draw: _Draw) -> Manifest:
    return {
        "name": "app",
        "image": f"registry.example.com/{draw.app.namespace}/{draw.app.name}:{draw.app.version}",
        "imagePullPolicy": "IfNotPresent",
        "env": [
            {"name": "POD_NAME", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}},
            {"name": "POD_IP", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}},
            {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": f"{draw.app.name}-db", "key": "password"}}},
        ],
        "ports": [{"containerPort": 8080, "name": "http", "protocol": "TCP"}],
        "readinessProbe": {
            "failureThreshold": 3,
            "httpGet": {"path": "/ready", "port": "http", "scheme": "HTTP"},
            "periodSeconds": 10,
            "successThreshold": 1,
            "timeoutSeconds": 1,
        },
        "resources": {"limits": {"memory": "512Mi"}, "requests": {"cpu": "250m", "memory": "256Mi"}},
        "volumeMounts": [
            {"mountPath": "/etc/app", "name": "config", "readOnly": True},
            {"mountPath": "/var/cache/app", "name": "scratch"},
            {"mountPath": _SERVICE_ACCOUNT, "name": "kube-api-access", "readOnly": True},
        ],
    }


def _sidecar() -> Manifest:
    return {
        "name": "proxy",
        "image": "registry.example.com/mesh/proxy:2.18.4",
        "imagePullPolicy": "IfNotPresent",
        "resources": {"limits": {"cpu": "1", "memory": "128Mi"}, "requests": {"cpu": "50m", "memory": "64Mi"}},
        "volumeMounts": [{"mountPath": _SERVICE_ACCOUNT, "name": "kube-api-access", "readOnly": True}],
    }


def _volumes(draw: _Draw) -> list[Manifest]:
    scratch: Manifest = {"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}}
    if draw.rng.randrange(10) == 0:
        scratch = {"name": "scratch", "persistentVolumeClaim": {"claimName": f"data-{draw.rng.getrandbits(40):010x}"}}
    token = {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}
    authority = {"configMap": {"name": "kube-root-ca.crt"}}
    return [
        {"name": "config", "configMap": {"defaultMode": 420, "name": f"{draw.app.name}-config"}},
        scratch,
        {"name": "kube-api-access", "projected": {"defaultMode": 420, "sources": [token, authority]}},
    ]


def _status(draw: _Draw) -> Manifest:
    phase = _PHASES.get(draw.situation, "Running")
    status: Manifest = {
        "phase": phase,
        "observedGeneration": 1,
        "qosClass": "Burstable",
        "conditions": _conditions(draw),
    }
    if not draw.placed:
        return status
    status |= {"hostIP": draw.host_ip, "hostIPs": [{"ip": draw.host_ip}], "startTime": stamp(draw.created + 1)}
    if draw.situation != "creating":
        address = f"10.{draw.rng.randrange(64, 128)}.{draw.rng.randrange(256)}.{draw.rng.randrange(1, 255)}"
        status |= {"podIP": address, "podIPs": [{"ip": address}]}
    containers = _spec_images(draw)
    status["containerStatuses"] = [_container_status(draw, name, image) for name, image in containers]
    return status


def _spec_images(draw: _Draw) -> tuple[tuple[str, str], ...]:
    return ("app", _main_container(draw)["image"]), ("proxy", _sidecar()["image"])


def _conditions(draw: _Draw) -> list[Manifest]:
    if not draw.placed:
        message = "0/500 nodes are available: 500 Insufficient memory. preemption: 0/500 nodes are available."
        reason = {"reason": "Unschedulable", "message": message}
        return [_condition("PodScheduled", "False", draw.created) | reason]
    ready = "True" if draw.situation == "running" else "False"
    return [
        _condition("PodReadyToStartContainers", "False" if draw.situation == "creating" else "True", draw.created + 3),
        _condition("Initialized", "True", draw.created + 1),
        _condition("Ready", ready, draw.started),
        _condition("ContainersReady", ready, draw.started),
        _condition("PodScheduled", "True", draw.created),
    ]


def _condition(kind: str, status: str, since: int) -> Manifest:
    return {
        "type": kind,
        "status": status,
        "observedGeneration": 1,
        "lastProbeTime": None,
        "lastTransitionTime": stamp(since),
    }


def _container_status(draw: _Draw, name: str, image: str) -> Manifest:
    if draw.situation == "creating":
        waiting = {"waiting": {"reason": "ContainerCreating"}}
        return _idle_status(name, image, waiting)
    container_id = _container_id(draw.rng)
    status = _idle_status(name, image, {"running": {"startedAt": stamp(draw.started)}})
    status |= {"ready": True, "started": True, "containerID": container_id}
    status["imageID"] = f"{image.rpartition(':')[0]}@sha256:{draw.rng.getrandbits(256):064x}"
    match draw.situation, name:
        case "succeeded" | "failed", _:
            code = 0 if draw.situation == "succeeded" else 1
            status |= {"ready": False, "started": False, "state": {"terminated": _ended(draw, code, container_id)}}
        case "crashing", "app":
            message = "back-off 5m0s restarting failed container=app"
            status |= {"ready": False, "started": False, "restartCount": draw.rng.randrange(1, 400)}
            status["state"] = {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
            status["lastState"] = {"terminated": _ended(draw, draw.rng.choice((1, 2, 137)), container_id)}
    return status


def _idle_status(name: str, image: str, state: Manifest) -> Manifest:
    return {
        "name": name,
        "image": image,
        "imageID": "",
        "lastState": {},
        "ready": False,
        "restartCount": 0,
        "started": False,
        "state": state,
    }


def _ended(draw: _Draw, code: int, container_id: str) -> Manifest:
    return {
        "containerID": container_id,
        "exitCode": code,
        "reason": {0: "Completed", 137: "OOMKilled"}.get(code, "Error"),
        "startedAt": stamp(draw.started),
        "finishedAt": stamp(draw.started + draw.rng.randrange(1, DAY)),
    }


def _container_id(rng: Random) -> str:
    return f"containerd://{rng.getrandbits(256):064x}"


def _managed_fields(draw: _Draw) -> list[Manifest]:
    entries = [("kube-controller-manager", draw.created, "", _SPEC_FIELDS)]
    if draw.placed:
        entries.append(("kubelet", draw.started, "status", _STATUS_FIELDS))
    return [
        {
            "manager": manager,
            "operation": "Update",
            "apiVersion": "v1",
            "time": stamp(when),
            "fieldsType": "FieldsV1",
            "fieldsV1": fields,
        }
        | ({"subresource": subresource} if subresource else {})
        for manager, when, subresource, fields in entries
    ]


def _fields(*names: str) -> dict[str, Any]:
    return {f"f:{name}": {} for name in names}


_SPEC_FIELDS: Final[Manifest] = {
    "f:metadata": {
        **_fields("generateName", "annotations", "labels", "ownerReferences"),
    },
    "f:spec": {
        "f:containers": {
            'k:{"name":"app"}': {".": {}, **_fields("env", "image", "name", "ports", "resources")},
            'k:{"name":"proxy"}': {".": {}, **_fields("image", "name", "resources")},
        },
        **_fields("dnsPolicy", "restartPolicy", "schedulerName", "securityContext", "serviceAccount", "volumes"),
    },
}
_STATUS_FIELDS: Final[Manifest] = {
    "f:status": {
        "f:conditions": {
            f'k:{{"type":"{kind}"}}': {".": {}, **_fields("lastTransitionTime", "status", "type")}
            for kind in ("ContainersReady", "Ready")
        },
        **_fields("containerStatuses", "hostIP", "phase", "podIP", "startTime"),
    }
}
