"""What each of the benches is to the command line: its options, how long it takes, and what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence


class Line(NamedTuple):
    """What was asked of Evergauge, and whether it holds: None where nothing was asked."""

    what: str
    found: str
    target: str = ""
    met: bool | None = None


class Outcome(NamedTuple):
    """text: printed as it is, above the lines. figures: what the result's file holds beside them."""

    text: Sequence[str]
    lines: Sequence[Line]
    figures: Mapping[str, object]


class Bench(NamedTuple):
    """about: one line for --help. add: its options, beside --pods, --peer and where results go. estimate: seconds.

    run raises BenchError and ControlPlaneError.
    """

    about: str
    add: Callable[[argparse.ArgumentParser], None]
    estimate: Callable[[argparse.Namespace], float]
    run: Callable[[argparse.Namespace], Outcome]


def at_most(what: str, value: float, target: float, unit: str = "", *, digits: int = 2) -> Line:
    """A line for a figure that has an upper bound."""
    return Line(what, f"{value:.{digits}f}{unit}", f"<= {target:g}{unit}", value <= target)
