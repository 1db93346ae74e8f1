"""Evergauge as a process against a simulated API server: from its start to a graceful stop."""

from __future__ import annotations

import asyncio
import signal
import socket
from random import Random
from typing import TYPE_CHECKING

import pytest
from launcher.process import free_ports

from app.conftest import PODS
from evergauge.sim import Cluster, Fault, LoopClock, SimServer
from evergauge.sim.generator import populate
from evergauge.telemetry.settings import config_hash
from support.process import evergauge

if TYPE_CHECKING:
    from pathlib import Path

    from support.process import Evergauge

NINE = "pods,nodes,namespaces,deployments,replicasets,statefulsets,daemonsets,configmaps,services"


async def test_it_serves_all_kinds_on_both_ports(api: SimServer, tmp_path: Path) -> None:
    async with evergauge(tmp_path, f"--apiserver={api.url}", f"--resources={NINE}") as running:
        await running.until_ready()
        scrape = await running.scrape()
        assert scrape.count("kube_pod_info") == PODS
        for resource in NINE.split(","):
            assert await running.self_metric("evergauge_objects", resource=resource) == api.cluster.count(resource) > 0
        for url in (running.metrics, running.telemetry):
            for path in ("/", "/healthz", "/livez"):
                assert (await running.get(url + path))[0] == 200
        assert await running.self_metric("kube_state_metrics_list_total", result="success") == 9
        assert await running.self_metric("kube_state_metrics_watch_total", result="error") == 0
        assert await running.self_metric("kube_state_metrics_total_shards") == 1
        assert await running.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_waits_for_an_api_server_that_is_not_there_and_stops_when_told(
    number: signal.Signals, tmp_path: Path
) -> None:
    cluster = Cluster(clock=LoopClock(), rng=Random(1))
    populate(cluster, 20, Random(1))
    async with SimServer(cluster) as api:
        await api.order(Fault(kind="refuse"))
        async with evergauge(tmp_path, f"--apiserver={api.url}", "--resources=pods,nodes") as running:
            await until_alive(running)
            status, text = await running.get(f"{running.telemetry}/readyz")
            assert (status, text) == (503, b"Waiting for the sync of: nodes, pods\n")
            assert (await running.scrape()).text == b""
            await api.clear()
            await running.until_ready()
            assert (await running.scrape()).count("kube_pod_info") == 20
            assert await running.stop(number) == 0


async def test_a_running_scrape_ends_when_it_is_told_to_stop(tmp_path: Path) -> None:
    cluster = Cluster(clock=LoopClock(), rng=Random(1))
    # More than the kernel buffers for a connection.
    populate(cluster, 2000, Random(1))
    async with SimServer(cluster) as api, evergauge(tmp_path, f"--apiserver={api.url}") as running:
        await running.until_ready()
        whole = len((await running.scrape()).text)
        _, port = running.metrics.rsplit(":", 1)
        with socket.socket() as slow:
            # So small that most of the response waits in the server.
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect(("127.0.0.1", int(port)))
            slow.setblocking(False)  # noqa: FBT003 - socket's own signature
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(slow, b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            received = await loop.sock_recv(slow, 1000)
            stopping = asyncio.create_task(running.stop())
            await asyncio.sleep(0.5)
            assert not stopping.done()
            while piece := await loop.sock_recv(slow, 65_536):
                received += piece
            assert await stopping == 0
        assert len(received.partition(b"\r\n\r\n")[2]) == whole


async def test_shards_have_every_object_once(api: SimServer, tmp_path: Path) -> None:
    seen = []
    for shard in range(3):
        async with evergauge(tmp_path, f"--apiserver={api.url}", f"--shard={shard}", "--total-shards=3") as running:
            await running.until_ready()
            scrape = await running.scrape()
            seen.append({line for line in scrape.lines if line.startswith(b"kube_pod_info{")})
            assert await running.self_metric("kube_state_metrics_shard_ordinal", shard_ordinal=str(shard)) == shard
            assert await running.self_metric("kube_state_metrics_total_shards") == 3
    assert all(len(lines) > PODS // 5 for lines in seen)
    assert len(set.union(*seen)) == sum(map(len, seen)) == PODS


async def test_namespaces_choose_objects_and_cluster_scoped_kinds_come_once(api: SimServer, tmp_path: Path) -> None:
    chosen = ["default", "kube-system"]
    pods = [pod["metadata"]["name"] for pod in api.cluster.all("pods") if pod["metadata"]["namespace"] in chosen]
    flags = [f"--apiserver={api.url}", f"--namespaces={','.join(chosen)}", "--resources=pods,nodes"]
    async with evergauge(tmp_path, *flags) as running:
        await running.until_ready()
        scrape = await running.scrape()
        assert scrape.count("kube_pod_info") == len(pods) > 0
        assert scrape.count("kube_node_info") == api.cluster.count("nodes")
        assert scrape.text.count(b"# HELP kube_pod_info ") == 1


async def test_a_forbidden_kind_is_named_and_takes_nothing_along(api: SimServer, tmp_path: Path) -> None:
    number = await api.order(Fault(kind="forbid", resource="nodes"))
    async with evergauge(tmp_path, f"--apiserver={api.url}", "--resources=pods,nodes") as running:
        async with asyncio.timeout(20):
            while b"nodes (forbidden)\n" not in (await running.get(f"{running.telemetry}/readyz"))[1]:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
            while (scrape := await running.scrape()).count("kube_pod_info") < PODS:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.1)
        assert (await running.get(f"{running.telemetry}/readyz"))[0] == 503
        assert scrape.count("kube_node_info") == 0
        assert await running.self_metric("evergauge_feed_state", resource="nodes", state="forbidden") == 1
        (line,) = [line for line in running.logged() if line.get("resource") == "nodes" and line["level"] == "warning"]
        assert line["message"] == "feed is forbidden"
        assert 'cannot list resource "nodes"' in line["why"] or 'cannot watch resource "nodes"' in line["why"]
        await api.lift(number)
        await running.until_ready(20)
        assert (await running.scrape()).count("kube_node_info") > 0


async def test_an_object_that_cannot_be_decoded_takes_nothing_along(api: SimServer, tmp_path: Path) -> None:
    status = {"phase": ["no", "text"], "podIP": "10.0.0.1"}
    api.cluster.create("pods", {"metadata": {"name": "odd", "namespace": "default"}, "spec": {}, "status": status})
    async with evergauge(tmp_path, f"--apiserver={api.url}", "--resources=pods") as running:
        await running.until_ready()
        scrape = await running.scrape()
        assert scrape.count("kube_pod_info") == PODS + 1
        assert b'kube_pod_status_phase{namespace="default",pod="odd"' not in scrape.text
        labels = {"resource": "pods", "family": "kube_pod_status_phase"}
        assert await running.self_metric("evergauge_object_errors_total", **labels) == 1
        assert [line["family"] for line in running.logged() if line["message"] == "left out"] == [labels["family"]]


async def test_a_limit_on_objects_is_kept_and_published(api: SimServer, tmp_path: Path) -> None:
    async with evergauge(tmp_path, f"--apiserver={api.url}", "--resources=pods", "--object-limit=7") as running:
        await running.until_ready()
        assert (await running.scrape()).count("kube_pod_info") == 7
        assert await running.self_metric("kube_state_metrics_list_objects", resource="*v1.Pod") == 7
        assert await running.self_metric("kube_state_metrics_list_objects_limit", resource="*v1.Pod") == 7


@pytest.mark.parametrize("policy", ["serve", "omit"])
async def test_what_is_not_proven_fresh_is_declared_and_served_or_omitted(
    policy: str, api: SimServer, tmp_path: Path
) -> None:
    flags = ["--resources=pods,nodes", "--freshness-bound=5s", f"--stale-policy={policy}"]
    async with evergauge(tmp_path, f"--apiserver={api.url}", *flags) as running:
        await running.until_ready()
        assert await running.self_metric("evergauge_freshness_bound_seconds") == 5
        assert await running.self_metric("evergauge_feed_freshness_seconds", resource="nodes") < 5
        number = await api.order(Fault(kind="hang", resource="nodes"))
        async with asyncio.timeout(20):
            while await running.self_metric("evergauge_feed_state", resource="nodes", state="lost") != 1:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
        scrape = await running.scrape()
        assert scrape.count("kube_pod_info") == PODS
        assert (scrape.count("kube_node_info") > 0) == (policy == "serve")
        assert await running.self_metric("evergauge_feed_freshness_seconds", resource="nodes") > 5
        assert await running.self_metric("evergauge_feed_state", resource="pods", state="live") == 1
        assert (await running.get(f"{running.telemetry}/readyz"))[0] == 200
        await api.lift(number)
        async with asyncio.timeout(20):
            while await running.self_metric("evergauge_feed_state", resource="nodes", state="live") != 1:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
        assert (await running.scrape()).count("kube_node_info") == api.cluster.count("nodes")


async def test_the_config_file_in_force_is_published(api: SimServer, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("resources: [nodes]\n")
    async with evergauge(tmp_path, f"--apiserver={api.url}", f"--config={file}") as running:
        await running.until_ready()
        labels = {"type": "config", "filename": str(file)}
        assert await running.self_metric("kube_state_metrics_last_config_reload_successful", **labels) == 1
        assert await running.self_metric("kube_state_metrics_config_hash", **labels) == config_hash(file.read_bytes())
        assert await running.self_metric("evergauge_objects", resource="nodes") == api.cluster.count("nodes")


async def test_probes_answer_while_the_api_server_hangs(api: SimServer, tmp_path: Path) -> None:
    await api.order(Fault(kind="hang"))
    async with evergauge(tmp_path, f"--apiserver={api.url}", "--resources=pods") as running:
        await until_alive(running)
        for _ in range(10):
            async with asyncio.timeout(2):
                assert (await running.get(f"{running.metrics}/livez"))[0] == 200
                assert (await running.get(f"{running.telemetry}/readyz"))[0] == 503


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (["--kubeconfig=/nowhere/kubeconfig"], 1, ["/nowhere/kubeconfig", "no such file"]),
        (["--apiserver=ftp://x"], 1, ["--apiserver", "https://HOST:PORT"]),
        (["--shard=3", "--total-shards=3"], 2, ["--shard=3", "--total-shards=3"]),
        (["--metric-allowlist=a", "--metric-denylist=b"], 2, ["--metric-allowlist", "--metric-denylist"]),
        (["--metric-allowlist=("], 2, ["--metric-allowlist", "regular expression"]),
    ],
)
async def test_what_cannot_be_honoured_ends_with_one_line(
    flags: list[str], code: int, words: list[str], tmp_path: Path
) -> None:
    async with evergauge(tmp_path, "--resources=pods", *flags) as running:
        assert await running.process.wait() == code
        *_, line = running.log.read_text().splitlines()
    assert line.startswith("evergauge: ")
    assert all(word in line for word in words)
    assert "Traceback" not in running.log.read_text()


async def test_a_port_that_is_taken_ends_with_one_line(api: SimServer, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    with socket.create_server(("127.0.0.1", port)):
        async with evergauge(tmp_path, f"--apiserver={api.url}", f"--telemetry-port={port}") as running:
            assert await running.process.wait() == 1
            *_, line = running.log.read_text().splitlines()
    assert f"127.0.0.1:{port}" in line
    assert "--telemetry-port" in line


async def until_alive(running: Evergauge) -> None:
    """Wait until the process answers."""
    async with asyncio.timeout(20):
        while (await running.get(f"{running.telemetry}/livez"))[0] != 200:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)
