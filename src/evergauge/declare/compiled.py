"""A kind ready to render: JSON or protobuf of one object in, the text of each family out."""

from collections.abc import Callable, Sequence
from functools import cache, cached_property
from typing import Any, NamedTuple

import msgspec

from evergauge.declare.compile import Allowlists, Compiled, Render, compile_render
from evergauge.declare.decode import Broken, ObjectDecoder
from evergauge.declare.family import Family
from evergauge.declare.fields import fields_of_metadata
from evergauge.declare.kind import Kind
from evergauge.declare.model import Model
from evergauge.declare.native import native_render
from evergauge.declare.spec import Spec
from evergauge.exposition.header import header
from evergauge.protobuf import Protobuf, reader

_IDENTIFYING = ("uid", "resourceVersion", "namespace", "name")
"""The fields of its metadata by which an object is known, whatever families read."""


class Fault(NamedTuple):
    """A family left out for one object, and why. family is empty where the whole object was unusable."""

    family: str
    reason: str


class Rendered(NamedTuple):
    """One object's samples: the UTF-8 lines of each family in the order of `CompiledKind.families`, b"" for none."""

    parts: Sequence[bytes]
    faults: tuple[Fault, ...] = ()


class CompiledKind:
    """One kind with the families that are enabled.

    source: the text of the generated render function. metadata_only: no enabled family reads more than metadata, so the API server is
    asked for `PartialObjectMetadata`. protobuf: objects can be read from that. spec: of its objects.
    """

    def __init__(
        self, kind: Kind, families: Sequence[Family] | None = None, allowlists: Allowlists | None = None
    ) -> None:
        """families: the enabled ones, all by default. Raises DeclarationError when a path doesn't fit the model."""
        self.kind = kind
        self.families = tuple(kind.families if families is None else families)
        self.allowlists = allowlists or Allowlists()
        compiled = self._compile(self.families)
        self._render, self.source, self._names = compiled.render, compiled.source, compiled.names
        self.spec = Spec(kind.model, compiled.reads)
        reads = compiled.all_reads
        self.metadata_only = {name for struct, name in reads if struct is kind.model} <= {"metadata"}
        self._decoder: ObjectDecoder[Model] = ObjectDecoder(
            kind.model, reads | fields_of_metadata(kind.model, _IDENTIFYING)
        )
        self.protobuf = self._decoder.protobuf
        self._nothing = (b"",) * len(self.families)
        self._single = cache(self._compile_single)

    def headers(self, *, openmetrics: bool) -> list[str]:
        """HELP and TYPE of each family, in order."""
        return [header(f.name, f.help, f.type, openmetrics=openmetrics) for f in self.families]

    def decode_list(self, objects: bytes | Protobuf) -> list[Any] | None:
        """The objects of a JSON array or of a list's fields, of the kind's model, to be rendered; None where any needs mending, or it is neither."""
        return self._decoder.decode_list(objects)

    def render(self, raw: bytes | msgspec.Raw | Protobuf | Model) -> Rendered:
        """The samples of the object in `raw` (its JSON, its message, or decoded). Raises nothing: a family that fails is left out and named."""
        decoded, broken = (raw, ()) if isinstance(raw, Model) else self._decoder.decode(raw)
        if decoded is None:
            return Rendered(self._nothing, tuple(Fault("", b.reason) for b in broken))
        try:
            return Rendered(self._lines_of(decoded))
        except Exception:  # noqa: BLE001 (whatever it was: found again, named and counted family by family)
            return self._render_one_by_one(decoded, broken)

    def render_beside_spec(self, message: bytes | msgspec.Raw | Protobuf) -> Sequence[bytes] | None:
        """The lines of the families that are not of the spec alone, to be compared and no more; None where all must be rendered to know them."""
        try:
            return self._lines_beside_spec(message)
        except Exception:  # noqa: BLE001 (whatever it was: `render` finds it again, and names it)
            return None

    @cached_property
    def _lines_beside_spec(self) -> Callable[[object], Sequence[bytes] | None]:
        """Made when the first object comes again with the spec that it had."""
        slots = self.spec.slots
        rest = self._compile([None if n in slots else family for n, family in enumerate(self.families)])
        read = reader(self.kind.model, rest.all_reads).read
        lines_of = native_render(rest.source, rest.names, slots)
        return (lambda message: lines_of(read(message))) if lines_of else lambda _: None

    @cached_property
    def _lines_of(self) -> Callable[[Model], Sequence[bytes]]:
        """The render function with its result encoded. Made at the first object: most kinds of a cluster have few or none."""
        return native_render(self.source, self._names) or self._encoded

    def _encoded(self, decoded: Model) -> Sequence[bytes]:
        return tuple(map(str.encode, self._render(decoded)))

    def _render_one_by_one(self, decoded: Model, broken: Sequence[Broken]) -> Rendered:
        """Those that fail, or read a broken field, are left out."""
        parts, faults = [], []
        for slot, family in enumerate(self.families):
            try:
                part = self._single(slot)(decoded)[0].encode()
            except Exception as error:  # noqa: BLE001 (as above; the reason goes to the log and the counter)
                part = b""
                faults.append(Fault(family.name, self._reason(error, broken)))
            parts.append(part)
        return Rendered(tuple(parts), tuple(faults))

    def _compile_single(self, slot: int) -> Render:
        return self._compile([self.families[slot]]).render

    def _compile(self, families: Sequence[Family | None]) -> Compiled:
        kind = self.kind
        return compile_render(kind.resource, kind.model, kind.identity, families, self.allowlists)

    def _reason(self, error: Exception, broken: Sequence[Broken]) -> str:
        """Why a family failed: a broken field that it read (which is unset), or what its rule raised, which may quote values."""
        if isinstance(error, AttributeError):
            for field in broken:
                if error.name and error.name in field.path.replace("[", ".").split("."):
                    return f"{field.path}: {field.reason}"
        return type(error).__name__ if self.kind.confidential else f"{type(error).__name__}: {error}"
