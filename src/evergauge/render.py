"""`evergauge render`: manifests in, exposition out, without any cluster."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from evergauge.declare import CompiledKind, Kind
from evergauge.exposition.header import EOF
from evergauge.manifests import Manifest
from evergauge.options import Options


class Rendering:
    """Collects the samples of objects, each rendered on its own, and writes them family by family.

    problems: what could not be exposed, one line each. unknown: objects of unknown kinds, one line each.
    """

    def __init__(
        self,
        kinds: Sequence[Kind],
        compiled: Mapping[str, CompiledKind],
        ours: Callable[[Kind, bytes], bool] = lambda _kind, _raw: True,
    ) -> None:
        """kinds: all that are known; compiled: those chosen, by resource; ours: whether the flags let this object be exposed."""
        self._compiled = compiled
        self._ours = ours
        self._by_version = {(kind.api_version, kind.kind): kind for kind in kinds}
        self._by_name = {kind.kind: kind for kind in kinds}
        self._parts: dict[str, list[Sequence[bytes]]] = {resource: [] for resource in compiled}
        self.problems: list[str] = []
        self.unknown: list[str] = []

    def add(self, manifest: Manifest) -> None:
        """Render one object. Its kind is found by apiVersion and kind, by kind alone where it has no apiVersion."""
        if manifest.api_version:
            kind = self._by_version.get((manifest.api_version, manifest.kind))
        else:
            kind = self._by_name.get(manifest.kind)
        if kind is None:
            name = " ".join(filter(None, (manifest.api_version, manifest.kind)))
            self.unknown.append(f"{manifest.where}: unknown kind {name}")
        elif kind.resource in self._compiled and self._ours(kind, manifest.raw):
            rendered = self._compiled[kind.resource].render(manifest.raw)
            self._parts[kind.resource].append(rendered.parts)
            for fault in rendered.faults:
                self.problems.append(f"{manifest.where}: {fault.family or kind.kind} left out: {fault.reason}")

    def text(self, *, openmetrics: bool) -> Iterator[bytes]:
        """The exposition, a piece a family. A kind without objects writes nothing, not even its headers."""
        for resource, objects in self._parts.items():
            headers = self._compiled[resource].headers(openmetrics=openmetrics) if objects else ()
            for slot, header in enumerate(headers):
                yield header.encode() + b"".join(parts[slot] for parts in objects)
        if openmetrics:
            yield EOF.encode()


class _Metadata(msgspec.Struct, gc=False):
    namespace: str | None = None


class _Spec(msgspec.Struct, gc=False):
    nodeName: str | None = None  # noqa: N815 (the API's name)


class _Place(msgspec.Struct, gc=False):
    """Where an object is."""

    metadata: _Metadata | None = None
    spec: _Spec | None = None


_PLACE = msgspec.json.Decoder(_Place)


def selects(options: Options) -> Callable[[Kind, bytes], bool]:
    """Whether namespaces and node let an object be exposed. What says neither in a readable way is left to the renderer."""
    chosen, denied = frozenset(options.namespaces), frozenset(options.namespaces_denylist)

    def ours(kind: Kind, raw: bytes) -> bool:
        try:
            place = _PLACE.decode(raw)
        except msgspec.DecodeError:
            return True
        namespace = (place.metadata and place.metadata.namespace) or ""
        node = (place.spec and place.spec.nodeName) or ""
        if kind.namespaced and ((chosen and namespace not in chosen) or namespace in denied):
            return False
        if options.track_unscheduled_pods:
            return not node
        return not options.node or node == options.node

    return ours
