"""What it costs to start: `python bench/startup.py [--runs 9]`.

Each step runs in interpreters of its own, with everything before it. Printed is the least of the runs (others on the machine only
add), as CPU time and resident memory above those of a bare interpreter.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from typing import Final, NamedTuple

from yardstick.installed import compile_source, environment

STEPS: Final = {
    "the vocabulary (import evergauge.declare)": "import evergauge.declare",
    "all kinds (import evergauge.kinds)": "import evergauge.kinds",
    "all kinds, compiled": """
from evergauge.kinds import KINDS
from evergauge.options import parse
from evergauge.options.resources import RESOURCES
from evergauge.pipeline.selection import compile_kinds
everything = (f"--resources={','.join(RESOURCES)}", "--metric-opt-in-list=.", "--metric-labels-allowlist=*=[*]", "--metric-annotations-allowlist=*=[*]")
kinds = compile_kinds(parse(everything), KINDS)
assert len(kinds) == len(KINDS) == 39
""",
    "all that serving imports, kinds compiled": """
import evergauge.app
from evergauge.kinds import KINDS
from evergauge.options import parse
from evergauge.pipeline.selection import compile_kinds
kinds = compile_kinds(parse(()), KINDS)
""",
}
MEASURE: Final = """
import os, time
print(time.process_time(), int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
"""


class Cost(NamedTuple):
    """cpu: seconds of user and system time. memory: resident bytes."""

    cpu: float
    memory: int

    def above(self, base: Cost) -> Cost:
        """What is beyond another."""
        return Cost(self.cpu - base.cpu, self.memory - base.memory)


def cost(program: str, runs: int) -> Cost:
    """The least of so many runs of a program, each in a new interpreter."""
    measured = [_once(program) for _ in range(runs)]
    return Cost(min(one.cpu for one in measured), min(one.memory for one in measured))


def _once(program: str) -> Cost:
    done = subprocess.run(
        [sys.executable, "-c", program + MEASURE], capture_output=True, text=True, check=True, env=environment()
    )
    cpu, memory = done.stdout.split()
    return Cost(float(cpu), int(memory))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    compile_source()
    base = cost("", runs)
    print(f"{'':44} {'CPU':>8} {'memory':>12}")
    print(f"{'a bare interpreter':44} {base.cpu * 1e3:5.0f} ms {base.memory / 2**20:8.1f} MiB")
    for step, program in STEPS.items():
        extra = cost(program, runs).above(base)
        print(f"{step:44} {extra.cpu * 1e3:5.0f} ms {extra.memory / 2**20:8.1f} MiB")


if __name__ == "__main__":
    main()
