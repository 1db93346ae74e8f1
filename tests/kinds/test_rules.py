"""The rules of irregular families, one by one: what the recorded cases show only in part."""

from __future__ import annotations

import pytest

from evergauge.declare import Condition, OwnerReference, Quantity
from evergauge.declare.common import NO_OWNER, is_controller, owners, version_number
from evergauge.kinds.deployments import max_surge, max_unavailable
from evergauge.kinds.nodes import Address, internal_ip, roles
from evergauge.kinds.pod_model import ContainerStatus, Running, State, Terminated, Toleration
from evergauge.kinds.pod_rules import (
    completion,
    controller,
    ip_family,
    started,
    status_reasons,
    unique_tolerations,
)
from evergauge.kinds.resources import provided, requested, units
from evergauge.kinds.statefulsets import retention


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("123", 123.0),
        ("1e3", 1000.0),
        ("-.5", -0.5),
        ("+Inf", float("inf")),
        ("1e999", None),
        ("", None),
        (None, None),
        ("1_000", None),
        (" 1", None),
        ("\u0661", None),
        ("12x", None),
    ],
)
def test_resource_version(text: str | None, number: float | None) -> None:
    assert version_number(text) == number


def test_owners() -> None:
    mine, other = OwnerReference(kind="A", controller=True), OwnerReference(kind="B")
    assert owners((mine, other)) == (mine, other)
    assert [is_controller(o) for o in owners((mine, other))] == ["true", "false"]
    assert [is_controller(o) for o in owners(())] == [""]
    assert is_controller(OwnerReference()) == "false"
    assert list(controller((other, mine))) == [mine]
    assert list(controller((other,))) == [NO_OWNER]


@pytest.mark.parametrize(
    ("limit", "replicas", "unavailable", "surge"),
    [
        (3, 10, 3, 3),
        ("25%", 10, 2, 3),
        ("0%", 10, 0, 0),
        ("150%", 3, 4, 5),
        (3, 0, 3, 3),
        ("3", 10, None, None),
        ("x%", 10, None, None),
        (None, 10, None, None),
        ("25%", None, None, None),
    ],
)
def test_rolling_update(
    limit: int | str | None, replicas: int | None, unavailable: int | None, surge: int | None
) -> None:
    assert (max_unavailable(limit, replicas), max_surge(limit, replicas)) == (unavailable, surge)


@pytest.mark.parametrize(
    ("deleted", "scaled", "rows"),
    [("Delete", "Retain", [("Delete", "Retain")]), ("", "Retain", [("", "Retain")]), ("", "", []), (None, None, [])],
)
def test_retention(deleted: str | None, scaled: str | None, rows: list[tuple[str, str]]) -> None:
    assert retention(deleted, scaled) == rows


def test_node() -> None:
    internal = [Address("InternalIP", "1.2.3.4"), Address("Hostname", "h"), Address("InternalIP", "::1")]
    assert internal_ip(internal) == "::1"
    assert internal_ip(internal[1:2]) == ""
    assert roles({"node-role.kubernetes.io/worker": "", "node-role.kubernetes.io/": "", "a": "b"}) == ["worker", ""]
    assert roles(None) == []


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("cpu", (("cpu", "core"),)),
        ("memory", (("memory", "byte"),)),
        ("ephemeral-storage", (("ephemeral_storage", "byte"),)),
        ("hugepages-2Mi", (("hugepages_2Mi", "byte"),)),
        ("attachable-volumes-aws-ebs", (("attachable_volumes_aws_ebs", "byte"),)),
        ("nvidia.com/gpu", (("nvidia_com_gpu", "integer"),)),
        ("hugepages-x.io/y", (("hugepages_x_io_y", "byte"), ("hugepages_x_io_y", "integer"))),
        ("kubernetes.io/gpu", ()),
        ("requests.nvidia.com/gpu", ()),
        ("Nvidia.com/gpu", ()),
        ("nvidia.com/-gpu", ()),
        ("a/b/c", ()),
        ("pods", ()),
        ("", ()),
    ],
)
def test_units(name: str, found: tuple[tuple[str, str], ...]) -> None:
    assert units(name) == found


def test_amounts() -> None:
    resources: dict[str, Quantity] = {"cpu": "1500m", "memory": "1.5", "pods": 110, "x.io/y": None, "other": "1"}
    assert requested(resources) == [("cpu", "core", "1.5"), ("memory", "byte", "2"), ("x_io_y", "integer", "0")]
    assert provided(resources) == [
        ("cpu", "core", "1.5"),
        ("memory", "byte", "1.5"),
        ("pods", "integer", "110"),
        ("x_io_y", "integer", "0"),
    ]
    assert list(requested(None)) == provided(None) == []


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("1.2.3.4", "4"),
        ("::ffff:1.2.3.4", "4"),
        ("2001:db8::1", "6"),
        ("fe80::1%eth0", "6"),
        ("", None),
        ("1.2.3", None),
        ("01.2.3.4", None),
        ("1.2.3.4 ", None),
        ("1.2.3.4\0", None),
        ("é", None),
        ("\udcff", None),
    ],
)
def test_ip_family(text: str, family: str | None) -> None:
    assert ip_family(text) == family


def test_states() -> None:
    ran = Terminated(startedAt="2020-01-01T00:00:00Z", finishedAt="2020-01-01T00:00:01Z", reason="Shutdown")
    assert started(State(running=Running(), terminated=ran)) == ""
    assert started(State(terminated=ran)) == "2020-01-01T00:00:00Z"
    assert started(State()) is None
    ended, waiting = ContainerStatus(state=State(terminated=ran)), ContainerStatus(state=None)
    assert completion((waiting, ended, ContainerStatus(state=State(terminated=Terminated())))) == 1577836801
    assert completion((waiting,)) is None
    assert completion((ContainerStatus(state=State(terminated=Terminated(finishedAt=None))),)) is None


@pytest.mark.parametrize(
    ("reason", "condition", "terminated", "found"),
    [
        ("", "", "", []),
        ("Evicted", "", "", ["Evicted"]),
        ("", "SchedulingGated", "Shutdown", ["SchedulingGated", "Shutdown"]),
        ("Strange", "Evicted", "", ["Evicted", "Other"]),
        ("", "Strange", "Strange", []),
    ],
)
def test_status_reasons(reason: str, condition: str, terminated: str, found: list[str]) -> None:
    status = ContainerStatus(state=State(terminated=Terminated(reason=terminated)))
    assert list(status_reasons(reason, (Condition(reason=condition),), (status, ContainerStatus(state=None)))) == found


def test_unique_tolerations() -> None:
    twice, nulled, other = (
        Toleration(key="a"),
        Toleration(key="a", value=None),
        Toleration(key="a", tolerationSeconds=0),
    )
    assert len(unique_tolerations((twice, nulled, other, twice))) == 2
    assert list(unique_tolerations(())) == []
