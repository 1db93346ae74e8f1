"""A program under measurement: started with KSM's flags, looked at through /proc, stopped."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from launcher.process import HOST, free_ports

from yardstick.errors import BenchError, say
from yardstick.installed import environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EVERGAUGE: Final = (sys.executable, "-m", "evergauge")
STOP_SECONDS: Final = 20.0
IDLE: Final = 0.05
"""A program that uses no more than this share of a core is at rest."""
LOG_LINES: Final = 5
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Memory:
    """What is resident now, and the most that ever was, in MiB."""

    resident: float
    peak: float


@dataclass(frozen=True, slots=True)
class Program:
    """A running program. started: when it was executed, by `time.perf_counter`."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    telemetry_port: int
    started: float
    log: Path

    def cpu(self) -> float:
        """Seconds of CPU so far, those of the kernel included. Raises BenchError when the program has ended."""
        if self.process.poll() is not None:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
            raise BenchError(f"{self.name} ended with {self.process.returncode}: {' | '.join(lines)}")
        return cpu(self.process.pid)

    def memory(self) -> Memory:
        """See Memory."""
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        sizes = dict(line.split(":", 1) for line in text.splitlines())
        return Memory(*(int(sizes[key].split()[0]) / 1024 for key in ("VmRSS", "VmHWM")))

    def forget_peak(self) -> None:
        """From now on `memory().peak` is the most since now (proc(5): clear_refs)."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5", encoding="ascii")


@contextmanager
def running(name: str, command: Sequence[str], *, kubeconfig: Path, resources: str) -> Iterator[Program]:
    """Start a program on free ports, its output in a temporary file, and stop it in the end.

    command: must become the program itself, not start it: it is the process that is measured.
    """
    port, telemetry_port = free_ports(2)
    flags = [
        f"--kubeconfig={kubeconfig}",
        f"--resources={resources}",
        f"--host={HOST}",
        f"--port={port}",
        f"--telemetry-host={HOST}",
        f"--telemetry-port={telemetry_port}",
        "--enable-gzip-encoding",
    ]
    with tempfile.NamedTemporaryFile(prefix="bench-", suffix=".log") as log:
        started = time.perf_counter()
        process = subprocess.Popen(
            [*command, *flags], env=environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            say(f"{name} started (process {process.pid})")
            yield Program(name, process, port, telemetry_port, started, Path(log.name))
        finally:
            stop(process)


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has used, in user and in system mode (proc(5): fields 14 and 15, in clock ticks)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def settle(pid: int, *, seconds: float = 60.0) -> None:
    """Wait until a process is at rest, at most so long: what still runs there would disturb the next measurement."""
    deadline = time.monotonic() + seconds
    before = cpu(pid)
    while time.monotonic() < deadline:
        time.sleep(1.0)
        now = cpu(pid)
        if now - before <= IDLE:
            return
        before = now


def stop(process: subprocess.Popen[bytes]) -> None:
    """With SIGTERM, and with SIGKILL when it takes too long."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
