"""Evergauge as a process of its own, as users start it, and scrapes of it."""

from __future__ import annotations

import asyncio
import gzip
import json
import signal
import sys
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

import aiohttp
from launcher.process import free_ports
from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

EVERGAUGE: Final = (sys.executable, "-m", "evergauge")
READY_SECONDS: Final = 120.0
STOP_SECONDS: Final = 15.0


class Address(NamedTuple):
    """Where a process serves."""

    host: str
    port: int
    telemetry_port: int


class Scrape(NamedTuple):
    """One scrape. began: monotonic seconds; text: the exposition."""

    began: float
    text: bytes

    def count(self, family: str) -> int:
        """Samples of a family."""
        return self.text.count(b"\n" + family.encode() + b"{")

    @property
    def lines(self) -> set[bytes]:
        """The sample lines."""
        return {line for line in self.text.split(b"\n") if line and not line.startswith(b"#")}


class Evergauge:
    """A running process. metrics, telemetry: base URLs; log: the file with its standard error."""

    def __init__(self, process: asyncio.subprocess.Process, at: Address, log: Path) -> None:
        self.process = process
        self.metrics, self.telemetry = (f"http://{at.host}:{port}" for port in at[1:])
        self.log = log
        self._session = aiohttp.ClientSession(auto_decompress=False, timeout=aiohttp.ClientTimeout(total=60))

    async def get(self, url: str) -> tuple[int, bytes]:
        """Status and body; status 0 where nobody answers yet."""
        try:
            async with self._session.get(url) as response:
                return response.status, await response.read()
        except aiohttp.ClientConnectionError:
            return 0, b""

    async def scrape(self, query: str = "") -> Scrape:
        """The metrics, by gzip where it is enabled."""
        began = time.monotonic()
        url = f"{self.metrics}/metrics{query}"
        async with self._session.get(url, headers={"Accept-Encoding": "gzip"}) as response:
            assert response.status == 200, await response.text()
            body = await response.read()
            compressed = response.headers.get("Content-Encoding") == "gzip"
        return Scrape(began, await asyncio.to_thread(gzip.decompress, body) if compressed else body)

    async def self_metrics(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        """The self-metrics by name and sorted labels."""
        _, text = await self.get(f"{self.telemetry}/metrics")
        families = text_string_to_metric_families(text.decode())
        return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}

    async def self_metric(self, name: str, **labels: str) -> float:
        """The sum of a self-metric's samples that have these labels."""
        found = await self.self_metrics()
        wanted = set(labels.items())
        return sum(value for (each, has), value in found.items() if each == name and wanted <= set(has))

    async def until_ready(self, seconds: float = READY_SECONDS) -> None:
        """Wait until every feed has synced."""
        async with asyncio.timeout(seconds):
            while (await self.get(f"{self.telemetry}/readyz"))[0] != 200:
                assert self.process.returncode is None, self.log.read_text()
                await asyncio.sleep(0.05)

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal it, wait for its end; its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        async with asyncio.timeout(STOP_SECONDS):
            return await self.process.wait()

    async def close(self) -> None:
        """End it however it may be."""
        await self._session.close()
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    def logged(self) -> list[dict[str, str]]:
        """Its log so far."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@asynccontextmanager
async def evergauge(
    folder: Path, *flags: str, at: Address | None = None, command: Sequence[str] = EVERGAUGE
) -> AsyncIterator[Evergauge]:
    """Evergauge with these flags; whoever enters waits for readiness by himself. Its log goes to `folder`.

    at: where it serves, on free loopback ports if nothing is said. command: must become the program itself; any with KSM's flags.
    """
    at = at or Address("127.0.0.1", *free_ports(2))
    log = folder / f"evergauge-{at.host}-{at.port}.log"
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *command, *_where(at), *flags, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output
        )
    running = Evergauge(process, at, log)
    try:
        yield running
    finally:
        await running.close()


def _where(at: Address) -> Sequence[str]:
    return (
        f"--host={at.host}",
        f"--port={at.port}",
        f"--telemetry-host={at.host}",
        f"--telemetry-port={at.telemetry_port}",
    )
