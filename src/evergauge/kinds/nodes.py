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
    rows,
    via,
)
from evergauge.kinds.resources import provided


class Taint(Model):
    key: Str = ""
    value: Str = ""
    effect: Str = ""


class Spec(Model):
    podCIDR: Str = ""
    podCIDRs: Items[str] = ()
    providerID: Str = ""
    taints: Items[Taint] = ()
    unschedulable: Bool = False


class Address(Model):
    type: Str = ""
    address: Str = ""


class NodeInfo(Model):
    kernelVersion: Str = ""
    osImage: Str = ""
    containerRuntimeVersion: Str = ""
    kubeletVersion: Str = ""
    systemUUID: Str = ""


class Status(Model):
    addresses: Items[Address] = ()
    allocatable: Map[Quantity] = None
    capacity: Map[Quantity] = None
    conditions: Items[Condition] = ()
    nodeInfo: NodeInfo | None = NodeInfo()


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
