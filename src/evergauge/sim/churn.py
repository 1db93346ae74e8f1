"""A cluster that lives: deployments roll, nodes flap, config maps are patched, at a bounded rate.

Three modes share one driver: `Life` (all of it, consistent: after every step the counts of deployments and replica sets
agree with the pods there are), `StatusUpdates` and `CreateDelete` (plain load for benches).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final, Protocol

from evergauge.sim.clock import sleep, timestamp
from evergauge.sim.generator import new_pod_name, new_revision
from evergauge.sim.rollout import Rollout
from evergauge.sim.shapes.names import digest, node_name
from evergauge.sim.shapes.nodes import conditions
from evergauge.sim.shapes.pods import Place, pod, status

if TYPE_CHECKING:
    from random import Random

    from evergauge.sim.generator import Population
    from evergauge.sim.objects import Manifest
    from evergauge.sim.state import Cluster

_TICK: Final = 0.05  # seconds between bursts of writes
_MOST_LAG: Final = 0.25  # seconds


class Mode(Protocol):
    """Something that changes a cluster step by step."""

    def step(self) -> None:
        """Do the next thing: a few writes that belong together."""


async def churn(cluster: Cluster, mode: Mode, rate: float) -> None:
    """Make about `rate` writes a second until cancelled; more than a quarter of a second's lag is not made up for."""
    allowed = 0.0
    last = cluster.clock.now()
    while True:
        await sleep(cluster.clock, _TICK)
        now = cluster.clock.now()
        allowed += rate * min(max(now - last, 0.0), _MOST_LAG)
        last = now
        while allowed >= 1:
            before = cluster.version
            mode.step()
            allowed -= max(1, cluster.version - before)


class Life:
    """Everyday life. `rolling`: how many deployments roll at the same time."""

    def __init__(self, cluster: Cluster, population: Population, rng: Random, rolling: int = 4) -> None:
        """Nothing happens before the first step."""
        self._cluster = cluster
        self._population = population
        self._rng = rng
        self._deployments = [w for w in population.workloads if w.kind == "Deployment"]
        self._most_rollouts = min(rolling, len(self._deployments))
        self._rollouts: deque[Rollout] = deque()
        self._silent: deque[int] = deque()

    def step(self) -> None:
        """A step of a rollout most of the time, else a config map or a node."""
        dice = self._rng.random()
        if dice < 0.1 or not self._deployments:
            self._patch_config_map()
        elif dice < 0.13:
            self._flap_node()
        else:
            self._roll()

    def settle(self) -> None:
        """Finish what is under way: all rollouts end, all nodes are ready."""
        while self._rollouts:
            self._advance()
        while self._silent:
            self._set_ready(self._silent.popleft(), "True")

    def _roll(self) -> None:
        if len(self._rollouts) < self._most_rollouts:
            rolling = {id(rollout.workload) for rollout in self._rollouts}
            workload = self._rng.choice(self._deployments)
            if id(workload) not in rolling:
                self._rollouts.append(Rollout(self._cluster, workload, self._population.nodes, self._rng))
        if self._rollouts:
            self._advance()

    def _advance(self) -> None:
        rollout = self._rollouts.popleft()
        if rollout.step():
            self._rollouts.append(rollout)

    def _patch_config_map(self) -> None:
        key = self._rng.choice(self._cluster.table("configmaps").keys)
        namespace, _, name = key.partition("/")
        self._cluster.patch("configmaps", name, {"data": {"checksum": digest(self._rng)}}, namespace)

    def _flap_node(self) -> None:
        if len(self._silent) < max(1, self._population.nodes // 20) and self._rng.random() < 0.5:
            number = self._rng.randrange(self._population.nodes)
            if number not in self._silent:
                self._silent.append(number)
                self._set_ready(number, "Unknown")
        elif self._silent:
            self._set_ready(self._silent.popleft(), "True")

    def _set_ready(self, number: int, ready: str) -> None:
        now = self._cluster.clock.now()
        taint = {"key": "node.kubernetes.io/unreachable", "effect": "NoSchedule", "timeAdded": timestamp(now)}
        taints = None if ready == "True" else [taint]
        change = {"spec": {"taints": taints}, "status": {"conditions": conditions(now, ready=ready)}}
        self._cluster.patch("nodes", node_name(number), change)


class StatusUpdates:
    """Plain load: a container of a random pod restarts, one write a step."""

    def __init__(self, cluster: Cluster, rng: Random) -> None:
        """Work on the pods that there are."""
        self._cluster = cluster
        self._rng = rng

    def step(self) -> None:
        """One update of a pod's status; does nothing without pods."""
        keys = self._cluster.table("pods").keys
        if keys:
            namespace, _, name = self._rng.choice(keys).partition("/")
            self._cluster.edit("pods", name, self._restart, namespace)

    def _restart(self, manifest: Manifest) -> Manifest:
        now = timestamp(self._cluster.clock.now())
        containers: list[dict[str, Any]] = manifest["status"].get("containerStatuses", [])
        for container in containers[:1]:
            ended = container.get("containerID", "")
            terminated = {"exitCode": 1, "reason": "Error", "finishedAt": now, "containerID": ended}
            container["lastState"] = {"terminated": terminated}
            container["restartCount"] += 1
            container["containerID"] = f"containerd://{digest(self._rng)}"
            if "running" in container["state"]:
                container["state"] = {"running": {"startedAt": now}}
        for condition in manifest["status"].get("conditions", []):
            if condition["type"] == "Ready":
                condition["lastTransitionTime"] = now
        return manifest


class CreateDelete:
    """Plain load: pods come and go, in equal numbers once `most` of its own are there. They belong to no workload's count."""

    def __init__(self, cluster: Cluster, population: Population, rng: Random, most: int = 500) -> None:
        """Its pods look like those of the first workload."""
        self._cluster = cluster
        self._rng = rng
        self._most = most
        self._nodes = population.nodes
        self._workload = population.workloads[0]
        self._revision = new_revision("short-lived", cluster.clock.now(), rng)
        self._own = self._revision.pods

    def step(self) -> None:
        """One creation, and one deletion when there are enough."""
        now, rng = self._cluster.clock.now(), self._rng
        name = new_pod_name(self._revision, rng)
        place = Place(rng.randrange(self._nodes))
        manifest = pod(self._workload, self._revision, name, place=place, created=now, rng=rng)
        del manifest["metadata"]["ownerReferences"]
        manifest["status"] = status(
            self._workload, self._revision, place=place, situation="running", since=now, rng=rng
        )
        self._cluster.create("pods", manifest)
        self._own[name] = "running"
        if len(self._own) > self._most:
            oldest = next(iter(self._own))
            del self._own[oldest]
            self._cluster.delete("pods", oldest, self._workload.namespace)
