"""The demo's flags: its own beside those of evergauge."""

from __future__ import annotations

import pytest

from evergauge.cli import main
from evergauge.demo.options import Demo, DemoOptions, read


def ordered(*argv: str) -> Demo:
    found = read(argv)
    assert found
    return found


@pytest.mark.parametrize(
    ("argv", "own"),
    [
        ([], DemoOptions(pods=1000, churn=20.0, seed=1, seconds=0.0)),
        (
            ["--pods=5", "--churn", "0", "--seed=9", "--seconds=1.5"],
            DemoOptions(pods=5, churn=0.0, seed=9, seconds=1.5),
        ),
        (["--port=8080", "--pods=7", "--pods=8"], DemoOptions(pods=8)),
    ],
    ids=str,
)
def test_its_own_flags(argv: list[str], own: DemoOptions) -> None:
    assert ordered(*argv).own == own


def test_it_serves_on_free_ports_of_loopback_unless_told_otherwise() -> None:
    served = ordered().served
    assert (served.host, served.port, served.telemetry_host, served.telemetry_port) == ("127.0.0.1", 0, "127.0.0.1", 0)
    served = ordered("--host=::", "--port=8080", "--telemetry-port=8081", "--resources=pods").served
    assert (served.host, served.port, served.telemetry_host, served.telemetry_port) == ("::", 8080, "127.0.0.1", 8081)
    assert served.resources == ("pods",)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--pdos=3"], "unknown flag --pdos; did you mean --pods?"),
        (["--version"], "unknown flag --version"),
        (["--pods"], "--pods needs a value (int)"),
        (["--pods=0"], "--pods=0: must be a whole number from 1 to 200000"),
        (["--pods=200001"], "--pods=200001: must be a whole number from 1 to 200000"),
        (["--churn=fast"], "--churn=fast: must be a number of 0 or more"),
        (["--churn=nan"], "--churn=nan: must be a number of 0 or more"),
        (["--seconds=inf"], "--seconds=inf: must be a number of 0 or more"),
        (["--seconds=-1"], "--seconds=-1: must be a number of 0 or more"),
        (["--seed=-1"], "--seed=-1: must be a whole number of 0 or more"),
        (["here"], "unexpected argument here"),
        (
            ["--enable-gzip-encoding", "true"],
            "unexpected argument true; a switch takes its value with an equals sign: --enable-gzip-encoding=true",
        ),
        (
            ["--apiserver=http://127.0.0.1:1"],
            "--apiserver: the demo has an API server of its own; leave it out, or run evergauge without demo",
        ),
        (
            ["--kubeconfig=config"],
            "--kubeconfig: the demo has an API server of its own; leave it out, or run evergauge without demo",
        ),
        (["--shard=2"], "--shard=2: must be below --total-shards=1 (shards count from 0)"),
    ],
    ids=str,
)
def test_what_can_not_be_honoured_is_one_line_and_exit_code_2(
    argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", *argv]) == 2
    assert capsys.readouterr() == ("", f"evergauge: {message}\n")


def test_flags_that_leave_nothing_to_serve_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--metric-allowlist=^nothing$"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("evergauge: these flags leave nothing to expose; this version exposes ")
    assert " pods," in err


@pytest.mark.parametrize("argv", [["demo", "--help"], ["demo", "-h", "--pods=3"], ["help", "demo"]], ids=" ".join)
def test_help(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("Usage: evergauge demo [flags]\n")
    assert all(words in out for words in ("--pods", "--churn", "--seed", "--seconds", "Examples:", "suspect"))
