"""One deployment that rolls to a new template, pod by pod, as its controllers, scheduler and kubelets would do it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from evergauge.sim.clock import timestamp
from evergauge.sim.generator import new_pod_name, new_revision
from evergauge.sim.shapes.names import version_tag
from evergauge.sim.shapes.pods import Place, pod, status
from evergauge.sim.shapes.workloads import deployment, replica_set

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from evergauge.sim.shapes.workload import Revision, Situation, Workload
    from evergauge.sim.state import Cluster

_CRASHES: Final = 0.05  # share of new pods that crash for a while
_KEPT_REVISIONS: Final = 3


class Rollout:
    """The steps of one rollout. After each, the counts of the deployment and its replica sets agree with the pods."""

    def __init__(self, cluster: Cluster, workload: Workload, nodes: int, rng: Random) -> None:
        """Nothing happens before the first step."""
        self.workload = workload
        self._cluster = cluster
        self._nodes = nodes
        self._rng = rng
        self._steps = self._run()

    def step(self) -> bool:
        """Do the next step; False when there is none left."""
        return next(self._steps, None) is not None

    def _run(self) -> Iterator[bool]:
        workload = self.workload
        old_revisions = list(workload.revisions)
        revision = new_revision(workload.name, self._cluster.clock.now(), self._rng)
        revision.tag = version_tag(self._rng)
        workload.revisions.append(revision)
        workload.number += 1
        self._cluster.create("replicasets", replica_set(workload, revision))
        self._count(*workload.revisions)
        yield True
        for _ in range(workload.replicas):
            revision.scale(1)
            yield from self._start_pod(revision)
            for old in old_revisions:
                if old.pods:
                    yield from self._end_pod(old)
                    break
        while surplus := [old for old in old_revisions if old.pods]:
            yield from self._end_pod(surplus[0])
        self._drop_revisions()
        yield True

    def _start_pod(self, revision: Revision) -> Iterator[bool]:
        now = self._cluster.clock.now()
        name = new_pod_name(revision, self._rng)
        place = Place(self._rng.randrange(self._nodes))
        manifest = pod(self.workload, revision, name, place=None, created=now, rng=self._rng)
        manifest["status"] = self._status(revision, place, "unscheduled")
        revision.pods[name] = "unscheduled"
        self._cluster.create("pods", manifest)
        self._count(revision)
        yield True
        self._cluster.patch("pods", name, {"spec": {"nodeName": place.name}}, self.workload.namespace)
        yield self._move(revision, name, place, "scheduled")
        yield self._move(revision, name, place, "creating")
        if self._rng.random() < _CRASHES:
            for _ in range(self._rng.randrange(1, 5)):
                yield self._move(revision, name, place, "crashing")
        yield self._move(revision, name, place, "running")

    def _move(self, revision: Revision, name: str, place: Place, situation: Situation) -> bool:
        revision.pods[name] = situation
        new = self._status(revision, place, situation)
        self._cluster.edit("pods", name, lambda manifest: manifest | {"status": new}, self.workload.namespace)
        self._count(revision)
        return True

    def _status(self, revision: Revision, place: Place, situation: Situation) -> dict[str, object]:
        now = self._cluster.clock.now()
        return status(self.workload, revision, place=place, situation=situation, since=now, rng=self._rng)

    def _end_pod(self, revision: Revision) -> Iterator[bool]:
        # Those that don't run go first, as the replica set controller chooses.
        name = min(revision.pods, key=lambda pod_name: revision.pods[pod_name] == "running")
        revision.scale(-1)
        revision.pods[name] = "terminating"
        going = {"deletionTimestamp": timestamp(self._cluster.clock.now() + 30), "deletionGracePeriodSeconds": 30}
        self._cluster.patch("pods", name, {"metadata": going}, self.workload.namespace)
        del revision.pods[name]  # a pod that is being deleted counts no more
        self._count(revision)
        yield True
        self._cluster.delete("pods", name, self.workload.namespace)
        yield True

    def _count(self, *revisions: Revision) -> None:
        namespace = self.workload.namespace
        for revision in revisions:
            counted = replica_set(self.workload, revision)
            self._cluster.edit("replicasets", revision.name, lambda _, now=counted: now, namespace)  # type: ignore[misc]
        now = deployment(self.workload)
        self._cluster.edit("deployments", self.workload.name, lambda _: now, namespace)

    def _drop_revisions(self) -> None:
        revisions = self.workload.revisions
        while len(revisions) > _KEPT_REVISIONS:
            self._cluster.delete("replicasets", revisions.pop(0).name, self.workload.namespace)
