"""The truth: what the API has acknowledged of each object, and when. Times are seconds of the monotonic clock."""

from __future__ import annotations

import re
import time
from bisect import bisect_right, insort
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from evergauge.shard.partition import fnv1a, jump

if TYPE_CHECKING:
    from aiohttp import ClientSession

_PAGE: Final = 1000
_METADATA: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


class Name(NamedTuple):
    """What the API knows an object by; its uid is another one when it is made anew."""

    namespace: str
    name: str
    uid: str


class Watched(NamedTuple):
    """The kind that is looked at, and the one family by which.

    labels: of the family: namespace, name and perhaps UID. versioned: its value is the object's resourceVersion.
    """

    resource: str
    family: str
    labels: tuple[str, ...]
    versioned: bool

    def key(self, name: Name) -> bytes:
        """The labels of the object's sample as the exposition has them. Names need no escaping."""
        return (
            b"{"
            + ",".join(f'{label}="{value}"' for label, value in zip(self.labels, name, strict=False)).encode()
            + b"}"
        )

    def read(self, exposition: bytes) -> dict[bytes, int]:
        """The objects that a scrape shows, each with its version, 0 where the family tells none."""
        found = re.findall(rb"^%s(\{[^}\n]*\}) (\S+)$" % self.family.encode(), exposition, re.MULTILINE)
        return {key: int(float(value)) if self.versioned else 0 for key, value in found}


CONFIG_MAPS: Final = Watched(
    "configmaps", "kube_configmap_metadata_resource_version", ("namespace", "configmap"), versioned=True
)
PODS: Final = Watched("pods", "kube_pod_created", ("namespace", "pod", "uid"), versioned=False)


@dataclass(slots=True)
class History:
    """One object. changes: each version and when it was acknowledged. deleting, deleted: when that was asked, and acknowledged."""

    name: Name
    changes: list[tuple[int, float]] = field(default_factory=list)
    deleting: float | None = None
    deleted: float | None = None

    def unseen_since(self, version: int, at: float) -> float | None:
        """When the first change beyond `version` was acknowledged, of those that were by `at`; None where there is none."""
        if self.changes[-1][0] <= version:
            return None
        beyond = self.changes[bisect_right(self.changes, version, key=lambda change: change[0]) :]
        return min((when for _, when in beyond if when <= at), default=None)

    @property
    def lives(self) -> bool:
        """Whether nobody has asked for its end."""
        return self.deleting is None


class Truth:
    """All objects of the watched kind that there are, or were, by the key of their samples."""

    def __init__(self, watched: Watched) -> None:
        """Nothing is known yet."""
        self.watched = watched
        self.objects: dict[bytes, History] = {}

    def changed(self, name: Name, version: int, at: float) -> None:
        """A creation or a change was acknowledged. They may come out of order."""
        insort(self.objects.setdefault(self.watched.key(name), History(name)).changes, (version, at))

    @property
    def living(self) -> set[bytes]:
        """The objects that nobody has asked to end."""
        return {key for key, history in self.objects.items() if history.lives}

    def owner(self, key: bytes, total: int) -> int:
        """The ordinal of the shard, of so many, whose object it is."""
        return jump(fnv1a(self.objects[key].name.uid), total)


class _Metadata(msgspec.Struct):
    name: str
    namespace: str = ""
    uid: str = ""
    resource_version: str = msgspec.field(default="0", name="resourceVersion")


class _Object(msgspec.Struct):
    metadata: _Metadata


class _Following(msgspec.Struct):
    following: str = msgspec.field(default="", name="continue")


class _List(msgspec.Struct):
    metadata: _Following
    items: list[_Object]


async def learn(session: ClientSession, watched: Watched) -> Truth:
    """What the API has now, by consistent lists."""
    truth, at = Truth(watched), time.monotonic()
    query = {"limit": str(_PAGE)}
    while True:
        async with session.get(f"/api/v1/{watched.resource}", params=query, headers={"Accept": _METADATA}) as response:
            response.raise_for_status()
            page = msgspec.json.decode(await response.read(), type=_List)
        for metadata in (item.metadata for item in page.items):
            name = Name(metadata.namespace, metadata.name, metadata.uid)
            truth.changed(name, int(metadata.resource_version), at)
        if not page.metadata.following:
            return truth
        query["continue"] = page.metadata.following
