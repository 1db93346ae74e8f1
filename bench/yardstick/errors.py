"""What can go wrong, and who is told what goes on."""

import sys


class BenchError(Exception):
    """A measurement can't be made; one line that says which and why."""


def say(line: str) -> None:
    """A line of progress, on standard error: the table goes to standard output."""
    print(f"bench: {line}", file=sys.stderr, flush=True)
