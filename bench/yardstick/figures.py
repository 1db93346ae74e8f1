"""One program from its start to its scrapes: time, CPU and memory."""

from __future__ import annotations

import time
from dataclasses import dataclass, fields
from statistics import median
from typing import TYPE_CHECKING, Final

from yardstick.client import Client
from yardstick.errors import BenchError, say
from yardstick.pods import EACH, SOME
from yardstick.program import settle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from yardstick.pods import Loaded
    from yardstick.program import Program

LOOK_EVERY: Final = 0.1
"""Seconds between two looks at how far a program is."""
SERVED_SECONDS: Final = 600.0


@dataclass(frozen=True, slots=True)
class Scrape:
    """Scrapes of one encoding. seconds: the median from connecting to the last byte; cpu: of the program, each; size: bytes."""

    seconds: float
    cpu: float
    size: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured of one program.

    served_seconds, served_cpu: from its execution until all pods were served. resident, peak: MiB after the scrapes.
    """

    served_seconds: float
    served_cpu: float
    resident: float
    peak: float
    plain_seconds: float
    plain_cpu: float
    plain_bytes: float
    gzip_seconds: float
    gzip_cpu: float
    gzip_bytes: float


def measure(program: Program, loaded: Loaded, *, scrapes: int) -> Figures:
    """Wait until all pods are served, let the program come to rest, and scrape it so many times plain and as often with gzip."""
    client = Client(program.port)
    served_seconds, served_cpu = served(program, client, loaded)
    say(
        f"{program.name} serves all pods after {served_seconds:.1f} s, {served_cpu:.1f} s of CPU; now {scrapes} scrapes each"
    )
    settle(program.process.pid)
    plain, compressed = (_scrape(program, client, scrapes, gzip=gzip) for gzip in (False, True))
    memory = program.memory()
    return Figures(
        served_seconds,
        served_cpu,
        memory.resident,
        memory.peak,
        plain.seconds,
        plain.cpu,
        plain.size,
        compressed.seconds,
        compressed.cpu,
        compressed.size,
    )


def middle(turns: Sequence[Figures]) -> Figures:
    """The median of each figure."""
    return Figures(**{field.name: median(getattr(turn, field.name) for turn in turns) for field in fields(Figures)})


def served(program: Program, client: Client, loaded: Loaded) -> tuple[float, float]:
    """Seconds since the program's execution, and its seconds of CPU, when it serves all pods.

    A scrape of everything would cost a program more than all else it does in this time. So only the beginning of `/metrics` is
    read, up to the end of a family that one pod in 25 has. When that is complete, a whole scrape must show all pods.
    """
    deadline = program.started + SERVED_SECONDS
    while time.perf_counter() < deadline:
        shown = _shown(client)
        seconds, used = time.perf_counter() - program.started, program.cpu()
        if shown == loaded.ended and client.get("/metrics").body.count(EACH) == loaded.pods:
            return seconds, used
        time.sleep(LOOK_EVERY)
    raise BenchError(f"{program.name} does not serve {loaded.pods} pods after {SERVED_SECONDS:.0f} s")


def _shown(client: Client) -> int:
    try:
        return client.first_lines(SOME)
    except OSError:
        return 0  # nobody listens yet


def _scrape(program: Program, client: Client, times: int, *, gzip: bool) -> Scrape:
    client.get("/metrics", gzip=gzip)  # makes the client's buffer large enough
    before = program.cpu()
    answers = [client.get("/metrics", gzip=gzip) for _ in range(times)]
    return Scrape(
        seconds=median(answer.seconds for answer in answers),
        cpu=(program.cpu() - before) / times,
        size=len(answers[-1].body),
    )
