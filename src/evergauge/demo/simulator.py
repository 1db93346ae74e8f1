"""`python -m evergauge.demo.simulator`: the simulated cluster, tied to the process that started it.

It ends when its standard input does, and that is when the other process ends, in whatever way: nothing is ever written to it.
Takes the flags of `python -m evergauge.sim`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

from evergauge.sim.__main__ import main

_GRACE = 1.0  # seconds; generating a big cluster leaves no time for signals


def _end_with_input() -> None:
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_input, daemon=True).start()
    main()
