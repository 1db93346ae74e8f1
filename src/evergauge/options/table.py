"""The one table of options. Parser, help, config-file keys, completion and reference page are all made from it.

A new option is one field of `Options`. Flags without a `since` are kube-state-metrics' own, with its defaults.
"""
# ruff: noqa: RUF009 (flag() returns a field of the dataclass, made once)

from dataclasses import dataclass
from typing import Literal

from evergauge.options.allowlists import ALLOWLIST, NONE, Allowlist, keys_for
from evergauge.options.flag import Flag, flag, rows_of
from evergauge.options.resources import DEFAULT_RESOURCES
from evergauge.options.valuetypes import (
    BOOL,
    COUNT,
    DURATION,
    FLOAT,
    LEVEL,
    LIST,
    PATH,
    PORT,
    POSITIVE,
    SHARD,
    STRING,
    UINT,
    choice,
    pattern,
)

EXPOSED, CLUSTER, SHARDING = "What is exposed", "Cluster", "Sharding"
CUSTOM, SERVING, PROCESS = "Custom resources", "Serving", "Process"
GROUPS = (EXPOSED, CLUSTER, SHARDING, CUSTOM, SERVING, PROCESS)

_ALLOWLIST_HELP = (
    "by resource, such as pods=[app,team/*],nodes=[*]. A key may hold one *; the resource * stands for all that are served. "
    "Without it none is exposed."
)
ShardingRule = Literal["jump", "slots"]
_LONG_TIMEOUT = "0 for no limit."


@dataclass(frozen=True, slots=True)
class Options:
    """All settings of a process, read and checked. Durations are in seconds; an empty text or tuple means: not given.

    notes: what the user should be told about these settings, one line each (deprecated, without effect).
    """

    resources: tuple[str, ...] = flag(LIST, DEFAULT_RESOURCES, "The resources to expose.", group=EXPOSED)
    metric_allowlist: tuple[str, ...] = flag(
        LIST,
        (),
        "Expose only these families: names or ECMAScript regular expressions, matched anywhere in the name unless anchored. Excludes --metric-denylist.",
        group=EXPOSED,
    )
    metric_denylist: tuple[str, ...] = flag(
        LIST,
        (),
        "Leave these families out: names or ECMAScript regular expressions, matched anywhere in the name unless anchored. Excludes --metric-allowlist.",
        group=EXPOSED,
    )
    metric_opt_in_list: tuple[str, ...] = flag(
        LIST, (), "Expose these families too, which are left out unless named here.", group=EXPOSED
    )
    labels_allowlist: Allowlist = flag(
        ALLOWLIST,
        NONE,
        f"Kubernetes labels to expose, {_ALLOWLIST_HELP}",
        name="metric-labels-allowlist",
        key="labels_allow_list",
        group=EXPOSED,
    )
    annotations_allowlist: Allowlist = flag(
        ALLOWLIST,
        NONE,
        f"Annotations to expose, {_ALLOWLIST_HELP}",
        name="metric-annotations-allowlist",
        key="annotations_allow_list",
        group=EXPOSED,
    )
    namespaces: tuple[str, ...] = flag(LIST, (), "Expose objects of these namespaces only.", group=EXPOSED)
    namespaces_denylist: tuple[str, ...] = flag(
        LIST, (), "Leave the objects of these namespaces out, also where --namespaces names them.", group=EXPOSED
    )

    kubeconfig: str = flag(PATH, "", "The kubeconfig file. Inside a cluster none is needed.", group=CLUSTER)
    apiserver: str = flag(STRING, "", "The URL of the API server, instead of the kubeconfig's.", group=CLUSTER)
    use_apiserver_cache: bool = flag(
        BOOL,
        default=False,
        description="Let lists be answered from the API server's watch cache.",
        key="use_api_server_cache",
        group=CLUSTER,
    )
    object_limit: int = flag(COUNT, 0, "The most objects to list of one resource; 0 for all.", group=CLUSTER)

    freshness_bound: float = flag(
        DURATION,
        30.0,
        "How old what is served may be without being declared stale, from 5s to 1h. Watches last a third of it.",
        group=CLUSTER,
        since="0.1",
    )

    stale_policy: str = flag(
        choice("serve", "omit"),
        "serve",
        "What becomes of a kind that hasn't been proven fresh within --freshness-bound: serve it, with metrics and log saying so, or omit it from scrapes.",
        group=CLUSTER,
        since="0.1",
    )

    audit_interval: float = flag(
        DURATION,
        600.0,
        "Within which time each resource is audited: are all objects served that the API server has, and no others? Mostly by counting, every few hours by comparing versions. 0 for never.",
        group=CLUSTER,
        since="0.1",
    )

    shard: int = flag(SHARD, 0, "Which shard this process is, counted from 0.", group=SHARDING)
    total_shards: int = flag(POSITIVE, 1, "How many shards there are; 1 for no sharding.", group=SHARDING)
    pod: str = flag(
        STRING,
        "",
        "This process' own Pod. With --pod-namespace, the shard follows from the Pod's ordinal and its StatefulSet's replicas.",
        group=SHARDING,
    )
    pod_namespace: str = flag(STRING, "", "The namespace of --pod.", key="namespace", group=SHARDING)
    sharding: ShardingRule = flag(
        choice("jump", "slots"),
        "jump",
        "By which rule objects are shared out: jump is kube-state-metrics' own, slots gives each shard a few ranges of the UIDs' hash. The whole fleet needs the same.",
        group=SHARDING,
        since="0.1",
    )
    handover_overlap: float = flag(
        DURATION,
        0.0,
        "How long a shard goes on serving objects that another one serves since its number has changed. A scrape interval of Prometheus leaves no pause in any series, at the price of doubled ones.",
        group=SHARDING,
        since="0.1",
    )
    drain_timeout: float = flag(
        DURATION,
        0.0,
        "How long a shard that leaves its fleet may serve until the others serve its objects; 0 for the Pod's grace period less 5s.",
        group=SHARDING,
        since="0.1",
    )
    node: str = flag(
        STRING, "", "Expose only the Pods of this node, for a DaemonSet; needs --resources=pods.", group=SHARDING
    )
    track_unscheduled_pods: bool = flag(
        BOOL,
        default=False,
        description="Expose only the Pods that have no node yet, beside a DaemonSet with --node; needs --resources=pods.",
        group=SHARDING,
    )

    custom_resource_state_config_file: str = flag(
        PATH, "", "The file that says which metrics custom resources have.", group=CUSTOM
    )
    custom_resource_state_config: str = flag(
        STRING,
        "",
        "The same as YAML text; takes precedence over the file.",
        key="custom_resource_config",
        group=CUSTOM,
    )
    custom_resource_state_only: bool = flag(
        BOOL,
        default=False,
        description="Expose custom resources and nothing else.",
        key="custom_resources_only",
        group=CUSTOM,
    )
    continue_without_custom_resource_state_config_file: bool = flag(
        BOOL,
        default=False,
        description="Start even when the file of --custom-resource-state-config-file isn't there, and read it as soon as it is.",
        group=CUSTOM,
    )

    host: str = flag(STRING, "::", "The address on which metrics are served; :: for all, IPv4 included.", group=SERVING)
    port: int = flag(PORT, 8080, "The port on which metrics are served.", group=SERVING)
    telemetry_host: str = flag(
        STRING, "::", "The address on which the metrics about Evergauge itself are served.", group=SERVING
    )
    telemetry_port: int = flag(
        PORT, 8081, "The port on which the metrics about Evergauge itself are served.", group=SERVING
    )
    enable_gzip_encoding: bool = flag(
        BOOL, default=False, description="Answer with gzip those who accept it.", group=SERVING
    )
    tls_config: str = flag(
        PATH,
        "",
        "The web configuration file (as Prometheus' exporters have it): TLS, client certificates, users, headers.",
        group=SERVING,
    )
    auth_filter: bool = flag(
        BOOL,
        default=False,
        description="Let the API server authenticate and authorise each request (TokenReview, SubjectAccessReview).",
        group=SERVING,
    )
    server_read_timeout: float = flag(DURATION, 60.0, f"The time to read a request; {_LONG_TIMEOUT}", group=SERVING)
    server_read_header_timeout: float = flag(
        DURATION, 5.0, f"The time to read a request's headers; {_LONG_TIMEOUT}", group=SERVING
    )
    server_write_timeout: float = flag(DURATION, 60.0, f"The time to write a response; {_LONG_TIMEOUT}", group=SERVING)
    server_idle_timeout: float = flag(
        DURATION, 300.0, f"The time to wait for the next request on a connection; {_LONG_TIMEOUT}", group=SERVING
    )

    config: str = flag(
        PATH,
        "",
        "A YAML file with options under their config-file keys. What it says takes precedence over the flags.",
        key="",
        group=PROCESS,
    )
    continue_without_config: bool = flag(
        BOOL, default=False, description="Start even when the file of --config isn't there.", group=PROCESS
    )
    v: int = flag(LEVEL, 0, "How much is logged; from 4 on debugging too.", short="v", key="", group=PROCESS)
    log_format: str = flag(
        choice("auto", "text", "json"),
        "auto",
        "How it is logged: text, json, or auto for text on a terminal and JSON elsewhere.",
        group=PROCESS,
        since="0.1",
    )

    notes: tuple[str, ...] = ()

    def labels_for(self, resource: str) -> tuple[str, ...] | None:
        """The keys of labels to expose for a resource, None where the allowlist doesn't name it."""
        return keys_for(self.labels_allowlist, resource)

    def annotations_for(self, resource: str) -> tuple[str, ...] | None:
        """The keys of annotations to expose for a resource, None where the allowlist doesn't name it."""
        return keys_for(self.annotations_allowlist, resource)


_KLOG = "Evergauge logs to standard error only, see --log-format"
_GO = "Evergauge isn't written in Go and keeps its memory flat by itself"
_SEVERITY = pattern(
    "severity", r"(?i:info|warning|error|fatal)|[+-]?\d+", "INFO, WARNING, ERROR, FATAL or a whole number"
)
_MODULES = pattern("moduleSpec", r"([^=,]+=\d+|)(,([^=,]+=\d+|))*", "a list of file=level")
_LOCATION = pattern("traceLocation", r":0|[^:]*\.[^:]*:[1-9]\d*|", "file.go:line")

IGNORED = (
    Flag("auto-gomemlimit", BOOL, False, "Go's memory limit.", key="auto-gomemlimit", no_effect=_GO),  # noqa: FBT003 (a default)
    Flag("auto-gomemlimit-ratio", FLOAT, 0.9, "Go's memory limit.", key="auto-gomemlimit-ratio", no_effect=_GO),
    Flag("add_dir_header", BOOL, False, "klog's line headers.", no_effect=_KLOG),  # noqa: FBT003 (a default)
    Flag("alsologtostderr", BOOL, False, "klog's log files.", no_effect=_KLOG),  # noqa: FBT003 (a default)
    Flag("alsologtostderrthreshold", _SEVERITY, "", "klog's log files.", no_effect=_KLOG),
    Flag("legacy_stderr_threshold_behavior", BOOL, True, "klog's log files.", no_effect=_KLOG),  # noqa: FBT003 (a default)
    Flag("log_backtrace_at", _LOCATION, ":0", "klog's stack traces.", no_effect=_KLOG),
    Flag("log_dir", STRING, "", "klog's log files.", no_effect=_KLOG),
    Flag("log_file", STRING, "", "klog's log files.", no_effect=_KLOG),
    Flag("log_file_max_size", UINT, 1800, "klog's log files.", no_effect=_KLOG),
    Flag("logtostderr", BOOL, True, "klog's log files.", no_effect=_KLOG),  # noqa: FBT003 (a default)
    Flag("one_output", BOOL, False, "klog's log files.", no_effect=_KLOG),  # noqa: FBT003 (a default)
    Flag("skip_headers", BOOL, False, "klog's line headers.", no_effect=_KLOG),  # noqa: FBT003 (a default)
    Flag("skip_log_headers", BOOL, False, "klog's log files.", no_effect=_KLOG),  # noqa: FBT003 (a default)
    Flag("stderrthreshold", _SEVERITY, "2", "klog's log files.", no_effect=_KLOG),
    Flag("vmodule", _MODULES, "", "klog's verbosity by file.", no_effect=_KLOG),
)
"""Flags of kube-state-metrics that make no sense here: read and checked, then named once in the log."""

HELP = Flag("help", BOOL, False, "This help.", group=PROCESS, short="h")  # noqa: FBT003 (a default)
VERSION = Flag("version", BOOL, False, "The version.", group=PROCESS, since="0.1")  # noqa: FBT003 (a default)


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """What only `evergauge render` takes."""

    ignore_unknown: bool = flag(
        BOOL,
        default=False,
        description="Pass over objects of unknown kinds in silence.",
        key="",
        since="0.1",
        command="render",
    )
    openmetrics: bool = flag(
        BOOL,
        default=False,
        description="Write OpenMetrics 1.0.0 instead of the text format 0.0.4.",
        key="",
        since="0.1",
        command="render",
    )


@dataclass(frozen=True, slots=True)
class MetricsOptions:
    """What only `evergauge metrics` takes."""

    output: str = flag(
        choice("table", "json", "markdown"),
        "table",
        "The form of the list.",
        key="",
        short="o",
        since="0.1",
        command="metrics",
    )


_ACCOUNT = pattern("NAMESPACE:NAME", r"[a-z0-9][-a-z0-9.]*:[a-z0-9][-a-z0-9.]*", "written NAMESPACE:NAME")
_NAME = pattern("NAME", r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?", "a name of lower-case letters, digits, - and .")


@dataclass(frozen=True, slots=True)
class RbacOptions:
    """What only `evergauge rbac` takes."""

    name: str = flag(_NAME, "evergauge", "The name of the roles.", key="", since="0.1", command="rbac")
    service_account: str = flag(
        _ACCOUNT,
        "",
        "Bind the roles to this service account; without it there are roles only.",
        key="",
        since="0.1",
        command="rbac",
    )


FLAGS = (*rows_of(Options), HELP, VERSION, *IGNORED)
"""What `evergauge` itself takes."""

OF_COMMANDS = {"render": RenderOptions, "metrics": MetricsOptions, "rbac": RbacOptions}
"""What single commands take."""

ALL_FLAGS = (*FLAGS, *(row for table in OF_COMMANDS.values() for row in rows_of(table)))
"""With what single commands take."""
