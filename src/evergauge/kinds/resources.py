"""Resource lists (`requests`, `limits`, `capacity`, `allocatable`) as rows with a unit (KSM behaviour)."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from evergauge.declare import Quantity, Safe, number, sanitize
from evergauge.values.quantities import milli_value, value


class Amount(NamedTuple):
    """resource: the sanitised name; unit: `core`, `byte` or `integer`; amount: in that unit, as text."""

    resource: Safe
    unit: Safe
    amount: Safe


BYTES = frozenset({"memory", "storage", "ephemeral-storage"})
_BYTE_PREFIXES = ("hugepages-", "attachable-volumes-")
_PREFIX = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")


def requested(resources: Mapping[str, Quantity] | None) -> Sequence[Amount]:
    """A container's requests or limits: cores in thousandths, everything else rounded up to whole units."""
    return _requested(tuple(resources.items())) if resources else ()


def provided(resources: Mapping[str, Quantity] | None) -> list[Amount]:
    """A node's capacity or allocatable: all in thousandths, the number of Pods included."""
    found: list[Amount] = []
    for name, quantity in (resources or {}).items():
        found += _provided(name, quantity)
    return found


def storage(resources: Mapping[str, Quantity] | None) -> float | None:
    """Bytes of `storage`, rounded up to whole ones; None where it isn't said."""
    return value(resources["storage"] or 0) if resources and "storage" in resources else None


# A cluster has few distinct requests, and few distinct quantities.


@lru_cache(maxsize=4096)
def _requested(resources: Sequence[tuple[str, Quantity]]) -> Sequence[Amount]:
    return [
        Amount(resource, unit, number(milli_value(quantity or 0) if unit == "core" else value(quantity or 0)))
        for name, quantity in resources
        for resource, unit in units(name)
    ]


@lru_cache(maxsize=4096)
def _provided(name: str, quantity: Quantity) -> list[Amount]:
    found = [("pods", "integer")] if name == "pods" else units(name)
    return [Amount(resource, unit, number(milli_value(quantity or 0))) for resource, unit in found]


@lru_cache(maxsize=1024)
def units(name: str) -> tuple[tuple[str, str], ...]:
    """The sanitised name with its unit; nothing for a resource that KSM doesn't show, two for one that fits two rules."""
    if name == "cpu":
        return (("cpu", "core"),)
    resource = sanitize(name)
    if name in BYTES:
        return ((resource, "byte"),)
    found = [(resource, "byte") for prefix in _BYTE_PREFIXES if name.startswith(prefix)]
    if is_extended(name):
        found.append((resource, "integer"))
    return tuple(found)


def is_extended(name: str) -> bool:
    """Whether this is an extended resource such as `vendor.example/gpu`: outside `kubernetes.io/`, and a qualified name in a quota."""
    if "/" not in name or "kubernetes.io/" in name or name.startswith("requests."):
        return False
    prefix, _, rest = f"requests.{name}".partition("/")
    return len(prefix) <= 253 and len(rest) <= 63 and bool(_PREFIX.fullmatch(prefix) and _NAME.fullmatch(rest))
