"""What must hold between options, and what the user should be told about them."""

from collections.abc import Collection, Iterator, Sequence

from evergauge.errors import UsageError
from evergauge.options.grammar import hint, one_line
from evergauge.options.table import FLAGS, Options
from evergauge.options.valuetypes import show_duration


def check(options: Options, known: Sequence[str]) -> None:
    """Raise UsageError where options contradict each other or name resources that aren't known."""
    _check_names("--resources", options.resources, known)
    _check_names("--metric-labels-allowlist", options.labels_allowlist, ("*", *known))
    _check_names("--metric-annotations-allowlist", options.annotations_allowlist, ("*", *known))
    if options.metric_allowlist and options.metric_denylist:
        raise UsageError("--metric-allowlist and --metric-denylist exclude each other: give one of them")
    if not 5 <= options.freshness_bound <= 3600:
        raise UsageError(f"--freshness-bound={show_duration(options.freshness_bound)}: must be from 5s to 1h")
    if options.audit_interval and options.audit_interval < 10:
        raise UsageError(f"--audit-interval={show_duration(options.audit_interval)}: must be 0 or at least 10s")
    _check_shard(options)
    _check_pods_only(options)
    if options.port and options.port == options.telemetry_port and options.host == options.telemetry_host:
        raise UsageError(f"--telemetry-port={options.telemetry_port}: must differ from --port on the same address")


def _check_names(flag: str, names: Collection[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            near = hint(name, known)
            raise UsageError(f"{flag}: unknown resource {one_line(name)}{near or ';'} known are {', '.join(known)}")


def _check_shard(options: Options) -> None:
    autosharding = options.pod and options.pod_namespace
    if options.shard >= options.total_shards and not autosharding:
        raise UsageError(
            f"--shard={options.shard}: must be below --total-shards={options.total_shards} (shards count from 0)"
        )


def _check_pods_only(options: Options) -> None:
    """Both flags select by spec.nodeName, a field that only Pods can be selected by."""
    flag = f"--node={one_line(options.node)}" if options.node else "--track-unscheduled-pods"
    other = [name for name in options.resources if name != "pods"]
    if (options.node or options.track_unscheduled_pods) and other:
        raise UsageError(f"{flag} selects Pods only: it needs --resources=pods, not {other[0]}")


def notes(options: Options, ignored: Collection[str]) -> Iterator[str]:
    """What the user should be told, one line each. ignored: the names of flags given that have no effect."""
    by_reason: dict[str, list[str]] = {}
    for flag in FLAGS:
        if flag.name in ignored:
            by_reason.setdefault(flag.no_effect, []).append(f"--{flag.name}")
    if by_reason:
        yield "without effect: " + "; ".join(f"{', '.join(names)} ({why})" for why, names in by_reason.items())
    if bool(options.pod) != bool(options.pod_namespace):
        given, missing = ("--pod", "--pod-namespace") if options.pod else ("--pod-namespace", "--pod")
        yield f"{given} has no effect without {missing}: sharding stays as --shard and --total-shards say"
    if options.node and options.track_unscheduled_pods:
        yield "--node has no effect beside --track-unscheduled-pods"
