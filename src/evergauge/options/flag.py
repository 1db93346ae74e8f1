"""One row of the table of options: a flag, and a field of a frozen dataclass."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from evergauge.options.valuetypes import Type

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Flag:
    """One option.

    name: without dashes. short: one letter, or empty. type: how its text is read. default: the value when it isn't given.
    key: in the file of `--config`; empty where it can't stand there. group: its heading in help and reference page.
    since: the version that brought it, for flags that kube-state-metrics doesn't have. command: the only one that takes it, empty for all.
    no_effect: why it does nothing here. attribute: the field of the dataclass, empty where there is none.
    """

    name: str
    type: Type[Any]
    default: Any
    description: str
    group: str = ""
    short: str = ""
    key: str = ""
    since: str = ""
    command: str = ""
    no_effect: str = ""
    attribute: str = ""

    @property
    def default_text(self) -> str:
        """The default as it would be written on the command line."""
        return self.type.show(self.default)


def flag(
    type_: Type[T],
    default: T,
    description: str,
    *,
    name: str = "",
    key: str | None = None,
    group: str = "",
    short: str = "",
    since: str = "",
    command: str = "",
) -> T:
    """The field of a dataclass that one flag fills.

    name and key follow from the field's name (`total_shards`: `--total-shards`, `total_shards`) unless they are given; key="" for none.
    """
    row = Flag(
        name=name,
        type=type_,
        default=default,
        description=description,
        group=group,
        short=short,
        key="*" if key is None else key,
        since=since,
        command=command,
    )
    return field(default_factory=lambda: default, metadata={Flag: row})


def rows_of(table: type) -> Iterator[Flag]:
    """The flags of a dataclass, in its order, with the names that follow from the fields."""
    for entry in fields(table):
        row = entry.metadata.get(Flag)
        if row:
            name = row.name or entry.name.replace("_", "-")
            yield replace(row, name=name, key=entry.name if row.key == "*" else row.key, attribute=entry.name)
