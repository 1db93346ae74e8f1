"""The model's vocabulary: which fields of an API object some family reads, and what their absence means.

A model is a frozen `msgspec.Struct` with the API's own field names. The API server may send `null` for every field, so every
field accepts it. What an absent or null field means is said by its default:

    replicas: Int = None      a Go pointer: absent stays absent (no sample, an empty label value)
    replicas: Int = 0         a Go value: absent is Go's zero value

The type picks the conversion to a sample's value or to a label's text (see `evergauge.declare.fields`).
"""

# ruff: noqa: N815 (the API's names)

from typing import Annotated, TypeVar, dataclass_transform

import msgspec

from evergauge.protobuf import numbered

T = TypeVar("T")

TIME = msgspec.Meta(extra={"conversion": "time"})
QUANTITY = msgspec.Meta(extra={"conversion": "quantity"})
SAFE = msgspec.Meta(extra={"conversion": "safe"})
INT_OR_STRING = msgspec.Meta(extra={"conversion": "int_or_string"})

Str = str | None
Int = int | None
Bool = bool | None
Time = Annotated[str | None, TIME]
"""RFC 3339 text, kept as it came until a family reads it. Default "": Go's zero time, year 1."""
Quantity = Annotated[str | int | float | None, QUANTITY]
"""`resource.Quantity` as it came: text, or a bare number."""
Safe = Annotated[str, SAFE]
"""What our own functions make: as a label a text in which nothing needs escaping, as a value a number's text."""
IntOrString = Annotated[int | str | None, INT_OR_STRING]
"""`intstr.IntOrString` as it came: a number, or a text such as `25%`. Only functions read it."""
Items = tuple[T, ...] | None
"""A list. An element that is null is Go's zero value of the element: the decoder sees to that."""
Map = dict[str, T] | None
"""A map; null values as in lists."""


@dataclass_transform(frozen_default=True, field_specifiers=(msgspec.field,))
class Model(msgspec.Struct, frozen=True, gc=False):
    """Base of all models. Frozen: an object never changes after it was decoded; no cycles, so no garbage collection."""


@numbered(kind=1, name=3, controller=6)
class OwnerReference(Model):
    kind: Str = ""
    name: Str = ""
    controller: Bool = None


@numbered(
    name=1,
    namespace=3,
    uid=5,
    resourceVersion=6,
    generation=7,
    creationTimestamp=8,
    deletionTimestamp=9,
    labels=11,
    annotations=12,
    ownerReferences=13,
)
class Metadata(Model):
    """The part of `metav1.ObjectMeta` that families read."""

    name: Str = ""
    namespace: Str = ""
    uid: Str = ""
    resourceVersion: Str = ""
    generation: Int = 0
    creationTimestamp: Time = None
    deletionTimestamp: Time = None
    labels: Map[str] = None
    annotations: Map[str] = None
    ownerReferences: Items[OwnerReference] = ()


@numbered(type=1, status=2, lastTransitionTime=4, reason=5)
class Condition(Model):
    """A status condition: `type`, `status` (`True`, `False`, `Unknown`) and why."""

    type: Str = ""
    status: Str = ""
    reason: Str = ""
    lastTransitionTime: Time = ""
