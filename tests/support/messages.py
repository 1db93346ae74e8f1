"""Protobuf as the API server writes it: what the native part reads."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from evergauge.declare import CompiledKind
from evergauge.kinds import KINDS
from evergauge.protobuf import _NUMBERS, _fields_kept, messages

if TYPE_CHECKING:
    from collections.abc import Sequence

MAGIC = b"k8s\x00"
NUMBERED = [kind for kind in KINDS if CompiledKind(kind).protobuf]
"""The kinds that are read from protobuf."""


def varint(number: int) -> bytes:
    """A number, a negative one as 64 bits."""
    number %= 2**64
    written = bytearray()
    while number >= 0x80:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*written, number])


def field(number: int, value: bytes | str | int) -> bytes:
    """One field: delimited, or a varint."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    encoded = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(encoded)) + encoded


def envelope(message: bytes, kind: str = "Pod") -> bytes:
    """`runtime.Unknown`, as the API server writes it."""
    return MAGIC + field(1, field(1, "v1") + field(2, kind)) + field(2, message) + field(3, "") + field(4, "")


def listed(objects: Sequence[bytes], *, version: str, following: str = "", remaining: int | None = None) -> bytes:
    """The body of a list."""
    metadata = field(1, "") + field(2, version) + field(3, following)
    if remaining is not None:
        metadata += field(4, remaining)
    return envelope(field(1, metadata) + b"".join(field(2, each) for each in objects), "PodList")


def event(type_: str, message: bytes) -> bytes:
    """One event of a watch, with its length."""
    encoded = field(1, type_) + field(2, field(1, envelope(message)))
    return len(encoded).to_bytes(4) + encoded


def message(struct: msgspec.Struct) -> bytes:
    """A numbered struct. What is None isn't there, nor Go's zero time."""
    kept, embedded, written = _fields_kept(type(struct)), dict[int, bytes](), b""
    for name, number in _NUMBERS[type(struct)].items():
        value = getattr(struct, name)
        if value is None or (value == "" and kept[name].holds == messages.TIME):
            continue
        if isinstance(number, tuple):
            embedded[number[0]] = embedded.get(number[0], b"") + _fields(number[1], value, kept[name].holds)
        else:
            written += _fields(number, value, kept[name].holds)
    return written + b"".join(field(number, inner) for number, inner in embedded.items())


def _fields(number: int, value: Any, holds: int) -> bytes:  # noqa: ANN401 - of any type
    if isinstance(value, tuple):
        return b"".join(field(number, _value(each, holds)) for each in value)
    if isinstance(value, dict):
        return b"".join(field(number, field(1, key) + field(2, _value(each, holds))) for key, each in value.items())
    return field(number, _value(value, holds))


def _value(value: Any, holds: int) -> bytes | str | int:  # noqa: ANN401 - as above
    if holds == messages.TIME:
        return field(1, round(datetime.fromisoformat(value).timestamp())) + field(2, 0)
    if holds == messages.QUANTITY:
        return field(1, str(value))
    if holds == messages.INT_OR_STRING:
        return field(1, int(isinstance(value, str))) + field(3 if isinstance(value, str) else 2, value)
    if isinstance(value, msgspec.Struct):
        return message(value)
    assert isinstance(value, bytes | str | int)
    return value
