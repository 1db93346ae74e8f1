"""A realistic cluster of a given number of pods: namespaces, nodes, workloads, services and config maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from evergauge.sim.shapes.names import ROLES, WORDS, ago, namespace_name, suffix, uid, version_tag
from evergauge.sim.shapes.nodes import namespace, node
from evergauge.sim.shapes.pods import Place, pod, status
from evergauge.sim.shapes.workload import Revision, Situation, Workload, WorkloadKind
from evergauge.sim.shapes.workloads import config_map, daemon_set, deployment, replica_set, service, stateful_set

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from evergauge.sim.objects import Manifest
    from evergauge.sim.state import Cluster

PODS_PER_NODE: Final = 40
_PODS_PER_NAMESPACE: Final = 250
_FEWEST: Final = 3  # nodes, and namespaces
_DAEMONS: Final = ("node-agent", "log-shipper")
_MONTH: Final = 30 * 86400.0
# Per mille of the pods that are not simply running.
_CRASHING, _CREATING = 15, 5


@dataclass(slots=True)
class Population:
    """What was generated, as far as a churn needs to know. nodes: how many."""

    nodes: int
    namespaces: list[str]
    workloads: list[Workload]


def populate(cluster: Cluster, pods: int, rng: Random) -> Population:
    """Fill an empty cluster with exactly `pods` pods and all that belongs to them.

    Takes about 0.1 ms and 6 KB a pod. The same rng, in the same state, gives the same cluster at the same clock.
    """
    nodes = max(_FEWEST, pods // PODS_PER_NODE)
    spaces = [namespace_name(number) for number in range(max(_FEWEST, min(500, pods // _PODS_PER_NAMESPACE)))]
    population = Population(nodes, ["kube-system", "default", *spaces], [])
    now = cluster.clock.now()
    cluster.load(
        "namespaces", (namespace(n, n.partition("-")[0], ago(rng, now, _MONTH)) for n in population.namespaces)
    )
    cluster.load("nodes", (node(number, now, rng) for number in range(nodes)))
    population.workloads = list(_workloads(pods, population, now, rng))
    cluster.load("pods", (thing for workload in population.workloads for thing in _pods(workload, nodes, now, rng)))
    _load_workloads(cluster, population.workloads, rng)
    return population


def _load_workloads(cluster: Cluster, workloads: list[Workload], rng: Random) -> None:
    by_kind = {kind: [w for w in workloads if w.kind == kind] for kind in ("Deployment", "StatefulSet", "DaemonSet")}
    cluster.load("deployments", map(deployment, by_kind["Deployment"]))
    cluster.load("replicasets", (replica_set(w, revision) for w in by_kind["Deployment"] for revision in w.revisions))
    cluster.load("statefulsets", map(stateful_set, by_kind["StatefulSet"]))
    cluster.load("daemonsets", map(daemon_set, by_kind["DaemonSet"]))
    cluster.load("services", (service(w, number) for number, w in enumerate(workloads) if w.kind != "DaemonSet"))
    cluster.load("configmaps", (config_map(w, rng) for w in workloads))


def _workloads(pods: int, population: Population, now: float, rng: Random) -> Iterator[Workload]:
    left = pods
    for name in _DAEMONS:
        if pods >= 10 * population.nodes:
            yield _workload("DaemonSet", "kube-system", name, replicas=population.nodes, now=now, rng=rng)
            left -= population.nodes
    number = 0
    spaces = population.namespaces[2:]
    while left > 0:
        replicas = min(left, rng.choice((1, 2, 2, 3, 3, 3, 5, 8, 12, 30)))
        name = f"{rng.choice(WORDS)}-{rng.choice(ROLES)}-{number}"
        kind: WorkloadKind = "StatefulSet" if rng.randrange(8) == 0 else "Deployment"
        yield _workload(kind, spaces[number % len(spaces)], name, replicas=replicas, now=now, rng=rng)
        left -= replicas
        number += 1


def _workload(kind: WorkloadKind, space: str, name: str, *, replicas: int, now: float, rng: Random) -> Workload:
    created = now - rng.random() * _MONTH
    workload = Workload(
        kind=kind,
        namespace=space,
        name=name,
        team=space.partition("-")[0],
        uid=uid(rng),
        replicas=replicas,
        created=created,
        revisions=[new_revision(name, created, rng)],
    )
    workload.current.desired = replicas
    return workload


def new_revision(workload: str, created: float, rng: Random) -> Revision:
    """A template nobody has used yet."""
    template_hash = suffix(rng, 10)
    return Revision(f"{workload}-{template_hash}", template_hash, uid(rng), version_tag(rng), created)


def _pods(workload: Workload, nodes: int, now: float, rng: Random) -> Iterator[Manifest]:
    revision = workload.current
    for number in range(workload.replicas):
        name = f"{workload.name}-{number}" if workload.kind == "StatefulSet" else new_pod_name(revision, rng)
        place = Place(number if workload.kind == "DaemonSet" else rng.randrange(nodes))
        situation = _situation(rng)
        revision.pods[name] = situation
        created = workload.created + rng.random() * (now - workload.created)
        manifest = pod(workload, revision, name, place=place, created=created, rng=rng)
        manifest["status"] = status(
            workload,
            revision,
            place=place,
            situation=situation,
            since=min(now, created + rng.uniform(5, 90)),
            rng=rng,
        )
        yield manifest


def new_pod_name(revision: Revision, rng: Random) -> str:
    """A name that no pod of the revision has."""
    while True:
        name = f"{revision.name}-{suffix(rng)}"
        if name not in revision.pods:
            return name


def _situation(rng: Random) -> Situation:
    dice = rng.randrange(1000)
    return "crashing" if dice < _CRASHING else "creating" if dice < _CRASHING + _CREATING else "running"
