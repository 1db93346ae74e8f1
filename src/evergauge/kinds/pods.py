"""Pods: 60 families about the Pod, its containers and its init containers."""

from evergauge.declare import (
    ALPHA,
    CONDITION_STATUSES,
    STABLE,
    Kind,
    MapLabels,
    annotations,
    counter,
    created,
    deletion_timestamp,
    gauge,
    is_,
    labels,
    owner,
    present,
    rows,
    same,
    states,
    via,
)
from evergauge.kinds.pod_model import (
    Pod,
)
from evergauge.kinds.pod_rules import (
    claims,
    completion,
    controller,
    cpu,
    disruption_reason,
    ip_family,
    memory,
    resource_claims,
    started,
    status_reasons,
    unique_tolerations,
)
from evergauge.kinds.resources import requested

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
