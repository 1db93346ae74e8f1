"""What an object shows that comes again with the spec it had: families of the spec alone are left out, and must be as they were."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from evergauge.declare import Allowlists, CompiledKind, Kind
from evergauge.declare.decode import ObjectDecoder
from evergauge.protobuf import Protobuf
from kinds.cases import all_cases
from support.messages import NUMBERED, field, message
from support.native import native_part

if TYPE_CHECKING:
    from evergauge.declare import Model

EVERY_KEY = Allowlists(("*",), ("*",))
WITH_SPEC = [kind for kind in NUMBERED if CompiledKind(kind, allowlists=EVERY_KEY).spec._number]
"""The kinds that have families of the spec alone."""
PODS = next(kind for kind in WITH_SPEC if kind.resource == "pods")


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    native_part()


def recorded(kind: Kind) -> list[Any]:
    """The recorded objects of a kind."""
    decoder: ObjectDecoder[Any] = ObjectDecoder(kind.model)
    return [
        decoder.decode(json.dumps(case.object).encode()).object for case in all_cases() if case.flags.kind == kind.kind
    ]


def sent(model: Model) -> Protobuf:
    """An object as an API server sends it."""
    return Protobuf(message(model))


def with_spec_and_name_of(model: Any, other: Any) -> Any:  # noqa: ANN401 - of any model
    """All of an object but its spec and what names it: those of another one."""
    names = {name: getattr(other.metadata, name) for name in ("uid", "namespace", "name")}
    return msgspec.structs.replace(model, spec=other.spec, metadata=msgspec.structs.replace(model.metadata, **names))


@pytest.fixture(params=WITH_SPEC, ids=lambda kind: kind.resource)
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


def test_the_kinds_with_families_of_the_spec_alone_are_those_that_say_so() -> None:
    names = {kind.resource for kind in WITH_SPEC}
    assert {"pods", "nodes", "deployments", "jobs", "persistentvolumes"} <= names
    assert not {"configmaps", "secrets", "endpoints", "storageclasses"} & names


def test_what_is_left_out_shows_the_same_whatever_else_of_the_object_changes(kind: Kind) -> None:
    compiled, objects = CompiledKind(kind, allowlists=EVERY_KEY), recorded(kind)
    shown = 0
    for one in objects:
        before = compiled.render(sent(one)).parts
        for another in objects:
            changed = sent(with_spec_and_name_of(another, one))
            after = compiled.render(changed).parts
            assert [before[slot] for slot in compiled.spec.slots] == [after[slot] for slot in compiled.spec.slots]
            assert compiled.spec.digest(changed) == compiled.spec.digest(sent(one)) != 0
        shown += sum(bool(before[slot]) for slot in compiled.spec.slots)
    assert shown


def test_everything_else_is_rendered_as_ever(kind: Kind) -> None:
    compiled = CompiledKind(kind, allowlists=EVERY_KEY)
    for model in recorded(kind):
        rest, whole = compiled.render_beside_spec(sent(model)), compiled.render(sent(model)).parts
        assert rest
        for slot, family in enumerate(kind.families):
            assert rest[slot] == (b"" if slot in compiled.spec.slots else whole[slot]), family.name


def test_the_families_of_the_spec_alone_follow_from_what_each_one_reads() -> None:
    for allowlists, labels in ((EVERY_KEY, False), (Allowlists(), True)):
        compiled = CompiledKind(PODS, allowlists=allowlists)
        alone = {PODS.families[slot].name for slot in compiled.spec.slots}
        assert alone >= {"kube_pod_container_resource_requests", "kube_pod_tolerations", "kube_pod_restart_policy"}
        assert not alone & {"kube_pod_info", "kube_pod_container_info", "kube_pod_created", "kube_pod_status_phase"}
        # Without an allowlist it has no samples, whatever labels there are.
        assert ("kube_pod_labels" in alone) is labels


def test_another_spec_has_another_digest_and_what_has_none_says_so() -> None:
    spec = CompiledKind(PODS).spec
    objects = [Protobuf(field(1, "any metadata") + field(2, text) + field(3, text)) for text in ("a", "b", "")]
    digests = [spec.digest(each) for each in (*objects, Protobuf(field(1, "no spec")))]
    assert len(set(digests[:3])) == 3
    assert digests[2] == digests[3]
    assert list(spec.digests(Protobuf(b"".join(field(2, each) for each in objects)))) == digests[:3]
    assert spec.digest(Protobuf(field(2, "an earlier one") + objects[0])) == digests[0]
    for unreadable in (b'{"spec":{}}', msgspec.Raw(b'{"spec":{}}'), Protobuf(b"\x12\x05junk")):
        assert spec.digest(unreadable) == 0
    assert [digest for digest, _ in zip(spec.digests(b"[{}, {}]"), range(2), strict=False)] == [0, 0]
    assert CompiledKind(PODS, []).spec.digest(objects[0]) == 0


def test_what_cannot_be_rendered_so_is_left_to_the_whole() -> None:
    assert CompiledKind(PODS).render_beside_spec(Protobuf(b"\x12\x05junk")) is None
