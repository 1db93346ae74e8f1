"""One shard of several, beside the whole: what it receives, computes and keeps; for `bench/run.py shards`.

Evergauge by slots (the API server selects), by jump hash (the shard selects), and a peer with `--shard` and `--total-shards`.
"""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from evergauge.shard.partition import Rule, fnv1a, shard_of
from support.controlplane import ControlPlane
from yardstick import report
from yardstick.client import Client
from yardstick.errors import BenchError, say
from yardstick.figures import served
from yardstick.living import wait_until_ready
from yardstick.outcome import Bench, Line, Outcome
from yardstick.pods import fill
from yardstick.program import EVERGAUGE, running, settle
from yardstick.relay import relayed

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

    from yardstick.pods import Loaded

SHARE: Final = 1.1
"""Times the unsharded figure, divided by the number of shards: what one shard may take."""
TOTALS: Final = (4, 16)


@dataclass(frozen=True, slots=True)
class Cost:
    """Of shard 0 until all its pods were served: seconds, seconds of CPU, bytes received. resident: MiB, at rest.

    gzip_seconds: of a gzip scrape.
    """

    pods: int
    seconds: float
    cpu: float
    received: int
    resident: float
    gzip_seconds: float


class Setting(NamedTuple):
    """A program as shard 0 of so many."""

    name: str
    command: Sequence[str]
    rule: Rule
    total: int

    @property
    def label(self) -> str:
        """As it is shown."""
        return f"{self.name}, " + (f"1 of {self.total}" if self.total > 1 else "unsharded")

    def flags(self) -> list[str]:
        """The command with the shard's flags."""
        if self.total == 1:
            return list(self.command)
        return [*self.command, "--shard=0", f"--total-shards={self.total}"]

    def owns(self, uid: str) -> bool:
        """Whether the object is shard 0's."""
        return shard_of(fnv1a(uid), self.total, self.rule) == 0


def add(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("--totals", type=int, nargs="+", default=list(TOTALS), help="numbers of shards")


def estimate(options: argparse.Namespace) -> float:
    """Seconds that a run takes."""
    own = (1 + 2 * len(options.totals)) * (15 + options.pods * 0.25e-3)
    peer = (1 + len(options.totals)) * (15 + options.pods * 0.5e-3) if options.peer else 0.0
    return float(30 + options.pods * 0.7e-3 + own + peer)


def run(options: argparse.Namespace) -> Outcome:
    """Measure. Raises BenchError, ControlPlaneError."""
    costs: dict[str, Cost] = {}
    with ControlPlane.start() as plane:
        say(f"control plane started in {plane.folder}")
        loaded = fill(plane.etcd_url, options.pods)
        settle(plane.process_ids()["apiserver"])
        for setting in settings(options.totals, shlex.split(options.peer)):
            costs[setting.label] = _measure(plane, setting, loaded)
            settle(plane.process_ids()["apiserver"])
        start = _start(plane)
    text = [
        f"{loaded.pods} pods on a real control plane; a start without any takes {start:.2f} s of CPU",
        "",
        *table(costs),
    ]
    figures = {"costs": {label: asdict(cost) for label, cost in costs.items()}, "start_cpu": start}
    return Outcome(text, list(lines_of(costs, options.totals, start)), figures)


def settings(totals: Sequence[int], peer: Sequence[str]) -> Iterator[Setting]:
    """All that is measured, in order."""
    yield Setting("slots", EVERGAUGE, "slots", 1)
    for total in totals:
        yield Setting("slots", [*EVERGAUGE, "--sharding=slots"], "slots", total)
        yield Setting("jump", EVERGAUGE, "jump", total)
    for total in (1, *totals) if peer else ():
        yield Setting("peer", peer, "jump", total)


def table(costs: Mapping[str, Cost]) -> Iterator[str]:
    """A line for each setting."""
    yield f"{'':<20}{'pods':>9}{'received':>12}{'CPU':>10}{'until served':>14}{'resident':>11}{'gzip scrape':>13}"
    for label, cost in costs.items():
        received = report.text(cost.received / 1e6, "MB")
        yield (
            f"{label:<20}{cost.pods:>9}{received:>12}{cost.cpu:>8.2f} s{cost.seconds:>12.2f} s"
            f"{cost.resident:>7.0f} MiB{cost.gzip_seconds:>11.3f} s"
        )


def lines_of(costs: Mapping[str, Cost], totals: Sequence[int], start: float) -> Iterator[Line]:
    """What is asked of a shard by slots. start: seconds of CPU that a process takes which serves nothing."""
    whole = costs["slots, unsharded"]
    for total in totals:
        cost, target = costs[f"slots, 1 of {total}"], SHARE / total
        yield share_line(f"1 of {total} by slots: bytes received", cost.received / whole.received, target)
        yield share_line(f"1 of {total} by slots: CPU", cost.cpu / whole.cpu, target)
        beyond = (cost.cpu - start) / max(whole.cpu - start, 0.01)
        yield Line(f"1 of {total} by slots: CPU beyond a start", f"{beyond:.3f} of the whole")


def share_line(what: str, share: float, target: float) -> Line:
    """What one shard takes of what one process for everything takes, and what it may."""
    return Line(what, f"{share:.3f} of the whole", f"<= {target:.3f}", share <= target)


def _measure(plane: ControlPlane, setting: Setting, loaded: Loaded) -> Cost:
    share = loaded.share(setting.owns)
    with (
        relayed(plane.url, plane.kubeconfig) as (relay, kubeconfig),
        running(setting.label, setting.flags(), kubeconfig=kubeconfig, resources="pods") as program,
    ):
        client = Client(program.port)
        seconds, used = served(program, client, share)
        received = relay.received
        say(f"{setting.label}: {share.pods} pods after {seconds:.1f} s, {used:.1f} s of CPU, {received / 1e6:.1f} MB")
        settle(program.process.pid)
        scrape = client.get("/metrics", gzip=True)
        if scrape.status != 200:
            raise BenchError(f"{setting.label} answered a scrape with {scrape.status}")
        return Cost(share.pods, seconds, used, received, program.memory().resident, scrape.seconds)


def _start(plane: ControlPlane) -> float:
    """Seconds of CPU until Evergauge is ready where there is nothing to serve."""
    with running("evergauge", EVERGAUGE, kubeconfig=plane.kubeconfig, resources="limitranges") as program:
        wait_until_ready(program)
        return program.cpu()


SHARDS: Final = Bench("one shard of several, beside the whole", add, estimate, run)
