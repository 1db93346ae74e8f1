"""What a model's field is: its conversion, whether it is a Go pointer, and where a dotted path leads.

Everything here runs once, at import or start-up; a path that doesn't exist raises `DeclarationError` there and then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from evergauge.errors import DeclarationError


class Conversion(Enum):
    """How a value becomes a sample's value or a label's text."""

    STR = "str"
    SAFE = "safe"
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    TIME = "time"
    QUANTITY = "quantity"
    INT_OR_STRING = "int_or_string"
    STRUCT = "struct"
    ITEMS = "items"
    MAP = "map"


_SCALARS = {str: Conversion.STR, int: Conversion.INT, float: Conversion.FLOAT, bool: Conversion.BOOL}


@dataclass(frozen=True, slots=True)
class Shape:
    """The type of a field, a row or a function's result.

    type: the struct's class for STRUCT, else the Python type; element: the shape of list elements and map values;
    pointer: None means absent; otherwise None means `zero`.
    """

    conversion: Conversion
    type: Any
    pointer: bool
    zero: Any = None
    element: Shape | None = None


def shape_of(annotation: Any, default: Any = None) -> Shape:  # noqa: ANN401 (type hints have no common type)
    """The shape of an annotation such as `Int`, `Time`, `Items[Container]`; raises TypeError for any other."""
    members = tuple(m for m in _members(annotation) if m is not NoneType)
    pointer = default is None
    if len(members) == 1 and get_origin(members[0]) is Annotated:
        inner, *notes = get_args(members[0])
        conversion = next(Conversion(n.extra["conversion"]) for n in notes if getattr(n, "extra", None))
        return Shape(conversion, inner, pointer, zero=default)
    if set(members) == {int, float}:
        return Shape(Conversion.FLOAT, float, pointer, zero=default)
    (member,) = members
    origin = get_origin(member)
    if origin is tuple and (get_args(member)[1:] == (...,)):
        return Shape(Conversion.ITEMS, tuple, pointer, zero=default, element=_element(get_args(member)[0]))
    if origin is dict:
        return Shape(Conversion.MAP, dict, pointer, zero=default, element=_element(get_args(member)[1]))
    if isinstance(member, type) and (issubclass(member, msgspec.Struct) or hasattr(member, "_fields")):
        return Shape(Conversion.STRUCT, member, pointer, zero=default)
    if member in _SCALARS:
        return Shape(_SCALARS[member], member, pointer, zero=default)
    raise TypeError(f"{annotation!r} is no type of a model's field")


def _members(annotation: Any) -> tuple[Any, ...]:  # noqa: ANN401 (as above)
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


def _element(annotation: Any) -> Shape:  # noqa: ANN401 (as above)
    """Elements of lists and maps are Go values, never absent."""
    return replace(shape_of(annotation, default=0), zero=None)


def shape_of_result(returns: Any) -> Shape:  # noqa: ANN401 (as above)
    """The shape of a function's result from its return annotation; a sequence or list of rows is a list."""
    if get_origin(returns) in (Sequence, list):
        return Shape(Conversion.ITEMS, tuple, pointer=False, zero=(), element=shape_of(get_args(returns)[0], 0))
    return shape_of(returns, None if _accepts_none(returns) else 0)


def _accepts_none(annotation: Any) -> bool:  # noqa: ANN401 (as above)
    if get_origin(annotation) is Annotated:
        return _accepts_none(get_args(annotation)[0])
    return NoneType in _members(annotation)


@cache
def fields_of(struct: type) -> dict[str, Shape]:
    """The shapes of a model's (or a row's) fields by name."""
    hints = get_type_hints(struct, include_extras=True)
    if issubclass(struct, msgspec.Struct):
        defaults = {f.name: f.default for f in msgspec.structs.fields(struct)}
    else:
        defaults = {name: None if _accepts_none(hint) else 0 for name, hint in hints.items()}
    return {name: shape_of(hints[name], default) for name, default in defaults.items()}


def field_of(shape: Shape, name: str, *, family: str, path: str) -> Shape:
    """The shape of one field of a struct; raises DeclarationError naming the family, the path and the field."""
    if shape.conversion is not Conversion.STRUCT:
        raise DeclarationError(f"{family}: {path!r}: {shape.conversion.value} has no field {name!r}")
    fields = fields_of(shape.type)
    if name not in fields:
        raise DeclarationError(
            f"{family}: {path!r}: {shape.type.__name__} has no field {name!r}; it has {', '.join(fields)}"
        )
    return fields[name]
