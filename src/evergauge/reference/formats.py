"""Families as text: what `evergauge metrics` prints."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby

from evergauge.reference.families import Row

Cells = Sequence[str]


def as_table(rows: Sequence[Row]) -> str:
    """Aligned columns."""
    heading: Cells = ("RESOURCE", "FAMILY", "TYPE", "STABILITY", "OPT-IN")
    cells = [heading, *((r.kind.resource, r.family.name, r.family.type, r.status, _yes(r.family.opt_in)) for r in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n" for row in cells
    )


def as_json(rows: Sequence[Row]) -> str:
    """A list of objects."""
    objects = [
        {
            "resource": row.kind.resource,
            "name": row.family.name,
            "type": row.family.type,
            "stability": row.family.stability,
            "opt_in": row.family.opt_in,
            "deprecated": row.family.deprecated,
        }
        for row in rows
    ]
    return json.dumps(objects, indent=2) + "\n"


def as_markdown(rows: Sequence[Row]) -> str:
    """A heading and a table for each resource."""
    parts: list[str] = []
    for resource, members in groupby(rows, key=lambda row: row.kind.resource):
        group = list(members)
        parts += [f"## {resource}", "", identity(group), "", *table(group), ""]
    return "\n".join(parts)


def identity(rows: Sequence[Row]) -> str:
    """A sentence about the labels that all samples of a kind have."""
    return f"Each sample has the labels {', '.join(f'`{name}`' for name in rows[0].kind.identity)}; the table has what comes beside them."


def table(rows: Sequence[Row]) -> Iterator[str]:
    """The lines of a Markdown table."""
    yield "| family | type | stability | labels | opt-in | help |"
    yield "|---|---|---|---|---|---|"
    for row in rows:
        labels = ", ".join(f"`{name}`" for name in row.labels)
        family = row.family
        yield f"| `{family.name}` | {family.type} | {row.status} | {labels} | {_yes(family.opt_in)} | {escaped(family.description)} |"


def escaped(text: str) -> str:
    """Plain text in a Markdown table."""
    return text.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")


def _yes(value: bool) -> str:  # noqa: FBT001 (a cell's value)
    return "yes" if value else ""


FORMATS: Mapping[str, Callable[[Sequence[Row]], str]] = {"table": as_table, "json": as_json, "markdown": as_markdown}
"""By the name that `--output` takes."""
