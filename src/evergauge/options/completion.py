"""Completion scripts for bash, zsh and fish, from the table."""

from collections.abc import Callable, Mapping

from evergauge.options.flag import Flag
from evergauge.options.resources import RESOURCES
from evergauge.options.table import ALL_FLAGS

_BASH = """\
# bash completion for evergauge: source <(evergauge completion bash)
_evergauge() {{
    local current="${{COMP_WORDS[COMP_CWORD]}}" flag="${{COMP_WORDS[COMP_CWORD - 1]}}" equals=
    if [[ $current == "=" ]]; then
        current="" equals=1
    elif [[ $flag == "=" ]]; then
        flag="${{COMP_WORDS[COMP_CWORD - 2]}}" equals=1
    fi
    COMPREPLY=()
    case "$flag" in
{choices}
        {files})
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return ;;
        {values})
            return ;;
        {switches})
            if [[ $equals ]]; then
                mapfile -t COMPREPLY < <(compgen -W "true false" -- "$current")
                return
            fi ;;
        completion)
            mapfile -t COMPREPLY < <(compgen -W "bash zsh fish" -- "$current")
            return ;;
    esac
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "{flags}" -- "$current")
    elif ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W "{commands}" -- "$current")
    else
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    fi
}}
complete -F _evergauge evergauge
"""
_BASH_CHOICE = """\
        {name})
            mapfile -t COMPREPLY < <(compgen -W "{texts}" -- "$current")
            return ;;"""

_ZSH = """\
#compdef evergauge
# zsh completion for evergauge: source <(evergauge completion zsh), or a file _evergauge in $fpath
_evergauge() {{
    local -a commands
    commands=(
{commands}
    )
    _arguments -s \\
{flags} \\
        '1: :{{_describe command commands}}' \\
        '*:file:_files'
}}
if [[ $funcstack[1] == _evergauge ]]; then
    _evergauge "$@"
else
    compdef _evergauge evergauge
fi
"""


def bash(commands: Mapping[str, str]) -> str:
    """The script for bash. commands: their summaries by name."""
    dashed = {f"--{flag.name}": flag for flag in ALL_FLAGS}

    def those(which: Callable[[Flag], bool]) -> str:
        return "|".join(name for name, flag in dashed.items() if which(flag))

    return _BASH.format(
        choices="\n".join(
            _BASH_CHOICE.format(name=n, texts=" ".join(_texts(f))) for n, f in dashed.items() if _texts(f)
        ),
        files=those(lambda flag: flag.type.files),
        values=those(lambda flag: not (flag.type.is_switch or flag.type.files or _texts(flag))),
        switches=those(lambda flag: flag.type.is_switch),
        flags=" ".join(dashed),
        commands=" ".join(commands),
    )


def zsh(commands: Mapping[str, str]) -> str:
    """The script for zsh."""
    return _ZSH.format(
        commands="\n".join(f"        {_quoted(f'{name}:{summary}')}" for name, summary in commands.items()),
        flags=" \\\n".join(f"        {_quoted(_zsh_flag(flag))}" for flag in ALL_FLAGS),
    )


def _zsh_flag(flag: Flag) -> str:
    text = _summary(flag).replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")
    if flag.type.is_switch:
        return f"--{flag.name}[{text}]"
    values = "_files" if flag.type.files else f"({' '.join(_texts(flag))})" if _texts(flag) else ""
    return f"--{flag.name}=[{text}]:{flag.type.name}:{values}"


def fish(commands: Mapping[str, str]) -> str:
    """The script for fish."""
    lines = ["# fish completion for evergauge: evergauge completion fish | source"]
    for name, summary in commands.items():
        lines.append(f"complete -c evergauge -n __fish_use_subcommand -f -a {name} -d {_quoted(summary)}")
    lines.append("complete -c evergauge -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'")
    for flag in ALL_FLAGS:
        line = f"complete -c evergauge -l {flag.name}{f' -s {flag.short}' if flag.short else ''} -d {_quoted(_summary(flag))}"
        if not flag.type.is_switch:
            values = f" -a {_quoted(' '.join(_texts(flag)))}" if _texts(flag) else ""
            line += " -r -F" if flag.type.files else f" -x{values}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def _texts(flag: Flag) -> tuple[str, ...]:
    """All values of a flag, where they can be counted."""
    return RESOURCES if flag.name == "resources" else flag.type.choices


def _summary(flag: Flag) -> str:
    """The first sentence of a flag's description."""
    return flag.description.partition(". ")[0].removesuffix(".")


def _quoted(text: str) -> str:
    """A text in single quotes, for all three shells."""
    return "'" + text.replace("'", "'\\''") + "'"


SHELLS = {"bash": bash, "zsh": zsh, "fish": fish}
