"""What a real kube-apiserver writes in protobuf reads as what it writes in JSON: the numbers of all fields are right."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

import aiohttp
import msgspec
import pytest

from evergauge.declare.decode import ObjectDecoder
from evergauge.errors import Expired
from evergauge.kube.forms import PROTOBUF
from evergauge.kube.items import Bookmark
from evergauge.kube.lists import list_by_pages, list_by_watch, list_whole
from evergauge.kube.source import Source
from evergauge.kube.watches import open_watch
from evergauge.protobuf import Protobuf, _without_none
from kinds.cases import all_cases
from kube.test_client_against_real import client_of
from support import etcd
from support.controlplane import controlplane_or_fail
from support.messages import NUMBERED
from support.native import native_part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evergauge.declare import Kind
    from evergauge.kube.client import ApiClient
    from evergauge.kube.items import Item
    from support.controlplane import ControlPlane

pytestmark = pytest.mark.controlplane

NAMESPACE = "recorded"
ENOUGH = 30.0


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    native_part()


@pytest.fixture(scope="module")
def controlplane() -> Iterator[ControlPlane]:
    """One of its own: what is put into it would be in others' way."""
    with controlplane_or_fail() as plane:
        yield plane


class Kept:
    """A build that keeps everything, decoded; form: what objects came in."""

    def __init__(self, kind: Kind) -> None:
        self.objects: dict[str, Any] = {}
        self.forms = set[type]()
        self._decoder: ObjectDecoder[Any] = ObjectDecoder(kind.model)

    def read(self, objects: bytes | Protobuf) -> list[Item | None]:
        models = self._decoder.decode_list(objects)
        assert models is not None
        self.forms.add(type(objects))
        self.objects |= {model.metadata.uid: model for model in models}
        return []

    def put(self, item: Item | None) -> None:
        assert item
        decoded = self._decoder.decode(item.raw)
        assert decoded.object
        assert not decoded.broken
        self.forms.add(type(item.raw))
        self.objects[item.uid] = decoded.object

    def remove(self, item: Item | None) -> None:
        raise NotImplementedError(item)


def recorded(kind: Kind) -> Iterator[dict[str, Any]]:
    """Every recorded object of a kind, and one with every field that the model has, each under a name of its own."""
    whole = full(kind.model) | {"apiVersion": kind.api_version, "kind": kind.kind}
    for number, manifest in enumerate([*(c.manifest() for c in all_cases() if c.flags.kind == kind.kind), whole]):
        named = {"name": f"recorded-{number}", "uid": f"uid-{number}", "resourceVersion": ""}
        named |= {"namespace": NAMESPACE} if kind.namespaced else {}
        yield manifest | {"metadata": {**manifest.get("metadata", {}), **named}}


def full(model: type[msgspec.Struct]) -> dict[str, Any]:
    """JSON with a value that is nobody's default in every field."""
    return {field.encode_name: _value(field.type) for field in msgspec.structs.fields(model)}


def _value(hint: Any) -> Any:  # noqa: ANN401 - type hints and JSON
    hint = _without_none(hint)
    if get_origin(hint) is tuple:
        return [_value(get_args(hint)[0])]
    if get_origin(hint) is dict:
        return {"key": _value(get_args(hint)[1])}
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return full(hint)
    if get_origin(hint) is Annotated:
        return {"time": "2026-02-28T23:59:59Z", "quantity": "250m", "int_or_string": "25%"}[conversion(hint)]
    return {str: "text", int: 7, bool: True}[hint]


def conversion(hint: Any) -> str:  # noqa: ANN401 - as above
    (name,) = [note.extra["conversion"] for note in hint.__metadata__ if getattr(note, "extra", None)]
    return str(name)


def unread(models: Sequence[Any]) -> set[str]:
    """The fields in which no object differs from the default."""
    fields, differing = set[str](), set[str]()

    def look(value: object) -> None:
        if isinstance(value, tuple | dict):
            for each in value if isinstance(value, tuple) else value.values():
                look(each)
        if isinstance(value, msgspec.Struct):
            for field in msgspec.structs.fields(value):
                name, inner = f"{type(value).__name__}.{field.name}", getattr(value, field.name)
                fields.add(name)
                differing.update([name] if inner != field.default else [])
                look(inner)

    for model in models:
        look(model)
    return fields - differing


def differences(found: Any, expected: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401 - models and what is in them
    """Where two models, or mappings of them, differ. A list that is null in JSON isn't there in protobuf."""
    if isinstance(found, msgspec.Struct) and isinstance(expected, msgspec.Struct):
        found, expected = msgspec.structs.asdict(found), msgspec.structs.asdict(expected)
    if isinstance(found, tuple) and isinstance(expected, tuple):
        found, expected = dict(enumerate(found)), dict(enumerate(expected))
    if isinstance(found, dict) and isinstance(expected, dict):
        for key in found.keys() | expected.keys():
            yield from differences(found.get(key, "none"), expected.get(key, "none"), f"{path}.{key}")
    elif found != expected and (found, expected) != ((), None):
        yield f"{path}: {found!r}, not {expected!r}"


@pytest.mark.parametrize("kind", NUMBERED, ids=lambda kind: kind.resource)
async def test_all_ways_to_list_and_watch(controlplane: ControlPlane, kind: Kind) -> None:
    manifests = list(recorded(kind))
    async with aiohttp.ClientSession(base_url=controlplane.etcd_url) as session:
        for manifest in manifests:
            await etcd.send(session, etcd.put(manifest))

    async with client_of(controlplane.kubeconfig_of("admin")) as client, asyncio.timeout(ENOUGH):
        in_json = Kept(kind)
        await whole(client, source_of(kind, protobuf=False), in_json)
        assert Protobuf not in in_json.forms
        assert in_json.objects.keys() >= {manifest["metadata"]["uid"] for manifest in manifests}
        assert not unread(list(in_json.objects.values())), "a field of which no number is tested"

        for way in (whole, by_watch, by_pages, watched):
            kept = Kept(kind)
            await way(client, source_of(kind, protobuf=True), kept)
            assert kept.forms == {Protobuf}, way
            assert not list(differences(kept.objects, in_json.objects)), way


def source_of(kind: Kind, *, protobuf: bool) -> Source:
    return Source(kind.resource, kind.api_version, namespace=NAMESPACE if kind.namespaced else None, protobuf=protobuf)


async def whole(client: ApiClient, source: Source, kept: Kept) -> None:
    await list_whole(client, source, kept, at_least="", patience=ENOUGH, silence=ENOUGH)


async def by_watch(client: ApiClient, source: Source, kept: Kept) -> None:
    await list_by_watch(client, source, kept, at_least="", patience=ENOUGH, silence=ENOUGH)


async def by_pages(client: ApiClient, source: Source, kept: Kept) -> None:
    await list_by_pages(client, source, kept, at_least="", patience=ENOUGH)


async def watched(client: ApiClient, source: Source, kept: Kept) -> None:
    """By events, up to the bookmark after the first ones."""
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "timeoutSeconds": f"{ENOUGH:.0f}"}
    async with open_watch(client, source, query, connect=ENOUGH, silence=ENOUGH) as watch:
        while (sent := await watch.read()) is not None:
            for event in map(watch.read_event, sent):
                if isinstance(event, Bookmark):
                    return
                assert event.type == "ADDED"
                kept.put(event.item)


async def test_an_expired_version_is_told_in_protobuf_too(controlplane: ControlPlane) -> None:
    async with aiohttp.ClientSession(base_url=controlplane.etcd_url) as session:
        await etcd.compact(session)
    async with client_of(controlplane.kubeconfig_of("admin")) as client:
        with pytest.raises(Expired, match="410"):
            await client.get(
                "/api/v1/pods",
                {"resourceVersion": "1", "resourceVersionMatch": "Exact"},
                accept=PROTOBUF,
                timeout=ENOUGH,
            )
