"""The flags of `evergauge demo`: its own, and those of `evergauge`."""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from evergauge.errors import UsageError
from evergauge.options.built import require_built
from evergauge.options.flag import flag, rows_of
from evergauge.options.grammar import one_line, read_line, switch_hint
from evergauge.options.help import command_help
from evergauge.options.parse import fill, options_of
from evergauge.options.table import FLAGS, HELP, VERSION, Options
from evergauge.options.valuetypes import COUNT, Type, integer

if TYPE_CHECKING:
    from collections.abc import Sequence


def _read_amount(text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = -1.0
    if not 0 <= amount < math.inf:
        raise ValueError("must be a number of 0 or more")
    return amount


AMOUNT = Type("number", _read_amount, show="{:g}".format)
SIZE = integer("int", 1, 200_000)


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What only the demo takes. churn: writes a second; seconds: 0 for no end."""

    pods: int = flag(SIZE, 1000, "The size of the simulated cluster; 1,000 pods take 6 MB of memory.", command="demo")
    churn: float = flag(
        AMOUNT,
        20.0,
        "How lively it is, in writes a second: deployments roll, containers crash, nodes go silent and come back. 0 for a cluster that stands still.",
        command="demo",
    )
    seed: int = flag(COUNT, 1, "Another number gives another cluster, the same number the same one.", command="demo")
    seconds: float = flag(AMOUNT, 0.0, "End after so many seconds of service; 0 for not before Ctrl-C.", command="demo")


class Demo(NamedTuple):
    """A demo as ordered: the simulator's part, and how Evergauge serves."""

    own: DemoOptions
    served: Options


_OWN = tuple(rows_of(DemoOptions))
_KNOWN = (*(row for row in FLAGS if row != VERSION), *_OWN)
_DEFAULTS = ("--host=127.0.0.1", "--port=0", "--telemetry-host=127.0.0.1", "--telemetry-port=0")
"""Loopback and free ports, so that the demo is seen by nobody else and is in nobody's way."""


def read(argv: Sequence[str]) -> Demo | None:
    """The demo that the arguments order; None when they ask for help. Raises UsageError, in one line that names the flag."""
    line = read_line([*_DEFAULTS, *argv], _KNOWN)
    if line.words:
        raise UsageError(f"unexpected argument {one_line(line.words[0])}{switch_hint(argv, line.words[0])}")
    if any(entry.flag == HELP and entry.value() for entry in line.given):
        return None
    served = options_of(line.given)
    if served.apiserver or served.kubeconfig:
        name = "--apiserver" if served.apiserver else "--kubeconfig"
        raise UsageError(f"{name}: the demo has an API server of its own; leave it out, or run evergauge without demo")
    require_built(served)
    return Demo(fill(DemoOptions, line.given), served)


_USAGE = "evergauge demo [flags]"
_SUMMARY = (
    "Start a simulated Kubernetes API server with a realistic cluster that lives, and Evergauge serving its metrics, both on free "
    "ports of 127.0.0.1. It prints where, then some series as they change. Nothing is installed, and nothing outside is touched."
)
_MORE = """
It also prints commands that let something go wrong, such as an outage of the API
server. Then watch the feeds. A feed is the list and watch of one kind, and is
  live       proven to have seen everything, not long ago;
  suspect    the last proof is getting old;
  lost       it is older than 30 s: what is served may be old, and is said to be;
  forbidden  the API server does not allow it.
Each comes back to live by itself.

Examples:
  evergauge demo --pods=5000 --churn=200
  evergauge demo --resources=pods --metric-labels-allowlist='pods=[app]' --enable-gzip-encoding
  evergauge demo --port=8080 --telemetry-port=8081     on kube-state-metrics' ports
  evergauge demo -v=1 --seconds=60                     with Evergauge's whole log, for a minute
"""


def help_text() -> str:
    """What `evergauge demo --help` says."""
    return command_help(_USAGE, _SUMMARY, _OWN, shutil.get_terminal_size().columns) + _MORE
