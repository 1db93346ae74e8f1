"""`evergauge demo` as a process of its own, as users start it."""

from __future__ import annotations

import asyncio
import re
import select
import signal
import sys
from contextlib import asynccontextmanager, suppress
from os import close, pidfd_open
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

READY_SECONDS: Final = 60.0
STOP_SECONDS: Final = 30.0
_URL = re.compile(r"http://\S+")
_ORDER = re.compile(r"curl -d '(.*)' (\S+)$")
_LAST_WORD = "/sim/faults"  # the announcement ends with a command that orders a fault


class Demo:
    """A running demo. said: its lines so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said: list[str] = []

    @property
    def metrics(self) -> str:
        return self._url("metrics ")

    @property
    def telemetry(self) -> str:
        return self._url("self-metrics ").removesuffix("/metrics")

    @property
    def api(self) -> str:
        return self._url("API server ")

    @property
    def orders(self) -> list[tuple[str, str]]:
        """The commands it offers: the order as JSON, and the URL to post it to."""
        return [(found[1], found[2]) for line in self.said if (found := _ORDER.search(line))]

    @property
    def simulator(self) -> int:
        """The process ID of the simulated API server."""
        (child,) = children(self.process.pid)
        return child

    async def until_said(self, words: str, *, seconds: float = READY_SECONDS) -> str:
        """The next line with these words in it. Fails when the demo ends before."""
        assert self.process.stdout
        async with asyncio.timeout(seconds):
            while line := await self.process.stdout.readline():
                self.said.append(line.decode().rstrip("\n"))
                if words in self.said[-1]:
                    return self.said[-1]
        raise AssertionError(f"ended without saying {words!r}: {self.said}")

    async def until_ready(self) -> None:
        """Wait until everything is there and said."""
        await self.until_said("Evergauge serves it")
        while len(self.orders) < 3:
            await self.until_said(_LAST_WORD)

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Signal it; exit code and standard error when it has ended."""
        self.process.send_signal(number)
        return await self.ended()

    async def ended(self) -> tuple[int, str]:
        """Exit code and standard error, when it ends."""
        async with asyncio.timeout(STOP_SECONDS):
            out, err = await self.process.communicate()
        self.said += out.decode().splitlines()
        return self.process.returncode or 0, err.decode()

    def _url(self, what: str) -> str:
        line = next(line for line in self.said if line.strip().startswith(what))
        found = _URL.search(line)
        assert found, line
        return found[0]


@asynccontextmanager
async def demo(*flags: str) -> AsyncIterator[Demo]:
    """A demo with these flags, killed in the end if it still runs."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "evergauge", "demo", *flags, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe
    )
    try:
        yield Demo(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


def children(pid: int) -> list[int]:
    """The process IDs of a process' children (proc(5): the fourth field of `stat`, behind a name in parentheses)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # one that ended meanwhile
            if int(path.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(path.parent.name))
    return found


async def gone(pid: int, *, seconds: float = STOP_SECONDS) -> bool:
    """Whether a process, of whosoever child, has ended within so many seconds."""
    try:
        descriptor = pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        ready, _, _ = await asyncio.to_thread(select.select, [descriptor], [], [], seconds)
        return bool(ready)
    finally:
        close(descriptor)
