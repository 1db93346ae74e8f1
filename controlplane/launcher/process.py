"""Processes that outlive the command that started them, and the loopback ports that they serve on."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from launcher.errors import LauncherError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HOST: Final = "127.0.0.1"
POLL_SECONDS: Final = 0.05
STOP_SECONDS: Final = 15.0

_handed_out: set[int] = set()
"""Ports that were said to be free: whoever got one may not have bound it yet."""


def free_ports(count: int) -> list[int]:
    """Free loopback ports below the range that the kernel hands to outgoing connections.

    A server that is killed and restarted must find its port again. Inside that range any client might have got it, even
    one that dials the dead server: TCP then connects it to itself.
    """
    first_ephemeral = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    candidates = range(max(1024, first_ephemeral - 12_000), first_ephemeral)
    ports: list[int] = []
    # At random, so that parallel runs don't meet: by the system's, for tests seed Python's own.
    for port in random.SystemRandom().sample(candidates, len(candidates)):
        if port not in _handed_out and _can_bind(port):
            ports.append(port)
            _handed_out.add(port)
        if len(ports) == count:
            return ports
    raise LauncherError(f"no {count} free ports below {first_ephemeral}")


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def launch(command: Sequence[str], log: Path) -> int:
    """Start a program in a session of its own, its output appended to `log`; its process ID."""
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command line
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    process.returncode = 0  # it is meant to outlive us: no warning about a child left running
    return process.pid


def is_running(pid: int, mark: str) -> bool:
    """Whether `pid` is alive and still the process whose command line holds `mark` (IDs are used again)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False
    # proc(5): field 3 is the state, field 20 the number of threads. The first thread of a killed process is a zombie
    # while others still hold its sockets; when it is the only one left, merely nobody has reaped it yet.
    state, threads = fields[0], int(fields[17])
    ended = state in {"Z", "X"} and threads <= 1
    # There is no command line while a program is being loaded, nor while it ends.
    return not ended and (not command or mark.encode() in command)


def stop(pid: int, mark: str, *, with_signal: signal.Signals) -> None:
    """Signal the process and wait until it is gone; after 15 s it is killed. Raises LauncherError if that fails."""
    for each in (with_signal, signal.SIGKILL):
        if not is_running(pid, mark):
            return
        os.kill(pid, each)
        try:
            wait_until(lambda: not is_running(pid, mark), STOP_SECONDS, f"the end of process {pid}")
        except LauncherError:
            if each is signal.SIGKILL:
                raise


def wait_until(done: Callable[[], bool], seconds: float, what: str) -> None:
    """Poll until `done()`. Raises LauncherError, which names `what`, after `seconds`."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise LauncherError(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(POLL_SECONDS)
