"""Deployments, replica sets, stateful sets and daemon sets, and what comes with them: services and config maps.

All counts are taken from what the Workload remembers of its pods, so they always agree with the pods themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergauge.sim.clock import timestamp
from evergauge.sim.shapes.names import digest

if TYPE_CHECKING:
    from random import Random

    from evergauge.sim.objects import Manifest
    from evergauge.sim.shapes.workload import Revision, Workload

_REVISION = "deployment.kubernetes.io/revision"


def _metadata(workload: Workload) -> Manifest:
    return {
        "name": workload.name,
        "namespace": workload.namespace,
        "uid": workload.uid,
        "creationTimestamp": timestamp(workload.created),
        "labels": workload.labels,
        "annotations": {
            "meta.helm.sh/release-name": workload.name,
            "meta.helm.sh/release-namespace": workload.namespace,
        },
    }


def _template(workload: Workload, revision: Revision) -> Manifest:
    image = f"registry.example.com/{workload.namespace}/{workload.name}:{revision.tag}"
    resources = {"limits": {"cpu": "1", "memory": "512Mi"}, "requests": {"cpu": "250m", "memory": "256Mi"}}
    labels = workload.labels | {"app.kubernetes.io/version": revision.tag}
    return {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "app", "image": image, "resources": resources}]},
    }


def _spec(workload: Workload, revision: Revision) -> Manifest:
    return {"selector": {"matchLabels": workload.selector}, "template": _template(workload, revision)}


def deployment(workload: Workload) -> Manifest:
    """Spec and status of a deployment as they are now."""
    pods = sum(len(revision.pods) for revision in workload.revisions)
    ready = sum(revision.ready for revision in workload.revisions)
    metadata = _metadata(workload)
    metadata["annotations"] |= {_REVISION: str(workload.number)}
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}}
    status = {
        "observedGeneration": workload.number,
        "replicas": pods,
        "updatedReplicas": len(workload.current.pods),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "unavailableReplicas": max(0, workload.replicas - ready),
        "conditions": _deployment_conditions(workload, ready),
    }
    spec = {
        "replicas": workload.replicas,
        "strategy": rolling,
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
    }
    return {
        "metadata": metadata,
        "spec": spec | _spec(workload, workload.current),
        "status": {name: value for name, value in status.items() if value},
    }


def _deployment_conditions(workload: Workload, ready: int) -> list[Manifest]:
    available = ready * 4 >= workload.replicas * 3
    return [
        {
            "type": "Available",
            "status": "True" if available else "False",
            "lastUpdateTime": timestamp(workload.created),
            "lastTransitionTime": timestamp(workload.created),
            "reason": "MinimumReplicasAvailable" if available else "MinimumReplicasUnavailable",
        },
        {
            "type": "Progressing",
            "status": "True",
            "lastUpdateTime": timestamp(workload.current.created),
            "lastTransitionTime": timestamp(workload.created),
            "reason": "NewReplicaSetAvailable" if workload.current.ready == workload.replicas else "ReplicaSetUpdated",
        },
    ]


def replica_set(workload: Workload, revision: Revision) -> Manifest:
    """Spec and status of a deployment's replica set as they are now."""
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": workload.name, "uid": workload.uid}
    hashed = {"pod-template-hash": revision.hash}
    counts = {
        "readyReplicas": revision.ready,
        "availableReplicas": revision.ready,
        "fullyLabeledReplicas": len(revision.pods),
    }
    spec = _spec(workload, revision) | {"selector": {"matchLabels": workload.selector | hashed}}
    return {
        "metadata": {
            "name": revision.name,
            "namespace": workload.namespace,
            "uid": revision.uid,
            "creationTimestamp": timestamp(revision.created),
            "labels": workload.labels | hashed,
            "annotations": {"deployment.kubernetes.io/desired-replicas": str(workload.replicas)},
            "ownerReferences": [owner | {"controller": True, "blockOwnerDeletion": True}],
        },
        "spec": {"replicas": revision.desired} | spec,
        "status": {"replicas": len(revision.pods), "observedGeneration": revision.generation}
        | {name: count for name, count in counts.items() if count},
    }


def stateful_set(workload: Workload) -> Manifest:
    """Spec and status of a stateful set as they are now."""
    revision = workload.current
    ready, pods = revision.ready, len(revision.pods)
    update = {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}
    return {
        "metadata": _metadata(workload),
        "spec": {
            "replicas": workload.replicas,
            "serviceName": workload.name,
            "podManagementPolicy": "OrderedReady",
            "updateStrategy": update,
        }
        | _spec(workload, revision),
        "status": {
            "observedGeneration": 1,
            "replicas": pods,
            "readyReplicas": ready,
            "availableReplicas": ready,
            "currentReplicas": pods,
            "updatedReplicas": pods,
            "currentRevision": f"{workload.name}-{revision.hash}",
            "updateRevision": f"{workload.name}-{revision.hash}",
            "collisionCount": 0,
        },
    }


def daemon_set(workload: Workload) -> Manifest:
    """Spec and status of a daemon set as they are now."""
    revision = workload.current
    ready, pods = revision.ready, len(revision.pods)
    return {
        "metadata": _metadata(workload),
        "spec": {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}}
        | _spec(workload, revision),
        "status": {
            "currentNumberScheduled": pods,
            "desiredNumberScheduled": workload.replicas,
            "numberAvailable": ready,
            "numberMisscheduled": 0,
            "numberReady": ready,
            "numberUnavailable": workload.replicas - ready,
            "observedGeneration": 1,
            "updatedNumberScheduled": pods,
        },
    }


def service(workload: Workload, number: int) -> Manifest:
    """The service before a workload; the number gives its address."""
    headless = workload.kind == "StatefulSet"
    address = "None" if headless else f"172.{16 + number // 65536 % 16}.{number // 256 % 256}.{number % 256}"
    return {
        "metadata": {name: value for name, value in _metadata(workload).items() if name != "uid"},
        "spec": {
            "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": "http"}],
            "selector": workload.selector,
            "clusterIP": address,
            "clusterIPs": [address],
            "type": "ClusterIP",
            "sessionAffinity": "None",
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "internalTrafficPolicy": "Cluster",
        },
        "status": {"loadBalancer": {}},
    }


def config_map(workload: Workload, rng: Random) -> Manifest:
    """The configuration of a workload."""
    text = "\n".join(f"{key}: {rng.randrange(10_000)}" for key in ("pool_size", "timeout_ms", "batch", "retries"))
    metadata = {name: value for name, value in _metadata(workload).items() if name != "uid"}
    return {
        "metadata": metadata | {"name": f"{workload.name}-config"},
        "data": {"config.yaml": text, "checksum": digest(rng)},
    }
