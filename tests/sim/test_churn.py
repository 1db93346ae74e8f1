"""The generated cluster and its life: realistic, consistent, at the rate that was ordered."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from evergauge.sim.churn import CreateDelete, Life, StatusUpdates, churn
from evergauge.sim.generator import populate
from evergauge.sim.objects import decode
from sim.apiclient import new_cluster

if TYPE_CHECKING:
    from evergauge.sim import Cluster, ManualClock


def populated(pods: int = 300, seed: int = 1) -> tuple[Cluster, Life]:
    cluster = new_cluster()
    return cluster, Life(cluster, populate(cluster, pods, Random(seed)), Random(seed))


def counted(cluster: Cluster) -> tuple[Counter[str], Counter[str]]:
    """All and ready pods by their owner's uid; those that are being deleted don't count."""
    everyone: Counter[str] = Counter()
    ready: Counter[str] = Counter()
    for pod in cluster.all("pods"):
        if "deletionTimestamp" in pod["metadata"] or "ownerReferences" not in pod["metadata"]:
            continue
        owner = pod["metadata"]["ownerReferences"][0]["uid"]
        everyone[owner] += 1
        ready[owner] += any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"]["conditions"])
    return everyone, ready


def assert_consistent(cluster: Cluster) -> None:
    everyone, ready = counted(cluster)
    of_deployment: Counter[str] = Counter()
    ready_of_deployment: Counter[str] = Counter()
    for replica_set in cluster.all("replicasets"):
        uid, status = replica_set["metadata"]["uid"], replica_set["status"]
        assert (status["replicas"], status.get("readyReplicas", 0)) == (everyone[uid], ready[uid])
        assert replica_set["spec"]["replicas"] == everyone[uid]
        assert status["observedGeneration"] == replica_set["metadata"]["generation"]
        owner = replica_set["metadata"]["ownerReferences"][0]["uid"]
        of_deployment[owner] += everyone[uid]
        ready_of_deployment[owner] += ready[uid]
    for deployment in cluster.all("deployments"):
        uid, status = deployment["metadata"]["uid"], deployment["status"]
        assert status["replicas"] == of_deployment[uid]
        assert status.get("readyReplicas", 0) == ready_of_deployment[uid]
        assert status["observedGeneration"] == deployment["metadata"]["generation"]
    for plural, replicas, ready_field in (
        ("statefulsets", "replicas", "readyReplicas"),
        ("daemonsets", "currentNumberScheduled", "numberReady"),
    ):
        for owner in cluster.all(plural):
            uid, status = owner["metadata"]["uid"], owner["status"]
            assert (status[replicas], status[ready_field]) == (everyone[uid], ready[uid])


def changed(cluster: Cluster, resource: str, version: int) -> list[dict[str, Any]]:
    """What the events after a version show."""
    table = cluster.table(resource)
    return [decode(table.resource, event.entry) for event in table.since(version, cluster.version)]


@pytest.mark.parametrize("pods", [1, 7, 40, 333, 1000])
def test_size_and_consistency(pods: int) -> None:
    cluster, _ = populated(pods)
    assert cluster.count("pods") == pods
    assert_consistent(cluster)
    nodes = {node["metadata"]["name"] for node in cluster.all("nodes")}
    namespaces = {namespace["metadata"]["name"] for namespace in cluster.all("namespaces")}
    for pod in cluster.all("pods"):
        assert pod["spec"]["nodeName"] in nodes
        assert pod["metadata"]["namespace"] in namespaces


def test_the_seed_decides() -> None:
    def dump(seed: int) -> bytes:
        cluster, life = populated(60, seed)
        for _ in range(200):
            life.step()
        return json.dumps([list(cluster.all(resource)) for resource in cluster.registry]).encode()

    assert dump(1) == dump(1)
    assert dump(1) != dump(2)


def test_pods_are_of_real_size_and_differ() -> None:
    cluster, _ = populated(1000)
    sizes = [len(entry.raw) for entry in cluster.table("pods").entries.values()]
    assert 4800 < sum(sizes) / len(sizes) < 6200
    pods = list(cluster.all("pods"))
    statuses = [s for pod in pods for s in pod["status"].get("containerStatuses", [])]
    for field in ("containerID", "imageID"):
        values = [status[field] for status in statuses if status.get(field)]
        assert len(set(values)) == len(values) > 1900
    assert len({pod["status"]["startTime"] for pod in pods}) > 900
    reasons = Counter(s["state"]["waiting"]["reason"] for s in statuses if "waiting" in s["state"])
    assert set(reasons) == {"CrashLoopBackOff", "ContainerCreating"}


def test_life_is_consistent_after_every_step() -> None:
    cluster, life = populated(40)
    for _ in range(250):
        life.step()
        assert_consistent(cluster)


def test_everything_happens_and_settles() -> None:
    cluster, life = populated(100)
    before = {pod["metadata"]["name"] for pod in cluster.all("pods")}
    seen: set[str] = set()
    for _ in range(3000):
        version = cluster.version
        life.step()
        seen |= {_situation(pod) for pod in changed(cluster, "pods", version)}
    assert seen == {"Pending", "ContainerCreating", "Running", "CrashLoopBackOff", "terminating"}
    life.settle()
    assert_consistent(cluster)
    assert cluster.count("pods") == 100
    assert len(before & {pod["metadata"]["name"] for pod in cluster.all("pods")}) < 80
    for deployment in cluster.all("deployments"):
        assert deployment["status"]["updatedReplicas"] == deployment["spec"]["replicas"]


def test_nodes_flap_and_come_back() -> None:
    cluster, life = populated(100)
    version = cluster.version
    for _ in range(1000):
        life.step()
    life.settle()
    states = [[c["status"] for c in node["status"]["conditions"]][-1] for node in changed(cluster, "nodes", version)]
    assert set(states) == {"True", "Unknown"}
    assert states.count("True") == states.count("Unknown")
    for node in cluster.all("nodes"):
        assert "taints" not in node["spec"]


def _situation(pod: dict[str, Any]) -> str:
    if "deletionTimestamp" in pod["metadata"]:
        return "terminating"
    for status in pod["status"].get("containerStatuses", []):
        if "waiting" in status["state"]:
            return str(status["state"]["waiting"]["reason"])
    return str(pod["status"]["phase"])


def test_status_updates_write_once_a_step() -> None:
    cluster, _ = populated(50)
    before = cluster.version
    mode = StatusUpdates(cluster, Random(1))
    for _ in range(100):
        mode.step()
    assert cluster.version - before == 100
    assert cluster.count("pods") == 50


def test_create_delete_keeps_the_number() -> None:
    cluster = new_cluster()
    mode = CreateDelete(cluster, populate(cluster, 50, Random(1)), Random(1), most=20)
    for _ in range(100):
        mode.step()
    assert cluster.count("pods") == 70
    assert_consistent(cluster)


@pytest.mark.parametrize("rate", [1, 10, 200])
async def test_rate(rate: float) -> None:
    cluster, life = populated(100)
    clock: ManualClock = cluster.clock  # type: ignore[assignment] # it is one in tests
    task = asyncio.create_task(churn(cluster, life, rate))
    before = cluster.version
    for _ in range(200):
        for _ in range(3):
            await asyncio.sleep(0)
        clock.advance(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert abs(cluster.version - before - rate * 10) <= rate / 2 + 5


async def test_program_serves_faults_and_stops() -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "evergauge.sim", "--pods", "30", "--churn", "200", "--status-updates", "50", "--create-delete", "20"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert program.stdout is not None
    ready = json.loads(await program.stdout.readline())
    async with aiohttp.ClientSession() as session:
        async with session.get(ready["url"] + "/api/v1/pods", params={"watch": 1}) as response:
            versions = [json.loads(await response.content.readline())["object"]["metadata"] for _ in range(40)]
            assert len(versions) == 40
            async with session.post(ready["admin_url"] + "/sim/faults", json={"kind": "drop", "new": False}) as ordered:
                assert ordered.status == 200
            with pytest.raises((aiohttp.ClientConnectionError, aiohttp.ClientPayloadError)):
                await response.read()
        async with session.get(ready["admin_url"] + "/sim/stats") as response:
            assert (await response.json())["objects"]["pods"] >= 30
        program.send_signal(signal.SIGTERM)
        _, errors = await program.communicate()
    assert (program.returncode, errors) == (0, b"")


async def test_program_refuses_an_empty_cluster() -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "evergauge.sim", "--pods", "0", stderr=asyncio.subprocess.PIPE
    )
    _, errors = await program.communicate()
    assert program.returncode == 2
    assert b"--pods must be at least 1" in errors
