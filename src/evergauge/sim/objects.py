"""Objects at rest: encoded once, so that lists and watches only join bytes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from evergauge.sim.resources import Resource

Manifest = dict[str, Any]
"""An object as decoded JSON."""

METADATA_KIND: Final = b'"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1",'
# The order in which the real server writes metadata. `resourceVersion` may only follow names and UIDs: see `at`.
_METADATA_ORDER: Final = (
    "name",
    "generateName",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "managedFields",
)
_encode: Final = msgspec.json.Encoder().encode


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One version of one object.

    key: `namespace/name`, or the name alone; keys sort as etcd's do. raw: the object's JSON without its opening brace, kind
    and apiVersion: `"metadata":{...},"spec":...}`. metadata_end: where the metadata ends in it. fields: the values of the
    resource's selectable fields, in its order. uid_hash: FNV-1a, 64 bits.
    """

    key: str
    uid: str
    version: int
    raw: bytes
    metadata_end: int
    fields: tuple[str, ...]
    uid_hash: int

    def at(self, version: int) -> Entry:
        """The same content under another resourceVersion, as in the real server's DELETED events."""
        old = b'"resourceVersion":"%d"' % self.version
        new = b'"resourceVersion":"%d"' % version
        # Before it stand names, namespace and UID only, which can't contain a quote: the first hit is the right one.
        raw = self.raw.replace(old, new, 1)
        end = self.metadata_end + len(new) - len(old)
        return msgspec.structs.replace(self, version=version, raw=raw, metadata_end=end)

    def metadata(self) -> bytes:
        """What is kept of `raw` in a PartialObjectMetadata."""
        return self.raw[: self.metadata_end] + b"}"


def encode(resource: Resource, manifest: Manifest, version: int) -> Entry:
    """The entry of an object that carries name, namespace and UID already; sets its resourceVersion."""
    given: Manifest = manifest["metadata"]
    given["resourceVersion"] = str(version)
    metadata = {name: given[name] for name in _METADATA_ORDER if name in given} | given
    head = b'"metadata":' + _encode(metadata)
    rest = _encode({name: value for name, value in manifest.items() if name not in {"kind", "apiVersion", "metadata"}})
    uid: str = metadata["uid"]
    return Entry(
        key=key_of(resource, metadata.get("namespace"), metadata["name"]),
        uid=uid,
        version=version,
        raw=head + (b"," + rest[1:] if len(rest) > 2 else b"}"),
        metadata_end=len(head),
        fields=tuple(_field(manifest, path) for path in resource.fields),
        uid_hash=fnv1a(uid),
    )


def type_meta(resource: Resource) -> bytes:
    """The part of an object's JSON that `Entry.raw` leaves out, without brace."""
    return f'"kind":"{resource.kind}","apiVersion":"{resource.api_version}",'.encode()


def decode(resource: Resource, entry: Entry) -> Manifest:
    """The whole object, the caller's own."""
    manifest: Manifest = msgspec.json.decode(b"{" + type_meta(resource) + entry.raw)
    return manifest


def key_of(resource: Resource, namespace: str | None, name: str) -> str:
    """Where an object stands among those of its resource."""
    return f"{namespace}/{name}" if resource.namespaced else name


def namespace_of(entry: Entry) -> str:
    """The namespace, or nothing for what is cluster-scoped."""
    return entry.key.rpartition("/")[0]


def name_of(entry: Entry) -> str:
    """The object's name."""
    return entry.key.rpartition("/")[2]


def _field(manifest: Manifest, path: str) -> str:
    value: Any = manifest
    for step in path.split("."):
        if not isinstance(value, dict):
            return ""
        value = value.get(step)
    return sys.intern(value) if isinstance(value, str) else ""


def fnv1a(text: str) -> int:
    """FNV-1a, 64 bits, of the UTF-8 bytes (KEP-5866 and kube-state-metrics both shard by it)."""
    digest = 0xCBF29CE484222325
    for byte in text.encode():
        digest = ((digest ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return digest


def merge(target: Any, patch: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    """RFC 7386: `patch` merged into `target`; null removes. Neither is changed."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged
