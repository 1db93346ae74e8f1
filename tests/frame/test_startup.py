"""Starting is cheap: importing and compiling all kinds, as bench/startup.py measures it."""

from __future__ import annotations

import re
import subprocess
import sys

from support.conformance import REPO

LINE = re.compile(r"^(.+?) +(\d+) ms +([\d.]+) MiB$", re.MULTILINE)


def test_all_kinds_are_compiled_within_60_mib() -> None:
    command = [sys.executable, "bench/startup.py", "--runs=3"]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=True)
    costs = {step: (int(milliseconds), float(mebibytes)) for step, milliseconds, mebibytes in LINE.findall(done.stdout)}
    _, mebibytes = costs["all kinds, compiled"]
    # The time is for the bench to show: it is the machine's as well as ours.
    assert mebibytes < 60
