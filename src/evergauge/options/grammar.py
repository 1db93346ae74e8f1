"""The grammar of the command line: pflag's, as kube-state-metrics has it.

    --flag=value  --flag value  --switch  --switch=false  -v=2  -v 2  -v2  -hv2  --

Flags and words may be mixed; after `--` all are words. A switch never takes the next word. A flag may be given again.
No library for Python reads this (docs/decisions/0002-command-line.md).
"""

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, NamedTuple

from evergauge.errors import UsageError
from evergauge.options.flag import Flag


class Given(NamedTuple):
    """One flag as it was given. written: with its dashes."""

    flag: Flag
    written: str
    text: str

    def value(self) -> Any:  # noqa: ANN401 (the flag's type decides)
        """What the text means. Raises UsageError, which names the flag and what is allowed."""
        try:
            return self.flag.type.read(self.text)
        except ValueError as error:
            raise UsageError(f"{self.written}={one_line(self.text)}: {error}") from None


@dataclass(slots=True)
class Line:
    """A command line taken apart: the flags in order, and the words between them."""

    given: list[Given] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


def read_line(argv: Sequence[str], flags: Sequence[Flag]) -> Line:
    """Take the arguments apart; values are not read yet. Raises UsageError for an unknown flag or a missing value."""
    names = {flag.name: flag for flag in flags}
    letters = {flag.short: flag for flag in flags if flag.short}
    line, rest = Line(), deque(argv)
    while rest:
        word = rest.popleft()
        if word == "--":
            line.words.extend(rest)
            break
        if word.startswith("--"):
            line.given.append(_long(word, rest, names))
        elif word.startswith("-") and word != "-":
            line.given.extend(_short(word, rest, letters, names))
        else:
            line.words.append(word)
    return line


def _long(word: str, rest: deque[str], names: dict[str, Flag]) -> Given:
    name, equals, text = word[2:].partition("=")
    flag = names.get(name)
    if not flag:
        raise UsageError(f"unknown flag --{one_line(name)}{hint(name, names, '--')}")
    return Given(flag, f"--{name}", text if equals else _next(flag, f"--{name}", rest))


def _short(word: str, rest: deque[str], letters: dict[str, Flag], names: dict[str, Flag]) -> Iterator[Given]:
    cluster = word[1:]
    while cluster:
        letter, cluster = cluster[0], cluster[1:]
        flag = letters.get(letter)
        if not flag:
            meant = word[1:].partition("=")[0]
            raise UsageError(f"unknown flag -{one_line(letter)} in {one_line(word)}{hint(meant, names, '--')}")
        if cluster.startswith("="):
            text, cluster = cluster[1:], ""
        elif cluster and not flag.type.is_switch:
            text, cluster = cluster, ""
        else:
            text = _next(flag, f"-{letter}", rest)
        yield Given(flag, f"-{letter}", text)


def _next(flag: Flag, written: str, rest: deque[str]) -> str:
    """The value of a flag that stands alone."""
    if flag.type.is_switch:
        return "true"
    if not rest:
        raise UsageError(f"{written} needs a value ({flag.type.name})")
    return rest.popleft()


def hint(name: str, known: Collection[str], dashes: str = "") -> str:
    """The nearest known name, as the end of a message; empty when none is near."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {dashes}{near[0]}?" if near else ""


def one_line(text: str) -> str:
    """The text as part of a message of one line, cut when it is long."""
    shown = text if text.isprintable() else repr(text)
    return shown if len(shown) <= 200 else f"{shown[:200]}…"


def switch_hint(argv: Sequence[str], word: str) -> str:
    """What to write instead of `--switch false`, as the end of a message; empty when that isn't the matter."""
    position = list(argv).index(word)
    before = argv[position - 1] if position else ""
    if word in ("true", "false") and before.startswith("-"):
        return f"; a switch takes its value with an equals sign: {before}={word}"
    return ""
