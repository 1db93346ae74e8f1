"""Evergauge while pods sync and while they change: does it answer, does it stall, does it grow?"""

from __future__ import annotations

import time
import zlib
from dataclasses import dataclass
from math import inf
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

from support.bulk import load, remove
from yardstick.client import Client
from yardstick.errors import BenchError, say
from yardstick.pods import EACH, restarts_shown, write

if TYPE_CHECKING:
    from yardstick.pods import Population
    from yardstick.program import Program

ASK_EVERY: Final = 0.05
"""Seconds between two requests to one path."""
SYNC_SECONDS: Final = 600.0
SHOWN_SECONDS: Final = 60.0
REST: Final = 2.0
"""Seconds until the memory is looked at: what was freed goes back within one."""
PATHS: Final = {
    "main": ("/livez", "/healthz", "/metrics"),
    "telemetry": ("/readyz", "/livez", "/metrics"),
}
"""What is asked for while the pods sync, by port. `/metrics` of the main port comes with gzip."""


@dataclass(slots=True)
class Asked:
    """Requests to one path: how many there were, and the longest that one took, in seconds (infinite when one failed)."""

    count: int = 0
    longest: float = 0.0


@dataclass(frozen=True, slots=True)
class Round:
    """The end of a round: MiB resident, and fragments kept."""

    resident: float
    fragments: int


@dataclass(frozen=True, slots=True)
class Stalls:
    """The longest stall of the event loop, in seconds: while the pods synced, and in all, rounds included."""

    syncing: float
    ever: float


@dataclass(frozen=True, slots=True)
class Amounts:
    """Of a round: pods that are updated, and pods that are created and as many others deleted."""

    updates: int
    churn: int


def ask_while_syncing(program: Program) -> dict[str, Asked]:
    """Ask for probes and scrapes from when the program listens until a second after it is ready; by port and path."""
    _wait_until_it_listens(program)
    seen: dict[str, Asked] = {}
    done = Event()
    threads = []
    for port, paths in PATHS.items():
        for path in paths:
            asked = seen[f"{port} {path}"] = Asked()
            client = Client(program.port if port == "main" else program.telemetry_port)
            threads.append(Thread(target=_ask, args=(client, path, asked, done), daemon=True))
    for thread in threads:
        thread.start()
    wait_until_ready(program)
    time.sleep(1.0)
    done.set()
    for thread in threads:
        thread.join()
    return seen


def run_round(program: Program, etcd_url: str, population: Population, number: int, amounts: Amounts) -> Round:
    """Update, create and delete pods, see them in a plain and a gzip scrape, and look at the memory."""
    created, deleted = population.replaced(amounts.churn)
    updated = population.restarted(amounts.updates, number)
    # One after the other: among the updated ones are some that were created just now.
    write(load(etcd_url, created))
    write(load(etcd_url, updated))
    write(remove(etcd_url, deleted))
    _wait_until_shown(program, number, updates=len(updated), pods=len(population))
    Client(program.port).get("/metrics")
    time.sleep(REST)
    return Round(program.memory().resident, int(self_metric(program, 'evergauge_fragments{resource="pods"}')))


def self_metric(program: Program, series: str) -> float:
    """The value of one series of the telemetry port. Raises BenchError when it isn't there."""
    text = Client(program.telemetry_port).get("/metrics").body.decode()
    for line in text.splitlines():
        if line.startswith(series):
            return float(line.rpartition(" ")[2])
    raise BenchError(f"{program.name} has no self-metric {series}")


def _ask(client: Client, path: str, asked: Asked, done: Event) -> None:
    while not done.wait(ASK_EVERY):
        asked.count += 1
        try:
            seconds = client.get(path, gzip=True).seconds
        except (OSError, BenchError) as error:
            say(f"{path} was not answered: {error}")
            seconds = inf
        asked.longest = max(asked.longest, seconds)


def _wait_until_it_listens(program: Program) -> None:
    # The telemetry port is opened last.
    while True:
        program.cpu()
        try:
            Client(program.telemetry_port).get("/livez")
        except ConnectionRefusedError:
            time.sleep(0.01)
        else:
            return


def wait_until_ready(program: Program) -> None:
    """Until it has seen all that it is asked to serve. Raises BenchError."""
    _wait_until_it_listens(program)
    client, deadline = Client(program.telemetry_port), time.monotonic() + SYNC_SECONDS
    while client.get("/readyz").status != 200:
        if time.monotonic() > deadline:
            raise BenchError(f"{program.name} is not ready after {SYNC_SECONDS:.0f} s")
        time.sleep(ASK_EVERY)


def _wait_until_shown(program: Program, number: int, *, updates: int, pods: int) -> None:
    """Scrape with gzip until all that happened in a round is there."""
    client, deadline = Client(program.port), time.monotonic() + SHOWN_SECONDS
    while True:
        text = zlib.decompress(client.get("/metrics", gzip=True).body, wbits=31)
        updated, there = restarts_shown(text, number), text.count(EACH)
        if (updated, there) == (updates, pods):
            return
        if time.monotonic() > deadline:
            raise BenchError(
                f"round {number}: after {SHOWN_SECONDS:.0f} s {updated} of {updates} updates are shown, and {there} of {pods} pods"
            )
        time.sleep(0.5)
