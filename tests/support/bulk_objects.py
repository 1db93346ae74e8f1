"""Objects as a busy cluster's API server holds them: nodes, namespaces and config maps (pods: `bulk_pods`).

Every function is pure: the same arguments give the same object. What differs from one real pod to the next (container
IDs, image digests, addresses, times) is random here too, because uniform text flatters compression and caches. Objects
pass the API server's validation, so they can be patched. Nothing carries a resourceVersion: storage assigns it.
"""

from __future__ import annotations

import time
import uuid
from random import Random
from typing import Any, Final

Manifest = dict[str, Any]

NAMESPACES: Final = 50

NOW: Final = 1_780_000_000  # all times lie in the 60 days before it
DAY: Final = 86_400
WORDS: Final = ("cart", "billing", "search", "media", "ledger", "quote", "parcel", "signup", "price", "stock")
TIERS: Final = ("api", "worker", "web", "cron", "cache", "gateway")


def stamp(seconds: int) -> str:
    """RFC 3339 text of a Unix time."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def uid(rng: Random) -> str:
    """A random version 4 UUID."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def metadata(rng: Random, name: str, *, namespace: str = "", labels: dict[str, str] | None = None) -> Manifest:
    """What every object's metadata holds; `namespace` stays out where it is empty."""
    place = {"namespace": namespace} if namespace else {}
    created = stamp(NOW - rng.randrange(60 * DAY))
    return {"name": name, **place, "uid": uid(rng), "creationTimestamp": created, "labels": labels or {}}


def namespace_name(number: int) -> str:
    return f"team-{number:03d}"


def node_name(number: int) -> str:
    return f"ip-10-{number // 250}-{number % 250}-7.eu-west-1.compute.internal"


def namespace(number: int, seed: int = 0) -> Manifest:
    """Namespace `number`."""
    rng = Random(f"namespace/{seed}/{number}")
    name = namespace_name(number)
    labels = {"kubernetes.io/metadata.name": name, "cost-centre": f"cc-{rng.randrange(10_000):04d}"}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": metadata(rng, name, labels=labels),
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


def config_map(number: int, seed: int = 0) -> Manifest:
    """Config map `number`: two keys of random text, 1 to 3 KB together."""
    rng = Random(f"configmap/{seed}/{number}")
    where = namespace_name(number % NAMESPACES)
    lines = [f"{rng.choice(WORDS)}.{rng.choice(TIERS)}={rng.getrandbits(64):016x}" for _ in range(rng.randint(30, 90))]
    data = {"application.properties": "\n".join(lines), "LOG_LEVEL": rng.choice(("info", "debug"))}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(rng, f"settings-{number}", namespace=where),
        "data": data,
    }


def node(number: int, seed: int = 0) -> Manifest:
    """Node `number`: ready, every twentieth one cordoned."""
    rng = Random(f"node/{seed}/{number}")
    zone = f"eu-west-1{'abc'[number % 3]}"
    instance = f"i-{rng.getrandbits(68):017x}"
    labels = {
        "beta.kubernetes.io/arch": "amd64",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": node_name(number),
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": "m6i.4xlarge",
        "topology.kubernetes.io/region": "eu-west-1",
        "topology.kubernetes.io/zone": zone,
    }
    cidr = f"10.{100 + number // 250}.{number % 250}.0/24"
    spec: Manifest = {"podCIDR": cidr, "podCIDRs": [cidr], "providerID": f"aws:///{zone}/{instance}"}
    if number % 20 == 19:
        spec["unschedulable"] = True
        spec["taints"] = [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": metadata(rng, node_name(number), labels=labels),
        "spec": spec,
        "status": _node_status(rng, number),
    }


def _node_status(rng: Random, number: int) -> Manifest:
    healthy = ("MemoryPressure", "DiskPressure", "PIDPressure")
    beat = stamp(NOW - rng.randrange(300))
    since = stamp(NOW - rng.randrange(60 * DAY))
    conditions = [(kind, "False", f"KubeletHasNo{kind}") for kind in healthy] + [("Ready", "True", "KubeletReady")]
    resources = {
        "cpu": "16",
        "ephemeral-storage": "104845292Ki",
        "hugepages-2Mi": "0",
        "memory": "65004728Ki",
        "pods": "234",
    }
    return {
        "addresses": [
            {"type": "InternalIP", "address": f"10.{number // 250}.{number % 250}.7"},
            {"type": "Hostname", "address": node_name(number)},
        ],
        "allocatable": {**resources, "cpu": "15890m", "memory": "61981880Ki"},
        "capacity": resources,
        "conditions": [
            {
                "type": kind,
                "status": status,
                "reason": reason,
                "message": f"kubelet: {reason}",
                "lastHeartbeatTime": beat,
                "lastTransitionTime": since,
            }
            for kind, status, reason in conditions
        ],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "images": [
            {
                "names": [f"registry.example.com/{word}@sha256:{rng.getrandbits(256):064x}"],
                "sizeBytes": rng.getrandbits(30),
            }
            for word in WORDS
        ],
        "nodeInfo": {
            "architecture": "amd64",
            "bootID": uid(rng),
            "containerRuntimeVersion": "containerd://2.1.4",
            "kernelVersion": "6.12.40-64.114.amzn2023.x86_64",
            "kubeProxyVersion": "",
            "kubeletVersion": "v1.36.3",
            "machineID": f"{rng.getrandbits(128):032x}",
            "operatingSystem": "linux",
            "osImage": "Amazon Linux 2023.9.20260601",
            "systemUUID": uid(rng),
        },
    }
