"""A program beside another one, and Evergauge while pods sync and change: what `bench/run.py` does unless it is told otherwise."""

from __future__ import annotations

import shlex
from random import Random
from typing import TYPE_CHECKING, Final

from support.controlplane import ControlPlane
from yardstick import report
from yardstick.errors import BenchError, say
from yardstick.figures import Figures, measure, middle
from yardstick.living import Amounts, Asked, Round, Stalls, ask_while_syncing, run_round, self_metric
from yardstick.outcome import Bench, Outcome
from yardstick.pods import Loaded, Population, fill
from yardstick.program import EVERGAUGE, running, settle

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

STALL: Final = "evergauge_event_loop_longest_stall_seconds"


def add(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("--turns", type=int, default=3, help="times that each program is started and measured")
    parser.add_argument("--scrapes", type=int, default=5, help="scrapes of each encoding in a turn")
    parser.add_argument("--rounds", type=int, default=12, help="rounds of changes, two at least; 0 for none")
    parser.add_argument("--updates", type=int, default=4000, help="pods updated in a round")
    parser.add_argument("--churn", type=int, default=1000, help="pods created in a round, and others deleted")


def estimate(options: argparse.Namespace) -> float:
    """Seconds that a run takes, by those of others: loading and a start cost by the pod, a gzip scrape of KSM's the most."""
    pods, scrapes, turns, rounds = (int(n) for n in (options.pods, options.scrapes, options.turns, options.rounds))
    turn = 30 + pods * (0.25e-3 + scrapes * 0.05e-3)
    if options.peer:
        turn += 30 + pods * (0.7e-3 + scrapes * 0.25e-3)
    return 30 + pods * 0.7e-3 + turns * turn + rounds * (10 + pods * 0.1e-3)


def run(options: argparse.Namespace) -> Outcome:
    """Measure. Raises BenchError, ControlPlaneError."""
    if options.rounds == 1:
        raise BenchError("--rounds: growth is measured from the end of the second round, so there must be two at least")
    peer: list[str] = shlex.split(options.peer)
    with ControlPlane.start() as plane:
        say(f"control plane started in {plane.folder}")
        loaded = fill(plane.etcd_url, options.pods)
        say(f"{loaded.pods} pods are loaded")
        settle(plane.process_ids()["apiserver"])
        turns = _compare(plane, loaded, peer, options)
        own, other = middle(turns["evergauge"]), middle(turns["peer"]) if peer else None
        asked, stalls, rounds = _live(plane, options) if options.rounds else ({}, None, [])
    lines = list(report.alone(asked, stalls, rounds)) if stalls else []
    text = [f"{loaded.pods} pods, medians of {options.turns} turns and of {options.scrapes} scrapes in each", ""]
    text += report.compared(own, other)
    if lines:
        text += [
            "",
            f"Evergauge alone; {options.rounds} rounds, {options.updates} updates and {options.churn} creations in each",
        ]
    figures = {"turns": turns, "medians": {"evergauge": own, "peer": other}}
    return Outcome(text, lines, figures | {"asked": asked, "longest_stalls": stalls, "rounds": rounds})


def _compare(
    plane: ControlPlane, loaded: Loaded, peer: Sequence[str], options: argparse.Namespace
) -> dict[str, list[Figures]]:
    """The programs in turns, so that what disturbs the machine disturbs both."""
    commands = {"evergauge": EVERGAUGE} | ({"peer": peer} if peer else {})
    turns: dict[str, list[Figures]] = {name: [] for name in commands}
    for _ in range(options.turns):
        for name, command in commands.items():
            with running(name, command, kubeconfig=plane.kubeconfig, resources="pods") as program:
                turns[name].append(measure(program, loaded, scrapes=options.scrapes))
            settle(plane.process_ids()["apiserver"])
    return turns


def _live(plane: ControlPlane, options: argparse.Namespace) -> tuple[dict[str, Asked], Stalls, list[Round]]:
    """Evergauge while pods sync and change. Nodes and namespaces are small: they are there while the pods still come."""
    population, amounts = Population(options.pods, Random(1)), Amounts(options.updates, options.churn)
    resources = "pods,nodes,namespaces"
    with running("evergauge", EVERGAUGE, kubeconfig=plane.kubeconfig, resources=resources) as program:
        asked = ask_while_syncing(program)
        syncing = self_metric(program, STALL)
        rounds = []
        for number in range(1, options.rounds + 1):
            rounds.append(run_round(program, plane.etcd_url, population, number, amounts))
            say(f"round {number}: {rounds[-1].resident:.0f} MiB, {rounds[-1].fragments} fragments")
        return asked, Stalls(syncing, self_metric(program, STALL)), rounds


COMPARE: Final = Bench(
    "start, memory and scrapes beside a peer's; Evergauge while pods sync and change", add, estimate, run
)
