"""Jobs: Pods wanted and done, how they ended, and when."""

# ruff: noqa: N815 (the API's names)

from collections.abc import Sequence
from typing import NamedTuple

from evergauge.declare import (
    ALPHA,
    CONDITION_STATUSES,
    STABLE,
    Condition,
    Int,
    Items,
    Kind,
    Metadata,
    Model,
    Safe,
    Time,
    annotations,
    created,
    gauge,
    given,
    is_,
    labels,
    numbered,
    owner,
    rows,
    states,
    via,
)


@numbered(parallelism=1, completions=2, activeDeadlineSeconds=3)
class Spec(Model):
    parallelism: Int = None
    completions: Int = None
    activeDeadlineSeconds: Int = None


@numbered(active=4, ready=9, succeeded=5, failed=6, startTime=2, completionTime=3, conditions=1)
class Status(Model):
    active: Int = 0
    ready: Int = 0
    succeeded: Int = 0
    failed: Int = 0
    startTime: Time = None
    completionTime: Time = None
    conditions: Items[Condition] = ()


@numbered(metadata=1, spec=2, status=3)
class Job(Model):
    metadata: Metadata | None = Metadata()
    spec: Spec | None = Spec()
    status: Status | None = Status()


class Failures(NamedTuple):
    """reason: None for no failures at all. number: of Pods, or whether this is the Job's reason."""

    reason: Safe | None
    number: int


REASONS = ("BackoffLimitExceeded", "DeadlineExceeded", "Evicted")
NO_FAILURES = (Failures(None, 0),)


def failures(failed: int, conditions: Sequence[Condition]) -> Sequence[Failures]:
    """Whether each known reason is the one for which the Job failed; the number of failed Pods where none of them is (KSM behaviour)."""
    if not failed:
        return NO_FAILURES
    reasons = [c.reason for c in conditions if c.type == "Failed"]
    found = [Failures(reason, int(reason == one)) for one in reasons for reason in REASONS]
    if not any(one in REASONS for one in reasons):
        found.append(Failures("", failed))
    return found


def is_true(status: str) -> bool:
    """Whether a condition holds."""
    return status == "True"


CONDITION = "c in status.conditions"

KIND = Kind(
    resource="jobs",
    kind="Job",
    group="batch",
    version="v1",
    namespaced=True,
    model=Job,
    identity={"namespace": "metadata.namespace", "job_name": "metadata.name"},
    families=(
        annotations("kube_job_annotations"),
        labels("kube_job_labels", STABLE),
        gauge("kube_job_info", STABLE, "That the Job exists."),
        created("kube_job_created", STABLE),
        gauge("kube_job_spec_parallelism", STABLE, "Pods that the Job may run at a time.", value="spec.parallelism"),
        gauge("kube_job_spec_completions", STABLE, "Pods that must succeed for the Job to be complete.", value="spec.completions"),
        gauge(
            "kube_job_spec_active_deadline_seconds", STABLE, "Seconds from its start after which the Job is ended.",
            value="spec.activeDeadlineSeconds",
        ),
        gauge("kube_job_status_succeeded", STABLE, "Pods of the Job that have succeeded.", value="status.succeeded"),
        gauge(
            "kube_job_status_failed", STABLE,
            "Pods of the Job that have failed; with a known reason, 1 for the one for which the Job failed and 0 for the others.",
            each=rows("f", failures, "status.failed", "status.conditions"), labels={"reason": given("f.reason")}, value="f.number",
        ),
        gauge("kube_job_status_active", STABLE, "Pods of the Job that run or wait to.", value="status.active"),
        gauge("kube_job_status_ready", ALPHA, "Pods of the Job that are ready.", value="status.ready"),
        gauge(
            "kube_job_complete", STABLE, "The status of the Job's completion.",
            each=CONDITION, when=is_("c.type", "Complete"), states=states("condition", "c.status", CONDITION_STATUSES),
        ),
        gauge(
            "kube_job_failed", STABLE, "The status of the Job's failure.",
            each=CONDITION, when=is_("c.type", "Failed"), states=states("condition", "c.status", CONDITION_STATUSES),
        ),
        gauge("kube_job_status_start_time", STABLE, "Start of the Job in seconds since the epoch.", value="status.startTime"),
        gauge("kube_job_status_completion_time", STABLE, "Completion of the Job in seconds since the epoch.", value="status.completionTime"),
        gauge(
            "kube_job_status_suspended", ALPHA, "Whether the Job is suspended.",
            each=CONDITION, when=is_("c.type", "Suspended"), value=via(is_true, "c.status"),
        ),
        owner("kube_job_owner", STABLE, "What owns the Job."),
    ),
)
