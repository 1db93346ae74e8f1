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


Field = tuple[type, str]
"""A field of a model or of what it is made of: the class, and the field's name."""

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
    """The shape of an annotation such as `Int`, `Time`, `Items[Container]`; raises DeclarationError for any other."""
    members = tuple(m for m in _members(annotation) if m is not NoneType)
    if members in ((int, float), (float, int)):
        return Shape(Conversion.FLOAT, float, pointer=default is None, zero=default)
    if len(members) != 1:
        raise DeclarationError(f"{annotation} is no type of a field")
    shape = Shape(Conversion.STRUCT, members[0], pointer=default is None, zero=default)
    origin, arguments = get_origin(members[0]), get_args(members[0])
    if origin is Annotated:
        conversion = next(Conversion(n.extra["conversion"]) for n in arguments[1:] if getattr(n, "extra", None))
        return replace(shape, conversion=conversion, type=arguments[0])
    if origin is tuple and arguments[1:] == (...,):
        return replace(shape, conversion=Conversion.ITEMS, element=_element(arguments[0]))
    if origin is dict:
        return replace(shape, conversion=Conversion.MAP, element=_element(arguments[1]))
    if members[0] in _SCALARS:
        return replace(shape, conversion=_SCALARS[members[0]])
    if not isinstance(members[0], type) or not (
        issubclass(members[0], msgspec.Struct) or hasattr(members[0], "_fields")
    ):
        raise DeclarationError(f"{annotation} is no type of a field")
    return shape


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
    shapes = {}
    for name, default in defaults.items():
        try:
            shapes[name] = shape_of(hints[name], default)
        except DeclarationError as error:
            raise DeclarationError(f"{struct.__name__}.{name}: {error}") from None
    return shapes


def fields_of_metadata(model: type, names: Sequence[str]) -> frozenset[Field]:
    """A model's metadata, and of that the fields of these names; nothing where it has none."""
    metadata = fields_of(model).get("metadata")
    return frozenset(((model, "metadata"), *((metadata.type, name) for name in names))) if metadata else frozenset()


def fields_within(shape: Shape) -> frozenset[Field]:
    """All fields of what has this shape: of a struct, of what it is made of, of a list's or a map's elements."""
    if shape.element:
        return fields_within(shape.element)
    if shape.conversion is not Conversion.STRUCT:
        return frozenset()
    inside = fields_of(shape.type)
    return frozenset((shape.type, name) for name in inside).union(*map(fields_within, inside.values()))


def field_of(shape: Shape, name: str, *, family: str, path: str) -> Shape:
    """The shape of one field of a struct; raises DeclarationError naming the family, the path and the field."""
    if shape.conversion is not Conversion.STRUCT:
        raise DeclarationError(f"{family}: {path!r}: {shape.conversion.value} has no field {name!r}")
    try:
        fields = fields_of(shape.type)
    except DeclarationError as error:
        raise DeclarationError(f"{family}: {path!r}: {error}") from None
    if name not in fields:
        raise DeclarationError(
            f"{family}: {path!r}: {shape.type.__name__} has no field {name!r}; it has {', '.join(fields)}"
        )
    return fields[name]
