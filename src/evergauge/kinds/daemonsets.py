"""DaemonSets: on how many nodes their Pods are wanted, scheduled, ready and up to date."""

# ruff: noqa: N815 (the API's names)

from evergauge.declare import (
    STABLE,
    Int,
    Kind,
    Metadata,
    Model,
    annotations,
    created,
    deletion_timestamp,
    gauge,
    generation,
    labels,
    numbered,
)


@numbered(
    currentNumberScheduled=1,
    desiredNumberScheduled=3,
    numberAvailable=7,
    numberMisscheduled=2,
    numberReady=4,
    numberUnavailable=8,
    observedGeneration=5,
    updatedNumberScheduled=6,
)
class Status(Model):
    currentNumberScheduled: Int = 0
    desiredNumberScheduled: Int = 0
    numberAvailable: Int = 0
    numberMisscheduled: Int = 0
    numberReady: Int = 0
    numberUnavailable: Int = 0
    observedGeneration: Int = 0
    updatedNumberScheduled: Int = 0


@numbered(metadata=1, status=3)
class DaemonSet(Model):
    metadata: Metadata | None = Metadata()
    status: Status | None = Status()


KIND = Kind(
    resource="daemonsets",
    kind="DaemonSet",
    group="apps",
    version="v1",
    namespaced=True,
    model=DaemonSet,
    identity={"namespace": "metadata.namespace", "daemonset": "metadata.name"},
    families=(
        created("kube_daemonset_created", STABLE),
        gauge(
            "kube_daemonset_status_current_number_scheduled", STABLE, "Nodes that run a Pod of the DaemonSet and should.",
            value="status.currentNumberScheduled",
        ),
        gauge(
            "kube_daemonset_status_desired_number_scheduled", STABLE, "Nodes that should run a Pod of the DaemonSet.",
            value="status.desiredNumberScheduled",
        ),
        gauge(
            "kube_daemonset_status_number_available", STABLE, "Nodes whose Pod of the DaemonSet has been ready long enough to count as available.",
            value="status.numberAvailable",
        ),
        gauge(
            "kube_daemonset_status_number_misscheduled", STABLE, "Nodes that run a Pod of the DaemonSet and should not.",
            value="status.numberMisscheduled",
        ),
        gauge(
            "kube_daemonset_status_number_ready", STABLE, "Nodes whose Pod of the DaemonSet is ready.",
            value="status.numberReady",
        ),
        gauge(
            "kube_daemonset_status_number_unavailable", STABLE, "Nodes that should run an available Pod of the DaemonSet and do not.",
            value="status.numberUnavailable",
        ),
        gauge(
            "kube_daemonset_status_observed_generation", STABLE, "The generation that the DaemonSet's controller has seen.",
            value="status.observedGeneration",
        ),
        gauge(
            "kube_daemonset_status_updated_number_scheduled", STABLE, "Nodes that run a Pod of the DaemonSet's current template.",
            value="status.updatedNumberScheduled",
        ),
        generation("kube_daemonset_metadata_generation", STABLE),
        deletion_timestamp("kube_daemonset_deletion_timestamp"),
        annotations("kube_daemonset_annotations"),
        labels("kube_daemonset_labels", STABLE),
    ),
)
