"""Label names made of Kubernetes label and annotation keys (KSM's rules, internal/store/utils.go)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Value = TypeVar("Value")

WILDCARD = "*"

_INVALID = re.compile(r"[^a-zA-Z0-9_]")
_HUMP = re.compile(r"([a-z0-9])([A-Z])")


def sanitize(name: str) -> str:
    """A name with `_` in place of each character that a label name may not hold. `requests.cpu` becomes `requests_cpu`."""
    return _INVALID.sub("_", name)


@lru_cache(maxsize=4096)
def label_name(prefix: str, key: str) -> str:
    """The label of a key: `label_name("label", "app.k8s.io/ownerName")` is `label_app_k8s_io_owner_name`."""
    snake_case = _HUMP.sub(r"\1_\2", sanitize(key)).lower()
    return f"{prefix}_{snake_case}"


def label_pairs(prefix: str, allowed: Sequence[str] | None, values: Mapping[str, Value]) -> list[tuple[str, Value]]:
    """Labels with their values for the keys that are allowed, in the order of the keys.

    prefix: `label`, `annotation` or another without its underscore. allowed: as in `allowed_keys`. Keys whose labels
    coincide get `_conflict1`, `_conflict2`, … in their order: Prometheus refuses a sample with one label twice.
    """
    keys = sorted(values if allowed is None else allowed_keys(tuple(allowed), values))
    names = [label_name(prefix, key) for key in keys]
    if len(set(names)) < len(names):
        names = _without_conflicts(names)
    return [(name, values[key]) for name, key in zip(names, keys, strict=True)]


def allowed_keys(allowed: tuple[str, ...], values: Mapping[str, object]) -> list[str]:
    """The keys that an allowlist admits, each once.

    An entry is a key, or a pattern with one `*` that stands for anything (`app.k8s.io/*`), or as the first entry a bare
    `*` for all keys. Entries with more wildcards, or a bare one further back, admit nothing.
    """
    exact, matches = _compiled(allowed)
    if matches is None:
        return [key for key in exact if key in values]
    return [key for key in values if key in exact or matches(key)]


@lru_cache(maxsize=256)
def _compiled(allowed: tuple[str, ...]) -> tuple[dict[str, None], Callable[[str], object] | None]:
    """An allowlist as its plain keys and one matcher for its patterns, None without patterns."""
    if allowed and allowed[0] == WILDCARD:
        return {}, lambda _: True
    exact = dict.fromkeys(entry for entry in allowed if WILDCARD not in entry)
    patterns = [entry for entry in allowed if entry != WILDCARD and entry.count(WILDCARD) == 1]
    if not patterns:
        return exact, None
    return exact, re.compile("|".join(re.escape(p).replace(r"\*", ".*") for p in patterns)).fullmatch


def _without_conflicts(names: Sequence[str]) -> list[str]:
    """Distinct names: from the second of a name on, all of that name are numbered; numbers in use otherwise are passed over."""
    result: list[str] = []
    taken: dict[str, int] = {}
    numbered: dict[str, int] = {}

    def next_free(base: str) -> str:
        count = numbered.get(base, 0) + 1
        while f"{base}_conflict{count}" in taken:
            count += 1
        numbered[base] = count
        return f"{base}_conflict{count}"

    for base in names:
        name = base
        if base in numbered:
            name = next_free(base)
        elif base in taken:
            first = taken.pop(base)
            result[first] = next_free(base)
            taken[result[first]] = first
            name = next_free(base)
        taken[name] = len(result)
        result.append(name)
    return result
