"""CronJobs: their schedule, when they ran last, and when they are due."""

# ruff: noqa: N815 (the API's names)

from collections.abc import Sequence

from evergauge.declare import (
    ALPHA,
    STABLE,
    Bool,
    Int,
    Items,
    Kind,
    Metadata,
    Model,
    Str,
    Time,
    annotations,
    created,
    gauge,
    labels,
    numbered,
    otherwise,
    resource_version,
    via,
)
from evergauge.values.cron import parse
from evergauge.values.times import ZERO_TIME, unix_seconds


@numbered(
    schedule=1,
    timeZone=8,
    concurrencyPolicy=3,
    suspend=4,
    startingDeadlineSeconds=2,
    successfulJobsHistoryLimit=6,
    failedJobsHistoryLimit=7,
)
class Spec(Model):
    schedule: Str = ""
    timeZone: Str = None
    concurrencyPolicy: Str = ""
    suspend: Bool = False
    startingDeadlineSeconds: Int = None
    successfulJobsHistoryLimit: Int = None
    failedJobsHistoryLimit: Int = None


@numbered()
class ActiveJob(Model):
    """Only counted."""


@numbered(active=1, lastScheduleTime=4, lastSuccessfulTime=5)
class Status(Model):
    active: Items[ActiveJob] = ()
    lastScheduleTime: Time = None
    lastSuccessfulTime: Time = None


@numbered(metadata=1, spec=2, status=3)
class CronJob(Model):
    metadata: Metadata | None = Metadata()
    spec: Spec | None = Spec()
    status: Status | None = Status()


def count(jobs: Sequence[ActiveJob]) -> int:
    """How many there are."""
    return len(jobs)


def with_zone(schedule: str, time_zone: str | None) -> str:
    """The schedule with its time zone before it, as `evergauge.values.cron` reads it."""
    return schedule if time_zone is None else f"CRON_TZ={time_zone} {schedule}"


def due(schedule: str, time_zone: str | None, suspended: Bool, last: Time, created: Time) -> int | None:
    """When the CronJob is due after it was last scheduled, or after its creation; Go's zero time for never (KSM behaviour).

    None for one that is suspended, that has neither time, or whose schedule is invalid.
    """
    since = unix_seconds(last)
    if since is None:
        since = unix_seconds(created)
    if suspended or since is None:
        return None
    try:
        found = parse(with_zone(schedule, time_zone)).after(since)
    except ValueError:
        return None  # `invalid` says so.
    return ZERO_TIME if found is None else found


def invalid(schedule: str, time_zone: str | None) -> int | None:
    """1 for a schedule that can't be read, or a time zone that isn't known; None for a good one."""
    try:
        parse(with_zone(schedule, time_zone))
    except ValueError:
        return 1
    return None


KIND = Kind(
    resource="cronjobs",
    kind="CronJob",
    group="batch",
    version="v1",
    namespaced=True,
    model=CronJob,
    identity={"namespace": "metadata.namespace", "cronjob": "metadata.name"},
    families=(
        annotations("kube_cronjob_annotations"),
        labels("kube_cronjob_labels", STABLE),
        gauge(
            "kube_cronjob_info", STABLE, "The CronJob's schedule, and what happens to a Job while the one before it runs.",
            labels={
                "schedule": "spec.schedule",
                "concurrency_policy": "spec.concurrencyPolicy",
                "timezone": otherwise("spec.timeZone", "local"),
            },
        ),
        created("kube_cronjob_created", STABLE),
        gauge("kube_cronjob_status_active", STABLE, "Jobs of the CronJob that run.", value=via(count, "status.active")),
        gauge(
            "kube_cronjob_status_last_schedule_time", STABLE, "When a Job was last made, in seconds since the epoch.",
            value="status.lastScheduleTime",
        ),
        gauge(
            "kube_cronjob_status_last_successful_time", STABLE, "When a Job last succeeded, in seconds since the epoch.",
            value="status.lastSuccessfulTime",
        ),
        gauge("kube_cronjob_spec_suspend", STABLE, "Whether the CronJob is suspended, so that it makes no more Jobs.", value="spec.suspend"),
        gauge(
            "kube_cronjob_spec_starting_deadline_seconds", STABLE, "Seconds by which a Job may be late; later it is left out.",
            value="spec.startingDeadlineSeconds",
        ),
        gauge(
            "kube_cronjob_next_schedule_time", STABLE,
            "When the CronJob is due after its last schedule time, or else after its creation, in seconds since the epoch. A time gone by means a delay.",
            value=via(due, "spec.schedule", "spec.timeZone", "spec.suspend", "status.lastScheduleTime", "metadata.creationTimestamp"),
        ),
        gauge(
            "kube_cronjob_schedule_invalid", ALPHA, "1 where the schedule can't be read, or its time zone isn't known.",
            value=via(invalid, "spec.schedule", "spec.timeZone"),
        ),
        resource_version("kube_cronjob_metadata_resource_version", STABLE),
        gauge(
            "kube_cronjob_spec_successful_job_history_limit", ALPHA, "Jobs that have succeeded and are kept.",
            value="spec.successfulJobsHistoryLimit",
        ),
        gauge(
            "kube_cronjob_spec_failed_job_history_limit", ALPHA, "Jobs that have failed and are kept.",
            value="spec.failedJobsHistoryLimit",
        ),
    ),
)
