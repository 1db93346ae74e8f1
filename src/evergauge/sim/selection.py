"""What a request asks for among the objects of a resource: namespace, field selectors, shard selector."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from evergauge.sim.objects import name_of, namespace_of
from evergauge.sim.status import StatusError, bad_request

if TYPE_CHECKING:
    from evergauge.sim.objects import Entry
    from evergauge.sim.resources import Resource
    from evergauge.sim.table import Event

_LAST_KEY: Final = "\U0010ffff"  # sorts behind every key
_REQUIREMENT: Final = re.compile(r"([^=!]+)(==|!=|=)(.*)")
_RANGE: Final = re.compile(r"\s*shardRange\(\s*([\w.]+)\s*,\s*(['\"])(.*?)\2\s*,\s*(['\"])(.*?)\4\s*\)\s*")
_BOUND: Final = re.compile(r"0x[0-9a-f]{16}")
_END: Final = "0x10000000000000000"


class Requirement(NamedTuple):
    """One part of a field selector: the value of `path` is, or (`equal` false) is not, `value`."""

    path: str
    equal: bool
    value: str


class Delivery(NamedTuple):
    """An event as one watcher sees it."""

    type: str
    entry: Entry


class Selection:
    """The objects that a request is about; only the namespace is a range of keys, all else is looked at one by one.

    low, high: the range of keys, half-open. shards: half-open ranges of the UID's hash, None when all are wanted.
    """

    def __init__(
        self,
        resource: Resource,
        namespace: str | None = None,
        fields: tuple[Requirement, ...] = (),
        shards: tuple[tuple[int, int], ...] | None = None,
    ) -> None:
        """Select by all that is given."""
        self._paths = resource.fields
        self.fields = fields
        self.shards = shards
        self.low = f"{namespace}/" if namespace else ""
        self.high = f"{namespace}0" if namespace else _LAST_KEY  # "0" follows "/"
        self.everything = not fields and shards is None

    def matches(self, entry: Entry) -> bool:
        """Whether an object is asked for."""
        if not self.low <= entry.key < self.high:
            return False
        if self.shards is not None and not any(low <= entry.uid_hash < high for low, high in self.shards):
            return False
        return all((self._value(entry, path) == value) == equal for path, equal, value in self.fields)

    def _value(self, entry: Entry, path: str) -> str:
        if path == "metadata.name":
            return name_of(entry)
        if path == "metadata.namespace":
            return namespace_of(entry)
        return entry.fields[self._paths.index(path)]

    def deliver(self, event: Event) -> Delivery | None:
        """What a watcher is told: a change that leaves the selection is a deletion, one that enters it an addition.

        As the real watch cache does, a leaving object is shown as it was, under the event's resourceVersion.
        """
        after = event.type != "DELETED" and self.matches(event.entry)
        before = event.old is not None and self.matches(event.old)
        if after:
            return Delivery("MODIFIED" if before else "ADDED", event.entry)
        if before and event.old is not None:
            return Delivery("DELETED", event.entry if event.type == "DELETED" else event.old.at(event.version))
        return None


def parse_fields(resource: Resource, text: str) -> tuple[Requirement, ...]:
    """A field selector (`a=b,c!=d`). Raises StatusError 400 for what the API server would not take."""
    requirements = []
    for part in filter(None, text.split(",")):
        found = _REQUIREMENT.fullmatch(part)
        if found is None:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        path, sign, value = found.groups()
        if path not in ("metadata.name", "metadata.namespace", *resource.fields):
            raise bad_request(f"field label not supported: {path}")
        requirements.append(Requirement(path, sign != "!=", value))
    return tuple(requirements)


def parse_shards(text: str) -> tuple[tuple[int, int], ...]:
    """A shard selector (KEP-5866). Raises StatusError 500, which is what API server 1.36 answers to a wrong one."""
    return tuple(_shard(part) for part in text.split("||"))


def _shard(text: str) -> tuple[int, int]:
    found = _RANGE.fullmatch(text)
    if found is None:
        raise _wrong_shard(f"{text.strip()!r}; expected shardRange() call or || operator")
    path, _, low, _, high = found.groups()
    if path != "object.metadata.uid":
        raise _wrong_shard(f'unsupported field path "{path}"; supported: object.metadata.uid')
    if not _BOUND.fullmatch(low) or not (_BOUND.fullmatch(high) or high == _END):
        raise _wrong_shard(f"shard range bounds must be 0x and 16 hex digits, or {_END} at the end: {low}, {high}")
    if int(low, 16) >= int(high, 16):
        raise _wrong_shard(f"shard range start {low} must be less than end {high}")
    return int(low, 16), int(high, 16)


def _wrong_shard(message: str) -> StatusError:
    return StatusError(500, "", f"invalid shard selector: {message}")


def shard_text(shards: tuple[tuple[int, int], ...]) -> str:
    """Ranges as `metadata.shardInfo` shows them."""
    return " || ".join(f"shardRange(object.metadata.uid, '0x{low:016x}', '0x{high:016x}')" for low, high in shards)
