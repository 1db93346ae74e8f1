"""HorizontalPodAutoscalers: what they scale, within which bounds, by which metrics, and how far they have got."""

# ruff: noqa: N815 (the API's names)

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from evergauge.declare import (
    ALPHA,
    STABLE,
    Condition,
    Int,
    Items,
    Kind,
    Metadata,
    Model,
    Quantity,
    Safe,
    Str,
    annotations,
    conditions,
    created,
    deletion_timestamp,
    gauge,
    generation,
    given,
    labels,
    rows,
    via,
)
from evergauge.values.quantities import approximate, to_float


class ScaleTargetRef(Model):
    apiVersion: Str = ""
    kind: Str = ""
    name: Str = ""


class Amount(Model):
    """What a metric should be (`MetricTarget`) or is (`MetricValueStatus`)."""

    value: Quantity = None
    averageValue: Quantity = None
    averageUtilization: Int = None


class Identifier(Model):
    name: Str = ""


class MetricSource(Model):
    """A metric of an object, of Pods, or from outside."""

    metric: Identifier | None = Identifier()
    target: Amount | None = Amount()
    current: Amount | None = Amount()


class ResourceSource(Model):
    """A resource of Pods, or of one of their containers."""

    name: Str = ""
    container: Str = ""
    target: Amount | None = Amount()
    current: Amount | None = Amount()


class Metric(Model):
    """One of `spec.metrics`, which have a target, or of `status.currentMetrics`, which have a current amount."""

    type: Str = ""
    object: MetricSource | None = None
    pods: MetricSource | None = None
    external: MetricSource | None = None
    resource: ResourceSource | None = None
    containerResource: ResourceSource | None = None


class ScalingRules(Model):
    tolerance: Quantity = None


class Behavior(Model):
    scaleUp: ScalingRules | None = None
    scaleDown: ScalingRules | None = None


class Spec(Model):
    scaleTargetRef: ScaleTargetRef | None = ScaleTargetRef()
    minReplicas: Int = None
    maxReplicas: Int = 0
    metrics: Items[Metric] = ()
    behavior: Behavior | None = None


class Status(Model):
    currentReplicas: Int = 0
    desiredReplicas: Int = 0
    currentMetrics: Items[Metric] = ()
    conditions: Items[Condition] = ()


class HorizontalPodAutoscaler(Model):
    metadata: Metadata | None = Metadata()
    spec: Spec | None = Spec()
    status: Status | None = Status()


def not_empty(text: str) -> str | None:
    """The text, None for an empty one."""
    return text or None


def min_replicas(replicas: int | None) -> int:
    """The API's default is 1."""
    return 1 if replicas is None else replicas


def tolerance(quantity: Quantity) -> float | None:
    """A ratio, which may be finer than thousandths."""
    return None if quantity is None else approximate(quantity)


class Measure(NamedTuple):
    """One figure of a metric. type: `value`, `average` or `utilization` (in percent); container: "" for none."""

    metric: str
    type: Safe
    container: str
    value: float


def targets(metrics: Sequence[Metric]) -> list[Measure]:
    """What the metrics should be."""
    return [m for source, name, container in sources(metrics) for m in measures(name, container, source.target)]


def currents(metrics: Sequence[Metric]) -> list[Measure]:
    """What the metrics are."""
    return [m for source, name, container in sources(metrics) for m in measures(name, container, source.current)]


def sources(metrics: Sequence[Metric]) -> Iterator[tuple[MetricSource | ResourceSource, str, str]]:
    """The source that each metric's type speaks of, its name and its container; a metric without it says nothing."""
    for metric in metrics:
        named = {"Object": metric.object, "Pods": metric.pods, "External": metric.external}.get(metric.type or "")
        resource = {"Resource": metric.resource, "ContainerResource": metric.containerResource}.get(metric.type or "")
        if named:
            yield named, (named.metric.name if named.metric else "") or "", ""
        elif resource:
            yield resource, resource.name or "", (resource.container or "") if metric.type == "ContainerResource" else ""


def measures(name: str, container: str, amount: Amount | None) -> Iterator[Measure]:
    """The figures that are there."""
    if amount is None:
        return
    if amount.value is not None:
        yield Measure(name, "value", container, to_float(amount.value))
    if amount.averageUtilization is not None:
        yield Measure(name, "utilization", container, float(amount.averageUtilization))
    if amount.averageValue is not None:
        yield Measure(name, "average", container, to_float(amount.averageValue))


MEASURE = {"metric_name": "m.metric", "metric_target_type": "m.type", "container": "m.container"}

KIND = Kind(
    resource="horizontalpodautoscalers",
    kind="HorizontalPodAutoscaler",
    group="autoscaling",
    version="v2",
    namespaced=True,
    model=HorizontalPodAutoscaler,
    identity={"namespace": "metadata.namespace", "horizontalpodautoscaler": "metadata.name"},
    families=(
        gauge(
            "kube_horizontalpodautoscaler_info", ALPHA, "What the autoscaler scales.",
            labels={
                "scaletargetref_kind": "spec.scaleTargetRef.kind",
                "scaletargetref_name": "spec.scaleTargetRef.name",
                "scaletargetref_api_version": given(via(not_empty, "spec.scaleTargetRef.apiVersion")),
            },
        ),
        generation("kube_horizontalpodautoscaler_metadata_generation", STABLE),
        gauge("kube_horizontalpodautoscaler_spec_max_replicas", STABLE, "Replicas that the autoscaler sets at most.", value="spec.maxReplicas"),
        gauge(
            "kube_horizontalpodautoscaler_spec_min_replicas", STABLE, "Replicas that the autoscaler sets at least.",
            value=via(min_replicas, "spec.minReplicas"),
        ),
        gauge(
            "kube_horizontalpodautoscaler_spec_target_metric", ALPHA, "What a metric should be.",
            each=rows("m", targets, "spec.metrics"), labels=MEASURE, value="m.value",
        ),
        gauge(
            "kube_horizontalpodautoscaler_spec_behavior_scale_down_tolerance", ALPHA,
            "The ratio by which a metric may fall short of its target before replicas are taken away.",
            value=via(tolerance, "spec.behavior.scaleDown.tolerance"),
        ),
        gauge(
            "kube_horizontalpodautoscaler_spec_behavior_scale_up_tolerance", ALPHA,
            "The ratio by which a metric may exceed its target before replicas are added.",
            value=via(tolerance, "spec.behavior.scaleUp.tolerance"),
        ),
        gauge(
            "kube_horizontalpodautoscaler_status_target_metric", STABLE, "What a metric is.",
            each=rows("m", currents, "status.currentMetrics"), labels=MEASURE, value="m.value",
        ),
        gauge(
            "kube_horizontalpodautoscaler_status_current_replicas", STABLE, "Replicas that there were when the autoscaler last looked.",
            value="status.currentReplicas",
        ),
        gauge(
            "kube_horizontalpodautoscaler_status_desired_replicas", STABLE, "Replicas that the autoscaler wants.",
            value="status.desiredReplicas",
        ),
        annotations("kube_horizontalpodautoscaler_annotations"),
        labels("kube_horizontalpodautoscaler_labels", STABLE),
        conditions("kube_horizontalpodautoscaler_status_condition", STABLE, "The autoscaler's conditions."),
        created("kube_horizontalpodautoscaler_created", ALPHA),
        deletion_timestamp("kube_horizontalpodautoscaler_deletion_timestamp"),
    ),
)
