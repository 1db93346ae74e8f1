"""The text of `--help`, from the table."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from evergauge.options.flag import Flag
from evergauge.options.table import FLAGS, GROUPS

_COLUMN = 34


def help_text(commands: Mapping[str, str], width: int) -> str:
    """What `evergauge --help` says. commands: their summaries by name; width: the terminal's columns."""
    width = max(72, min(width, 110))
    lines = [
        "Evergauge serves the state of Kubernetes objects as Prometheus metrics.",
        "",
        "Usage: evergauge [flags]              serve",
        "       evergauge COMMAND [flags] …    one of the following",
        "",
        *(line for name, summary in commands.items() for line in _entry(name, summary, width)),
    ]
    for group in GROUPS:
        lines += ["", f"{group}:", *_group([flag for flag in FLAGS if flag.group == group], width)]
    ignored = ", ".join(f"--{flag.name}" for flag in FLAGS if flag.no_effect)
    lines += ["", "Accepted from kube-state-metrics, without effect:"]
    lines += textwrap.wrap(ignored, width, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    lines += ["", "`evergauge COMMAND --help` says more about a command."]
    return "\n".join(lines) + "\n"


def command_help(usage: str, summary: str, flags: Sequence[Flag], width: int) -> str:
    """What `evergauge COMMAND --help` says."""
    width = max(72, min(width, 110))
    lines = [f"Usage: {usage}", "", *textwrap.wrap(summary, width)]
    if flags:
        lines += [
            "",
            "Flags:",
            *_group(flags, width),
            "",
            "The flags of `evergauge` itself hold too, see `evergauge --help`.",
        ]
    return "\n".join(lines) + "\n"


def _group(flags: Sequence[Flag], width: int) -> Iterator[str]:
    for flag in flags:
        letter = f"-{flag.short}, " if flag.short else "    "
        dashed = f"{letter}--{flag.name}{'' if flag.type.is_switch else f' {flag.type.placeholder}'}"
        default = flag.default_text.replace(",", ", ")
        shown = default if default not in ("", "false") and not flag.type.choices else ""
        yield from _entry(dashed, flag.description + (f" (default {shown})" if shown else ""), width)


def _entry(name: str, text: str, width: int) -> list[str]:
    """Name and text in two columns; a long name has a line of its own."""
    indent = " " * (_COLUMN + 2)
    wrapped = textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
    if len(name) >= _COLUMN:
        return [f"  {name}", *wrapped]
    return [f"  {name:<{_COLUMN}}{wrapped[0][len(indent) :]}", *wrapped[1:]]
