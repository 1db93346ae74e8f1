"""The allowlists of labels and annotations: `pods=[app,team/*],nodes=[*]`.

A key holds at most one `*`. The resource `*` stands for every resource that is served, and takes precedence over all others
(kube-state-metrics behaviour). Given twice, the last one holds.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from evergauge.options.valuetypes import Type

Allowlist = Mapping[str, tuple[str, ...]]
"""Keys by resource."""

_EXAMPLE = "must be like pods=[app,team/*],nodes=[*]"
_NAME = re.compile(r"\s*([^=,\[\]]*?)\s*=")
_KEYS = re.compile(r"\[([^\[\]=]*)\]")


def read_allowlist(text: str) -> Allowlist:
    """The allowlist of a flag's text; an empty text allows nothing. Raises ValueError with the place that is wrong."""
    found: dict[str, Sequence[str]] = {}
    position = 0
    while position < len(text):
        name = _NAME.match(text, position)
        if not name or not name[1]:
            raise ValueError(f"{_EXAMPLE}: a resource and = are missing at {text[position:]!r}")
        keys = _KEYS.match(text, name.end())
        if not keys:
            raise ValueError(f"{_EXAMPLE}: keys in brackets are missing after {text[position : name.end()]!r}")
        found[name[1]] = keys[1].split(",") if keys[1].strip() else []
        position = keys.end()
        if position < len(text):
            if text[position] != "," or position + 1 == len(text):
                raise ValueError(f"{_EXAMPLE}: {text[position:]!r} after {keys[0]!r}")
            position += 1
    return checked(found)


def checked(lists: Mapping[str, Sequence[str]]) -> Allowlist:
    """The same lists, their keys stripped. Raises ValueError for an empty key or one with two wildcards."""
    result: dict[str, tuple[str, ...]] = {}
    for resource, keys in lists.items():
        result[resource] = tuple(key.strip() for key in keys)
        for key in result[resource]:
            if not key:
                raise ValueError(f"{_EXAMPLE}: an empty key for {resource}")
            if key.count("*") > 1:
                raise ValueError(f"{_EXAMPLE}: only one * in a key, not {key!r}")
    return MappingProxyType(result)


def show_allowlist(lists: Allowlist) -> str:
    """The text that `read_allowlist` reads."""
    return ",".join(f"{resource}=[{','.join(keys)}]" for resource, keys in lists.items())


def keys_for(lists: Allowlist, resource: str) -> tuple[str, ...] | None:
    """The keys allowed for a resource, None where it isn't named."""
    return lists.get("*", lists.get(resource))


NONE: Allowlist = MappingProxyType({})
ALLOWLIST: Type[Allowlist] = Type("string", read_allowlist, show=show_allowlist, from_map=checked)
