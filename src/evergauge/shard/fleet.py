"""The fleet of shards that a StatefulSet is: how many there are, and which one a Pod is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from evergauge.shard.key import Key

if TYPE_CHECKING:
    from evergauge.shard.partition import Rule

_OWN_NUMBER = re.compile(r"(.+)-(\d+)", re.ASCII)


class Fleet(NamedTuple):
    """What matters of a StatefulSet; all else about it may change freely.

    uid, generation: of its metadata. replicas: wanted. start: the number in the first Pod's name (`spec.ordinals.start`).
    """

    uid: str
    generation: int
    replicas: int
    start: int = 0

    def key(self, rule: Rule) -> Key:
        """What decides who owns what, by a sharding rule."""
        return Key(self.uid, self.replicas, self.start, rule)


class _Metadata(msgspec.Struct):
    uid: str | None = None
    generation: int | None = None


class _Ordinals(msgspec.Struct):
    start: int | None = None


class _Spec(msgspec.Struct):
    replicas: int | None = None
    ordinals: _Ordinals | None = None


class _StatefulSet(msgspec.Struct):
    metadata: _Metadata
    spec: _Spec


class _Owner(msgspec.Struct):
    kind: str = ""
    name: str = ""
    controller: bool | None = None


class _PodMetadata(msgspec.Struct):
    ownerReferences: list[_Owner] | None = None  # noqa: N815 (the API's name, as below)
    deletionGracePeriodSeconds: int | None = None  # noqa: N815
    deletionTimestamp: str | None = None  # noqa: N815


class _Condition(msgspec.Struct):
    type: str = ""
    status: str = ""


class _PodStatus(msgspec.Struct):
    podIP: str | None = None  # noqa: N815
    conditions: list[_Condition] | None = None


class _PodSpec(msgspec.Struct):
    terminationGracePeriodSeconds: int | None = None  # noqa: N815


class Pod(msgspec.Struct):
    """What matters of a Pod."""

    metadata: _PodMetadata
    spec: _PodSpec | None = None
    status: _PodStatus | None = None

    @property
    def statefulset(self) -> str:
        """The name of the StatefulSet that controls it, empty without one."""
        owners = self.metadata.ownerReferences or ()
        return next((owner.name for owner in owners if owner.controller and owner.kind == "StatefulSet"), "")

    @property
    def grace(self) -> float:
        """Seconds from SIGTERM to SIGKILL: those that its deletion was given, else those of its spec (30 by default)."""
        given = self.metadata.deletionGracePeriodSeconds
        by_spec = self.spec.terminationGracePeriodSeconds if self.spec else None
        return next((float(seconds) for seconds in (given, by_spec) if seconds is not None), 30.0)

    @property
    def address(self) -> str:
        """Its IP address, empty as long as it has none."""
        return (self.status.podIP if self.status else None) or ""

    @property
    def ready(self) -> bool:
        """Whether it is Ready, and is to stay: one that is being deleted remains Ready until its containers end."""
        if self.metadata.deletionTimestamp:
            return False
        conditions = (self.status.conditions if self.status else None) or ()
        return any(condition.type == "Ready" and condition.status == "True" for condition in conditions)


_STATEFULSET = msgspec.json.Decoder(_StatefulSet)
_POD = msgspec.json.Decoder(Pod)


def read_fleet(raw: bytes | msgspec.Raw) -> Fleet:
    """The fleet of a StatefulSet's JSON. Raises msgspec.DecodeError."""
    found = _STATEFULSET.decode(raw)
    replicas = 1 if found.spec.replicas is None else found.spec.replicas
    start = (found.spec.ordinals.start if found.spec.ordinals else None) or 0
    return Fleet(found.metadata.uid or "", found.metadata.generation or 0, replicas, start)


def read_pod(raw: bytes) -> Pod:
    """What matters of a Pod's JSON. Raises msgspec.DecodeError."""
    return _POD.decode(raw)


def number_of(pod: str, statefulset: str) -> int | None:
    """The number in the name of a StatefulSet's Pod; None where it isn't named as one of its Pods."""
    match = _OWN_NUMBER.fullmatch(pod)
    return int(match[2]) if match and match[1] == statefulset else None
