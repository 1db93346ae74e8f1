"""The control plane that other tests stand on: its API, its users, bulk loads, crashes and the sharded list."""

from __future__ import annotations

import asyncio
import itertools
import json
import ssl
import time
import urllib.parse
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from support.bulk import BulkError, Patch, label_patch, load, patch, remove, status_patch
from support.bulk_objects import NAMESPACES, config_map, namespace, node
from support.bulk_pods import pod
from support.controlplane import ControlPlane, controlplane_or_fail
from support.etcd import storage_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.bulk_objects import Manifest

PODS = 500
LOWER_HALF = "shardRange(object.metadata.uid, '0x0000000000000000', '0x8000000000000000')"
UPPER_HALF = "shardRange(object.metadata.uid, '0x8000000000000000', '0x10000000000000000')"


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    """One of our own: tests here kill it. It holds the loaded objects from the start."""
    with controlplane_or_fail() as started:
        manifests = itertools.chain(
            (namespace(number) for number in range(NAMESPACES)),
            (node(number) for number in range(20)),
            (config_map(number) for number in range(100)),
            (pod(number) for number in range(PODS)),
        )
        assert asyncio.run(load(started.etcd_url, manifests)) == NAMESPACES + 20 + 100 + PODS
        yield started


async def get(plane: ControlPlane, path: str, *, user: str = "admin", **query: str) -> tuple[int, dict[str, Any]]:
    async with plane.session(user) as session, session.get(path, params=query) as response:
        return response.status, await response.json()


@pytest.mark.controlplane
class TestApi:
    async def test_config_map_lives_and_dies(self, plane: ControlPlane) -> None:
        path = "/api/v1/namespaces/default/configmaps"
        body = {"metadata": {"name": "note"}, "data": {"a": "1"}}
        async with plane.session() as session:
            created = await session.post(path, json=body)
            changed = await session.put(f"{path}/note", json={**body, "data": {"a": "2"}})
            read = await session.get(f"{path}/note")
            data = (await read.json())["data"]
            deleted = await session.delete(f"{path}/note")
            gone = await session.get(f"{path}/note")
        assert [each.status for each in (created, changed, read, deleted, gone)] == [201, 200, 200, 200, 404]
        assert data == {"a": "2"}

    async def test_plain_users_may_nothing_until_a_role_says_so(self, plane: ControlPlane) -> None:
        assert (await get(plane, "/api/v1/pods", user="reader", limit="1"))[0] == 403
        group = "rbac.authorization.k8s.io"
        role = {
            "metadata": {"name": "lists-pods"},
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}],
        }
        binding = {
            "metadata": {"name": "reader-lists-pods"},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "lists-pods"},
            "subjects": [{"apiGroup": group, "kind": "User", "name": "reader"}],
        }
        async with plane.session() as session:
            assert (await session.post(f"/apis/{group}/v1/clusterroles", json=role)).status == 201
            assert (await session.post(f"/apis/{group}/v1/clusterrolebindings", json=binding)).status == 201
            assert await comes_to(plane, 200)
            assert (await get(plane, "/api/v1/pods", user="stranger", limit="1"))[0] == 403
            assert (await session.delete(f"/apis/{group}/v1/clusterrolebindings/reader-lists-pods")).status == 200
            assert await comes_to(plane, 403)

    async def test_a_wrong_token_is_unauthorised(self, plane: ControlPlane) -> None:
        async with plane.session() as session:
            headers = {"Authorization": "Bearer wrong"}
            assert (await session.get("/api/v1/pods", headers=headers)).status == 401

    async def test_service_account_tokens_are_signed(self, plane: ControlPlane) -> None:
        accounts = "/api/v1/namespaces/default/serviceaccounts"
        async with plane.session() as session:
            assert (await session.post(accounts, json={"metadata": {"name": "scraper"}})).status == 201
            answer = await session.post(f"{accounts}/scraper/token", json={"spec": {"expirationSeconds": 600}})
            token = (await answer.json())["status"]["token"]
            review = {"spec": {"token": token}}
            reviewed = await session.post("/apis/authentication.k8s.io/v1/tokenreviews", json=review)
            status = (await reviewed.json())["status"]
        assert status["authenticated"] is True
        assert status["user"]["username"] == "system:serviceaccount:default:scraper"

    async def test_version_is_the_release(self, plane: ControlPlane) -> None:
        assert (await get(plane, "/version"))[1]["gitVersion"] == "v1.36.3"

    def test_kubeconfigs_name_server_and_token(self, plane: ControlPlane) -> None:
        config = json.loads(plane.kubeconfig_of("reader").read_text(encoding="utf-8"))
        assert config["clusters"][0]["cluster"]["server"] == plane.url
        assert config["users"][0]["user"]["token"] == plane.token_of("reader")
        assert plane.kubeconfig == plane.admin_kubeconfig
        assert ssl.create_default_context(cafile=plane.ca_file).get_ca_certs()


async def comes_to(plane: ControlPlane, status: int) -> bool:
    """Whether the reader's list of pods comes to that status: the authoriser follows RBAC by a watch."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if (await get(plane, "/api/v1/pods", user="reader", limit="1"))[0] == status:
            return True
    return False


@pytest.mark.controlplane
class TestBulk:
    @pytest.mark.parametrize(
        ("path", "count"), [("pods", PODS), ("nodes", 20), ("namespaces", NAMESPACES), ("configmaps", 100)]
    )
    async def test_everything_loaded_is_listed(self, plane: ControlPlane, path: str, count: int) -> None:
        status, body = await get(plane, f"/api/v1/{path}")
        names = {item["metadata"]["name"] for item in body["items"]}
        loaded = {"pods": pod, "nodes": node, "namespaces": namespace, "configmaps": config_map}[path]
        expected = {loaded(number)["metadata"]["name"] for number in range(count)}
        assert (status, expected - names) == (200, set())

    async def test_pods_keep_phase_and_containers(self, plane: ControlPlane) -> None:
        _, body = await get(plane, "/api/v1/pods")
        served = {item["metadata"]["uid"]: item for item in body["items"]}
        for number in range(PODS):
            sent = pod(number)
            got = served[sent["metadata"]["uid"]]
            assert got["status"]["phase"] == sent["status"]["phase"]
            ids = [status.get("containerID", "") for status in got["status"].get("containerStatuses", ())]
            assert ids == [status.get("containerID", "") for status in sent["status"].get("containerStatuses", ())]

    async def test_loaded_pods_can_be_patched(self, plane: ControlPlane) -> None:
        places = [(pod(number)["metadata"]["namespace"], pod(number)["metadata"]["name"]) for number in range(100)]
        patches = [
            *(label_patch(*place, {"wave": "two"}) for place in places),
            *(status_patch(*place, {"conditions": [{"type": "Ready", "status": "Unknown"}]}) for place in places),
        ]
        async with plane.session() as session:
            assert await patch(session, patches) == 200
        _, body = await get(plane, "/api/v1/pods", labelSelector="wave=two")
        ready = [
            condition["status"]
            for item in body["items"]
            for condition in item["status"]["conditions"]
            if condition["type"] == "Ready"
        ]
        assert ready == ["Unknown"] * 100

    async def test_refused_patches_are_named(self, plane: ControlPlane) -> None:
        async with plane.session() as session:
            with pytest.raises(ExceptionGroup) as caught:
                await patch(session, [Patch("/api/v1/namespaces/default/pods/none", {})])
        (error,) = caught.value.exceptions
        assert isinstance(error, BulkError)
        assert str(error).startswith("404 for PATCH /api/v1/namespaces/default/pods/none: ")

    async def test_removed_objects_are_gone(self, plane: ControlPlane) -> None:
        surplus = [pod(number, seed=7) for number in range(30)]
        query = {"fieldSelector": f"metadata.name={surplus[0]['metadata']['name']}"}
        await load(plane.etcd_url, surplus)
        assert len((await get(plane, "/api/v1/pods", **query))[1]["items"]) == 1
        assert await remove(plane.etcd_url, surplus) == 30
        assert (await get(plane, "/api/v1/pods", **query))[1]["items"] == []


@pytest.mark.controlplane
class TestShardSelector:
    async def test_halves_make_the_whole(self, plane: ControlPlane) -> None:
        halves = [(await get(plane, "/api/v1/pods", shardSelector=half))[1] for half in (LOWER_HALF, UPPER_HALF)]
        assert [half["metadata"]["shardInfo"]["selector"] for half in halves] == [LOWER_HALF, UPPER_HALF]
        uids = [item["metadata"]["uid"] for half in halves for item in half["items"]]
        assert sorted(uids) == sorted(pod(number)["metadata"]["uid"] for number in range(PODS))

    async def test_the_feature_can_be_off_after_a_crash_that_keeps_data(self, plane: ControlPlane) -> None:
        before = plane.process_ids()
        plane.kill_apiserver()
        address = urllib.parse.urlsplit(plane.url)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(address.hostname, address.port)
        plane.start_apiserver("--feature-gates=ShardedListAndWatch=false")
        after = plane.process_ids()
        assert (after["etcd"] == before["etcd"], after["apiserver"] == before["apiserver"]) == (True, False)
        status, body = await get(plane, "/api/v1/pods", shardSelector=LOWER_HALF)
        assert (status, len(body["items"]), "shardInfo" in body["metadata"]) == (200, PODS, False)


class TestWithoutPrograms:
    @pytest.fixture(autouse=True)
    def empty_cache(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("EVERGAUGE_CACHE", str(tmp_path))

    def test_a_test_is_not_run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("CI", raising=False)
        with pytest.raises(pytest.skip.Exception, match=r"not run: .* is not built; run: make controlplane"):
            controlplane_or_fail()

    def test_in_ci_it_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CI", "true")
        with pytest.raises(pytest.fail.Exception, match="is not built; run: make controlplane"):
            controlplane_or_fail()


class TestGenerator:
    @pytest.mark.parametrize("make", [pod, node, namespace, config_map])
    def test_runs_repeat_and_objects_differ(self, make: Callable[..., Manifest]) -> None:
        assert [make(number) for number in range(50)] == [make(number) for number in range(50)]
        assert make(1, seed=1)["metadata"]["uid"] != make(1, seed=2)["metadata"]["uid"]
        keys = {storage_key(make(number)) for number in range(2000)}
        assert len(keys) == 2000

    def test_pods_are_of_real_size_and_variety(self) -> None:
        pods = [pod(number) for number in range(1000)]
        size = sum(len(msgspec.json.encode(each)) for each in pods) / len(pods)
        assert 4500 < size < 6000
        assert {each["status"]["phase"] for each in pods} == {"Pending", "Running", "Succeeded", "Failed"}
        digests = {status["imageID"] for each in pods for status in each["status"].get("containerStatuses", ())}
        assert len(digests) > 1900
