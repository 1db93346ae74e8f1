"""Packets to and from the API server that vanish, without a word to anybody."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final

import pytest
from launcher.process import free_ports

from faults.changes import ThroughApi, changing
from faults.net import joined
from faults.scenarios import Connected, unplugged
from faults.scene import NOISE
from faults.truth import CONFIG_MAPS, learn
from faults.watcher import SEEN_WITHIN, watching
from support.process import EVERGAUGE, Address, evergauge
from support.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faults.watcher import Outcome
    from support.controlplane import ControlPlane

pytestmark = pytest.mark.controlplane

SECONDS: Final = 15.0
BOUNDS: Final = (5.0, 30.0)
"""With the one the lease is what ends a connection, with the other it is the kernel."""


async def test_a_cable_is_pulled(plane: ControlPlane, tmp_path: Path, note: Callable[..., Outcome]) -> None:
    async with joined() as network, plane.session() as session, AsyncExitStack() as stack:
        truth = await learn(session, CONFIG_MAPS)
        await stack.enter_async_context(changing(truth, ThroughApi(session)))
        connected = []
        for bound in BOUNDS:
            proxy = await stack.enter_async_context(Proxy(plane.port, host=network.api))
            kubeconfig = kubeconfig_by(plane, network.api, proxy.port, tmp_path)
            flags = (f"--kubeconfig={kubeconfig}", "--resources=configmaps", f"--freshness-bound={bound:g}s")
            at, command = Address(network.inside, *free_ports(2)), (*network.command, *EVERGAUGE)
            running = await stack.enter_async_context(evergauge(tmp_path, *flags, at=at, command=command))
            await running.until_ready()
            watcher = await stack.enter_async_context(watching(truth, {0: running}.copy, bound))
            connected.append(Connected(running, proxy.port, watcher))
        for each in connected:
            await each.watcher.until(lambda pair: pair.shows_all_until(pair.began - SEEN_WITHIN), within=10)
        # The first watch of a feed is short.
        await asyncio.sleep(2)
        for bound, (cut, found) in zip(BOUNDS, await unplugged(network, SECONDS, connected), strict=True):
            note(found, f"bound {bound:g}, cut after {cut:.1f}")
            assert cut < 12 + NOISE
            assert found.whole < 12 + NOISE
            assert found.age > SECONDS - 1
            assert (found.missing, found.undeclared) == (0, 0)


def kubeconfig_by(plane: ControlPlane, host: str, port: int, folder: Path) -> Path:
    """The administrator's, with the API server at another address, which its certificate doesn't name."""
    config = json.loads(plane.kubeconfig.read_text(encoding="utf-8"))
    cluster = config["clusters"][0]["cluster"]
    cluster |= {"server": f"https://{host}:{port}", "tls-server-name": "127.0.0.1"}
    path = folder / f"{port}.kubeconfig"
    path.write_text(json.dumps(config), encoding="utf-8")
    return path
