"""Evergauge while pods change all the time, scraped with gzip every 5 s: for `bench/run.py churn`.

`--on=simulator`: the load comes from the simulated API server itself, in a process of its own. `--on=controlplane`: status patches
through a real one, which can't do more than a few hundred a second; a peer is measured beside it there, without any scrape.
"""

from __future__ import annotations

import shlex
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from support.controlplane import ControlPlane
from yardstick.api import api_of
from yardstick.client import Client
from yardstick.errors import say
from yardstick.figures import served
from yardstick.histograms import Histogram, read_histogram, self_metrics
from yardstick.living import wait_until_ready
from yardstick.outcome import Bench, Line, Outcome, at_most
from yardstick.pods import fill
from yardstick.probe import Probe
from yardstick.program import EVERGAUGE, running, settle
from yardstick.simulator import simulated
from yardstick.window import LEADS, Window, watch
from yardstick.writer import Writer, reboots, restarts

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from yardstick.pods import Loaded
    from yardstick.program import Program

DELAY: Final = "evergauge_event_visible_delay_seconds"
LAG: Final = "evergauge_event_loop_lag_seconds"
VISIBLE_SECONDS: Final = 1.0
CORES: Final = 0.8
STALL_SECONDS: Final = 0.1
SCRAPE_SECONDS: Final = 2.0
GROWTH: Final = 0.05
UPDATE: Final = 0.6
"""An update's CPU, as a ratio to a peer's."""
BESIDE_SECONDS: Final = 180.0
"""Go collects the garbage of an idle process every two minutes: it must be in what is subtracted, as it is in what it is subtracted from."""
REST: Final = 5.0
"""Seconds of churn before the first look: the first folds make the buffers that later ones use again."""


@dataclass(frozen=True, slots=True)
class Churned:
    """A window with the events that came in it, and what Evergauge says of itself."""

    window: Window
    events: int
    delays: Histogram
    lags: Histogram


def add(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("--on", choices=("simulator", "controlplane"), default="simulator")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument(
        "--updates",
        type=float,
        default=0.0,
        help="status updates a second (1,000 on the simulator, 150 on the control plane)",
    )
    parser.add_argument(
        "--pairs",
        type=float,
        default=0.0,
        help="pods created, and others deleted, a second (simulator); without updates then",
    )


def estimate(options: argparse.Namespace) -> float:
    """Seconds that a run takes."""
    pods, seconds = int(options.pods), float(options.seconds)
    if options.on == "simulator":
        return 30 + pods * 0.4e-3 + seconds
    beside = min(BESIDE_SECONDS, seconds)
    peer = 90 + pods * 0.8e-3 + seconds + beside if options.peer else 0.0
    return 60 + pods * 1.2e-3 + seconds + beside + peer


def run(options: argparse.Namespace) -> Outcome:
    """Measure. Raises BenchError, ControlPlaneError."""
    return _on_simulator(options) if options.on == "simulator" else _on_controlplane(options)


def _on_simulator(options: argparse.Namespace) -> Outcome:
    updates = options.updates or (0.0 if options.pairs else 1000.0)
    with (
        simulated(options.pods, f"--status-updates={updates}", f"--create-delete={options.pairs}") as simulator,
        running("evergauge", EVERGAUGE, kubeconfig=simulator.api.kubeconfig, resources="pods") as program,
    ):
        wait_until_ready(program)
        say(f"{simulator.pods} pods are served; now churn for {options.seconds:.0f} s")
        time.sleep(REST)
        before, used = simulator.writes(), simulator.cpu()
        churned = _churn(program, options.seconds, Probe(simulator.api), lambda: simulator.writes() - before)
        load = (simulator.cpu() - used) / churned.window.seconds
    text = [f"{options.pods} pods on the simulator (which took {load:.2f} of a core), {_amount(churned)}"]
    return Outcome(text, lines_of(churned), {"evergauge": asdict(churned.window), "events": churned.events})


def _on_controlplane(options: argparse.Namespace) -> Outcome:
    rate, peer = options.updates or 150.0, shlex.split(options.peer)
    with ControlPlane.start() as plane:
        say(f"control plane started in {plane.folder}")
        loaded = fill(plane.etcd_url, options.pods)
        # The peer first: the probe leaves a pod that has ended, which none of those was that were loaded and counted.
        other = _peer(plane, peer, loaded, rate, options.seconds) if peer else None
        with _served(plane, "evergauge", EVERGAUGE, loaded) as program:
            beside = _beside(plane, program, loaded, rate, options.seconds)
            writer = Writer(plane, rate, restarts(loaded.pods, Random(1)))
            with writer.writing():
                time.sleep(REST)
                before = writer.sent
                churned = _churn(program, options.seconds, Probe(api_of(plane)), lambda: writer.sent - before)
        own = _of_one(churned.window, churned.events, beside)
    text = [f"{options.pods} pods on a real control plane, {_amount(churned)}"]
    figures = {
        "evergauge": asdict(churned.window),
        "beside": asdict(beside),
        "events": churned.events,
    }
    return Outcome(
        text,
        [*lines_of(churned), *_update_lines(own, other)],
        figures | {"update_cpu": {"evergauge": own, "peer": other}},
    )


@contextmanager
def _served(plane: ControlPlane, name: str, command: Sequence[str], loaded: Loaded) -> Iterator[Program]:
    """A program that serves all pods and rests."""
    settle(plane.process_ids()["apiserver"])
    with running(name, command, kubeconfig=plane.kubeconfig, resources="pods") as program:
        served(program, Client(program.port), loaded)
        settle(program.process.pid)
        yield program


def _peer(plane: ControlPlane, command: Sequence[str], loaded: Loaded, rate: float, seconds: float) -> float:
    """Seconds of CPU of one update, in a peer that nobody scrapes: its scrapes cost many times what it does with updates."""
    with _served(plane, "peer", command, loaded) as program:
        beside = _beside(plane, program, loaded, rate, seconds, scraped=False)
        writer = Writer(plane, rate, restarts(loaded.pods, Random(2)))
        with writer.writing():
            time.sleep(REST)
            before = writer.sent
            window = watch(program, seconds, scraped=False)
            events = writer.sent - before
    return _of_one(window, events, beside)


def _beside(
    plane: ControlPlane, program: Program, loaded: Loaded, rate: float, seconds: float, *, scraped: bool = True
) -> Window:
    """A window in which the API server has as much to do, but nothing for the program: what a scrape takes depends on what else the machine does."""
    with Writer(plane, rate, reboots(loaded.pods, Random(program.name))).writing():
        time.sleep(REST)
        return watch(program, min(BESIDE_SECONDS, seconds), scraped=scraped)


def _churn(program: Program, seconds: float, probe: Probe, events: Callable[[], int]) -> Churned:
    before = self_metrics(program)
    window = watch(program, seconds, probe=probe)
    count, after = events(), self_metrics(program)
    delays, lags = (read_histogram(after, name).since(read_histogram(before, name)) for name in (DELAY, LAG))
    return Churned(window, count, delays, lags)


def _of_one(window: Window, events: int, beside: Window) -> float:
    """Seconds of CPU of one event: those of the window, less what a window without events takes with as many scrapes."""
    return (window.cpu - beside.cores * window.seconds) / max(1, events)


def lines_of(churned: Churned) -> list[Line]:
    """What must hold under churn."""
    window, delays, lags = churned.window, churned.delays, churned.lags
    late, stall = lags.above(STALL_SECONDS), lags.quantile(1)
    return [
        at_most("event to visible, p99 (self-metric)", delays.quantile(0.99), VISIBLE_SECONDS, " s", digits=3),
        *_probe_lines(window.probes),
        at_most("CPU, of a core", window.cores, CORES),
        Line("CPU an event, scrapes included", f"{window.cpu / max(1, churned.events) * 1e3:.2f} ms"),
        _memory(window.parts()),
        Line(
            "event-loop stalls over 100 ms", f"{late:.0f} (the longest within {stall * 1e3:.0f} ms)", "none", late == 0
        ),
        Line("gzip scrape, p50", f"{window.scrape(50):.3f} s"),
        at_most("gzip scrape, p99", window.scrape(99), SCRAPE_SECONDS, " s", digits=3),
    ]


def _probe_lines(probes: Sequence[tuple[float, bool]]) -> Iterator[Line]:
    for lead in LEADS:
        shown = [each for at, each in probes if at == lead]
        if shown:
            demanded = lead == LEADS[-1]
            yield Line(
                f"acknowledged {lead:g} s before a scrape",
                f"{sum(shown)} of {len(shown)} are in it",
                "all" if demanded else "",
                all(shown) if demanded else None,
            )


def _memory(parts: Sequence[float]) -> Line:
    if len(parts) < 2:
        return Line("resident memory", f"{parts[0]:.0f} MiB" if parts else "not looked at")
    change = parts[-1] / parts[1] - 1
    found = f"{parts[1]:.0f} to {parts[-1]:.0f} MiB ({change:+.1%})"
    return Line("memory, the second fifth to the last", found, f"within {GROWTH:.0%}", abs(change) <= GROWTH)


def _update_lines(own: float, other: float | None) -> Iterator[Line]:
    yield Line("CPU of one update, less scrapes alone", f"{own * 1e3:.2f} ms")
    if other:
        yield Line("CPU of one update, peer, no scrapes", f"{other * 1e3:.2f} ms")
        yield at_most("CPU of one update, ratio", own / other, UPDATE)


def _amount(churned: Churned) -> str:
    seconds = churned.window.seconds
    return f"{churned.events / seconds:.0f} events a second for {seconds:.0f} s, a gzip scrape every 5 s"


CHURN: Final = Bench("pods that change all the time", add, estimate, run)
