"""`evergauge demo`: a simulated cluster that lives, in a process of its own, and Evergauge serving it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(argv: Sequence[str]) -> int:
    """Run the demo until Ctrl-C, SIGTERM or the end of `--seconds`; returns the exit code.

    argv: without the program's name and `demo`. Raises UsageError for flags, DemoError and ListenError for what can't begin or go on.
    """
    # Imported here because the simulator's process imports this package too, and needs none of it; help needs little.
    from evergauge.demo.options import help_text, read  # noqa: PLC0415 (as above)

    demo = read(argv)
    if demo is None:
        sys.stdout.write(help_text())
        return 0
    import asyncio  # noqa: PLC0415 (as above)

    from evergauge.demo.play import play  # noqa: PLC0415 (as above)
    from evergauge.demo.screen import Screen  # noqa: PLC0415 (as above)
    from evergauge.demo.serving import prepare  # noqa: PLC0415 (as above)

    screen = Screen(sys.stdout)
    prepare(demo.served, screen)
    asyncio.run(play(demo, screen))
    return 0
