"""A stretch of time in which a program is scraped every few seconds, and what it used in it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import TYPE_CHECKING, Final

from yardstick.client import Client
from yardstick.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from yardstick.probe import Probe
    from yardstick.program import Program

EVERY: Final = 5.0
"""Seconds between two scrapes."""
LEADS: Final = (0.1, 0.3, 1.0)
"""Seconds by which probes are acknowledged before a scrape begins, in turns."""
PARTS: Final = 5
"""Memory is compared between the second and the last of so many parts (of 5 minutes: minutes)."""


@dataclass(slots=True)
class Window:
    """What was seen. cpu: seconds of the program. scrapes: seconds of each. resident: MiB, every second or so.

    probes: of each its lead in seconds, and whether the scrape showed it. What the load has written over before that is none.
    """

    seconds: float = 0.0
    cpu: float = 0.0
    scrapes: list[float] = field(default_factory=list)
    resident: list[float] = field(default_factory=list)
    probes: list[tuple[float, bool]] = field(default_factory=list)

    @property
    def cores(self) -> float:
        """The share of a core."""
        return self.cpu / self.seconds

    def scrape(self, percentile: int) -> float:
        """Seconds of a scrape, as that percentile; with few scrapes the last ones are the longest."""
        if len(self.scrapes) < 2:
            return self.scrapes[0] if self.scrapes else 0.0
        return quantiles(self.scrapes, n=100, method="inclusive")[percentile - 1]

    def parts(self) -> Sequence[float]:
        """The median memory of each part."""
        size = max(1, len(self.resident) // PARTS)
        return [median(self.resident[at : at + size]) for at in range(0, size * PARTS, size) if self.resident[at:]]


def watch(program: Program, seconds: float, *, scraped: bool = True, probe: Probe | None = None) -> Window:
    """Look for so long, at least until one scrape is done. Raises BenchError when the program ends or refuses a scrape."""
    window, client = Window(), Client(program.port)
    if scraped:
        client.get("/metrics", gzip=True)  # makes the client's buffer large enough
    began, used = time.perf_counter(), program.cpu()
    rounds = max(1, round(seconds / EVERY))
    for number in range(1, rounds + 1):
        if scraped:
            _scrape(program, client, window, began + number * EVERY, probe)
        else:
            _rest(program, window, began + number * EVERY)
    window.seconds, window.cpu = time.perf_counter() - began, program.cpu() - used
    return window


def _scrape(program: Program, client: Client, window: Window, due: float, probe: Probe | None) -> None:
    lead = LEADS[len(window.probes) % len(LEADS)]
    if probe:
        _rest(program, window, due - lead)
        due = probe.write() + lead
    _rest(program, window, due)
    answer = client.get("/metrics", gzip=True)
    if answer.status != 200:
        raise BenchError(f"{program.name} answered a scrape with {answer.status}")
    window.scrapes.append(answer.seconds)
    if probe:
        shown = probe.shown(answer.body)
        if shown or probe.stands():
            window.probes.append((lead, shown))


def _rest(program: Program, window: Window, until: float) -> None:
    """Look at the memory every second."""
    while (left := until - time.perf_counter()) > 0:
        time.sleep(min(left, 1.0))
        if left >= 1.0:
            program.cpu()  # still there?
            window.resident.append(program.memory().resident)
