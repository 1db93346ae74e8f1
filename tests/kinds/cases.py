"""The recorded cases: objects, flags, and the samples that kube-state-metrics v2.20.0 exposes for them."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from evergauge.kinds import KINDS

CONFORMANCE: Final = Path(__file__).parents[3] / "shared" / "conformance"

UNRECORDED: Final = {"upstream-case-0039": ("app",), "upstream-case-0040": ("app",)}
"""Allowlists, of labels and annotations alike, that were in force and are null in the record.

Their samples show labels and annotations, which kube-state-metrics never does without an allowlist. Its own test of Endpoints
gives the list to the store and not in the case's fields, where the recording looked.
"""

_LINE = re.compile(r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)')


class Flags(NamedTuple):
    """What is rendered with: a kind and the keys of its allowlists, None for a flag not given."""

    kind: str
    labels: tuple[str, ...] | None
    annotations: tuple[str, ...] | None

    def argv(self) -> list[str]:
        """The command line: this kind only, opt-in families included."""
        resource = next(kind.resource for kind in KINDS if kind.kind == self.kind)
        allowlists = {"metric-labels-allowlist": self.labels, "metric-annotations-allowlist": self.annotations}
        given = [f"--{flag}={resource}=[{','.join(keys)}]" for flag, keys in allowlists.items() if keys is not None]
        return [f"--resources={resource}", "--metric-opt-in-list=.", *given]


class Case(NamedTuple):
    """One object and its samples, as lines."""

    id: str
    flags: Flags
    object: dict[str, Any]
    samples: tuple[str, ...]

    def manifest(self) -> dict[str, Any]:
        """The object as the API has it."""
        kind = next(kind for kind in KINDS if kind.kind == self.flags.kind)
        return {"apiVersion": kind.api_version, "kind": kind.kind, **self.object}


@cache
def all_cases() -> tuple[Case, ...]:
    """The cases of all kinds there are."""
    known = {kind.kind for kind in KINDS}
    records = [json.loads(line) for line in (CONFORMANCE / "cases.jsonl").read_text().splitlines()]
    return tuple(
        Case(
            id=record["id"],
            flags=Flags(
                record["kind"],
                UNRECORDED.get(record["id"]) or _keys(record["labels_allowlist"]),
                UNRECORDED.get(record["id"]) or _keys(record["annotations_allowlist"]),
            ),
            object=record["object"],
            samples=tuple(record["samples"]),
        )
        for record in records
        if record["kind"] in known
    )


def _keys(keys: list[str] | None) -> tuple[str, ...] | None:
    return None if keys is None else tuple(keys)


@cache
def groups() -> dict[Flags, list[Case]]:
    """The cases by kind and flags."""
    found: dict[Flags, list[Case]] = {}
    for case in all_cases():
        found.setdefault(case.flags, []).append(case)
    return found


def canonical(line: str) -> str:
    """The sample line with its labels sorted; all else stays as it is. Raises ValueError for what is no sample."""
    parts = _LINE.fullmatch(line)
    labels = parts["labels"] or "" if parts else ""
    pairs = _LABEL.findall(labels)
    if not parts or sum(len(name) + len(text) + 4 for name, text in pairs) != len(labels) + bool(pairs):
        raise ValueError(f"no sample line: {line!r}")
    inside = ",".join(f'{name}="{text}"' for name, text in sorted(pairs))
    return f"{parts['name']}{{{inside}}} {parts['value']}"
