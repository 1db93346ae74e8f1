"""The main job on a real kube-apiserver with 20,000 pods, and what may happen to it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
from yarl import URL

from e2e.truth import FLAGS, PODS, in_step, label, watched
from support.bulk_pods import pod
from support.process import evergauge
from support.proxy import Proxy

if TYPE_CHECKING:
    from pathlib import Path

    from support.controlplane import ControlPlane

pytestmark = pytest.mark.controlplane


async def test_all_is_served_and_changes_show_within_a_second(plane: ControlPlane, tmp_path: Path) -> None:
    flags = [f"--kubeconfig={plane.kubeconfig}", "--enable-gzip-encoding", *FLAGS]
    async with evergauge(tmp_path, *flags) as running, plane.session() as session:
        await running.until_ready()
        assert (await running.scrape()).count("kube_pod_info") == PODS
        await in_step(running, plane, within=5)
        for number in range(0, 50, 10):
            value = f"at-{time.monotonic_ns()}"
            await label(session, pod(number), value)
            changed = time.monotonic()
            while f'label_changed="{value}"'.encode() not in (scrape := await running.scrape()).text:
                assert scrape.began - changed < 1.0
        assert await running.self_metric("evergauge_object_errors_total") == 0
        assert await running.stop() == 0


async def test_connections_reset_ten_times(plane: ControlPlane, tmp_path: Path) -> None:
    async with (
        Proxy(port_of(plane)) as proxy,
        evergauge(tmp_path, *through(plane, proxy), *FLAGS) as running,
        plane.session() as session,
    ):
        # Also while it lists for the first time.
        for number in range(10):
            if number == 2:
                await running.until_ready()
            await asyncio.sleep(0.5)
            proxy.reset()
            await label(session, pod(number), f"reset-{number}")
        async with watched(running):
            for number in range(10):
                await label(session, pod(number), f"reset-again-{number}")
                proxy.reset()
                await asyncio.sleep(0.3)
            await in_step(running, plane, within=20)
        assert await running.self_metric("kube_state_metrics_watch_total", result="error", resource="*v1.Pod") > 0
        assert await running.self_metric("kube_state_metrics_list_total", result="success", resource="*v1.Pod") == 1


async def test_versions_that_the_server_no_longer_knows(plane: ControlPlane, tmp_path: Path) -> None:
    async with (
        Proxy(port_of(plane)) as proxy,
        evergauge(tmp_path, *through(plane, proxy), *FLAGS) as running,
        plane.session() as session,
    ):
        await running.until_ready()
        async with watched(running):
            await proxy.refuse()
            for number in range(5):
                await label(session, pod(number), f"unseen-{number}")
            await asyncio.to_thread(plane.kill_apiserver)
            # After its start the API server knows no version from before it: each resumption is a 410.
            await asyncio.to_thread(plane.start_apiserver)
            await proxy.accept()
            await in_step(running, plane, within=40)
        assert await running.self_metric("kube_state_metrics_list_total", result="success", resource="*v1.Pod") == 2


async def test_the_api_server_killed_for_20_seconds(plane: ControlPlane, tmp_path: Path) -> None:
    flags = [f"--kubeconfig={plane.kubeconfig}", "--enable-gzip-encoding", *FLAGS]
    async with evergauge(tmp_path, *flags) as running, plane.session() as session:
        await running.until_ready()
        async with watched(running) as seen:
            await asyncio.to_thread(plane.kill_apiserver)
            await asyncio.sleep(20)
            assert (await running.get(f"{running.metrics}/livez"))[0] == 200
            await asyncio.to_thread(plane.start_apiserver)
            for number in range(5):
                await label(session, pod(number), f"after-outage-{number}")
            await in_step(running, plane, within=40)
            assert len(seen) > 20
        assert await running.stop() == 0
        assert not [line for line in running.logged() if line["level"] in ("error", "critical")]


def through(plane: ControlPlane, proxy: Proxy) -> list[str]:
    """The flags that lead through the proxy."""
    return [f"--kubeconfig={plane.kubeconfig}", f"--apiserver=https://127.0.0.1:{proxy.port}", "--enable-gzip-encoding"]


def port_of(plane: ControlPlane) -> int:
    return URL(plane.url).port or 443
