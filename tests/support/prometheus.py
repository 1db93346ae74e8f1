"""A real Prometheus for tests: started on a free port, asked by its API, stopped by its process ID."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import aiohttp
from launcher.process import free_ports

from support.foreign import parse_text, samples
from support.tools import require

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
    from pathlib import Path

READY_SECONDS: Final = 60.0
STOP_SECONDS: Final = 60.0
_PAIR: Final = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)')  # logfmt


class Sample(NamedTuple):
    """One series of an instant query. value: the sample's, at the time of the query."""

    labels: Mapping[str, str]
    value: float


class Prometheus:
    """A running one. url: of its API; log: the file it logs to, in logfmt from the level `debug` on."""

    def __init__(self, url: str, log: Path, session: aiohttp.ClientSession) -> None:
        self.url = url
        self.log = log
        self._session = session

    async def query(self, expression: str, at: float | None = None) -> list[Sample]:
        """An instant query, now or at a time in seconds since 1970."""
        found = await self._api("query", query=expression, **({} if at is None else {"time": f"{at:.3f}"}))
        return [Sample(series["metric"], float(series["value"][1])) for series in found["result"]]

    async def number(self, expression: str, at: float | None = None) -> float:
        """The value of a query with one result."""
        (found,) = await self.query(expression, at)
        return found.value

    async def times(self, selector: str) -> list[float]:
        """When each sample of one series was scraped, in seconds since 1970."""
        (series,) = (await self._api("query", query=f"{selector}[1h]"))["result"]
        return [float(time) for time, _ in series["values"]]

    async def types(self, job: str) -> dict[str, str]:
        """The types of families as the job's exposition states them, by the names that it states."""
        found = await self._api("targets/metadata", match_target=f'{{job="{job}"}}')
        return {entry["metric"]: entry["type"] for entry in found}

    async def own(self) -> dict[str, float]:
        """What it says about itself, without labels: the sum of each family."""
        async with self._session.get(f"{self.url}/metrics") as response:
            text = await response.text()
        totals: dict[str, float] = {}
        for (name, _), value in samples(parse_text(text)).items():
            totals[name] = totals.get(name, 0.0) + value
        return totals

    def logged(self) -> Iterator[dict[str, str]]:
        """Its log, line by line."""
        for line in self.log.read_text().splitlines():
            yield {key: value.strip('"') for key, value in _PAIR.findall(line)}

    async def until_ready(self) -> None:
        """Wait until it serves."""
        async with asyncio.timeout(READY_SECONDS):
            while not await self._ready():  # noqa: ASYNC110 - it is asked over HTTP
                await asyncio.sleep(0.1)

    async def _ready(self) -> bool:
        try:
            async with self._session.get(f"{self.url}/-/ready") as response:
                return response.status == 200
        except aiohttp.ClientConnectionError:
            return False

    async def _api(self, path: str, **query: str) -> Any:  # noqa: ANN401 - JSON
        async with self._session.get(f"{self.url}/api/v1/{path}", params=query) as response:
            answer = await response.json()
            assert answer["status"] == "success", answer
            return answer["data"]


@asynccontextmanager
async def prometheus(folder: Path, jobs: Sequence[Mapping[str, Any]]) -> AsyncIterator[Prometheus]:
    """A Prometheus with these scrape configurations, once a second each. All that it keeps is in `folder`."""
    program = require("prometheus")
    (port,) = free_ports(1)
    config, log = folder / "prometheus.yml", folder / "prometheus.log"
    every = {"scrape_interval": "1s", "scrape_timeout": "1s"}
    # JSON is YAML.
    config.write_text(json.dumps({"global": every, "scrape_configs": list(jobs)}))
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            program,
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=debug",
            "--scrape.discovery-reload-interval=100ms",  # of 5 s: the first scrape needn't wait
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        async with aiohttp.ClientSession() as session:
            yield Prometheus(f"http://127.0.0.1:{port}", log, session)
    finally:
        await _stop(process)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
