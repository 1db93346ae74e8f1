"""The file of `--config`."""

import re
from pathlib import Path

import pytest

from evergauge.errors import ConfigFileError
from evergauge.options import Options, parse


def options(text: str, tmp_path: Path, *argv: str) -> Options:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    return parse([f"--config={file}", *argv])


@pytest.mark.parametrize(
    ("text", "argv", "attribute", "value"),
    [
        ("port: 9090", ["--port=1"], "port", 9090),
        ("host: ''", ["--host=::1"], "host", ""),
        ("host:", ["--host=::1"], "host", "::1"),
        ("", ["--port=1"], "port", 1),
        ("# nothing", [], "port", 8080),
        ("enable_gzip_encoding: yes", [], "enable_gzip_encoding", True),
        ("enable_gzip_encoding: False", ["--enable-gzip-encoding"], "enable_gzip_encoding", False),
        ("node: 12\nresources: [pods]", [], "node", "12"),
        ("node: on\nresources: [pods]", [], "node", "on"),
        ("server_read_timeout: 1m30s", [], "server_read_timeout", 90.0),
        ("resources: [pods, nodes]", ["--resources=secrets"], "resources", ("pods", "nodes")),
        ("resources: {pods: {}, nodes: }", [], "resources", ("pods", "nodes")),
        ("resources: pods,nodes", [], "resources", ("pods", "nodes")),
        ("resources: []", ["--resources=secrets"], "resources", ("secrets",)),
        ("metric_allowlist: {'kube_pod_.{1,2}': }", [], "metric_allowlist", ("kube_pod_.{1,2}",)),
        ("namespaces: [a, 2024-01-01]", [], "namespaces", ("a", "2024-01-01")),
        ("namespace: here\npod: me", [], "pod_namespace", "here"),
        (
            "labels_allow_list: {pods: [app, team/*], nodes: }",
            [],
            "labels_allowlist",
            {"pods": ("app", "team/*"), "nodes": ()},
        ),
        ("annotations_allow_list: pods=[app]", [], "annotations_allowlist", {"pods": ("app",)}),
        ("labels_allow_list: {}", ["--metric-labels-allowlist=pods=[a]"], "labels_allowlist", {"pods": ("a",)}),
        ("custom_resource_config: |\n  kind: X\n", [], "custom_resource_state_config", "kind: X\n"),
        (
            "custom_resource_config_file: a\ncustom_resource_state_config_file: b",
            [],
            "custom_resource_state_config_file",
            "b",
        ),
        (
            "custom_resource_state_config_file: b\ncustom_resource_config_file: a",
            [],
            "custom_resource_state_config_file",
            "b",
        ),
        ("custom_resource_config_file: a", [], "custom_resource_state_config_file", "a"),
        ("log_format: json", [], "log_format", "json"),
    ],
)
def test_a_key_takes_precedence_over_its_flag(
    text: str, argv: list[str], attribute: str, value: object, tmp_path: Path
) -> None:
    assert getattr(options(text, tmp_path, *argv), attribute) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("port: 1\nprot: 2", "FILE:2: unknown key prot; did you mean port?"),
        ("zzzzz: 2", "FILE:1: unknown key zzzzz"),
        ("help: true", "FILE:1: unknown key help"),
        ("port: 1\nport: 2", "FILE:2: port stands twice"),
        ("port: http", "FILE:1: port: must be a whole number from 0 to 65535"),
        ("port: [1]", "FILE:1: port: must be one int"),
        ("port: {a: 1}", "FILE:1: port: must be one int"),
        (
            "server_idle_timeout: 5",
            "FILE:1: server_idle_timeout: must be a duration such as 30s, 1m30s or 300ms, not negative",
        ),
        ("enable_gzip_encoding: maybe", "FILE:1: enable_gzip_encoding: must be true or false"),
        ("namespaces:\n- a\n- [b]", "FILE:2: namespaces: must be a list of texts"),
        ("labels_allow_list: [pods]", "FILE:1: labels_allow_list: must be a map of lists"),
        ("labels_allow_list: {pods: app}", "FILE:1: labels_allow_list: must be a list of texts"),
        (
            "labels_allow_list:\n  pods: [a*b*]",
            "FILE:2: labels_allow_list: must be like pods=[app,team/*],nodes=[*]: only one * in a key, not 'a*b*'",
        ),
        ("- port", "FILE:1: must be a map of options by key"),
        ("port: 1\n  host: [", "FILE:2: no YAML: mapping values are not allowed in this context"),
        ("auto-gomemlimit: much", "FILE:1: auto-gomemlimit: must be true or false"),
    ],
)
def test_a_bad_file_is_named_with_line_and_key(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigFileError) as caught:
        options(text, tmp_path)
    assert str(caught.value) == message.replace("FILE", str(tmp_path / "config.yaml"))


def test_contradictions_are_found_across_flags_and_file(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"^--metric-allowlist and --metric-denylist exclude each other"):
        options("metric_denylist: [b]", tmp_path, "--metric-allowlist=a")


def test_a_missing_file_is_an_error_unless_it_may_come_later(tmp_path: Path) -> None:
    file = tmp_path / "none.yaml"
    with pytest.raises(
        ConfigFileError, match=r"there is no such file \(--continue-without-config starts without it\)$"
    ):
        parse([f"--config={file}"])
    assert parse([f"--config={file}", "--continue-without-config"]).notes == (
        f"--config={file}: there is no such file; the flags alone hold",
    )


def test_a_file_that_can_not_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigFileError, match=rf"^--config={re.escape(str(tmp_path))}: Is a directory$"):
        parse([f"--config={tmp_path}"])
    (tmp_path / "x").write_bytes(b"host: \xff")
    with pytest.raises(ConfigFileError, match="codec can't decode"):
        parse([f"--config={tmp_path / 'x'}"])


def test_keys_without_effect_and_deprecated_ones_are_noted(tmp_path: Path) -> None:
    assert options("auto-gomemlimit: true\ncustom_resource_config_file: a", tmp_path, "--skip_headers").notes == (
        f"{tmp_path / 'config.yaml'}:2: custom_resource_config_file is deprecated, write custom_resource_state_config_file",
        (
            "without effect: --auto-gomemlimit (Evergauge isn't written in Go and keeps its memory flat by itself); "
            "--skip_headers (Evergauge logs to standard error only, see --log-format)"
        ),
    )
