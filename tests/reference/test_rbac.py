"""The rights that options need: these, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from evergauge.cli import main
from evergauge.kinds import KINDS
from evergauge.options.resources import DEFAULT_RESOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator

READ = ["list", "watch"]


def rbac(capsys: pytest.CaptureFixture[str], *argv: str) -> list[dict[str, Any]]:
    assert main(["rbac", *argv]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    documents = list(yaml.safe_load_all(out))
    assert all(document["apiVersion"] == "rbac.authorization.k8s.io/v1" for document in documents)
    return documents


def grants(documents: list[dict[str, Any]]) -> Iterator[tuple[str, str, str, str, str]]:
    """Namespace, group, resource, name and verbs, one for each resource of each rule."""
    for document in documents:
        for rule in document.get("rules", ()):
            assert set(rule) <= {"apiGroups", "resources", "resourceNames", "verbs"}
            (group,), names = rule["apiGroups"], rule.get("resourceNames", [""])
            for resource in rule["resources"]:
                yield document["metadata"].get("namespace", "*"), group, resource, *names, " ".join(rule["verbs"])


def test_by_default_the_default_resources_may_be_listed_and_watched_everywhere(
    capsys: pytest.CaptureFixture[str],
) -> None:
    documents = rbac(capsys)
    assert [(d["kind"], d["metadata"]) for d in documents] == [("ClusterRole", {"name": "evergauge"})]
    wanted = {("*", k.group, k.resource, "", "list watch") for k in KINDS if k.resource in DEFAULT_RESOURCES}
    assert set(grants(documents)) == wanted


AUTOSHARDING = [("mon", "", "pods", "", "get"), ("mon", "apps", "statefulsets", "eg", "get list watch")]


@pytest.mark.parametrize(
    ("argv", "wanted"),
    [
        (["--resources=pods"], [("*", "", "pods", "", "list watch")]),
        (["--resources=pods,secrets", "--metric-denylist=^kube_secret_"], [("*", "", "pods", "", "list watch")]),
        (["--resources=pods", "--node=n1"], [("*", "", "pods", "", "list watch")]),
        (
            ["--resources=roles,pods,services,nodes"],
            [
                ("*", "", "nodes", "", "list watch"),
                ("*", "", "pods", "", "list watch"),
                ("*", "", "services", "", "list watch"),
                ("*", "rbac.authorization.k8s.io", "roles", "", "list watch"),
            ],
        ),
        (
            ["--resources=pods,nodes", "--namespaces=b,a"],
            [
                ("*", "", "nodes", "", "list watch"),
                ("a", "", "pods", "", "list watch"),
                ("b", "", "pods", "", "list watch"),
            ],
        ),
        (["--resources=pods", "--namespaces=b,a", "--namespaces-denylist=b"], [("a", "", "pods", "", "list watch")]),
        (["--resources=pods", "--namespaces-denylist=b"], [("*", "", "pods", "", "list watch")]),
        (["--resources=nodes", "--namespaces=a"], [("*", "", "nodes", "", "list watch")]),
        (["--resources=pods", "--pod=eg-0"], [("*", "", "pods", "", "list watch")]),
        (["--resources=pods", "--pod-namespace=mon"], [("*", "", "pods", "", "list watch")]),
        (
            ["--resources=pods", "--pod=eg-0", "--pod-namespace=mon"],
            [("*", "", "pods", "", "list watch"), *AUTOSHARDING],
        ),
        (
            ["--resources=pods", "--pod=eg-0", "--pod-namespace=mon", "--namespaces=mon"],
            [("mon", "", "pods", "", "list watch"), *AUTOSHARDING],
        ),
        (
            ["--resources=pods", "--namespaces=a", "--auth-filter"],
            [
                ("*", "authentication.k8s.io", "tokenreviews", "", "create"),
                ("*", "authorization.k8s.io", "subjectaccessreviews", "", "create"),
                ("a", "", "pods", "", "list watch"),
            ],
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value[0], str) else "",
)
def test_grants(
    argv: list[str], wanted: list[tuple[str, str, str, str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert list(grants(rbac(capsys, *argv))) == wanted


def test_roles_are_bound_to_the_service_account_that_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--resources=pods,nodes", "--namespaces=a", "--pod=eg-0", "--pod-namespace=mon"]
    documents = rbac(capsys, *flags, "--service-account=mon:eg", "--name=ksm")
    assert [(d["kind"], d["metadata"]["name"], d["metadata"].get("namespace")) for d in documents] == [
        ("ClusterRole", "ksm", None),
        ("ClusterRoleBinding", "ksm", None),
        ("Role", "ksm", "a"),
        ("RoleBinding", "ksm", "a"),
        ("Role", "ksm-autosharding", "mon"),
        ("RoleBinding", "ksm-autosharding", "mon"),
    ]
    for role, binding in zip(documents[::2], documents[1::2], strict=True):
        assert binding["roleRef"] == {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": role["kind"],
            "name": role["metadata"]["name"],
        }
        assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "eg", "namespace": "mon"}]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--pod=$(POD_NAME)", "--pod-namespace=mon"],
            "--pod=$(POD_NAME): must be the name of a StatefulSet's Pod, such as evergauge-0",
        ),
        (["--service-account=eg"], "--service-account=eg: must be written NAMESPACE:NAME"),
        (["--name=Eg"], "--name=Eg: must be a name of lower-case letters, digits, - and ."),
    ],
)
def test_what_can_not_be_honoured(flags: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rbac", *flags]) == 2
    assert capsys.readouterr().err == f"evergauge: {message}\n"
