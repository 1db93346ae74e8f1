"""Measures Evergauge on a real control plane, and any program with KSM's flags beside it: `make bench`.

The control plane is started for the run and filled with pods that carry random container IDs, digests and times. Tables go to
standard output, progress to standard error, and everything to a file in bench/results. docs/performance.md says what the
figures mean.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))  # pods, bulk loading, control plane
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "controlplane"))  # ports

from yardstick.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
