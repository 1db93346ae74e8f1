"""What isn't in this version yet: serving refuses it, in one line with what to do instead."""

from pathlib import Path

import pytest

from evergauge.cli import main
from evergauge.options import parse
from evergauge.options.built import not_built_yet

PROXY = "the ports would be open to everyone. Put a proxy such as kube-rbac-proxy before them"
BESIDE = "run kube-state-metrics with --custom-resource-state-only beside Evergauge and leave the flag out"
REFUSED = [
    (["--tls-config=web.yaml"], f"--tls-config isn't in this version yet: {PROXY}"),
    (["--auth-filter"], f"--auth-filter isn't in this version yet: {PROXY}"),
    (
        ["--custom-resource-state-config=spec: {}"],
        f"--custom-resource-state-config isn't in this version yet: {BESIDE}",
    ),
    (
        ["--custom-resource-state-config-file=a"],
        f"--custom-resource-state-config-file isn't in this version yet: {BESIDE}",
    ),
    (
        ["--custom-resource-state-only"],
        "--custom-resource-state-only isn't in this version yet: nothing would be exposed.",
    ),
]


@pytest.mark.parametrize(
    ("argv", "message"), REFUSED, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_serving_refuses_what_it_can_not_do(argv: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"evergauge: {message}")
    assert said.count("\n") == 1


def test_several_make_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--auth-filter", "--custom-resource-state-config-file=a"]) == 2
    said = capsys.readouterr().err
    assert said.count("isn't in this version yet") == 2
    assert said.count("\n") == 1


def test_the_config_file_is_no_way_round(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("auth_filter: true\n")
    assert main([f"--config={file}"]) == 2
    assert "--auth-filter isn't in this version yet" in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["--auth-filter=false"],
        ["--pod=me-1"],
        ["--pod=me-1", "--pod-namespace=here"],
        ["--pod-namespace=here"],
        ["--continue-without-custom-resource-state-config-file"],
        ["--shard=1", "--total-shards=2", "--object-limit=5", "--use-apiserver-cache", "--namespaces=a"],
        ["--node=a", "--resources=pods"],
        ["--track-unscheduled-pods", "--resources=pods"],
    ],
    ids=" ".join,
)
def test_what_can_be_served(argv: list[str]) -> None:
    assert not_built_yet(parse(argv)) == ()


@pytest.mark.parametrize("argv", [argv for argv, _ in REFUSED], ids=" ".join)
def test_render_takes_the_flags_of_a_deployment_as_they_are(argv: list[str], tmp_path: Path) -> None:
    manifest = tmp_path / "pod.yaml"
    manifest.write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\n")
    assert main(["render", *argv, str(manifest)]) == 0
