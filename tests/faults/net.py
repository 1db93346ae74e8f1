"""A network namespace, joined to the machine by two cables that can be pulled: one to the API server, one for scrapes."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from support.tools import not_run, require

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_ESTABLISHED: Final = "01"


class Network(NamedTuple):
    """The namespace by its name. api: the machine's address on the first cable. inside: the namespace's on the second one."""

    name: str
    api: str
    inside: str

    @property
    def command(self) -> tuple[str, ...]:
        """What makes a program run inside, in front of it; it becomes the program."""
        return ("ip", "netns", "exec", self.name)

    async def pull(self) -> None:
        """Pull the first cable: packets vanish in both directions, and nobody is told."""
        await _ip(f"link set {self.name}a down")

    async def plug(self) -> None:
        """Put it in again."""
        await _ip(f"link set {self.name}a up")


@asynccontextmanager
async def joined() -> AsyncIterator[Network]:
    """A namespace with two cables. Needs Linux, `ip` and root: without them the test is not run."""
    require("ip")
    if os.geteuid() != 0:
        not_run("network namespaces need root")
    # Addresses for benchmarks (RFC 2544), which no network routes.
    net = f"198.{random.choice((18, 19))}.{random.randrange(256)}"
    network = Network(f"eg{random.randrange(16**6):06x}", f"{net}.1", f"{net}.6")
    try:
        await _ip(f"netns add {network.name}")
        for cable, (outside, inside) in {"a": (1, 2), "b": (5, 6)}.items():
            here, there = network.name + cable, f"in{cable}"
            await _ip(f"link add {here} type veth peer name {there} netns {network.name}")
            await _ip(f"address add {net}.{outside}/30 dev {here}")
            await _ip(f"link set {here} up")
            await _ip(f"-n {network.name} address add {net}.{inside}/30 dev {there}")
            await _ip(f"-n {network.name} link set {there} up")
        await _ip(f"-n {network.name} link set lo up")
        yield network
    finally:
        await _ip(f"netns delete {network.name}")


def connections(pid: int, port: int) -> set[str]:
    """The established connections to a port, in the namespace of a process, by their own end (proc_pid_net(5))."""
    lines = Path(f"/proc/{pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    fields = (line.split() for line in lines)
    return {own for _, own, other, state, *_ in fields if state == _ESTABLISHED and int(other[-4:], 16) == port}


async def _ip(arguments: str) -> None:
    command = ["ip", *arguments.split()]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (arguments, done.stderr)
