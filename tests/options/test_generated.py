"""What is made from the table: help, reference page, completion scripts."""

import subprocess

import pytest

from evergauge.cli import COMMANDS
from evergauge.options.completion import bash, fish, zsh
from evergauge.options.flag import rows_of
from evergauge.options.help import command_help, help_text
from evergauge.options.reference import page
from evergauge.options.table import ALL_FLAGS, FLAGS, GROUPS, RenderOptions

SUMMARIES = {name: command.summary for name, command in COMMANDS.items()}


@pytest.mark.parametrize("width", [20, 80, 200])
def test_help_lists_each_flag_group_and_command_within_the_width(width: int) -> None:
    text = help_text(SUMMARIES, width)
    words = {word.strip(",:") for word in text.split()}
    assert {f"--{flag.name}" for flag in FLAGS} <= words
    assert all(f"\n{group}:\n" in text for group in GROUPS)
    assert set(COMMANDS) <= words
    assert max(map(len, text.splitlines())) <= max(72, min(width, 110))


def test_help_shows_type_default_and_letter() -> None:
    lines = " ".join(help_text(SUMMARIES, 110).split())
    assert "--port int The port on which metrics are served. (default 8080)" in lines
    assert "-v, --v level How much is logged" in lines
    assert "--log-format auto|text|json How" in lines
    assert (
        "--server-idle-timeout duration The time to wait for the next request on a connection; 0 for no limit. (default 5m0s)"
        in lines
    )
    assert "--kubeconfig file The" in lines


def test_each_flag_is_in_a_group_or_without_effect() -> None:
    assert [flag.name for flag in FLAGS if (flag.group in GROUPS) == bool(flag.no_effect)] == []


def test_the_help_of_a_command_lists_its_own_flags() -> None:
    text = command_help("evergauge render", "What it does.", list(rows_of(RenderOptions)), 80)
    assert text.startswith("Usage: evergauge render\n\nWhat it does.\n\nFlags:\n")
    assert "--ignore-unknown" in text
    assert "--openmetrics" in text


def test_the_reference_page_has_each_flag_with_its_key() -> None:
    rows = {line.split("|")[1].split("`")[-2]: line for line in page().splitlines() if line.startswith("| `-")}
    assert set(rows) == {f"--{flag.name}" for flag in ALL_FLAGS}
    assert all(f"`{flag.key}`" in rows[f"--{flag.name}"] for flag in ALL_FLAGS if flag.key)


def complete(words: list[str]) -> list[str]:
    """What bash offers for the last of these words, split as bash splits them (at = too)."""
    script = f"""
{bash(SUMMARIES)}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _evergauge 2>/dev/null; printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(["bash", "-c", script, "bash", *words], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["evergauge", ""], list(COMMANDS)),
        (["evergauge", "re"], ["render"]),
        (["evergauge", "--telem"], ["--telemetry-host", "--telemetry-port"]),
        (["evergauge", "--resources", "node"], ["nodes"]),
        (["evergauge", "--resources", "=", "node"], ["nodes"]),
        (["evergauge", "--log-format", "="], ["auto", "text", "json"]),
        (["evergauge", "--auth-filter", "=", "f"], ["false"]),
        (["evergauge", "--auth-filter", "--no"], ["--node"]),
        (["evergauge", "--port", ""], []),
        (["evergauge", "completion", "z"], ["zsh"]),
        (["evergauge", "render", "/dev/nul"], ["/dev/null"]),
        (["evergauge", "--kubeconfig", "=", "/dev/nul"], ["/dev/null"]),
    ],
    ids=" ".join,
)
def test_bash_completes(words: list[str], expected: list[str]) -> None:
    assert complete(words) == expected


def test_the_bash_script_is_sound() -> None:
    subprocess.run(["bash", "-n"], input=bash(SUMMARIES), text=True, check=True)


def test_zsh_and_fish_scripts_know_each_flag_and_command() -> None:
    for script, form in ((zsh(SUMMARIES), "'--{}"), (fish(SUMMARIES), " -l {} ")):
        assert [flag.name for flag in ALL_FLAGS if form.format(flag.name) not in script] == []
        assert [name for name in COMMANDS if name not in script] == []
    assert "'--port=[The port on which metrics are served]:int:'" in zsh(SUMMARIES)
    assert (
        "complete -c evergauge -l log-format -d 'How it is logged: text, json, or auto for text on a terminal and JSON elsewhere' -x -a 'auto text json'"
        in fish(SUMMARIES)
    )
    # Quoting is the same in all three shells, so bash vouches for it.
    for script in (zsh(SUMMARIES), fish(SUMMARIES)):
        quoted = "\n".join(line.strip().removesuffix("\\") for line in script.splitlines() if "'" in line)
        subprocess.run(["bash", "-n"], input=f"x() {{ :\n{quoted}\n}}", text=True, check=True)
