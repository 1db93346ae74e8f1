"""PodDisruptionBudgets: how many Pods there are and should be, and how many may go."""

# ruff: noqa: N815 (the API's names)

from evergauge.declare import (
    ALPHA,
    STABLE,
    Int,
    Kind,
    Metadata,
    Model,
    annotations,
    created,
    deletion_timestamp,
    gauge,
    labels,
    numbered,
)


@numbered(currentHealthy=4, desiredHealthy=5, disruptionsAllowed=3, expectedPods=6, observedGeneration=1)
class Status(Model):
    currentHealthy: Int = 0
    desiredHealthy: Int = 0
    disruptionsAllowed: Int = 0
    expectedPods: Int = 0
    observedGeneration: Int = 0


@numbered(metadata=1, status=3)
class PodDisruptionBudget(Model):
    metadata: Metadata | None = Metadata()
    status: Status | None = Status()


KIND = Kind(
    resource="poddisruptionbudgets",
    kind="PodDisruptionBudget",
    group="policy",
    version="v1",
    namespaced=True,
    model=PodDisruptionBudget,
    identity={"namespace": "metadata.namespace", "poddisruptionbudget": "metadata.name"},
    families=(
        annotations("kube_poddisruptionbudget_annotations"),
        labels("kube_poddisruptionbudget_labels", ALPHA),
        created("kube_poddisruptionbudget_created", STABLE),
        gauge("kube_poddisruptionbudget_status_current_healthy", STABLE, "Pods that are healthy.", value="status.currentHealthy"),
        gauge("kube_poddisruptionbudget_status_desired_healthy", STABLE, "Pods that must be healthy at least.", value="status.desiredHealthy"),
        gauge(
            "kube_poddisruptionbudget_status_pod_disruptions_allowed", STABLE, "Pods that may be disrupted now.",
            value="status.disruptionsAllowed",
        ),
        gauge("kube_poddisruptionbudget_status_expected_pods", STABLE, "Pods that the budget counts.", value="status.expectedPods"),
        gauge(
            "kube_poddisruptionbudget_status_observed_generation", STABLE, "The generation that the budget's controller has seen.",
            value="status.observedGeneration",
        ),
        deletion_timestamp("kube_poddisruptionbudget_deletion_timestamp"),
    ),
)
