"""Objects of the API in protobuf: structs that are read from it by the numbers of their fields.

The API server offers its built-in kinds in protobuf, too (API page "Alternate representations of resources"): 0.6 of the bytes of JSON, and a quarter
of the API server's CPU. The messages are those of the `generated.proto` beside the API's Go types, whose numbers never change. A struct says the
numbers of its fields with `numbered`; the native part reads it. Without that nothing is asked for in protobuf.
"""

from __future__ import annotations

from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from evergauge import native

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

S = TypeVar("S", bound=msgspec.Struct)

messages: Any = native.messages

Number = int | tuple[int, int]
"""A field's number. Two where JSON shows the fields of an embedded Go struct among those around it: that struct's, and the field's in it."""

_NUMBERS: dict[type, Mapping[str, Number]] = {}


class Protobuf(bytes):
    """An object's message; or, where a list is read, fields of the list's message, all of them complete."""

    __slots__ = ()


class _Kept(NamedTuple):
    """What a field holds and how often (see the native part), and of which struct it is a message."""

    holds: int
    often: int
    struct: type[msgspec.Struct] | None


def numbered(**numbers: Number) -> Callable[[type[S]], type[S]]:
    """Say which numbers the fields of a struct have in the API's message: all of them. Raises TypeError."""

    def remember(struct: type[S]) -> type[S]:
        for name in struct.__struct_fields__:
            if name not in numbers:
                raise TypeError(
                    f"{struct.__name__}.{name} has no number; the generated.proto of its API says which it is"
                )
        if len(numbers) != len(struct.__struct_fields__) or len(set(numbers.values())) != len(numbers):
            raise TypeError(f"{struct.__name__}: of its fields, and of no others, each has a number of its own")
        _NUMBERS[struct] = numbers
        return struct

    return remember


def number_of(struct: type[msgspec.Struct], name: str) -> int | None:
    """The number of a struct's field; None where it has no messages that can be read, or the field is in an embedded struct."""
    number = _NUMBERS.get(struct, {}).get(name)
    return number if messages and isinstance(number, int) else None


def pieces(fields: Protobuf) -> list[Protobuf]:
    """The messages of a list's items, of which the fields are given. Raises ValueError."""
    found: list[Protobuf] = messages.pieces(fields, Protobuf)
    return found


def complete(data: bytes) -> int:
    """Bytes of a list's message, from its start, that are complete fields. Raises ValueError where it can be none."""
    size: int = messages.complete(data)
    return size


@cache
def reader(struct: type[msgspec.Struct], reads: frozenset[tuple[type, str]] | None = None) -> Any:  # noqa: ANN401 (of the native module)
    """What reads a struct's messages, a `native.messages.Message`. None where the struct or one in it has no numbers, or without the native part.

    reads: the fields, of it and of the structs in it, that are read; the others are passed over, and have their defaults. None for all.
    Raises TypeError for a struct that can't be read.
    """
    if messages is None or struct not in _NUMBERS:
        return None
    fields, kept = msgspec.structs.fields(struct), _fields_kept(struct)
    if missing := [field.name for field in fields if field.default is msgspec.NODEFAULT]:
        raise TypeError(f"{struct.__name__}.{missing[0]} has no default; what is not in a message has that")
    inside = {name: reader(each.struct, reads) if each.struct else None for name, each in kept.items()}
    if any(each.struct and inside[name] is None for name, each in kept.items()):
        return None
    places = {
        field.name: (n, *kept[field.name][:2], inside[field.name])
        for n, field in enumerate(fields)
        if reads is None or (struct, field.name) in reads
    }
    return messages.Message(struct, tuple(field.default for field in fields), list(_placed(_NUMBERS[struct], places)))


def _fields_kept(struct: type[msgspec.Struct]) -> dict[str, _Kept]:
    hints = get_type_hints(struct, include_extras=True)
    try:
        return {name: _kept(hints[name]) for name in struct.__struct_fields__}
    except KeyError as error:
        raise TypeError(f"{struct.__name__}: protobuf has no field of the type {error.args[0]}") from None


def _placed(numbers: Mapping[str, Number], places: Mapping[str, tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """The fields with their numbers before their places; those of an embedded Go struct in a message of their own."""
    embedded: dict[int, list[tuple[Any, ...]]] = {}
    for name, number in numbers.items():
        if name not in places:
            continue
        if isinstance(number, int):
            yield number, *places[name]
        else:
            embedded.setdefault(number[0], []).append((number[1], *places[name]))
    for number, fields in embedded.items():
        yield number, 0, messages.INLINE, messages.ONCE, messages.Message(None, (), fields)


def _kept(hint: Any) -> _Kept:  # noqa: ANN401 (type hints have no common type)
    """What a field of that type keeps. Raises KeyError for a type that protobuf has nothing for."""
    hint = _without_none(hint)
    if get_origin(hint) in (tuple, dict):
        is_list = get_origin(hint) is tuple
        element = _kept(get_args(hint)[0 if is_list else 1])
        if element.holds in (messages.INTEGER, messages.BOOLEAN):
            raise KeyError(hint)  # Those may come packed.
        return element._replace(often=messages.LIST if is_list else messages.MAP)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _Kept(messages.MESSAGE, messages.ONCE, hint)
    if get_origin(hint) is Annotated:
        hint = next((note.extra["conversion"] for note in hint.__metadata__ if getattr(note, "extra", None)), hint)
    scalars = {
        str: messages.TEXT,
        bytes: messages.BYTES,
        int: messages.INTEGER,
        bool: messages.BOOLEAN,
        "time": messages.TIME,
        "quantity": messages.QUANTITY,
        "int_or_string": messages.INT_OR_STRING,
    }
    return _Kept(scalars[hint], messages.ONCE, None)


def _without_none(hint: Any) -> Any:  # noqa: ANN401 (as above)
    if get_origin(hint) in (Union, UnionType) and NoneType in get_args(hint):
        rest = [member for member in get_args(hint) if member is not NoneType]
        return rest[0] if len(rest) == 1 else hint
    return hint
