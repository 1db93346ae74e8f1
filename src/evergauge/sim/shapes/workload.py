"""What the generator and the churn remember of each workload. The objects themselves are in the cluster only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

WorkloadKind = Literal["Deployment", "StatefulSet", "DaemonSet"]
Situation = Literal["unscheduled", "scheduled", "creating", "running", "crashing", "terminating"]


@dataclass(slots=True)
class Revision:
    """One template of a workload: a replica set of a deployment, or the only one of another workload.

    tag: of the image. desired: how many pods are wanted of this revision. generation: how often that has changed, from 1.
    pods: name → situation.
    """

    name: str
    hash: str
    uid: str
    tag: str
    created: float
    desired: int = 0
    generation: int = 1
    pods: dict[str, Situation] = field(default_factory=dict)

    def scale(self, by: int) -> None:
        """Want more pods, or fewer."""
        wanted = max(0, self.desired + by)
        if wanted != self.desired:
            self.desired = wanted
            self.generation += 1

    @property
    def ready(self) -> int:
        """Pods that are ready."""
        return sum(situation == "running" for situation in self.pods.values())


@dataclass(slots=True)
class Workload:
    """A deployment, stateful set or daemon set with its revisions, oldest first; the last one is current."""

    kind: WorkloadKind
    namespace: str
    name: str
    team: str
    uid: str
    replicas: int
    created: float
    revisions: list[Revision]
    number: int = 1

    @property
    def current(self) -> Revision:
        """The newest revision."""
        return self.revisions[-1]

    @property
    def labels(self) -> dict[str, str]:
        """What its objects have in common."""
        return {
            "app.kubernetes.io/name": self.name,
            "app.kubernetes.io/managed-by": "Helm",
            "team": self.team,
        }

    @property
    def selector(self) -> dict[str, str]:
        """The labels by which it finds its pods."""
        return {"app.kubernetes.io/name": self.name}
