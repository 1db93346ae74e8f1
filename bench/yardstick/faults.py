"""Faults at full size, the scenarios of tests/faults: for `bench/run.py faults`.

Fleets on loopback addresses of their own, 150 changes of config maps a second. What is missing, doubled and old is found by two
interleaved rounds of scrapes (docs/decisions/0016-rounds-that-prove-a-gap.md).
"""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from faults import scenarios
from faults.cables import behind, unplugged
from faults.changes import PER_SECOND, ThroughApi, changing
from faults.net import joined
from faults.pod import Image
from faults.scene import PATIENCE, scene
from faults.truth import CONFIG_MAPS, PODS, learn
from faults.watcher import Outcome as Found
from load import objects
from support.bulk import load
from support.controlplane import ControlPlane
from support.proxy import Proxy
from yardstick.errors import say
from yardstick.outcome import Bench, Line, Outcome
from yardstick.pods import write
from yardstick.program import EVERGAUGE

if TYPE_CHECKING:
    import argparse
    from collections.abc import Awaitable, Mapping, Sequence

    from faults.truth import Watched

BOUND: Final = 30.0
STEADY: Final = 30.0
OUTAGE: Final = 20.0
PULLED: Final = 60.0
AGE: Final = 0.25
AT_REST: Final = 10.0
"""Seconds until a program's connections are those that last."""


class Row(NamedTuple):
    """One fault. target: in words; met: whether what was found is what is wanted."""

    what: str
    target: str
    met: Callable[[Found], bool]


def none_missing(doubled: float) -> Callable[[Found], bool]:
    """Of a fleet that changed. doubled: seconds for which anything may be served twice."""
    return lambda found: found.missing == 0 and found.doubled_seconds <= doubled and found.whole < inf


def whole_within(seconds: float) -> Callable[[Found], bool]:
    """Of a fault that ended."""
    return lambda found: found.missing == 0 and found.undeclared == 0 and found.whole <= seconds


ROWS: Final[Mapping[str, Row]] = {
    "steady": Row("steady", f"age <= {AGE:g} s", lambda found: found.age <= AGE),
    "killed": Row(f"API server killed for {OUTAGE:g} s", "whole <= 2 s", whole_within(2)),
    "up": Row("config maps, 2 to 3 shards", "doubled <= 1 s", none_missing(1)),
    "down": Row("config maps, 3 to 2 shards", "doubled <= 1 s", none_missing(1)),
    "changed": Row("labels changed, then 2 to 3 shards", "doubled <= 1 s", none_missing(1)),
    "pods up by one": Row("pods, 2 to 3 shards", "doubled <= 2 s", none_missing(2)),
    "pods up by two": Row("pods, 2 to 4 shards", "doubled <= 2 s", none_missing(2)),
    "half-open": Row("half-open connections", f"whole <= {BOUND + 2:g} s", whole_within(BOUND + 2)),
    "pulled": Row(f"packets dropped for {PULLED:g} s", "whole <= 12 s", whole_within(12)),
}
NEVER: Final = Found(0, 0.0, 0.0, inf, inf, 0.0, inf)
"""Of a fleet that did not come to itself."""


def add(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("--config-maps", type=int, default=20_000)
    parser.add_argument("--only", choices=PARTS, action="append", help="a part of the rows; may be given several times")


def estimate(options: argparse.Namespace) -> float:
    """Seconds that a run takes."""
    loading = float(options.pods + options.config_maps) * 0.5e-3
    return 60 + loading + (2 if options.peer else 1) * (330 + int(options.pods) * 1.5e-3)


def run(options: argparse.Namespace) -> Outcome:
    """Measure. Raises BenchError, ControlPlaneError."""
    peer = shlex.split(options.peer)
    with ControlPlane.start() as plane, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        say(f"control plane started in {plane.folder}")
        write(load(plane.etcd_url, objects(pods=options.pods, config_maps=options.config_maps)))
        own = Image(Path(folder), (f"--freshness-bound={BOUND:g}s",), EVERGAUGE)
        parts = [PARTS[name] for name in options.only or PARTS]
        found = {"evergauge": asyncio.run(_all(plane, own, "evergauge", parts))}
        if peer:
            found["peer"] = asyncio.run(_all(plane, Image(Path(folder), (), peer), "peer", parts))
    lines = [
        Line(row.what, shown(found["evergauge"][name]), row.target, row.met(found["evergauge"][name]))
        for name, row in ROWS.items()
        if name in found["evergauge"]
    ]
    text = [
        f"{options.config_maps} config maps, {options.pods} pods, {PER_SECOND:g} changes a second; bound {BOUND:g} s.",
        "In no row may anything be missing, nor be older than the bound without being declared.",
    ]
    if peer:
        text += ["", "peer", *(f"{ROWS[name].what:<38}{shown(each)}" for name, each in found["peer"].items())]
        text += ["", "evergauge"]
    kept = {program: {name: _kept(each) for name, each in rows.items()} for program, rows in found.items()}
    return Outcome(text, lines, {"config_maps": options.config_maps, "found": kept})


def shown(found: Found) -> str:
    """What was found, in a line."""
    if found.whole == inf:
        return f"not whole after {PATIENCE:g} s"
    parts = [
        f"{found.missing} missing for {found.missing_seconds:.1f} s" if found.missing else "none missing",
        f"doubled {found.doubled_seconds:.1f} s" if found.doubled_seconds else "",
        f"age {found.age:.2f} s" if not found.whole or found.undeclared else "",
        "undeclared" if found.undeclared else "",
        f"whole {found.whole:.1f} s" if found.whole else "",
    ]
    return ", ".join(filter(None, parts))


def _kept(found: Found) -> dict[str, float | None]:
    return {name: None if value == inf else value for name, value in found._asdict().items()}


async def _all(plane: ControlPlane, image: Image, name: str, parts: Sequence[Part]) -> dict[str, Found]:
    """The rows of these parts, for one program."""
    found: dict[str, Found] = {}
    for rows in parts:
        async for row, outcome in rows(plane, image):
            found[row] = outcome
            say(f"{name}: {ROWS[row].what}: {shown(outcome)}")
    return found


Rows = AsyncIterator[tuple[str, Found]]
Part = Callable[[ControlPlane, Image], Rows]


async def _config_maps(plane: ControlPlane, image: Image) -> Rows:
    async with scene(plane, _serving(plane, image, CONFIG_MAPS), 2, bound=BOUND) as acting:
        yield "steady", await scenarios.nothing(acting, STEADY)
        yield "killed", await _tried(scenarios.killed(acting, plane, OUTAGE))
        yield "up", await _tried(scenarios.scaled(acting, 3))
        yield "down", await _tried(scenarios.scaled(acting, 2))
        await scenarios.changed(acting)
        yield "changed", await _tried(scenarios.scaled(acting, 3))


async def _pods(plane: ControlPlane, image: Image) -> Rows:
    async with scene(plane, _serving(plane, image, PODS), 2, watched=PODS, bound=BOUND) as acting:
        yield "pods up by one", await _tried(scenarios.scaled(acting, 3))
        await _tried(scenarios.scaled(acting, 2))
        yield "pods up by two", await _tried(scenarios.scaled(acting, 4))


async def _connections(plane: ControlPlane, image: Image) -> Rows:
    async with Proxy(plane.port) as proxy:
        through = _serving(plane, image.through(proxy.port), CONFIG_MAPS)
        async with scene(plane, through, 2, bound=BOUND) as acting:
            yield "half-open", await _tried(scenarios.half_open(acting, proxy, 0))


async def _cable(plane: ControlPlane, image: Image) -> Rows:
    if os.geteuid() != 0 or not shutil.which("ip"):
        say("packets are not dropped: that needs root and ip (iproute2)")
        return
    async with joined() as network, plane.session() as session:
        truth = await learn(session, CONFIG_MAPS)
        served = image._replace(flags=(*image.flags, *_flags(CONFIG_MAPS)))
        async with changing(truth, ThroughApi(session)), behind(network, plane, served, truth, BOUND) as connected:
            await asyncio.sleep(AT_REST)
            [unplugged_] = await unplugged(network, PULLED, [connected])
            say(f"connections are given up after {unplugged_.cut:.1f} s")
            yield "pulled", unplugged_.found


PARTS: Final[Mapping[str, Part]] = {
    "config-maps": _config_maps,
    "pods": _pods,
    "connections": _connections,
    "cable": _cable,
}


async def _tried(scenario: Awaitable[Found]) -> Found:
    try:
        return await scenario
    except AssertionError as error:
        say(str(error))
        return NEVER


def _serving(plane: ControlPlane, image: Image, watched: Watched) -> Callable[[int], Image]:
    full = image._replace(flags=(f"--kubeconfig={plane.kubeconfig}", *_flags(watched), *image.flags))
    return lambda _: full


def _flags(watched: Watched) -> Sequence[str]:
    return (f"--resources={watched.resource}", f"--metric-allowlist={watched.family}")


FAULTS: Final = Bench("fleets of shards, and what may happen to them", add, estimate, run)
