"""Manifests in, one object's JSON at a time out: YAML documents, JSON, JSON lines, concatenated JSON, and lists of objects.

JSON passes through byte by byte, so that no number changes on the way.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from evergauge.errors import ManifestError

_BOM = b"\xef\xbb\xbf"


class Manifest(NamedTuple):
    """One object. raw: its JSON; where: the file, and the document and item in it, for messages."""

    api_version: str
    kind: str
    raw: bytes
    where: str


class _Head(msgspec.Struct, gc=False):
    """What tells what an object is. items: of a `List`, `PodList` and so on."""

    apiVersion: str | None = None  # noqa: N815 (the API's name)
    kind: str | None = None
    items: msgspec.Raw = msgspec.Raw()

    @property
    def is_list(self) -> bool:
        return (self.kind or "").endswith("List") and bytes(self.items).startswith(b"[")


_HEAD = msgspec.json.Decoder(_Head)
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
# Numbers stay texts: only where a document ends matters, and Python refuses to read very long ones.
_JSON = json.JSONDecoder(parse_int=str, parse_float=str)


def read_manifests(paths: Sequence[str], *, stdin: BinaryIO) -> Iterator[Manifest]:
    """The objects of all files in order; `-` or no path at all reads `stdin`. Empty documents are passed over.

    Raises ManifestError, which names the file and the document in it, counted from 1.
    """
    for path in paths or ("-",):
        name = "standard input" if path == "-" else path
        for number, raw in enumerate(_documents(_read(path, stdin), name), start=1):
            if raw != b"null":
                yield from _objects(raw, f"{name}, document {number}")


def _read(path: str, stdin: BinaryIO) -> bytes:
    try:
        data = stdin.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise ManifestError(f"{path}: {error.strerror}") from None
    return data.removeprefix(_BOM)


def _documents(data: bytes, name: str) -> Iterator[bytes]:
    """The JSON of each document. What starts with a brace or a bracket is JSON (as kubectl has it), all else YAML."""
    start = data.lstrip()[:1]
    if start not in (b"{", b"["):
        return _yaml_documents(data, name)
    try:
        text = data.decode()
        _HEAD.decode(data)
    except UnicodeDecodeError as error:
        raise ManifestError(f"{name}: no UTF-8 at byte {error.start}") from None
    except (msgspec.DecodeError, RecursionError):
        # More than one document, or a broken one: the slower way finds out.
        return _json_documents(text, name)
    return iter((data.strip(),))


def _yaml_documents(data: bytes, name: str) -> Iterator[bytes]:
    # Imported here because only YAML pays for it.
    import yaml  # noqa: PLC0415 (as above)

    from evergauge.kubernetes_yaml import documents  # noqa: PLC0415 (as above)

    number, found = 1, documents(data)
    while True:
        try:
            document = next(found, None)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise ManifestError(f"{name}, document {number}: {_reason(error)}") from None
        if document is None:
            return
        yield document
        number += 1


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply, or an alias inside itself"
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}: " if mark else ""
    return " ".join(f"{where}{getattr(error, 'problem', None) or error}".split())


def _json_documents(text: str, name: str) -> Iterator[bytes]:
    position, number = _skip_blanks(text, 0), 1
    while position < len(text):
        try:
            end = _JSON.raw_decode(text, position)[1]
        except (json.JSONDecodeError, RecursionError) as error:
            line = text.count("\n", 0, getattr(error, "pos", position)) + 1
            reason = getattr(error, "msg", "nested too deeply")
            raise ManifestError(f"{name}, document {number}: line {line}: no JSON: {reason}") from None
        yield text[position:end].encode()
        position, number = _skip_blanks(text, end), number + 1


def _skip_blanks(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return position


def _objects(raw: bytes, where: str, parent: _Head | None = None) -> Iterator[Manifest]:
    """The object in `raw`, or the objects of the list that it is. An item without kind has that of its list (`PodList`: `Pod`)."""
    try:
        head = _HEAD.decode(raw)
        items = _ITEMS.decode(head.items) if head.is_list else []
    except (msgspec.DecodeError, RecursionError) as error:
        raise ManifestError(f"{where}: no Kubernetes object: {error}") from None
    if head.is_list:
        for number, item in enumerate(items, start=1):
            yield from _objects(bytes(item), f"{where}, item {number}", head)
        return
    kind = head.kind or (parent.kind or "").removesuffix("List") if parent else head.kind
    if not kind:
        raise ManifestError(f"{where}: no Kubernetes object: it has no kind")
    version = head.apiVersion or (parent.apiVersion if parent and not head.kind else None)
    yield Manifest(version or "", kind, raw, where)
