"""From the command line to `Options`: read, merged with the file of `--config`, checked."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from evergauge.errors import UsageError
from evergauge.options.check import check, notes
from evergauge.options.flag import rows_of
from evergauge.options.grammar import Given, one_line, read_line, switch_hint
from evergauge.options.resources import DEFAULT_RESOURCES, RESOURCES
from evergauge.options.table import FLAGS, IGNORED, Options

T = TypeVar("T")


def parse(argv: Sequence[str], *, known: Sequence[str] = RESOURCES) -> Options:
    """The options of a command line without the program's name; reads the file of `--config` where one is named.

    known: the resources that `--resources` and the allowlists may name.
    Raises UsageError, in one line that names the flag and what is allowed; ConfigFileError for the file.
    """
    line = read_line(argv, FLAGS)
    if line.words:
        raise UsageError(f"unexpected argument {one_line(line.words[0])}{switch_hint(argv, line.words[0])}")
    return options_of(line.given, known=known)


def options_of(given: Iterable[Given], *, known: Sequence[str] = RESOURCES) -> Options:
    """The options of flags already taken apart, those of single commands passed over. Raises as `parse`."""
    given = [entry for entry in given if not entry.flag.command]
    values = values_of(given)
    ignored = {entry.flag.name for entry in given} & {flag.name for flag in IGNORED}
    remarks: list[str] = []
    if values.get("config"):
        # Imported here because YAML costs start-up time, and most deployments use flags only.
        from evergauge.options.config import read_config  # noqa: PLC0415 (as above)

        file = read_config(values["config"], missing_ok=values.get("continue_without_config", False))
        values |= file.values
        ignored |= file.ignored
        remarks += file.notes
    settled = Options(**_settle(values))
    check(settled, known)
    return Options(**_settle(values), notes=(*remarks, *notes(settled, ignored)))


def _settle(values: Mapping[str, Any]) -> dict[str, Any]:
    """An empty list of resources means the default ones; `--custom-resource-state-only` means none."""
    resources = values.get("resources") or DEFAULT_RESOURCES
    only_custom = values.get("custom_resource_state_only", False)
    return {**values, "resources": () if only_custom else resources}


def values_of(given: Iterable[Given]) -> dict[str, Any]:
    """The values by attribute: of a flag given again all items, or the last one. Raises UsageError for a bad value."""
    values: dict[str, Any] = {}
    for entry in given:
        value, name = entry.value(), entry.flag.attribute
        join = entry.flag.type.join
        if name:
            values[name] = join(values[name], value) if join and name in values else value
    return values


def fill(table: type[T], given: Iterable[Given]) -> T:
    """A dataclass of flags filled from those given that are its own."""
    own = {row.name for row in rows_of(table)}
    return table(**values_of(entry for entry in given if entry.flag.name in own))
