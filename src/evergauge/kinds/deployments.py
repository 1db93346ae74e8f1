"""Deployments: replicas wanted and there, conditions, and how a rolling update may proceed."""

# ruff: noqa: N815 (the API's names)

from evergauge.declare import (
    ALPHA,
    STABLE,
    Bool,
    Condition,
    Int,
    IntOrString,
    Items,
    Kind,
    Metadata,
    Model,
    Safe,
    annotations,
    conditions,
    created,
    deletion_timestamp,
    gauge,
    generation,
    labels,
    numbered,
    owner,
    via,
)
from evergauge.values.int_or_string import scaled


@numbered(maxUnavailable=1, maxSurge=2)
class RollingUpdate(Model):
    maxUnavailable: IntOrString = None
    maxSurge: IntOrString = None


@numbered(rollingUpdate=2)
class Strategy(Model):
    rollingUpdate: RollingUpdate | None = None


@numbered(
    replicas=1,
    paused=7,
    strategy=4,
)
class Spec(Model):
    replicas: Int = None
    paused: Bool = False
    strategy: Strategy | None = Strategy()


@numbered(type=1, status=2, reason=4, lastTransitionTime=7)
class DeploymentCondition(Condition):
    """Its fields have numbers of their own."""


@numbered(
    replicas=2,
    readyReplicas=7,
    availableReplicas=4,
    unavailableReplicas=5,
    updatedReplicas=3,
    terminatingReplicas=9,
    observedGeneration=1,
    conditions=6,
)
class Status(Model):
    replicas: Int = 0
    readyReplicas: Int = 0
    availableReplicas: Int = 0
    unavailableReplicas: Int = 0
    updatedReplicas: Int = 0
    terminatingReplicas: Int = None
    observedGeneration: Int = 0
    conditions: Items[DeploymentCondition] = ()


@numbered(metadata=1, spec=2, status=3)
class Deployment(Model):
    metadata: Metadata | None = Metadata()
    spec: Spec | None = Spec()
    status: Status | None = Status()


REASONS = frozenset(
    {
        "",
        "DeploymentPaused",
        "DeploymentResumed",
        "FoundNewReplicaSet",
        "MinimumReplicasAvailable",
        "MinimumReplicasUnavailable",
        "NewReplicaSetAvailable",
        "NewReplicaSetCreated",
        "ProgressDeadlineExceeded",
        "ReplicaSetCreateError",
        "ReplicaSetUpdated",
    }
)
"""What the deployment controller gives as a condition's reason; others would make series without bound."""


def known_reason(reason: str) -> Safe:
    """The reason of a condition, `unknown` for one that isn't the deployment controller's."""
    return reason if reason in REASONS else "unknown"


def max_unavailable(limit: IntOrString, replicas: int | None) -> int | None:
    """Replicas that may be missing during an update: a number, or a percentage rounded down."""
    return share(limit, replicas, round_up=False)


def max_surge(limit: IntOrString, replicas: int | None) -> int | None:
    """Replicas that may be there beyond the desired ones during an update: a number, or a percentage rounded up."""
    return share(limit, replicas, round_up=True)


def share(limit: IntOrString, replicas: int | None, *, round_up: bool) -> int | None:
    """The limit in replicas; None without one, without replicas, or for a text that is no percentage (KSM behaviour)."""
    if limit is None or replicas is None:
        return None
    try:
        return scaled(limit, replicas, round_up=round_up)
    except ValueError:
        return None


KIND = Kind(
    resource="deployments",
    kind="Deployment",
    group="apps",
    version="v1",
    namespaced=True,
    model=Deployment,
    identity={"namespace": "metadata.namespace", "deployment": "metadata.name"},
    families=(
        owner("kube_deployment_owner", ALPHA, "What owns the Deployment.", controller=False),
        created("kube_deployment_created", STABLE),
        gauge("kube_deployment_status_replicas", STABLE, "Pods that the Deployment has.", value="status.replicas"),
        gauge("kube_deployment_status_replicas_ready", STABLE, "Pods of the Deployment that are ready.", value="status.readyReplicas"),
        gauge(
            "kube_deployment_status_replicas_available", STABLE, "Pods of the Deployment that have been ready long enough to count as available.",
            value="status.availableReplicas",
        ),
        gauge(
            "kube_deployment_status_replicas_unavailable", STABLE, "Pods that the Deployment lacks to be fully available.",
            value="status.unavailableReplicas",
        ),
        gauge(
            "kube_deployment_status_replicas_updated", STABLE, "Pods of the Deployment that are made from its current template.",
            value="status.updatedReplicas",
        ),
        gauge(
            "kube_deployment_status_terminating_replicas", ALPHA, "Pods of the Deployment that are being deleted.",
            value="status.terminatingReplicas",
        ),
        gauge(
            "kube_deployment_status_observed_generation", STABLE, "The generation that the Deployment's controller has seen.",
            value="status.observedGeneration",
        ),
        conditions(
            "kube_deployment_status_condition", STABLE, "The Deployment's conditions.",
            more_labels={"reason": via(known_reason, "c.reason")},
        ),
        gauge("kube_deployment_spec_replicas", STABLE, "Pods that the Deployment should have.", value="spec.replicas"),
        gauge("kube_deployment_spec_paused", STABLE, "Whether the Deployment is paused, so that its controller leaves it alone.", value="spec.paused"),
        gauge(
            "kube_deployment_spec_strategy_rollingupdate_max_unavailable", STABLE, "Pods that may be unavailable during a rolling update.",
            value=via(max_unavailable, "spec.strategy.rollingUpdate.maxUnavailable", "spec.replicas"),
        ),
        gauge(
            "kube_deployment_spec_strategy_rollingupdate_max_surge", STABLE, "Pods beyond the desired ones that may exist during a rolling update.",
            value=via(max_surge, "spec.strategy.rollingUpdate.maxSurge", "spec.replicas"),
        ),
        generation("kube_deployment_metadata_generation", STABLE),
        deletion_timestamp("kube_deployment_deletion_timestamp"),
        annotations("kube_deployment_annotations"),
        labels("kube_deployment_labels", STABLE),
    ),
)
