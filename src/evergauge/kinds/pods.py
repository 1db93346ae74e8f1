"""Pods: 60 families about the Pod, its containers and its init containers."""

# ruff: noqa: N815 (the API's names)

from collections.abc import Mapping, Sequence
from ipaddress import IPv6Address
from socket import AF_INET, inet_pton
from typing import NamedTuple

from evergauge.declare import (
    ALPHA,
    CONDITION_STATUSES,
    STABLE,
    Bool,
    Condition,
    Int,
    Items,
    Kind,
    Map,
    MapLabels,
    Metadata,
    Model,
    OwnerReference,
    Quantity,
    Safe,
    Str,
    Time,
    annotations,
    counter,
    created,
    deletion_timestamp,
    gauge,
    is_,
    labels,
    numbered,
    owner,
    present,
    rows,
    same,
    states,
    via,
)
from evergauge.kinds.resources import requested
from evergauge.values.quantities import milli_value, value
from evergauge.values.times import unix_seconds


@numbered(requests=2, limits=1)
class Resources(Model):
    requests: Map[Quantity] = None
    limits: Map[Quantity] = None


@numbered(name=1, image=2, restartPolicy=24, resources=8)
class Container(Model):
    name: Str = ""
    image: Str = ""
    restartPolicy: Str = None
    resources: Resources | None = Resources()


@numbered(startedAt=1)
class Running(Model):
    startedAt: Time = ""


@numbered(reason=1)
class Waiting(Model):
    reason: Str = ""


@numbered(exitCode=1, reason=3, startedAt=5, finishedAt=6)
class Terminated(Model):
    exitCode: Int = 0
    reason: Str = ""
    startedAt: Time = ""
    finishedAt: Time = ""


@numbered(running=2, waiting=1, terminated=3)
class State(Model):
    running: Running | None = None
    waiting: Waiting | None = None
    terminated: Terminated | None = None


@numbered(name=1, image=6, imageID=7, containerID=8, ready=4, restartCount=5, state=2, lastState=3)
class ContainerStatus(Model):
    name: Str = ""
    image: Str = ""
    imageID: Str = ""
    containerID: Str = ""
    ready: Bool = False
    restartCount: Int = 0
    state: State | None = State()
    lastState: State | None = State()


@numbered(claimName=1, readOnly=2)
class ClaimSource(Model):
    claimName: Str = ""
    readOnly: Bool = False


@numbered()
class EphemeralSource(Model):
    pass


@numbered(name=1, persistentVolumeClaim=(2, 10), ephemeral=(2, 29))
class Volume(Model):
    name: Str = ""
    persistentVolumeClaim: ClaimSource | None = None
    ephemeral: EphemeralSource | None = None


@numbered(key=1, operator=2, value=3, effect=4, tolerationSeconds=5)
class Toleration(Model):
    key: Str = ""
    operator: Str = ""
    value: Str = ""
    effect: Str = ""
    tolerationSeconds: Int = None


@numbered(name=1, resourceClaimName=3, resourceClaimTemplateName=4)
class ResourceClaim(Model):
    name: Str = ""
    resourceClaimName: Str = None
    resourceClaimTemplateName: Str = None


@numbered(name=1, resourceClaimName=2)
class ResourceClaimStatus(Model):
    name: Str = ""
    resourceClaimName: Str = None


@numbered(ip=1)
class PodIP(Model):
    ip: Str = ""


@numbered(
    nodeName=10,
    nodeSelector=7,
    priorityClassName=24,
    hostNetwork=11,
    restartPolicy=3,
    runtimeClassName=29,
    schedulerName=19,
    serviceAccountName=8,
    containers=2,
    initContainers=20,
    overhead=32,
    resourceClaims=39,
    tolerations=22,
    volumes=1,
)
class Spec(Model):
    nodeName: Str = ""
    nodeSelector: Map[str] = None
    priorityClassName: Str = ""
    hostNetwork: Bool = False
    restartPolicy: Str = ""
    runtimeClassName: Str = None
    schedulerName: Str = ""
    serviceAccountName: Str = ""
    containers: Items[Container] = ()
    initContainers: Items[Container] = ()
    overhead: Map[Quantity] = None
    resourceClaims: Items[ResourceClaim] = ()
    tolerations: Items[Toleration] = ()
    volumes: Items[Volume] = ()


@numbered(
    phase=1,
    reason=4,
    hostIP=5,
    podIP=6,
    podIPs=12,
    qosClass=9,
    startTime=7,
    conditions=2,
    containerStatuses=8,
    initContainerStatuses=10,
    resourceClaimStatuses=15,
)
class Status(Model):
    phase: Str = ""
    reason: Str = ""
    hostIP: Str = ""
    podIP: Str = ""
    podIPs: Items[PodIP] = ()
    qosClass: Str = ""
    startTime: Time = None
    conditions: Items[Condition] = ()
    containerStatuses: Items[ContainerStatus] = ()
    initContainerStatuses: Items[ContainerStatus] = ()
    resourceClaimStatuses: Items[ResourceClaimStatus] = ()


@numbered(metadata=1, spec=2, status=3)
class Pod(Model):
    metadata: Metadata | None = Metadata()
    spec: Spec | None = Spec()
    status: Status | None = Status()


def started(state: State) -> Time:
    """The start of a container that runs or has ended, "" where it isn't said; None for one that waits."""
    reached = state.running or state.terminated
    return (reached.startedAt or "") if reached else None


def completion(statuses: Sequence[ContainerStatus]) -> int | None:
    """The latest end of a terminated container in seconds since the epoch; None where none has ended after 1970."""
    latest = 0
    for status in statuses:
        if status.state and status.state.terminated:
            latest = max(latest, unix_seconds(status.state.terminated.finishedAt) or 0)
    return latest or None


NO_CONTROLLER = (OwnerReference(),)


def controller(references: Sequence[OwnerReference]) -> Sequence[OwnerReference]:
    """The owner that is the controller, or one that says nothing: one row in any case."""
    return [o for o in references if o.controller][:1] or NO_CONTROLLER


def ip_family(ip: str) -> Safe | None:
    """`4`, `6` (a v4-mapped address counts as 4), or None for what is no IP address."""
    try:
        inet_pton(AF_INET, ip)
    except (OSError, ValueError):
        return _ipv6_family(ip)
    return "4"


def _ipv6_family(ip: str) -> Safe | None:
    try:
        address = IPv6Address(ip)
    except ValueError:
        return None
    return "4" if address.ipv4_mapped else "6"


class Claim(NamedTuple):
    """A volume that is a claim. ephemeral: `true` or `false`."""

    volume: str
    persistentvolumeclaim: str
    ephemeral: Safe
    read_only: bool


def claims(volumes: Sequence[Volume], pod: str) -> list[Claim]:
    """The volumes that are claims. An ephemeral volume's claim is named `<pod>-<volume>` (KEP-1698)."""
    found = []
    for volume in volumes:
        name = volume.name or ""
        if claim := volume.persistentVolumeClaim:
            found.append(Claim(name, claim.claimName or "", "false", bool(claim.readOnly)))
        elif volume.ephemeral:
            found.append(Claim(name, f"{pod}-{name}", "true", read_only=False))
    return found


class ClaimName(NamedTuple):
    """A DRA claim. name: of the ResourceClaim object; template: what it was made from."""

    claim: str
    name: str
    template: str


def resource_claims(wanted: Sequence[ResourceClaim], resolved: Sequence[ResourceClaimStatus]) -> list[ClaimName]:
    """The Pod's DRA claims (KEP-4381) with the object's name: from the spec, or from the status for one made by template."""
    if not wanted:
        return []
    names = {s.name or "": s.resourceClaimName for s in resolved if s.resourceClaimName is not None}
    return [
        ClaimName(
            claim=c.name or "",
            name=names.get(c.name or "", "") if c.resourceClaimName is None else c.resourceClaimName,
            template=c.resourceClaimTemplateName or "",
        )
        for c in wanted
        if not (c.resourceClaimName is None and c.resourceClaimTemplateName is None)
    ]


REASONS = (
    "Evicted",
    "NodeAffinity",
    "NodeLost",
    "PreemptionByScheduler",
    "SchedulingGated",
    "Shutdown",
    "TerminationByKubelet",
    "UnexpectedAdmissionError",
)
DISRUPTION_REASONS = frozenset(
    {"PreemptionByScheduler", "DeletionByTaintManager", "EvictionByEvictionAPI", "DeletionByPodGC", "TerminationByKubelet"}
)


def status_reasons(reason: str, conditions: Sequence[Condition], statuses: Sequence[ContainerStatus]) -> Sequence[Safe]:
    """The known reasons that the Pod, a condition or a terminated container gives; `Other` for another one of the Pod's."""
    given = {c.reason for c in conditions if c.reason}
    for status in statuses:
        if status.state and status.state.terminated:
            given.add(status.state.terminated.reason or "")
    if reason:
        given.add(reason)
    if not given:
        return ()
    found = [r for r in REASONS if r in given]
    if reason and reason not in REASONS:
        found.append("Other")
    return found


def disruption_reason(reason: str) -> Safe:
    """The reason of a DisruptionTarget condition (KEP-3329), `Other` for an unknown one."""
    return reason if reason in DISRUPTION_REASONS else "Other"


def unique_tolerations(tolerations: Sequence[Toleration]) -> Sequence[Toleration]:
    """The tolerations without repetitions."""
    if len({t.key or "" for t in tolerations}) == len(tolerations):
        return tolerations
    return list({(t.key or "", t.operator or "", t.value or "", t.effect or "", t.tolerationSeconds): t for t in tolerations}.values())


def cpu(overhead: Mapping[str, Quantity] | None) -> float | None:
    """Cores of `cpu`."""
    return milli_value(overhead["cpu"] or 0) if overhead and "cpu" in overhead else None


def memory(overhead: Mapping[str, Quantity] | None) -> float | None:
    """Bytes of `memory`."""
    return value(overhead["memory"] or 0) if overhead and "memory" in overhead else None


STATUS = "cs in status.containerStatuses"
INIT_STATUS = "cs in status.initContainerStatuses"
CONDITION = "c in status.conditions"
CONTAINER = {"container": "cs.name"}
RESOURCE = {"container": "c.name", "node": "spec.nodeName", "resource": "r.resource", "unit": "r.unit"}
IMAGE = {
    "container": "c.name",
    "image_spec": "c.image",
    "image": "cs.image",
    "image_id": "cs.imageID",
    "container_id": "cs.containerID",
}
IP_FAMILY = via(ip_family, "a.ip")
"""What has none is left out (KSM behaviour)."""
CLAIM = {"volume": "v.volume", "persistentvolumeclaim": "v.persistentvolumeclaim", "ephemeral": "v.ephemeral"}

KIND = Kind(
    resource="pods",
    kind="Pod",
    group="",
    version="v1",
    namespaced=True,
    model=Pod,
    identity={"namespace": "metadata.namespace", "pod": "metadata.name", "uid": "metadata.uid"},
    families=(
        gauge(
            "kube_pod_completion_time", STABLE, "Completion time of the Pod in seconds since the epoch.",
            value=via(completion, "status.containerStatuses"),
        ),
        gauge(
            "kube_pod_container_info", STABLE, "A container's images and identifiers.",
            each=("c in spec.containers", STATUS), when=same("cs.name", "c.name"), labels=IMAGE,
        ),
        gauge(
            "kube_pod_container_resource_limits", STABLE, "The limit of a resource for a container.",
            each=("c in spec.containers", rows("r", requested, "c.resources.limits")), labels=RESOURCE, value="r.amount",
        ),
        gauge(
            "kube_pod_container_resource_requests", STABLE, "The request for a resource by a container.",
            each=("c in spec.containers", rows("r", requested, "c.resources.requests")), labels=RESOURCE, value="r.amount",
        ),
        gauge(
            "kube_pod_container_state_started", STABLE, "Start of the container in seconds since the epoch.",
            each=STATUS, labels=CONTAINER, value=via(started, "cs.state"),
        ),
        gauge(
            "kube_pod_container_status_last_terminated_reason", ALPHA, "Why the container ended the last time.",
            each=STATUS, when="cs.lastState.terminated", labels={**CONTAINER, "reason": "cs.lastState.terminated.reason"},
        ),
        gauge(
            "kube_pod_container_status_last_terminated_exitcode", ALPHA, "The exit code with which the container ended the last time.",
            each=STATUS, when="cs.lastState.terminated", labels=CONTAINER, value="cs.lastState.terminated.exitCode",
        ),
        gauge(
            "kube_pod_container_status_last_terminated_timestamp", ALPHA, "When the container ended the last time, in seconds since the epoch.",
            each=STATUS, when="cs.lastState.terminated", labels=CONTAINER, value="cs.lastState.terminated.finishedAt",
        ),
        gauge("kube_pod_container_status_ready", STABLE, "Whether the container is ready.", each=STATUS, labels=CONTAINER, value="cs.ready"),
        counter(
            "kube_pod_container_status_restarts_total", STABLE, "How often the container was restarted.",
            each=STATUS, labels=CONTAINER, value="cs.restartCount",
        ),
        gauge(
            "kube_pod_container_status_running", STABLE, "Whether the container runs.",
            each=STATUS, labels=CONTAINER, value=present("cs.state.running"),
        ),
        gauge(
            "kube_pod_container_status_terminated", STABLE, "Whether the container has ended.",
            each=STATUS, labels=CONTAINER, value=present("cs.state.terminated"),
        ),
        gauge(
            "kube_pod_container_status_terminated_reason", ALPHA, "Why the container has ended.",
            each=STATUS, when="cs.state.terminated", labels={**CONTAINER, "reason": "cs.state.terminated.reason"},
        ),
        gauge(
            "kube_pod_container_status_waiting", STABLE, "Whether the container waits.",
            each=STATUS, labels=CONTAINER, value=present("cs.state.waiting"),
        ),
        gauge(
            "kube_pod_container_status_waiting_reason", STABLE, "Why the container waits.",
            each=STATUS, when="cs.state.waiting", labels={**CONTAINER, "reason": "cs.state.waiting.reason"},
        ),
        created("kube_pod_created", STABLE),
        deletion_timestamp("kube_pod_deletion_timestamp"),
        gauge(
            "kube_pod_info", STABLE, "Where the Pod runs, its addresses, and what it was created by.",
            each=rows("by", controller, "metadata.ownerReferences"),
            labels={
                "host_ip": "status.hostIP",
                "pod_ip": "status.podIP",
                "node": "spec.nodeName",
                "created_by_kind": "by.kind",
                "created_by_name": "by.name",
                "priority_class": "spec.priorityClassName",
                "host_network": "spec.hostNetwork",
            },
        ),
        gauge(
            "kube_pod_ips", ALPHA, "An address of the Pod.",
            each="a in status.podIPs", when=IP_FAMILY, labels={"ip": "a.ip", "ip_family": IP_FAMILY},
        ),
        gauge(
            "kube_pod_init_container_info", STABLE, "An init container's images and identifiers.",
            each=("c in spec.initContainers", INIT_STATUS), when=same("cs.name", "c.name"),
            labels={**IMAGE, "restart_policy": "c.restartPolicy"},
        ),
        gauge(
            "kube_pod_init_container_resource_limits", ALPHA, "The limit of a resource for an init container.",
            each=("c in spec.initContainers", rows("r", requested, "c.resources.limits")), labels=RESOURCE, value="r.amount",
        ),
        gauge(
            "kube_pod_init_container_resource_requests", ALPHA, "The request for a resource by an init container.",
            each=("c in spec.initContainers", rows("r", requested, "c.resources.requests")), labels=RESOURCE, value="r.amount",
        ),
        gauge(
            "kube_pod_init_container_state_started", ALPHA, "Start of the init container in seconds since the epoch.",
            each=INIT_STATUS, labels=CONTAINER, value=via(started, "cs.state"),
        ),
        gauge(
            "kube_pod_init_container_status_last_terminated_reason", ALPHA, "Why the init container ended the last time.",
            each=INIT_STATUS, when="cs.lastState.terminated", labels={**CONTAINER, "reason": "cs.lastState.terminated.reason"},
        ),
        gauge(
            "kube_pod_init_container_status_last_terminated_exitcode", ALPHA, "The exit code with which the init container ended the last time.",
            each=INIT_STATUS, when="cs.lastState.terminated", labels=CONTAINER, value="cs.lastState.terminated.exitCode",
        ),
        gauge(
            "kube_pod_init_container_status_last_terminated_timestamp", ALPHA, "When the init container ended the last time, in seconds since the epoch.",
            each=INIT_STATUS, when="cs.lastState.terminated", labels=CONTAINER, value="cs.lastState.terminated.finishedAt",
        ),
        gauge("kube_pod_init_container_status_ready", STABLE, "Whether the init container is ready.", each=INIT_STATUS, labels=CONTAINER, value="cs.ready"),
        counter(
            "kube_pod_init_container_status_restarts_total", STABLE, "How often the init container was restarted.",
            each=INIT_STATUS, labels=CONTAINER, value="cs.restartCount",
        ),
        gauge(
            "kube_pod_init_container_status_running", STABLE, "Whether the init container runs.",
            each=INIT_STATUS, labels=CONTAINER, value=present("cs.state.running"),
        ),
        gauge(
            "kube_pod_init_container_status_terminated", STABLE, "Whether the init container has ended.",
            each=INIT_STATUS, labels=CONTAINER, value=present("cs.state.terminated"),
        ),
        gauge(
            "kube_pod_init_container_status_terminated_reason", ALPHA, "Why the init container has ended.",
            each=INIT_STATUS, when="cs.state.terminated", labels={**CONTAINER, "reason": "cs.state.terminated.reason"},
        ),
        gauge(
            "kube_pod_init_container_status_waiting", STABLE, "Whether the init container waits.",
            each=INIT_STATUS, labels=CONTAINER, value=present("cs.state.waiting"),
        ),
        gauge(
            "kube_pod_init_container_status_waiting_reason", ALPHA, "Why the init container waits.",
            each=INIT_STATUS, when="cs.state.waiting", labels={**CONTAINER, "reason": "cs.state.waiting.reason"},
        ),
        annotations("kube_pod_annotations"),
        labels("kube_pod_labels", STABLE),
        gauge("kube_pod_overhead_cpu_cores", ALPHA, "Cores that running the Pod takes besides its containers.", value=via(cpu, "spec.overhead")),
        gauge("kube_pod_overhead_memory_bytes", ALPHA, "Bytes that running the Pod takes besides its containers.", value=via(memory, "spec.overhead")),
        owner("kube_pod_owner", STABLE, "What owns the Pod."),
        gauge(
            "kube_pod_resourceclaim_info", ALPHA, "A DRA ResourceClaim that the Pod refers to, with the name of the object it was resolved to.",
            each=rows("r", resource_claims, "spec.resourceClaims", "status.resourceClaimStatuses"),
            labels={"claim_name": "r.claim", "resourceclaim_name": "r.name", "resourceclaim_template_name": "r.template"},
        ),
        gauge("kube_pod_restart_policy", STABLE, "The Pod's restart policy.", labels={"type": "spec.restartPolicy"}),
        gauge(
            "kube_pod_runtimeclass_name_info", ALPHA, "The Pod's runtime class.",
            when="spec.runtimeClassName", labels={"runtimeclass_name": "spec.runtimeClassName"},
        ),
        gauge(
            "kube_pod_spec_volumes_persistentvolumeclaims_info", STABLE, "A persistent volume claim or ephemeral volume of the Pod.",
            each=rows("v", claims, "spec.volumes", "metadata.name"), labels=CLAIM,
        ),
        gauge(
            "kube_pod_spec_volumes_persistentvolumeclaims_readonly", STABLE, "Whether a persistent volume claim is mounted read-only.",
            each=rows("v", claims, "spec.volumes", "metadata.name"), labels=CLAIM, value="v.read_only",
        ),
        gauge("kube_pod_start_time", STABLE, "Start of the Pod in seconds since the epoch.", value="status.startTime"),
        gauge(
            "kube_pod_status_phase", STABLE, "The Pod's phase.", when="status.phase",
            states=states("phase", "status.phase", ("Pending", "Succeeded", "Failed", "Unknown", "Running")),
        ),
        gauge(
            "kube_pod_status_qos_class", ALPHA, "The Pod's quality of service class.", when="status.qosClass",
            states=states("qos_class", "status.qosClass", ("BestEffort", "Burstable", "Guaranteed")),
        ),
        gauge(
            "kube_pod_status_ready", STABLE, "The status of the Pod's readiness.",
            each=CONDITION, when=is_("c.type", "Ready"), states=states("condition", "c.status", CONDITION_STATUSES),
        ),
        gauge(
            "kube_pod_status_ready_time", ALPHA, "Since when the Pod is ready, in seconds since the epoch.",
            each=CONDITION, when=(is_("c.type", "Ready"), is_("c.status", "True")), value="c.lastTransitionTime",
        ),
        gauge(
            "kube_pod_status_initialized_time", ALPHA, "Since when the Pod is initialized, in seconds since the epoch.",
            each=CONDITION, when=(is_("c.type", "Initialized"), is_("c.status", "True")), value="c.lastTransitionTime",
        ),
        gauge(
            "kube_pod_status_container_ready_time", ALPHA, "Since when the Pod's containers are ready, in seconds since the epoch.",
            each=CONDITION, when=(is_("c.type", "ContainersReady"), is_("c.status", "True")), value="c.lastTransitionTime",
        ),
        gauge(
            "kube_pod_status_reason", ALPHA, "Why the Pod is in its state.",
            each=rows("reason", status_reasons, "status.reason", "status.conditions", "status.containerStatuses"),
            labels={"reason": "reason"},
        ),
        gauge(
            "kube_pod_status_disruption_reason", ALPHA, "Why the Pod is about to be disrupted.",
            each=CONDITION, when=is_("c.type", "DisruptionTarget"), labels={"reason": via(disruption_reason, "c.reason")},
        ),
        gauge(
            "kube_pod_status_scheduled", STABLE, "Whether the Pod is scheduled.",
            each=CONDITION, when=is_("c.type", "PodScheduled"), states=states("condition", "c.status", CONDITION_STATUSES),
        ),
        gauge(
            "kube_pod_status_scheduled_time", STABLE, "When the Pod was scheduled, in seconds since the epoch.",
            each=CONDITION, when=(is_("c.type", "PodScheduled"), is_("c.status", "True")), value="c.lastTransitionTime",
        ),
        gauge(
            "kube_pod_status_unschedulable", STABLE, "1 while the Pod can't be scheduled.",
            each=CONDITION, when=(is_("c.type", "PodScheduled"), is_("c.status", "False")),
        ),
        gauge(
            "kube_pod_status_unscheduled_time", ALPHA, "Since when the Pod can't be scheduled, in seconds since the epoch.",
            each=CONDITION, when=(is_("c.type", "PodScheduled"), is_("c.status", "False")), value="c.lastTransitionTime",
        ),
        gauge(
            "kube_pod_tolerations", ALPHA, "A taint that the Pod tolerates.",
            each=rows("t", unique_tolerations, "spec.tolerations"),
            labels={
                "key": "t.key",
                "operator": "t.operator",
                "value": "t.value",
                "effect": "t.effect",
                "toleration_seconds": "t.tolerationSeconds",
            },
        ),
        gauge(
            "kube_pod_nodeselectors", ALPHA, "The Pod's node selector.",
            map_labels=MapLabels("nodeselector", "spec.nodeSelector"), opt_in=True,
        ),
        gauge("kube_pod_service_account", ALPHA, "The Pod's service account.", labels={"service_account": "spec.serviceAccountName"}),
        gauge("kube_pod_scheduler", ALPHA, "The Pod's scheduler.", labels={"name": "spec.schedulerName"}),
    ),
)
