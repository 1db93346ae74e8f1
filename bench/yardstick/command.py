"""The command line of `bench/run.py`."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from support.controlplane import ControlPlaneError
from yardstick import report
from yardstick.churn import CHURN
from yardstick.compare import COMPARE
from yardstick.errors import BenchError, say
from yardstick.faults import FAULTS
from yardstick.installed import compile_source
from yardstick.million import MILLION
from yardstick.peaks import PEAKS
from yardstick.shards import SHARDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType

    from yardstick.outcome import Bench

BENCHES: Final[Mapping[str, Bench]] = {
    "compare": COMPARE,
    "churn": CHURN,
    "shards": SHARDS,
    "peaks": PEAKS,
    "million": MILLION,
    "faults": FAULTS,
}
RESULTS: Final = Path(__file__).resolve().parent.parent / "results"
LOCAL: Final = ("--output", "--keep", "--peer")
KEPT: Final = Path(__file__).resolve().parents[2] / "docs" / "performance"


def main(arguments: Sequence[str]) -> int:
    """Run a bench; the exit code: 0 measured (whether targets are met or not), 1 failed, 130 interrupted."""
    if not arguments or arguments[0] not in {*BENCHES, "-h", "--help"}:
        arguments = ["compare", *arguments]
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        _run(options, arguments)
    except (BenchError, ControlPlaneError) as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("interrupted; everything is stopped")
        return 130
    return 0


def shown_command(arguments: Sequence[str], peer: str) -> str:
    """A command line as others can use it: without where results go, the peer by its name alone."""
    words: list[str] = []
    skipped = False
    for each in arguments:
        if skipped or each.startswith(LOCAL):
            skipped = not skipped and "=" not in each  # its value is the next word
        else:
            words.append(each)
    if peer:
        program, *flags = shlex.split(peer)
        words.append("--peer=" + shlex.join([Path(program).name, *flags]))
    return shlex.join(["bench/run.py", *words])


def _run(options: argparse.Namespace, arguments: Sequence[str]) -> None:
    bench = BENCHES[options.bench]
    say(f"this takes about {max(1, round(bench.estimate(options) / 60))} minutes")
    compile_source()
    began = time.monotonic()
    outcome = bench.run(options)
    print("", *outcome.text, "", *report.shown(outcome.lines), sep="\n")
    head = {"bench": options.bench, "pods": options.pods, "command": shown_command(arguments, options.peer)}
    head["took_seconds"] = round(time.monotonic() - began)
    lines = [line._asdict() for line in outcome.lines]
    output = KEPT / f"{options.keep}.json" if options.keep else options.output
    report.save(output, {**head, **outcome.figures, "lines": lines})
    say(f"results are in {output}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="run.py", description=sys.modules["__main__"].__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    benches = parser.add_subparsers(dest="bench", metavar="BENCH", help="compare, when none is named")
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    for name, bench in BENCHES.items():
        own = benches.add_parser(name, help=bench.about, description=bench.about)
        own.add_argument("--pods", type=int, default=20_000)
        own.add_argument(
            "--peer", default="", help="a command that becomes a program with KSM's flags, to be compared with"
        )
        own.add_argument("--output", type=Path, default=RESULTS / f"{name}-{stamp}.json")
        own.add_argument(
            "--keep", default="", metavar="NAME", help="write docs/performance/NAME.json, for bench/page.py"
        )
        bench.add(own)
    return parser


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """SIGTERM ends a run as Ctrl-C does."""
    raise KeyboardInterrupt
