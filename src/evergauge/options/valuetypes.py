"""The types of flag values: how a text is read, and how a value is written.

The spellings are Go's, as flags of kube-state-metrics have them: `strconv.ParseBool`, `strconv.ParseInt` with base 0,
`time.ParseDuration`. Every reader raises ValueError with what is allowed ("must be ...").
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

T = TypeVar("T")
S = TypeVar("S", bound=str)


@dataclass(frozen=True, slots=True)
class Type(Generic[T]):
    """A type of flag values.

    name: as `--help` shows it. read: the value of one text. show: its text in `--help` and reference page.
    join: the value of a flag given twice; without it the last one holds.
    from_items: the value of a YAML list (or of a YAML map's keys). from_map: the value of a YAML map of lists.
    choices: all texts, where they can be counted. files: the text is the path of a file.
    """

    name: str
    read: Callable[[str], T]
    show: Callable[[T], str] = str
    join: Callable[[T, T], T] | None = None
    from_items: Callable[[Sequence[str]], T] | None = None
    from_map: Callable[[Mapping[str, Sequence[str]]], T] | None = None
    choices: tuple[str, ...] = ()
    files: bool = False

    @property
    def is_switch(self) -> bool:
        """Whether the flag alone means true, so that it never takes the next word as its value."""
        return self.name == "bool"

    @property
    def placeholder(self) -> str:
        """What stands for the value in `--help`."""
        if self.choices:
            return "|".join(self.choices)
        if self.files:
            return "file"
        return "list" if self.from_items or self.from_map else self.name.lower()


# Booleans and numbers

_BOOLS = dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True) | dict.fromkeys(
    ("0", "f", "F", "FALSE", "false", "False"), False
)


def read_bool(text: str) -> bool:
    """A boolean in one of the spellings of Go's ParseBool."""
    if text not in _BOOLS:
        raise ValueError("must be true or false")
    return _BOOLS[text]


_GO_OCTAL = re.compile(r"([+-]?)0([0-7_]+)")


def integer(name: str, low: int, high: int, *, base: int = 0, show: Callable[[int], str] = str) -> Type[int]:
    """Whole numbers from `low` to `high`. base 0: Go's prefixes (0x, 0o, 0b, a leading 0 for octal) and underscores."""

    def read(text: str) -> int:
        octal = _GO_OCTAL.fullmatch(text)
        try:
            value = int(f"{octal[1]}0o{octal[2]}" if octal and not base else text, base)
        except ValueError:
            value = None
        if value is None or text != text.strip() or (base and "_" in text) or not low <= value <= high:
            raise ValueError(f"must be a whole number{_range(low, high)}")
        return value

    return Type(name, read, show=show)


def _range(low: int, high: int) -> str:
    if low < 0:
        return ""
    return f" of {low} or more" if high >= 2**31 - 1 else f" from {low} to {high}"


def read_float(text: str) -> float:
    """A number as Go's ParseFloat reads it."""
    try:
        return float(text.strip("_ "))
    except ValueError:
        raise ValueError("must be a number") from None


# Durations

_SECONDS = {
    "ns": Decimal("1e-9"),
    "us": Decimal("1e-6"),
    "µs": Decimal("1e-6"),
    "μs": Decimal("1e-6"),
    "ms": Decimal("1e-3"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
}
_PART = r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)"
_DURATION = re.compile(rf"\+?(?:{_PART})+", re.ASCII)


def read_duration(text: str) -> float:
    """Seconds of a Go duration: `1m30s`, `300ms`, `1.5h`, `0`."""
    if text in ("0", "+0", "-0"):
        return 0.0
    if not _DURATION.fullmatch(text):
        raise ValueError("must be a duration such as 30s, 1m30s or 300ms, not negative")
    return float(sum(Decimal(number) * _SECONDS[unit] for number, unit in re.findall(_PART, text)))


def show_duration(seconds: float) -> str:
    """The duration as Go writes it: 300.0 is `5m0s`, 0.3 is `300ms`."""
    if 0 < seconds < 1:
        return f"{seconds * 1000:g}ms"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{f'{hours}h' if hours else ''}{f'{minutes}m' if hours or minutes else ''}{rest:g}s"


# Lists and choices


def unique(items: Sequence[str]) -> tuple[str, ...]:
    """The items without surrounding blanks, empty ones and repetitions, in order (as kube-state-metrics' sets)."""
    return tuple(dict.fromkeys(item.strip() for item in items if item.strip()))


def choice(*texts: S) -> Type[S]:
    """One of these texts."""

    def read(text: str) -> S:
        for known in texts:
            if text == known:
                return known
        raise ValueError(f"must be one of {', '.join(texts)}")

    return Type("string", read, choices=texts)


def pattern(name: str, regex: str, allowed: str) -> Type[str]:
    """A text of this form. allowed: what the error says is allowed."""

    def read(text: str) -> str:
        if not re.fullmatch(regex, text):
            raise ValueError(f"must be {allowed}")
        return text

    return Type(name, read)


BOOL = Type("bool", read_bool, show=lambda value: "true" if value else "false")
STRING = Type("string", str)
PATH = Type("string", str, files=True)
PORT = integer("int", 0, 65535)
SHARD = integer("int32", 0, 2**31 - 1)
POSITIVE = integer("int", 1, 2**31 - 1)
COUNT = integer("int", 0, 2**63 - 1)
UINT = integer("uint", 0, 2**64 - 1)
LEVEL = integer("Level", -(2**31), 2**31 - 1, base=10, show=lambda level: str(level or ""))
FLOAT = Type("float", read_float)
DURATION = Type("duration", read_duration, show=show_duration)
LIST = Type(
    "string",
    read=lambda text: unique(text.split(",")),
    show=",".join,
    join=lambda first, second: unique((*first, *second)),
    from_items=unique,
)
