"""Every recorded flag of kube-state-metrics: its spellings, default and config key."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergauge.options import FLAGS, Options, parse
from evergauge.options.flag import Flag
from evergauge.options.grammar import read_line
from support.conformance import conformance

RECORDED: list[dict[str, Any]] = json.loads((conformance() / "flags.json").read_text(encoding="utf-8"))
BY_NAME = {flag.name: flag for flag in FLAGS}

# A value that isn't the default, for each type.
TEXTS = {
    "bool": "true",
    "string": "some",
    "int": "9",
    "int32": "0",
    "uint": "7",
    "float": "0.5",
    "duration": "1m30s",
    "severity": "WARNING",
    "Level": "4",
    "traceLocation": "main.go:12",
    "moduleSpec": "watch=3,list=2",
}
TEXTS_BY_NAME = {
    "config": "/dev/null",
    "legacy_stderr_threshold_behavior": "false",
    "logtostderr": "false",
    "metric-annotations-allowlist": "pods=[owner]",
    "metric-labels-allowlist": "pods=[app]",
    "resources": "pods",
    "shard": "0",
}


def text_for(name: str) -> str:
    return TEXTS_BY_NAME.get(name, TEXTS[BY_NAME[name].type.name])


def spellings(flag: Flag, text: str) -> list[list[str]]:
    dashes = [f"--{flag.name}", *([f"-{flag.short}"] if flag.short else [])]
    if flag.type.is_switch:
        alone = [[word] for word in dashes] if text == "true" else []
        return alone + [[f"{word}={text}"] for word in dashes]
    glued = [[f"-{flag.short}{text}"]] if flag.short else []
    return [[f"{word}={text}"] for word in dashes] + [[word, text] for word in dashes] + glued


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda r: r["flag"])
def test_a_recorded_flag_has_its_type_default_and_config_key(recorded: dict[str, Any]) -> None:
    flag = BY_NAME[recorded["flag"]]
    assert {
        "flag": flag.name,
        "short": flag.short or None,
        "type": flag.type.name,
        "default": flag.default_text,
        "config_key": flag.key or None,
    } == recorded
    assert not flag.since


@pytest.mark.parametrize("name", [recorded["flag"] for recorded in RECORDED])
def test_a_recorded_flag_is_read_in_each_spelling(name: str) -> None:
    flag, text = BY_NAME[name], text_for(name)
    expected = flag.type.read(text)
    for argv in spellings(flag, text):
        line = read_line(argv, FLAGS)
        assert [(given.flag, given.value()) for given in line.given] == [(flag, expected)], argv
        assert line.words == []
        options = parse([*argv, *(["--resources=pods"] if name in ("node", "track-unscheduled-pods") else [])])
        if flag.attribute:
            assert getattr(options, flag.attribute) == expected, argv


@pytest.mark.parametrize("name", [recorded["flag"] for recorded in RECORDED if recorded["config_key"]])
def test_a_recorded_config_key_does_what_its_flag_does(name: str, tmp_path: Path) -> None:
    flag, text = BY_NAME[name], text_for(name)
    pods = ["--resources=pods"] if name in ("node", "track-unscheduled-pods") else []
    file = tmp_path / "config.yaml"
    file.write_text(f"{flag.key}: {text if flag.type.is_switch else json.dumps(text)}\n")
    by_flag, by_file = parse([f"--{name}={text}", *pods]), parse([f"--config={file}", *pods])
    if flag.attribute:
        assert getattr(by_file, flag.attribute) == getattr(by_flag, flag.attribute) == flag.type.read(text)
    assert by_file.notes == by_flag.notes


def test_only_own_flags_say_since_when() -> None:
    recorded = {entry["flag"] for entry in RECORDED}
    assert {flag.name for flag in FLAGS if flag.since} == {flag.name for flag in FLAGS} - recorded


def test_names_letters_keys_and_attributes_are_unique() -> None:
    for column in ("name", "short", "key", "attribute"):
        values = [getattr(flag, column) for flag in FLAGS if getattr(flag, column)]
        assert len(values) == len(set(values)), column


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ([], {}),
        (["--resources=pods", "--resources", "nodes,pods"], {"resources": ("pods", "nodes")}),
        (["--resources=", "--namespaces="], {"namespaces": ()}),
        (["--namespaces=a, b ,,a"], {"namespaces": ("a", "b")}),
        (["--port=1", "--port=2"], {"port": 2}),
        (["-v=2", "-v", "5"], {"v": 5}),
        (["-v7"], {"v": 7}),
        (["--auth-filter", "--auth-filter=F"], {"auth_filter": False}),
        (["--host="], {"host": ""}),
        (["--host", "--port"], {"host": "--port"}),
        (["--node=a=b", "--resources=pods"], {"node": "a=b", "resources": ("pods",)}),
        (["--custom-resource-state-only"], {"custom_resource_state_only": True, "resources": ()}),
        (
            ["--metric-labels-allowlist=pods=[a]", "--metric-labels-allowlist=nodes=[b]"],
            {"labels_allowlist": {"nodes": ("b",)}},
        ),
    ],
    ids=str,
)
def test_a_command_line_gives_options(argv: list[str], expected: dict[str, object]) -> None:
    assert parse(argv) == Options(**expected)  # type: ignore[arg-type]  # each row is right by itself


@pytest.mark.parametrize(
    ("argv", "given", "words"),
    [
        (["render", "-", "--port=1", "a.yaml"], ["--port"], ["render", "-", "a.yaml"]),
        (["-hv2", "x"], ["-h", "-v"], ["x"]),
        (["--help", "x"], ["--help"], ["x"]),
        (["--", "--port=1", "-v"], [], ["--port=1", "-v"]),
        (["a", "--", "--", "b"], [], ["a", "--", "b"]),
        ([""], [], [""]),
    ],
    ids=str,
)
def test_flags_and_words_are_told_apart(argv: list[str], given: list[str], words: list[str]) -> None:
    line = read_line(argv, FLAGS)
    assert [entry.written for entry in line.given] == given
    assert line.words == words


@given(
    st.lists(st.tuples(st.sampled_from([f for f in FLAGS if not f.type.is_switch]), st.text(max_size=8), st.booleans()))
)
def test_any_values_are_found_again(flags: list[tuple[Flag, str, bool]]) -> None:
    argv = [
        word
        for flag, text, glued in flags
        for word in ([f"--{flag.name}={text}"] if glued else [f"--{flag.name}", text])
    ]
    line = read_line(argv, FLAGS)
    assert [(entry.flag, entry.text) for entry in line.given] == [(flag, text) for flag, text, _ in flags]


def test_allowlists_answer_for_a_resource() -> None:
    options = parse(
        ["--metric-labels-allowlist=pods=[app,team/*],nodes=[]", "--metric-annotations-allowlist=*=[*],pods=[a]"]
    )
    assert [options.labels_for(name) for name in ("pods", "nodes", "secrets")] == [("app", "team/*"), (), None]
    assert [options.annotations_for(name) for name in ("pods", "nodes")] == [("*",), ("*",)]


def test_options_are_frozen() -> None:
    with pytest.raises(AttributeError):
        parse([]).port = 1  # type: ignore[misc]  # what is tested
