"""Families of an object's spec alone: most updates leave that as it was, and then nothing is decoded or rendered for them.

Theory of operation. Whether a spec is as it was is told by a digest of its bytes in the object's message: with 64 bits, of two specs of one object it
is the same by chance once in 10^19. `metadata.generation` would say it for less, but not for all kinds, and it is up to whoever serves the kind.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING

from xxhash import xxh3_64_intdigest

from evergauge.declare.fields import Field, fields_of_metadata
from evergauge.protobuf import Protobuf, messages, number_of, pieces

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from evergauge.declare.model import Model

_NAME = ("uid", "namespace", "name")
"""What never changes of an object's metadata."""


class Spec:
    """The spec of a kind's objects, and the families that read nothing else but the object's name. slots: which they are."""

    def __init__(self, model: type[Model], reads: Sequence[frozenset[Field]]) -> None:
        """reads: what each family reads."""
        allowed = fields_of_metadata(model, _NAME) | {(model, "spec")}
        structs = {struct for struct, _ in allowed}
        self.slots = frozenset(
            slot for slot, read in enumerate(reads) if {field for field in read if field[0] in structs} <= allowed
        )
        is_read = any((model, "spec") in reads[slot] for slot in self.slots)
        self._number = number_of(model, "spec") if is_read else None

    def digest(self, raw: object) -> int:
        """The digest of the spec of an object as it came; 0 where it can't be told: of JSON, and of a kind without such families."""
        if self._number is None or not isinstance(raw, Protobuf):
            return 0
        try:
            return xxh3_64_intdigest(messages.field(raw, self._number))
        except ValueError:
            return 0

    def digests(self, objects: bytes | Protobuf) -> Iterable[int]:
        """The same for each of a list's objects. Raises ValueError for what is no list's fields."""
        if self._number is None or not isinstance(objects, Protobuf):
            return repeat(0)
        return (xxh3_64_intdigest(messages.field(each, self._number)) for each in pieces(objects))
