"""What a real kube-apiserver writes in protobuf reads as what it writes in JSON: the numbers of all fields are right."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
import msgspec
import pytest

from evergauge.declare import CompiledKind
from evergauge.errors import Expired
from evergauge.kinds import KINDS
from evergauge.kube.forms import PROTOBUF
from evergauge.kube.items import Event
from evergauge.kube.lists import list_by_pages, list_by_watch, list_whole
from evergauge.kube.source import Source
from evergauge.kube.watches import open_watch
from evergauge.protobuf import Protobuf
from kinds.cases import all_cases
from kube.test_client_against_real import client_of
from support import etcd
from support.controlplane import controlplane as controlplane  # noqa: PLC0414 - a fixture for the tests here
from support.native import native_part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evergauge.declare import Kind
    from evergauge.kube.client import ApiClient
    from evergauge.kube.items import Item
    from support.controlplane import ControlPlane

pytestmark = pytest.mark.controlplane

NUMBERED = [kind for kind in KINDS if CompiledKind(kind).protobuf]
NAMESPACE = "recorded"
ENOUGH = 30.0
RARE = {
    "Pod": {
        "metadata": {
            "generation": 7,
            "ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "u"}],
        },
        "spec": {
            "hostNetwork": True,
            "overhead": {"cpu": "250m", "memory": "64Mi"},
            "tolerations": [{"key": "k", "operator": "Exists", "tolerationSeconds": 300}],
            "nodeSelector": {"disk": "ssd"},
            "schedulerName": "own",
            "containers": [{"name": "c", "image": "i", "restartPolicy": "Always"}],
            "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c", "readOnly": True}}],
        },
    }
}
"""What no recorded object has."""


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    native_part()


class Kept:
    """A build that keeps everything, decoded; form: what objects came in."""

    def __init__(self, kind: Kind) -> None:
        self.objects: dict[str, Any] = {}
        self.forms = set[type]()
        self._compiled = CompiledKind(kind)

    def read(self, objects: bytes | Protobuf) -> list[Item | None]:
        models = self._compiled.decode_list(objects)
        assert models is not None
        self.forms.add(type(objects))
        self.objects |= {model.metadata.uid: model for model in models}
        return []

    def put(self, item: Item | None) -> None:
        assert item
        decoded = self._compiled._decoder.decode(item.raw)
        assert decoded.object
        assert not decoded.broken
        self.forms.add(type(item.raw))
        self.objects[item.uid] = decoded.object

    def remove(self, item: Item | None) -> None:
        raise NotImplementedError(item)


def recorded(kind: Kind) -> Iterator[dict[str, Any]]:
    """Every recorded object of a kind, and the rare one, each under a name of its own."""
    manifests = [case.manifest() for case in all_cases() if case.flags.kind == kind.kind]
    rare = {"apiVersion": kind.api_version, "kind": kind.kind, **RARE.get(kind.kind, {})}
    for number, manifest in enumerate([*manifests, rare]):
        named = {"name": f"recorded-{number}", "namespace": NAMESPACE, "uid": f"uid-{number}"}
        yield manifest | {"metadata": {**manifest.get("metadata", {}), **named}}


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
            version = await etcd.send(session, etcd.put(manifest))

    async with client_of(controlplane.kubeconfig_of("admin")) as client, asyncio.timeout(120):
        told: dict[str, Any] = {"at_least": str(version), "patience": ENOUGH, "silence": ENOUGH}
        in_json = Kept(kind)
        await list_whole(client, source_of(kind, protobuf=False), in_json, **told)
        assert Protobuf not in in_json.forms
        assert len(in_json.objects) == len(manifests)
        assert not unread(list(in_json.objects.values())), "a field of which no number is tested"

        for way in (list_whole, list_by_watch, by_pages, by_a_watch):
            kept = Kept(kind)
            await way(client, source_of(kind, protobuf=True), kept, **told)
            assert kept.forms == {Protobuf}, way
            assert not list(differences(kept.objects, in_json.objects)), way


def source_of(kind: Kind, *, protobuf: bool) -> Source:
    return Source(kind.resource, kind.api_version, namespace=NAMESPACE, protobuf=protobuf)


async def by_pages(
    client: ApiClient, source: Source, kept: Kept, *, at_least: str, patience: float, **_: float
) -> None:
    await list_by_pages(client, source, kept, at_least=at_least, patience=patience)


async def by_a_watch(client: ApiClient, source: Source, kept: Kept, *, silence: float, **_: object) -> None:
    """From the beginning of history on."""
    query = {"resourceVersion": "0", "timeoutSeconds": "2"}
    async with open_watch(client, source, query, connect=ENOUGH, silence=silence) as watch:
        while (sent := await watch.read()) is not None:
            for each in sent:
                event = watch.read_event(each)
                if isinstance(event, Event):
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
