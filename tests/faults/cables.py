"""Processes behind a cable to the API server that is pulled and put in again."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

from launcher.process import free_ports

from faults.net import Network, connections
from faults.scene import PATIENCE
from faults.watcher import SEEN_WITHIN, Outcome, Watcher, watching
from support.process import Address, Evergauge, evergauge
from support.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from faults.pod import Image
    from faults.truth import Truth
    from support.controlplane import ControlPlane


class Connected(NamedTuple):
    """A process in a network of its own. port: of the API server, as it sees it."""

    running: Evergauge
    port: int
    watcher: Watcher


class Unplugged(NamedTuple):
    """cut: seconds until the last of its connections was given up. found: whole is counted from when the cable was plugged in."""

    cut: float
    found: Outcome


async def unplugged(network: Network, seconds: float, connected: Sequence[Connected]) -> Sequence[Unplugged]:
    """The cable to the API server is pulled for so many seconds: packets vanish, and nobody is told."""
    began = time.monotonic()
    await network.pull()
    cuts = await asyncio.gather(*(_given_up(each, began + seconds) for each in connected))
    await asyncio.sleep(began + seconds - time.monotonic())
    plugged = time.monotonic()
    await network.plug()
    found = []
    for each, cut in zip(connected, cuts, strict=True):
        whole = await each.watcher.in_step(after=plugged, within=PATIENCE)
        found.append(Unplugged(cut - began, each.watcher.outcome(began, whole - plugged)))
    return found


async def _given_up(connected: Connected, until: float) -> float:
    """When none of the connections of now is established any more, or `until`."""
    pid, port = connected.running.process.pid, connected.port
    before = connections(pid, port)
    while before & connections(pid, port) and time.monotonic() < until:  # noqa: ASYNC110 - the kernel
        await asyncio.sleep(0.05)
    return time.monotonic()


@asynccontextmanager
async def behind(
    network: Network, plane: ControlPlane, image: Image, truth: Truth, bound: float
) -> AsyncIterator[Connected]:
    """A process that runs this image in the network, and that is looked at; entered when it is in step."""
    async with Proxy(plane.port, host=network.api) as proxy:
        kubeconfig = _kubeconfig(plane, network.api, proxy.port, image.folder)
        flags = (*image.flags, f"--kubeconfig={kubeconfig}")
        at, command = Address(network.inside, *free_ports(2)), (*network.command, *image.command)
        async with evergauge(image.folder, *flags, at=at, command=command) as running:
            await running.until_ready()
            async with watching(truth, {0: running}.copy, bound) as watcher:
                await watcher.until(
                    lambda pair: bool(pair.held.get(0)) and pair.shows_all_until(pair.began - SEEN_WITHIN), within=30
                )
                yield Connected(running, proxy.port, watcher)


def _kubeconfig(plane: ControlPlane, host: str, port: int, folder: Path) -> Path:
    """The administrator's, with the API server at another address, which its certificate doesn't name."""
    config = json.loads(plane.kubeconfig.read_text(encoding="utf-8"))
    cluster = config["clusters"][0]["cluster"]
    cluster |= {"server": f"https://{host}:{port}", "tls-server-name": "127.0.0.1"}
    path = folder / f"{port}.kubeconfig"
    path.write_text(json.dumps(config), encoding="utf-8")
    return path
