"""What one shard tells the others of itself, as JSON at `/shard` of its telemetry port.

    {"version": 1, "number": 2, "wanted": {"uid": "…", "replicas": 3, "start": 0, "rule": "jump", "generation": 7},
     "serves": [{"uid": "…", "replicas": 3, "start": 0, "rule": "jump"}], "keeps": [], "lacks": ["secrets"], "stopping": false,
     "seen": {"pods": "81234"}}

wanted: the newest state of the StatefulSet that the shard has learned of. serves: the keys by which its whole part is served now. keeps:
earlier keys by which it goes on serving what nobody else serves yet. lacks: of which feeds it has nothing, since they aren't permitted. stopping: it
has been told to stop. seen: by feed, the version up to which what it serves shows everything; empty before the feed's first list.
Fields that a version adds are ignored by those that don't know them; one that changes their meaning has another version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from evergauge.kube.versions import is_reached
from evergauge.shard.key import Key
from evergauge.shard.partition import Rule  # noqa: TC001 (msgspec reads it)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VERSION = 1
NOBODY = -1
"""The number of a process that doesn't know yet which shard it is."""


class Wanted(NamedTuple):
    """A key, and the StatefulSet's `metadata.generation` that brought it: later ones are greater, as long as the UID is the same."""

    key: Key
    generation: int


class View(NamedTuple):
    """See the module. wanted: None as long as the StatefulSet isn't known."""

    number: int
    wanted: Wanted | None
    serves: Sequence[Key]
    keeps: Sequence[Key] = ()
    lacks: frozenset[str] = frozenset()
    stopping: bool = False
    seen: Mapping[str, str] = {}

    def has_seen(self, newest: Mapping[str, str]) -> bool:
        """Whether it shows what others have seen of some feeds up to these versions. A feed that it doesn't have keeps nobody waiting."""
        return all(is_reached(version, self.seen.get(feed, version)) for feed, version in newest.items())

    def takes_over(self, wanted: Wanted, lacks: frozenset[str] = frozenset()) -> bool:
        """Whether the shard serves its part by that key, and will for now. lacks: what isn't there to be taken over.

        That it serves by an equal key is not enough: it may do so on the way to another one, and let go. It must have learned of this
        state or a later one. From a later one on it lets nothing go until the next owner has said the same of that one.
        """
        if self.stopping or self.wanted is None or self.wanted.key.uid != wanted.key.uid:
            return False
        return self.wanted.generation >= wanted.generation and wanted.key in self.serves and self.lacks <= lacks


class _Key(msgspec.Struct):
    uid: str
    replicas: int
    start: int
    rule: Rule


class _Wanted(_Key):
    generation: int


class _View(msgspec.Struct):
    version: int
    number: int
    serves: list[_Key]
    keeps: list[_Key] = []
    lacks: list[str] = []
    stopping: bool = False
    wanted: _Wanted | None = None
    seen: dict[str, str] = {}


_DECODER = msgspec.json.Decoder(_View)


def write_view(view: View) -> bytes:
    """The JSON of a view."""
    wanted = _Wanted(*view.wanted.key, view.wanted.generation) if view.wanted else None
    serves, keeps = ([_Key(*key) for key in keys] for keys in (view.serves, view.keeps))
    lacks, seen = sorted(view.lacks), dict(view.seen)
    return msgspec.json.encode(_View(VERSION, view.number, serves, keeps, lacks, view.stopping, wanted, seen))


def read_view(body: bytes) -> View | None:
    """The view that a JSON text holds; None where it is none, or of a version that isn't known here."""
    try:
        found = _DECODER.decode(body)
    except msgspec.DecodeError:
        return None
    if found.version != VERSION:
        return None
    wanted = Wanted(_key(found.wanted), found.wanted.generation) if found.wanted else None
    serves, keeps = ([_key(key) for key in keys] for keys in (found.serves, found.keeps))
    return View(found.number, wanted, serves, keeps, frozenset(found.lacks), found.stopping, found.seen)


def _key(found: _Key) -> Key:
    return Key(found.uid, found.replicas, found.start, found.rule)
