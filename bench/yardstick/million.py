"""More pods than one process should hold, on the simulator, shard by shard: for `bench/run.py million`.

The shards are started one at a time, each from nothing, so the machine need hold one of them and the simulator (7 KiB a pod).
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from evergauge.shard.slots import SLOTS, slots_of
from yardstick.client import Client
from yardstick.errors import say
from yardstick.living import self_metric, wait_until_ready
from yardstick.outcome import Bench, Line, Outcome, at_most
from yardstick.program import EVERGAUGE, running, settle
from yardstick.shards import SHARE, share_line
from yardstick.simulator import simulated

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from yardstick.simulator import Simulator

MIB: Final = 1024.0
"""The most that one shard may take at its peak."""
OBJECTS: Final = 'evergauge_objects{resource="pods"}'


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard, or one process for everything. seconds, cpu: from its execution until it is ready. resident, peak: MiB after a scrape. gzip_*: of a scrape."""

    number: int
    pods: int
    seconds: float
    cpu: float
    resident: float
    peak: float
    gzip_seconds: float
    gzip_bytes: int


def add(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("--shards", type=int, default=10, help="how many there are")
    parser.add_argument(
        "--only", type=int, nargs="+", metavar="SHARD", help="measure these, and extrapolate the others"
    )
    parser.add_argument(
        "--whole", action="store_true", help="beside them, one process for everything (2.6 GiB a million)"
    )


def estimate(options: argparse.Namespace) -> float:
    """Seconds that a run takes."""
    each = 15 + options.pods / options.shards * 0.25e-3 + options.pods * 0.01e-3
    whole = 15 + options.pods * 0.1e-3 if options.whole else 0.0
    return float(10 + options.pods * 0.09e-3 + len(options.only or range(options.shards)) * each + whole)


def run(options: argparse.Namespace) -> Outcome:
    """Measure. Raises BenchError."""
    numbers: Sequence[int] = options.only or range(options.shards)
    with simulated(options.pods) as simulator:
        say(f"the simulator has {simulator.pods} pods in {simulator.resident():.0f} MiB")
        shards = [
            _measure(simulator, number, f"--shard={number}", f"--total-shards={options.shards}") for number in numbers
        ]
        whole = _measure(simulator, 0) if options.whole else None
        memory = simulator.resident()
    text = [
        f"{simulator.pods} pods on the simulator ({memory:.0f} MiB), {options.shards} shards by slots, one at a time"
    ]
    text += ["", *table(shards)]
    lines = list(lines_of(shards, simulator.pods, options.shards))
    figures = {"simulated": simulator.pods, "simulator_resident": memory, "total": options.shards}
    if whole:
        text += ["", *table([whole])]
        lines.append(_share(shards, whole, options.shards))
        figures["whole"] = asdict(whole)
    return Outcome(text, lines, figures | {"shards": [asdict(shard) for shard in shards]})


def table(shards: Sequence[Shard]) -> Iterator[str]:
    """A line for each shard."""
    yield f"{'shard':>5}{'pods':>10}{'until ready':>13}{'CPU':>10}{'resident':>11}{'peak':>11}{'gzip scrape':>13}{'size':>10}"
    for each in shards:
        yield (
            f"{each.number:>5}{each.pods:>10}{each.seconds:>11.1f} s{each.cpu:>8.1f} s{each.resident:>7.0f} MiB"
            f"{each.peak:>7.0f} MiB{each.gzip_seconds:>11.3f} s{each.gzip_bytes / 1e6:>7.1f} MB"
        )


def lines_of(shards: Sequence[Shard], pods: int, total: int) -> Iterator[Line]:
    """What is asked, of the shards that were measured and of the largest that the table of slots makes."""
    peak = max(each.peak for each in shards)
    yield at_most(f"peak of {len(shards)} of {total} shards, measured", peak, MIB, " MiB", digits=0)
    if len(shards) == total:
        found = sum(each.pods for each in shards)
        yield Line("pods of all shards together", f"{found} of {pods}", "all", found == pods)
        return
    largest = max(len(slots_of(number, total)) for number in range(total)) / SLOTS * pods
    dearest = max(shards, key=lambda each: each.peak)
    largest = max(largest, dearest.pods)
    yield at_most("peak of the largest, extrapolated", dearest.peak * largest / dearest.pods, MIB, " MiB", digits=0)


def _share(shards: Sequence[Shard], whole: Shard, total: int) -> Line:
    """CPU by pods, since shards differ in size by what the table of slots gives them."""
    found = sum(each.cpu for each in shards) / sum(each.pods for each in shards) * whole.pods / total / whole.cpu
    return share_line(f"CPU of one of {total}", found, SHARE / total)


def _measure(simulator: Simulator, number: int, *flags: str) -> Shard:
    command = [*EVERGAUGE, "--sharding=slots", *flags]
    with running(f"shard {number}", command, kubeconfig=simulator.api.kubeconfig, resources="pods") as program:
        wait_until_ready(program)
        seconds, used = time.perf_counter() - program.started, program.cpu()
        settle(program.process.pid)
        client = Client(program.port)
        client.get("/metrics", gzip=True)  # makes the client's buffer large enough
        scrape, memory = client.get("/metrics", gzip=True), program.memory()
        pods = int(self_metric(program, OBJECTS))
        say(f"shard {number}: {pods} pods, {memory.peak:.0f} MiB at its peak")
        return Shard(number, pods, seconds, used, memory.resident, memory.peak, scrape.seconds, len(scrape.body))


MILLION: Final = Bench("a million pods on ten shards, one at a time", add, estimate, run)
