"""Nodes: what they are, what they offer, and what state they are in."""

# ruff: noqa: N815 (the API's names)

from collections.abc import Mapping, Sequence

from evergauge.declare import (
    ALPHA,
    STABLE,
    Bool,
    Condition,
    Items,
    Kind,
    Map,
    Metadata,
    Model,
    Quantity,
    Str,
    annotations,
    conditions,
    const,
    created,
    deletion_timestamp,
    gauge,
    labels,
    numbered,
    rows,
    via,
)
from evergauge.kinds.resources import provided


@numbered(key=1, value=2, effect=3)
class Taint(Model):
    key: Str = ""
    value: Str = ""
    effect: Str = ""


@numbered(podCIDR=1, podCIDRs=7, providerID=3, taints=5, unschedulable=4)
class Spec(Model):
    podCIDR: Str = ""
    podCIDRs: Items[str] = ()
    providerID: Str = ""
    taints: Items[Taint] = ()
    unschedulable: Bool = False


@numbered(type=1, address=2)
class Address(Model):
    type: Str = ""
    address: Str = ""


@numbered(kernelVersion=4, osImage=5, containerRuntimeVersion=6, kubeletVersion=7, systemUUID=2)
class NodeInfo(Model):
    kernelVersion: Str = ""
    osImage: Str = ""
    containerRuntimeVersion: Str = ""
    kubeletVersion: Str = ""
    systemUUID: Str = ""


@numbered(addresses=5, allocatable=2, capacity=1, conditions=4, nodeInfo=7)
class Status(Model):
    addresses: Items[Address] = ()
    allocatable: Map[Quantity] = None
    capacity: Map[Quantity] = None
    conditions: Items[Condition] = ()
    nodeInfo: NodeInfo | None = NodeInfo()


@numbered(metadata=1, spec=2, status=3)
class Node(Model):
    metadata: Metadata | None = Metadata()
    spec: Spec | None = Spec()
    status: Status | None = Status()


def internal_ip(addresses: Sequence[Address]) -> str:
    """The last address of type InternalIP, "" without one."""
    return next((a.address or "" for a in reversed(addresses) if a.type == "InternalIP"), "")


ROLE = "node-role.kubernetes.io/"


def roles(labels: Mapping[str, str] | None) -> list[str]:
    """The roles that the node's labels `node-role.kubernetes.io/ROLE` give it."""
    return [key.removeprefix(ROLE) for key in labels or () if key.startswith(ROLE)]


RESOURCE = {"resource": "r.resource", "unit": "r.unit"}

KIND = Kind(
    resource="nodes",
    kind="Node",
    group="",
    version="v1",
    namespaced=False,
    model=Node,
    identity={"node": "metadata.name"},
    families=(
        annotations("kube_node_annotations"),
        created("kube_node_created", STABLE),
        deletion_timestamp("kube_node_deletion_timestamp"),
        gauge(
            "kube_node_info", STABLE, "The node's software, identifiers and internal address.",
            labels={
                "kernel_version": "status.nodeInfo.kernelVersion",
                "os_image": "status.nodeInfo.osImage",
                "container_runtime_version": "status.nodeInfo.containerRuntimeVersion",
                "kubelet_version": "status.nodeInfo.kubeletVersion",
                "kubeproxy_version": const("deprecated"),
                "provider_id": "spec.providerID",
                "pod_cidr": "spec.podCIDR",
                "system_uuid": "status.nodeInfo.systemUUID",
                "internal_ip": via(internal_ip, "status.addresses"),
            },
        ),
        labels("kube_node_labels", STABLE),
        gauge("kube_node_role", ALPHA, "A role of the node.", each=rows("role", roles, "metadata.labels"), labels={"role": "role"}),
        gauge(
            "kube_node_spec_pod_cidrs", ALPHA, "An address range for Pods on the node, one for each IP family.",
            each="cidr in spec.podCIDRs", labels={"pod_cidr": "cidr"},
        ),
        gauge(
            "kube_node_spec_taint", STABLE, "A taint that keeps Pods off the node.",
            each="t in spec.taints", labels={"key": "t.key", "value": "t.value", "effect": "t.effect"},
        ),
        gauge("kube_node_spec_unschedulable", STABLE, "Whether the node is cordoned: it takes no new Pods.", value="spec.unschedulable"),
        gauge(
            "kube_node_status_allocatable", STABLE, "How much of a resource the node has for Pods.",
            each=rows("r", provided, "status.allocatable"), labels=RESOURCE, value="r.amount",
        ),
        gauge(
            "kube_node_status_capacity", STABLE, "How much of a resource the node has in all.",
            each=rows("r", provided, "status.capacity"), labels=RESOURCE, value="r.amount",
        ),
        conditions("kube_node_status_condition", STABLE, "The node's conditions."),
        gauge(
            "kube_node_status_addresses", ALPHA, "An address of the node.",
            each="a in status.addresses", labels={"type": "a.type", "address": "a.address"},
        ),
    ),
)
