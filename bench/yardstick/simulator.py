"""The simulated API server in a process of its own: sizes and rates that the real one can't reach on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yardstick.api import Api, kubeconfig_for
from yardstick.errors import BenchError, say
from yardstick.program import cpu, stop

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Simulator:
    """A running one. pods: when it was ready."""

    api: Api
    admin_url: str
    pods: int
    process: subprocess.Popen[bytes]

    def writes(self) -> int:
        """How many there were since its beginning, whoever made them."""
        with urllib.request.urlopen(f"{self.admin_url}/sim/stats", timeout=30) as response:
            stats: dict[str, Any] = json.loads(response.read())
        return int(stats["resourceVersion"])

    def cpu(self) -> float:
        """Seconds of CPU so far."""
        return cpu(self.process.pid)

    def resident(self) -> float:
        """MiB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * 4096 / 2**20


@contextmanager
def simulated(pods: int, *flags: str) -> Iterator[Simulator]:
    """Start one with so many pods and `flags` of `python -m evergauge.sim`, and stop it in the end. Raises BenchError."""
    command = [sys.executable, "-m", "evergauge.sim", f"--pods={pods}", *flags]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert process.stdout
    try:
        say(f"simulator started (process {process.pid})")
        line = process.stdout.readline()
        if not line:
            raise BenchError(f"the simulator ended with {process.wait()} before it was ready")
        ready: dict[str, Any] = json.loads(line)
        with kubeconfig_for(ready["url"]) as kubeconfig:
            yield Simulator(Api(ready["url"], kubeconfig), ready["admin_url"], ready["pods"], process)
    finally:
        stop(process)
        process.stdout.close()
