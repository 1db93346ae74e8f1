"""Nodes and namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergauge.sim.clock import timestamp
from evergauge.sim.shapes.names import ago, digest, node_address, node_name, suffix

if TYPE_CHECKING:
    from random import Random

    from evergauge.sim.objects import Manifest

_MONTH = 30 * 86400.0
_PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure")


def node(number: int, now: float, rng: Random) -> Manifest:
    """A worker that is ready."""
    zone = "abc"[number % 3]
    name = node_name(number)
    return {
        "metadata": {
            "name": name,
            "creationTimestamp": ago(rng, now, _MONTH),
            "labels": {
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "node.kubernetes.io/instance-type": "m6i.4xlarge",
                "topology.kubernetes.io/region": "eu-central-1",
                "topology.kubernetes.io/zone": f"eu-central-1{zone}",
            },
            "annotations": {"node.alpha.kubernetes.io/ttl": "0"},
        },
        "spec": {
            "podCIDR": f"100.{64 + number // 256 % 64}.{number % 256}.0/24",
            "providerID": f"aws:///eu-central-1{zone}/i-{rng.getrandbits(68):017x}",
        },
        "status": _status(number, now, rng),
    }


def _status(number: int, now: float, rng: Random) -> Manifest:
    capacity = {
        "cpu": "16",
        "ephemeral-storage": "104845292Ki",
        "hugepages-2Mi": "0",
        "memory": "65536000Ki",
        "pods": "110",
    }
    images = [
        {"names": [f"registry.example.com/base/{suffix(rng)}@sha256:{digest(rng)}"], "sizeBytes": rng.randrange(10**9)}
        for _ in range(8)
    ]
    return {
        "capacity": capacity,
        "allocatable": capacity | {"cpu": "15890m", "memory": "60000000Ki", "ephemeral-storage": "95551679124"},
        "conditions": conditions(now, ready="True"),
        "addresses": [
            {"type": "InternalIP", "address": node_address(number)},
            {"type": "Hostname", "address": node_name(number)},
        ],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "nodeInfo": {
            "machineID": f"{rng.getrandbits(128):032x}",
            "systemUUID": f"{rng.getrandbits(128):032x}",
            "bootID": f"{rng.getrandbits(128):032x}",
            "kernelVersion": "6.12.40",
            "osImage": "Bottlerocket OS 1.50.0",
            "containerRuntimeVersion": "containerd://2.1.4",
            "kubeletVersion": "v1.36.0",
            "kubeProxyVersion": "",
            "operatingSystem": "linux",
            "architecture": "amd64",
        },
        "images": images,
    }


def conditions(now: float, *, ready: str) -> list[Manifest]:
    """A node's conditions, changed just now. ready: True, or Unknown when the kubelet is silent."""
    times = {"lastHeartbeatTime": timestamp(now), "lastTransitionTime": timestamp(now)}
    lost = {"reason": "NodeStatusUnknown", "message": "Kubelet stopped posting node status."}
    pressures = [
        {"type": kind, "status": "False" if ready == "True" else "Unknown"}
        | times
        | (lost if ready != "True" else {"reason": f"KubeletHasNo{kind}", "message": f"kubelet has no {kind}"})
        for kind in _PRESSURES
    ]
    fine = {"reason": "KubeletReady", "message": "kubelet is posting ready status"}
    return [*pressures, {"type": "Ready", "status": ready} | times | (fine if ready == "True" else lost)]


def namespace(name: str, team: str, created: str) -> Manifest:
    """An active namespace."""
    labels = {"kubernetes.io/metadata.name": name, "team": team, "pod-security.kubernetes.io/enforce": "restricted"}
    return {
        "metadata": {"name": name, "creationTimestamp": created, "labels": labels},
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }
