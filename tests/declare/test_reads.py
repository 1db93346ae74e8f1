"""Only the fields that the enabled families read are read from protobuf, and no sample misses one of them."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from evergauge.declare import Allowlists, CompiledKind, Kind
from evergauge.declare.decode import ObjectDecoder
from evergauge.kinds import KINDS
from evergauge.protobuf import Protobuf
from kinds.cases import all_cases
from support.messages import NUMBERED, message
from support.native import native_part

EVERY_KEY = Allowlists(("*",), ("*",))


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    native_part()


def decoded(decoder: ObjectDecoder[Any], raw: bytes | Protobuf) -> Any:  # noqa: ANN401 - of any model
    found = decoder.decode(raw)
    assert found.object
    return found.object


def recorded(kind: Kind) -> list[tuple[Protobuf, Any]]:
    """The recorded objects of a kind as an API server sends them, each beside the whole of it."""
    decoder: ObjectDecoder[Any] = ObjectDecoder(kind.model)
    manifests = [json.dumps(case.object).encode() for case in all_cases() if case.flags.kind == kind.kind]
    messages = [Protobuf(message(decoded(decoder, manifest))) for manifest in manifests]
    return [(each, decoded(decoder, each)) for each in messages]


@pytest.mark.parametrize("kind", NUMBERED, ids=lambda kind: kind.resource)
def test_each_family_shows_what_it_shows_of_the_whole_object(kind: Kind) -> None:
    objects = recorded(kind)
    assert objects
    for families in (kind.families, *([family] for family in kind.families)):
        compiled = CompiledKind(kind, families, EVERY_KEY)
        for raw, model in objects:
            assert list(compiled.render(raw).parts) == list(compiled.render(model).parts)


@pytest.mark.parametrize("kind", NUMBERED, ids=lambda kind: kind.resource)
def test_an_object_is_known_by_its_metadata_whatever_is_read(kind: Kind) -> None:
    compiled = CompiledKind(kind, [])
    metadata = {"name": "a", "namespace": "b", "uid": "c", "resourceVersion": "7"}
    raw = message(msgspec.convert({"metadata": metadata | {"labels": {"d": "e"}}}, kind.model))
    [found] = compiled.decode_list(Protobuf(b"\x12" + bytes([len(raw)]) + raw)) or []
    assert {name: getattr(found.metadata, name) for name in metadata} == metadata


def test_labels_are_read_where_a_family_shows_them() -> None:
    [pods] = [kind for kind in KINDS if kind.resource == "pods"]
    raw = Protobuf(message(msgspec.convert({"metadata": {"name": "a", "labels": {"d": "e"}}}, pods.model)))
    shown = decoded(CompiledKind(pods, allowlists=EVERY_KEY)._decoder, raw)
    hidden = decoded(CompiledKind(pods)._decoder, raw)
    assert shown.metadata.labels == {"d": "e"}
    assert not hidden.metadata.labels
