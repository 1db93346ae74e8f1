"""Objects written, in the process and over HTTP; discovery and authentication."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from evergauge.sim import SimOptions, StatusError
from sim.apiclient import CONFIGMAPS, configmap, new_cluster, pod, serving

if TYPE_CHECKING:
    from sim.apiclient import Api

DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
MERGE = {"Content-Type": "application/merge-patch+json"}


def test_what_the_server_assigns() -> None:
    cluster = new_cluster()
    first = cluster.create("deployments", {"metadata": {"generateName": "web-"}, "spec": {"replicas": 1}})
    metadata = first["metadata"]
    assert (first["kind"], first["apiVersion"], metadata["namespace"]) == ("Deployment", "apps/v1", "default")
    assert (metadata["resourceVersion"], metadata["generation"]) == ("2", 1)
    assert metadata["creationTimestamp"] == "2027-01-15T08:00:00Z"
    assert len(metadata["uid"]) == 36
    assert metadata["name"].startswith("web-")
    assert cluster.get("deployments", metadata["name"], "default") == first


@pytest.mark.parametrize(
    ("patch", "version", "generation"),
    [
        ({"spec": {"replicas": 2}}, "3", 2),
        ({"status": {"replicas": 1}}, "3", 1),
        ({"spec": {"replicas": 1}}, "2", 1),  # nothing changes: nothing happens
        ({"metadata": {"labels": {"a": "b"}}}, "3", 1),
        ({"metadata": {"uid": None, "creationTimestamp": None}}, "2", 1),
    ],
)
def test_versions_and_generations(patch: dict[str, Any], version: str, generation: int) -> None:
    cluster = new_cluster()
    cluster.create("deployments", {"metadata": {"name": "a"}, "spec": {"replicas": 1}})
    metadata = cluster.patch("deployments", "a", patch, "default")["metadata"]
    assert (metadata["resourceVersion"], metadata["generation"]) == (version, generation)


def test_merge_patch_removes_nulls_and_replaces_lists() -> None:
    cluster = new_cluster()
    cluster.create("configmaps", configmap("a", x="1", y="2") | {"list": [1, 2]})
    patched = cluster.patch("configmaps", "a", {"data": {"x": None, "z": "3"}, "list": [3]}, "default")
    assert (patched["data"], patched["list"]) == ({"y": "2", "z": "3"}, [3])


@pytest.mark.parametrize(
    ("write", "code", "reason"),
    [
        (lambda c: c.create("configmaps", configmap("a")), 409, "AlreadyExists"),
        (lambda c: c.create("configmaps", {"metadata": {}}), 400, "BadRequest"),
        (lambda c: c.update("configmaps", configmap("b")), 404, "NotFound"),
        (lambda c: c.patch("configmaps", "a", {"metadata": {"resourceVersion": "1"}}, "default"), 409, "Conflict"),
        (lambda c: c.patch("configmaps", "a", {"metadata": {"uid": "x"}}, "default"), 409, "Conflict"),
        (lambda c: c.delete("configmaps", "b", "default"), 404, "NotFound"),
        (lambda c: c.get("configmaps", "a", "other"), 404, "NotFound"),
    ],
)
def test_refused(write: Any, code: int, reason: str) -> None:  # noqa: ANN401 - any call on a cluster
    cluster = new_cluster()
    cluster.create("configmaps", configmap("a"))
    with pytest.raises(StatusError) as refusal:
        write(cluster)
    assert (refusal.value.code, refusal.value.reason) == (code, reason)
    assert cluster.version == 2


async def test_life_of_an_object_over_http(api: Api) -> None:
    created = await api.call("POST", DEPLOYMENTS, {"metadata": {"name": "a"}, "spec": {"replicas": 1}})
    assert (created.status, created.body["metadata"]["resourceVersion"]) == (201, "2")
    again = await api.call("POST", DEPLOYMENTS, {"metadata": {"name": "a"}})
    assert (again.status, again.body["message"]) == (409, 'deployments.apps "a" already exists')
    assert again.body["details"] == {"name": "a", "group": "apps", "kind": "deployments"}
    updated = await api.call("PUT", DEPLOYMENTS + "/a", created.body | {"spec": {"replicas": 2}})
    assert (updated.status, updated.body["metadata"]["generation"]) == (200, 2)
    stale = await api.call("PUT", DEPLOYMENTS + "/a", created.body)
    assert (stale.status, stale.body["reason"]) == (409, "Conflict")
    patched = await api.call("PATCH", DEPLOYMENTS + "/a/status", {"status": {"replicas": 2}}, MERGE)
    assert (patched.status, patched.body["status"]) == (200, {"replicas": 2})
    deleted = await api.call("DELETE", DEPLOYMENTS + "/a")
    assert (deleted.status, deleted.body["status"], deleted.body["details"]["uid"]) == (
        200,
        "Success",
        created.body["metadata"]["uid"],
    )
    assert (await api.get(DEPLOYMENTS + "/a")).status == 404


REQUESTS = [
    ("GET", "/api/v1/nodes", 200),
    ("GET", "/api/v1/namespaces", 200),
    ("GET", "/api/v1/namespaces/none", 404),
    ("GET", "/api/v1/namespaces/default/nodes", 404),
    ("GET", "/api/v1/pods/name", 404),
    ("GET", "/api/v1/namespaces/default/pods/name/log", 404),
    ("GET", "/apis/nope/v1/pods", 404),
    ("GET", "/api/v2/pods", 404),
    ("GET", "/elsewhere", 404),
    ("POST", CONFIGMAPS + "/a", 405),
    ("DELETE", CONFIGMAPS, 405),
    ("PUT", CONFIGMAPS + "/a", 400),
    ("GET", "/livez", 200),
    ("GET", "/readyz", 200),
    ("GET", "/version", 200),
    ("GET", "/api", 200),
    ("GET", "/api/v1", 200),
    ("GET", "/apis", 200),
    ("GET", "/apis/apps", 200),
    ("GET", "/apis/autoscaling/v2", 200),
    ("GET", "/apis/autoscaling/v1", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), REQUESTS)
async def test_paths(api: Api, method: str, path: str, status: int) -> None:
    assert (await api.call(method, path)).status == status


async def test_other_patches_are_refused(api: Api) -> None:
    api.server.cluster.create("configmaps", configmap("a"))
    answer = await api.call("PATCH", CONFIGMAPS + "/a", [], {"Content-Type": "application/json-patch+json"})
    assert answer.status in (400, 415)
    answer = await api.call("PATCH", CONFIGMAPS + "/a", {}, {"Content-Type": "application/strategic-merge-patch+json"})
    assert (answer.status, answer.body["reason"]) == (415, "UnsupportedMediaType")


async def test_the_path_and_the_object_must_agree(api: Api) -> None:
    answer = await api.call("POST", CONFIGMAPS, configmap("a", "elsewhere"))
    assert (answer.status, "does not match the URL's" in answer.body["message"]) == (400, True)


async def test_discovery_lists_all_kinds(api: Api) -> None:
    groups = (await api.get("/apis")).body["groups"]
    paths = ["/api/v1", *(f"/apis/{group['preferredVersion']['groupVersion']}" for group in groups)]
    resources = [thing["name"] for path in paths for thing in (await api.get(path)).body["resources"]]
    assert len(set(resources)) == len(resources) == 39


async def test_kinds_come_and_go(api: Api) -> None:
    registry = api.server.cluster.registry
    leases = registry.named("leases")
    registry.remove(leases)
    assert (await api.get("/apis/coordination.k8s.io/v1/leases")).status == 404
    registry.add(leases)
    assert (await api.get("/apis/coordination.k8s.io/v1/leases")).status == 200


@pytest.mark.parametrize(
    ("path", "header", "status"),
    [
        ("/api/v1/pods", "Bearer good", 200),
        ("/api/v1/pods", "bearer good", 200),
        ("/api/v1/pods", "Bearer bad", 401),
        ("/api/v1/pods", "Basic good", 401),
        ("/api/v1/pods", "", 401),
        ("/apis", "", 401),
        ("/livez", "", 200),
        ("/version", "", 200),
    ],
)
async def test_tokens(path: str, header: str, status: int) -> None:
    async with serving(new_cluster(), SimOptions(tokens={"good": "reader"})) as api:
        answer = await api.get(path, headers={"Authorization": header} if header else None)
        assert answer.status == status


async def test_loading_is_without_events_and_starts_history_anew(api: Api) -> None:
    cluster = api.server.cluster
    cluster.create("pods", pod("b"))
    cluster.load("pods", (pod(name) for name in ("c", "a")))
    assert [thing["metadata"]["name"] for thing in cluster.all("pods")] == ["a", "b", "c"]
    assert [thing["metadata"]["resourceVersion"] for thing in cluster.all("pods")] == ["4", "2", "3"]
    ((kind, _),) = await api.watched("/api/v1/pods", resourceVersion=3)
    assert kind == "ERROR"
    assert await api.watched("/api/v1/pods", resourceVersion=4) == []
