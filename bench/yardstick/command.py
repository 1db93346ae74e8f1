"""The command line of `bench/run.py`, and the order of a run."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from support.controlplane import ControlPlane, ControlPlaneError
from yardstick import report
from yardstick.errors import BenchError, say
from yardstick.figures import Figures, measure, middle
from yardstick.living import Amounts, Asked, Round, Stalls, ask_while_syncing, run_round, self_metric
from yardstick.pods import Loaded, Population, fill
from yardstick.program import running, settle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

RESULTS: Final = Path(__file__).resolve().parent.parent / "results"
EVERGAUGE: Final = [sys.executable, "-m", "evergauge"]
STALL: Final = "evergauge_event_loop_longest_stall_seconds"


def main(arguments: Sequence[str]) -> int:
    """Run the bench; the exit code: 0 measured (whether targets are met or not), 1 failed, 130 interrupted."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.rounds < 2:
        parser.error("--rounds: growth is measured from the end of the second round, so there must be two at least")
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        _run(options)
    except (BenchError, ControlPlaneError) as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("interrupted; everything is stopped")
        return 130
    return 0


def _run(options: argparse.Namespace) -> None:
    peer: list[str] = shlex.split(options.peer)
    with ControlPlane.start() as plane:
        say(f"control plane started in {plane.folder}")
        loaded = fill(plane.etcd_url, options.pods)
        say(f"{loaded.pods} pods are loaded")
        settle(plane.process_ids()["apiserver"])
        turns = _compare(plane, loaded, peer, options)
        own, other = middle(turns["evergauge"]), middle(turns["peer"]) if peer else None
        asked, stalls, rounds = _live(plane, options)
    lines = list(report.alone(asked, stalls, rounds))
    print(f"\n{loaded.pods} pods, medians of {options.turns} turns and of {options.scrapes} scrapes in each\n")
    print(*report.compared(own, other), sep="\n")
    print(
        f"\nEvergauge alone; {options.rounds} rounds, {options.updates} updates and {options.churn} creations in each\n"
    )
    print(*report.shown(lines), sep="\n")
    report.save(
        options.output,
        {"pods": loaded.pods, "peer": options.peer, "turns": turns, "medians": {"evergauge": own, "peer": other}}
        | {"asked": asked, "longest_stalls": stalls, "rounds": rounds, "lines": lines},
    )
    say(f"results are in {options.output}")


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="run.py", description=sys.modules["__main__"].__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pods", type=int, default=20_000)
    parser.add_argument(
        "--peer", default="", help="a command that becomes a program with KSM's flags, to be compared with"
    )
    parser.add_argument("--turns", type=int, default=3, help="times that each program is started and measured")
    parser.add_argument("--scrapes", type=int, default=5, help="scrapes of each encoding in a turn")
    parser.add_argument("--rounds", type=int, default=12, help="rounds of changes, two at least")
    parser.add_argument("--updates", type=int, default=4000, help="pods updated in a round")
    parser.add_argument("--churn", type=int, default=1000, help="pods created in a round, and others deleted")
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    parser.add_argument("--output", type=Path, default=RESULTS / f"{stamp}.json")
    return parser


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """SIGTERM ends a run as Ctrl-C does."""
    raise KeyboardInterrupt
