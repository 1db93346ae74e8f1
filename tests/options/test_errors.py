"""Each command line that can't be honoured, and the one line that says so."""

import pytest

from evergauge.errors import UsageError
from evergauge.options import parse
from evergauge.options.resources import RESOURCES

KNOWN = ", ".join(RESOURCES)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--prot=1"], "unknown flag --prot; did you mean --port?"),
        (["--resource", "pods"], "unknown flag --resource; did you mean --resources?"),
        (["--telemetry_port=1"], "unknown flag --telemetry_port; did you mean --telemetry-port?"),
        (["--zzz"], "unknown flag --zzz"),
        (["--=x"], "unknown flag --"),
        (["---port=1"], "unknown flag ---port; did you mean --port?"),
        (["-port=80"], "unknown flag -p in -port=80; did you mean --port?"),
        (["-x"], "unknown flag -x in -x"),
        (["--port"], "--port needs a value (int)"),
        (["-v"], "-v needs a value (Level)"),
        (["--port=http"], "--port=http: must be a whole number from 0 to 65535"),
        (["--port=1\n2"], "--port='1\\n2': must be a whole number from 0 to 65535"),
        (["--port="], "--port=: must be a whole number from 0 to 65535"),
        (["-v=x"], "-v=x: must be a whole number"),
        (["--auth-filter=yes"], "--auth-filter=yes: must be true or false"),
        (
            ["--auth-filter", "false"],
            "unexpected argument false; a switch takes its value with an equals sign: --auth-filter=false",
        ),
        (["pods"], "unexpected argument pods"),
        (
            ["--server-read-timeout=60"],
            "--server-read-timeout=60: must be a duration such as 30s, 1m30s or 300ms, not negative",
        ),
        (["--log-format=xml"], "--log-format=xml: must be one of auto, text, json"),
        (["--stderrthreshold=loud"], "--stderrthreshold=loud: must be INFO, WARNING, ERROR, FATAL or a whole number"),
        (["--vmodule=a"], "--vmodule=a: must be a list of file=level"),
        (["--log_backtrace_at=a"], "--log_backtrace_at=a: must be file.go:line"),
        (["--log_file_max_size=-1"], "--log_file_max_size=-1: must be a whole number of 0 or more"),
        (["--auto-gomemlimit-ratio=much"], "--auto-gomemlimit-ratio=much: must be a number"),
        (["--object-limit=-1"], "--object-limit=-1: must be a whole number of 0 or more"),
        (["--resources=pods,pds"], f"--resources: unknown resource pds; did you mean pods? known are {KNOWN}"),
        (["--resources=zzz"], f"--resources: unknown resource zzz; known are {KNOWN}"),
        (
            ["--metric-labels-allowlist=pod=[app]"],
            f"--metric-labels-allowlist: unknown resource pod; did you mean pods? known are *, {KNOWN}",
        ),
        (
            ["--metric-annotations-allowlist=pods"],
            "--metric-annotations-allowlist=pods: must be like pods=[app,team/*],nodes=[*]: a resource and = are missing at 'pods'",
        ),
        (
            ["--metric-allowlist=a", "--metric-denylist=b"],
            "--metric-allowlist and --metric-denylist exclude each other: give one of them",
        ),
        (["--freshness-bound=4s"], "--freshness-bound=4s: must be from 5s to 1h"),
        (["--audit-interval=9s"], "--audit-interval=9s: must be 0 or at least 10s"),
        (["--shard=-1"], "--shard=-1: must be a whole number of 0 or more"),
        (["--total-shards=0"], "--total-shards=0: must be a whole number of 1 or more"),
        (["--shard=2", "--total-shards=2"], "--shard=2: must be below --total-shards=2 (shards count from 0)"),
        (["--shard=1"], "--shard=1: must be below --total-shards=1 (shards count from 0)"),
        (["--node=n1", "--resources=pods,nodes"], "--node=n1 selects Pods only: it needs --resources=pods, not nodes"),
        (["--node=n1"], "--node=n1 selects Pods only: it needs --resources=pods, not certificatesigningrequests"),
        (
            ["--track-unscheduled-pods", "--resources=nodes"],
            "--track-unscheduled-pods selects Pods only: it needs --resources=pods, not nodes",
        ),
        (["--port=8081"], "--telemetry-port=8081: must differ from --port on the same address"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_can_not_be_honoured_is_said_in_one_line(argv: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(argv)
    assert str(caught.value) == message
    assert "\n" not in message


@pytest.mark.parametrize(
    "argv",
    [
        ["--pod=me-2", "--pod-namespace=here", "--shard=2"],
        ["--port=0", "--telemetry-port=0"],
        ["--port=1", "--telemetry-port=1", "--host=127.0.0.1", "--telemetry-host=127.0.0.2"],
        ["--node=n1", "--resources=pods"],
    ],
    ids=" ".join,
)
def test_what_looks_like_a_contradiction_but_is_none(argv: list[str]) -> None:
    assert parse(argv).notes == ()


def test_a_long_value_is_cut() -> None:
    with pytest.raises(UsageError) as caught:
        parse([f"--port={'9' * 5000}"])
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("argv", "notes"),
    [
        ([], ()),
        (
            ["--logtostderr", "--skip_headers", "--logtostderr=false", "--auto-gomemlimit"],
            (
                (
                    "without effect: --auto-gomemlimit (Evergauge isn't written in Go and keeps its memory flat by itself); "
                    "--logtostderr, --skip_headers (Evergauge logs to standard error only, see --log-format)"
                ),
            ),
        ),
        (
            ["--pod=a"],
            ("--pod has no effect without --pod-namespace: sharding stays as --shard and --total-shards say",),
        ),
        (
            ["--pod-namespace=a"],
            ("--pod-namespace has no effect without --pod: sharding stays as --shard and --total-shards say",),
        ),
        (
            ["--node=a", "--track-unscheduled-pods", "--resources=pods"],
            ("--node has no effect beside --track-unscheduled-pods",),
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_notes_tell_what_has_no_effect(argv: list[str], notes: tuple[str, ...]) -> None:
    assert parse(argv).notes == notes
