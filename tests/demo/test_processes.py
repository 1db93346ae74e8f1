"""The demo as a process: it serves, ends when told, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import aiohttp
import pytest

from support.demo import demo, gone

if TYPE_CHECKING:
    from collections.abc import Callable


async def get(url: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert response.status == 200
        return await response.text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_serves_on_both_ports_until_it_is_told_to_stop(number: signal.Signals) -> None:
    async with demo("--pods=60") as running:
        await running.until_ready()
        simulator = running.simulator
        objects = await get(running.metrics)
        assert objects.count("\nkube_pod_info{") >= 60
        assert "\nevergauge_feed_state{" in await get(f"{running.telemetry}/metrics")
        assert await get(f"{running.telemetry}/readyz") == "OK"
        assert '"kind":"NodeList"' in await get(f"{running.api}/api/v1/nodes")
        line = await running.until_said("pods by phase")
        assert all(words in line for words in ("Running ", "nodes: ", "deployments rolling: ", "feeds: "))
        assert await running.stop(number) == (0, "")
        assert running.said[-1] == "Stopped; the simulated cluster is gone."
        assert await gone(simulator)


async def test_flags_of_evergauge_hold() -> None:
    allowed = "--metric-labels-allowlist=pods=[app.kubernetes.io/name]"
    async with demo("--pods=60", "--resources=pods", allowed, "--enable-gzip-encoding", "--seed=7") as running:
        await running.until_ready()
        async with aiohttp.ClientSession() as session, session.get(running.metrics) as response:
            assert response.headers["Content-Encoding"] == "gzip"
            text = await response.text()
        assert {line.split("_")[1] for line in text.splitlines() if line.startswith("kube_")} == {"pod"}
        assert 'label_app_kubernetes_io_name="' in text
        line = await running.until_said("pods by phase")
        assert "nodes" not in line
        assert await running.stop() == (0, "")


async def test_the_faults_it_offers_can_be_ordered() -> None:
    async with demo("--pods=20", "--churn=0") as running, aiohttp.ClientSession() as session:
        await running.until_ready()
        for order, url in running.orders:
            async with session.post(url, data=order) as response:
                assert response.status == 200, await response.text()
        async with session.get(running.orders[0][1]) as response:
            assert len(await response.json()) == 3
        assert await running.stop() == (0, "")


async def test_it_ends_by_itself_after_its_seconds() -> None:
    async with demo("--pods=20", "--seconds=0.2") as running:
        await running.until_ready()
        assert await running.ended() == (0, "")
        assert any(line.startswith("pods by phase: ") for line in running.said)


async def test_it_can_be_stopped_while_the_cluster_is_generated() -> None:
    async with demo("--pods=200000") as running:
        await running.until_said("A simulated cluster of 200,000 pods, about 20 writes a second (seed 1).")
        await running.until_said("Generating 200,000 pods … ")
        simulator = running.simulator
        assert await running.stop(signal.SIGINT) == (0, "")
        assert await gone(simulator)


async def test_the_simulated_cluster_ends_with_a_demo_that_is_killed() -> None:
    async with demo("--pods=20") as running:
        await running.until_ready()
        simulator = running.simulator
        assert await running.stop(signal.SIGKILL) == (-signal.SIGKILL, "")
        assert await gone(simulator)


async def test_the_demo_ends_with_a_simulated_cluster_that_is_killed() -> None:
    async with demo("--pods=20") as running:
        await running.until_ready()
        os.kill(running.simulator, signal.SIGKILL)
        message = (
            f"the simulated API server ended by itself with exit code {-signal.SIGKILL}; see above for what it said"
        )
        assert await running.ended() == (1, f"evergauge: {message}\n")


async def test_a_port_that_is_taken_is_named_and_nothing_stays_behind() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with demo("--pods=20", f"--telemetry-port={port}") as running:
            await running.until_said("A simulated cluster")
            code, err = await running.ended()
    assert code == 1
    assert err == (
        f"evergauge: cannot listen on 127.0.0.1:{port} (--telemetry-host, --telemetry-port): Address already in use; "
        "choose another port with --telemetry-port\n"
    )


async def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    pipe = asyncio.subprocess.PIPE
    script = '"$0" -m evergauge demo --pods=20 | head -n 1; exit ${PIPESTATUS[0]}'
    process = await asyncio.create_subprocess_exec("bash", "-c", script, sys.executable, stdout=pipe, stderr=pipe)
    # Standard error ends when the last process that has it ends: the simulator's is one of them.
    out, err = await process.communicate()
    said = b"A simulated cluster of 20 pods, about 20 writes a second (seed 1).\n"
    assert (process.returncode, out, err) == (141, said, b"")


async def test_on_a_terminal_the_series_are_drawn_in_place() -> None:
    ours, its = os.openpty()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "evergauge", "demo", "--pods=20", stdout=its, stderr=its, stdin=its
    )
    os.close(its)
    shown = await asyncio.to_thread(read_until, ours, lambda text: text.count(b"Live, as these ports serve it, ") == 2)
    process.send_signal(signal.SIGINT)
    shown += await asyncio.to_thread(read_until, ours, lambda _: False)
    os.close(ours)
    assert await process.wait() == 0
    assert re.search(rb"\x1b\[7F\x1b\[JLive, .*\r\n  pods by phase        Running \d+", shown)
    assert shown.endswith(b"Stopped; the simulated cluster is gone.\r\n")


def read_until(terminal: int, enough: Callable[[bytes], bool]) -> bytes:
    """What is written to a terminal, until it is enough or nobody has it open any more.

    In the latter case reading is an error on Linux (pty(7)).
    """
    text = b""
    with suppress(OSError):
        while not enough(text) and (piece := os.read(terminal, 65536)):
            text += piece
    return text
