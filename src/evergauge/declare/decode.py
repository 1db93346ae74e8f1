"""From an object's JSON, or its protobuf, to its model, tolerantly: one field of the wrong type costs its families, not the object.

Typed decoding is tried first. Where it fails, the object is decoded untyped, the value that msgspec names is mended, and it is
tried again:

- null in a list or map is Go's zero value of the element, as Go decodes it;
- anything else of the wrong type is blanked, and the field that held it is unset in the decoded object. Whoever reads an unset
  field gets an AttributeError, so the families that depend on it find out, and no others: none shows a zero that nobody sent.
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from evergauge.declare.fields import Field
from evergauge.declare.model import Model
from evergauge.protobuf import Protobuf, reader

M = TypeVar("M", bound=Model)

MOST_MENDED = 100
"""Fields mended in one object before it is given up: each costs another try."""

_WRONG = re.compile(r"(?P<reason>Expected `(?P<wanted>\w+).*`, got `(?P<got>\w+)`.*) - at `\$(?P<path>[^`]+)`")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_ANY_KEY = -1
"""The index that stands for some key of a map: msgspec doesn't say which."""
_ZEROS: dict[str, Callable[[], object]] = {"object": dict, "array": list, "str": str, "int": int, "bool": bool}
Steps = Sequence[str | int]
"""The way to a value: field names and list indexes."""

_UNREADABLE = (ValueError, RecursionError)
"""What bad JSON raises: ValueErrors of all sorts, and too deep a nesting."""


class Broken(NamedTuple):
    """A field that could not be decoded: its dotted path, list indexes in brackets, and why; both from msgspec."""

    path: str
    reason: str


class Decoded(NamedTuple, Generic[M]):
    """An object; None where the JSON was unusable, and then `broken` says why. broken: the fields that are unset."""

    object: M | None
    broken: tuple[Broken, ...] = ()


class ObjectDecoder(Generic[M]):
    """Decodes the objects of one model. protobuf: whether from their messages, too."""

    def __init__(self, model: type[M], reads: frozenset[Field] | None = None) -> None:
        """reads: the fields that are needed, None for all of them; the others are left at their defaults where that is cheaper."""
        self._model = model
        self._message = reader(model, reads)
        self.protobuf = self._message is not None
        self._typed = msgspec.json.Decoder(model)
        self._typed_list = msgspec.json.Decoder(list[model])  # type: ignore[valid-type] # a class all the same

    def decode(self, raw: bytes | msgspec.Raw | Protobuf) -> Decoded[M]:
        """The object in `raw` (its JSON, or its message). Raises nothing: what is broken is in the result."""
        if isinstance(raw, Protobuf):
            return self._decode_message(raw)
        try:
            return Decoded(self._typed.decode(raw))
        except _UNREADABLE:
            return self._mend(bytes(raw))

    def decode_list(self, objects: bytes | Protobuf) -> list[M] | None:
        """The objects of a JSON array, or of a list's fields; None where any of them needs mending, or it is neither."""
        try:
            return (
                self._message.read_items(objects) if isinstance(objects, Protobuf) else self._typed_list.decode(objects)
            )
        except _UNREADABLE:
            return None

    def _decode_message(self, message: Protobuf) -> Decoded[M]:
        """There is nothing to mend: of a field's type there is no doubt, and unreadable is all or nothing."""
        try:
            return Decoded(self._message.read(message))
        except ValueError as error:
            return Decoded(None, (Broken("", f"not protobuf: {error}"),))

    def _mend(self, raw: bytes) -> Decoded[M]:
        try:
            tree = _tree(raw)
        except _UNREADABLE as error:
            return Decoded(None, (Broken("", f"not JSON: {error}"),))
        broken: list[Broken] = []
        for _ in range(MOST_MENDED):
            try:
                mended = msgspec.convert(tree, self._model)
            except ValueError as error:
                wrong = _WRONG.fullmatch(str(error))
                if wrong is None:
                    return Decoded(None, (Broken("", str(error)),))
                steps = _steps(wrong["path"])
                if wrong["got"] != "null" or not _fill(tree, steps, wrong["wanted"]):
                    _blank(tree, steps)
                    broken.append(Broken(wrong["path"].removeprefix("."), wrong["reason"]))
            else:
                for field in broken:
                    _unset(mended, _steps(f".{field.path}"))
                return Decoded(mended, tuple(broken))
        return Decoded(None, (Broken("", f"more than {MOST_MENDED} fields are broken"),))


def _tree(raw: bytes) -> Any:  # noqa: ANN401 (JSON of any shape)
    """The untyped JSON, with whatever msgspec refuses: numbers out of range, and text that is no Unicode.

    Such text holds surrogates, which can't be written: the families that show it will fail, and no others.
    """
    return json.loads(raw.decode(errors="surrogateescape"), parse_int=_integer)


def _integer(digits: str) -> float:
    try:
        return int(digits)
    except ValueError:  # Python reads 4,300 digits at most.
        return float(digits)


def _steps(path: str) -> Steps:
    """The steps of a path, the last of which may be any key of a map."""
    steps = [name or (_ANY_KEY if index == "..." else int(index)) for name, index in _STEP.findall(path)]
    return steps[: steps.index(_ANY_KEY) + 1] if _ANY_KEY in steps else steps


def _fill(tree: Any, steps: Steps, wanted: str) -> bool:  # noqa: ANN401 (JSON of any shape)
    """Put Go's zero value in place of all nulls of the list or map that the last step leads into. False without one."""
    zero = _ZEROS.get(wanted)
    if zero is None or not isinstance(steps[-1], int):
        return False
    holder = _walk(tree, steps[:-1])
    nulls = [key for key, value in (enumerate(holder) if isinstance(holder, list) else holder.items()) if value is None]
    for key in nulls:
        holder[key] = zero()
    return bool(nulls)


def _blank(tree: Any, steps: Steps) -> None:  # noqa: ANN401 (as above)
    """Set the field at the steps to null, or the innermost one around them."""
    *way, name = _field(steps)
    _walk(tree, way)[name] = None


def _walk(tree: Any, steps: Steps) -> Any:  # noqa: ANN401 (as above)
    for step in steps:
        tree = tree[step]
    return tree


def _field(steps: Steps) -> Steps:
    """The steps to the innermost field around a value, without the indexes into that field."""
    last = max(place for place, step in enumerate(steps) if isinstance(step, str))
    return steps[: last + 1]


def _unset(decoded: Any, steps: Steps) -> None:  # noqa: ANN401 (models and tuples of them)
    """Unset the field at the steps, or the innermost one around them."""
    *way, name = _field(steps)
    for step in way:
        decoded = decoded[step] if isinstance(step, int) else getattr(decoded, step, None)
        if decoded is None:
            return  # Something around it was blanked too.
    # A frozen model refuses to lose a field, its class's descriptor of the field doesn't.
    getattr(type(decoded), str(name)).__delete__(decoded)
