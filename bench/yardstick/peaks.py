"""Memory at its highest while all is listed anew, and while a shard takes over: for `bench/run.py peaks`."""

from __future__ import annotations

import shlex
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from random import Random
from typing import TYPE_CHECKING, Any, Final

from support.bulk import load
from support.bulk_objects import config_map, namespace_name
from support.controlplane import ControlPlane
from yardstick.api import api_of
from yardstick.client import Client
from yardstick.errors import BenchError, say
from yardstick.figures import measure, served
from yardstick.histograms import self_metrics
from yardstick.living import wait_until_ready
from yardstick.outcome import Bench, Line, Outcome
from yardstick.pods import Population, fill, write
from yardstick.program import EVERGAUGE, running, settle

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from support.bulk_objects import Manifest
    from yardstick.api import Api
    from yardstick.pods import Loaded
    from yardstick.program import Program

RATIO: Final = 0.2
"""Of a peer's resident memory."""
DONE_SECONDS: Final = 300.0
NAME: Final = "evergauge"
PLACE: Final = namespace_name(0)
RELISTS: Final = "evergauge_feed_relists_total{"
FRESHNESS: Final = "evergauge_feed_freshness_seconds{"
HANDOVERS: Final = 'evergauge_handovers_total{result="completed"}'


@dataclass(frozen=True, slots=True)
class Peak:
    """MiB resident before, at its highest, and at rest after. seconds: until it was done, a start of the API server included."""

    what: str
    before: float
    most: float
    after: float
    seconds: float


def add(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument(
        "--changed", type=float, default=0.5, help="share of the pods that change unseen before the second list"
    )


def estimate(options: argparse.Namespace) -> float:
    """Seconds that a run takes."""
    return float(150 + options.pods * (2.5e-3 if options.peer else 1.5e-3))


def run(options: argparse.Namespace) -> Outcome:
    """Measure. Raises BenchError, ControlPlaneError."""
    with ControlPlane.start() as plane:
        say(f"control plane started in {plane.folder}")
        loaded = fill(plane.etcd_url, options.pods)
        settle(plane.process_ids()["apiserver"])
        # Pods that can restart; some are pending or have no container yet.
        changed = int(options.pods * min(options.changed, 0.9))
        other = _peer(plane, shlex.split(options.peer), loaded) if options.peer else None
        peaks = [*_relists(plane, loaded, changed), _handover(plane, loaded)]
    text = [f"{loaded.pods} pods on a real control plane", "", *table(peaks)]
    figures = {"peaks": [asdict(peak) for peak in peaks], "peer_resident": other}
    return Outcome(text, list(lines_of(peaks, other)), figures)


def table(peaks: list[Peak]) -> Iterator[str]:
    """A line for each."""
    yield f"{'':<34}{'before':>11}{'most':>11}{'after':>11}{'took':>10}"
    for each in peaks:
        yield f"{each.what:<34}{each.before:>7.0f} MiB{each.most:>7.0f} MiB{each.after:>7.0f} MiB{each.seconds:>8.1f} s"


def lines_of(peaks: list[Peak], other: float | None) -> Iterator[Line]:
    """The peaks as ratios to what a peer has at rest."""
    if other:
        yield Line("peer, resident after its scrapes", f"{other:.0f} MiB")
    for each in peaks:
        if other:
            ratio = each.most / other
            yield Line(f"{each.what}, ratio", f"{ratio:.3f}", f"<= {RATIO:g}", ratio <= RATIO)


def _peer(plane: ControlPlane, command: list[str], loaded: Loaded) -> float:
    with running("peer", command, kubeconfig=plane.kubeconfig, resources="pods") as program:
        resident = measure(program, loaded, scrapes=1).resident
    settle(plane.process_ids()["apiserver"])
    return resident


def _relists(plane: ControlPlane, loaded: Loaded, changed: int) -> Iterator[Peak]:
    """After an API server's restart all old resourceVersions are expired. What changes meanwhile changes unseen."""
    population = Population(loaded.pods, Random(3))
    with _whole(plane, loaded) as program:
        yield _relist(plane, program, "a relist, nothing changed", [])
        yield _relist(plane, program, f"a relist, {changed} pods changed", population.restarted(changed, 1))


def _relist(plane: ControlPlane, program: Program, what: str, changed: list[Manifest]) -> Peak:
    relists, before = _total(program, RELISTS), program.memory().resident
    program.forget_peak()
    plane.kill_apiserver()
    killed = time.perf_counter()
    # Were there no write at all, the old resourceVersion would be the newest, and no list be needed.
    write(load(plane.etcd_url, [*changed, config_map(0)]))
    began = time.perf_counter()
    plane.start_apiserver()
    # What proves a list that began after the end of the old API server is younger than that end.
    _until(
        program,
        what,
        lambda: _total(program, RELISTS) > relists and _total(program, FRESHNESS) < time.perf_counter() - killed,
    )
    return _peak(program, what, before, time.perf_counter() - began)


def _handover(plane: ControlPlane, loaded: Loaded) -> Peak:
    """One of two shards becomes the only one."""
    api = api_of(plane)
    _create_fleet(api)
    flags = ["--sharding=slots", f"--pod={NAME}-0", f"--pod-namespace={PLACE}"]
    with running("shard 0", [*EVERGAUGE, *flags], kubeconfig=plane.kubeconfig, resources="pods") as program:
        wait_until_ready(program)
        settle(program.process.pid)
        before = program.memory().resident
        program.forget_peak()
        began = time.perf_counter()
        api.ask("PATCH", f"/apis/apps/v1/namespaces/{PLACE}/statefulsets/{NAME}", {"spec": {"replicas": 1}})
        what = "a handover, 1 of 2 takes all"
        _until(program, what, lambda: _total(program, HANDOVERS) > 0)
        pods = _total(program, 'evergauge_objects{resource="pods"}')
        if pods <= loaded.pods * 0.9:
            raise BenchError(f"{what}: only {pods:.0f} pods are served")
        return _peak(program, what, before, time.perf_counter() - began)


@contextmanager
def _whole(plane: ControlPlane, loaded: Loaded) -> Iterator[Program]:
    with running("evergauge", EVERGAUGE, kubeconfig=plane.kubeconfig, resources="pods") as program:
        served(program, Client(program.port), loaded)
        settle(program.process.pid)
        yield program


def _peak(program: Program, what: str, before: float, seconds: float) -> Peak:
    settle(program.process.pid)
    memory = program.memory()
    say(f"{what}: {before:.0f} MiB, {memory.peak:.0f} at most, {memory.resident:.0f} after")
    return Peak(what, before, memory.peak, memory.resident, seconds)


def _create_fleet(api: Api) -> None:
    """A StatefulSet of two, and the first one's Pod; nobody runs it."""
    labels = {"app": NAME}
    template: dict[str, Any] = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": NAME, "image": NAME}]}}
    spec = {"replicas": 2, "serviceName": NAME, "selector": {"matchLabels": labels}, "template": template}
    fleet = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": NAME}, "spec": spec}
    made = api.ask("POST", f"/apis/apps/v1/namespaces/{PLACE}/statefulsets", fleet)
    owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": NAME, "controller": True}
    owner["uid"] = made["metadata"]["uid"]
    metadata = {"name": f"{NAME}-0", "labels": labels, "ownerReferences": [owner]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
    api.ask("POST", f"/api/v1/namespaces/{PLACE}/pods", pod)


def _total(program: Program, prefix: str) -> float:
    lines = self_metrics(program).splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(prefix))


def _until(program: Program, what: str, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DONE_SECONDS
    while not done():
        program.cpu()  # still there?
        if time.monotonic() > deadline:
            raise BenchError(f"{what}: not done after {DONE_SECONDS:.0f} s")
        time.sleep(0.2)


PEAKS: Final = Bench("memory at its highest, in relists and handovers", add, estimate, run)
