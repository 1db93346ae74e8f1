"""The pods of a run: what is loaded, what is changed in each round, and how both are recognised in a scrape."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from load import objects
from support.bulk import load
from support.bulk_objects import DAY, NOW, stamp
from support.bulk_pods import pod
from yardstick.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from random import Random

    from support.bulk_objects import Manifest

EACH: Final = b"\nkube_pod_info{"
"""A sample of which each pod has one."""
SOME: Final = "kube_pod_completion_time"
"""The first family with samples, of which the pods have one that have ended: about one in 25, spread over all of them."""
FIRST_RESTART: Final = 1000
"""Restarts of a pod that was changed in round 0: more than any pod has that was loaded."""


@dataclass(slots=True)
class Loaded:
    """Counts what goes by. uids: of all pods; ended_uids: of those that have a completion time."""

    uids: list[str] = field(default_factory=list)
    ended_uids: list[str] = field(default_factory=list)

    @property
    def pods(self) -> int:
        """All."""
        return len(self.uids)

    @property
    def ended(self) -> int:
        """Those that have a completion time."""
        return len(self.ended_uids)

    def count(self, manifests: Iterator[Manifest]) -> Iterator[Manifest]:
        """The same objects."""
        for manifest in manifests:
            if manifest["kind"] == "Pod":
                uid: str = manifest["metadata"]["uid"]
                self.uids.append(uid)
                if any("terminated" in each["state"] for each in _statuses(manifest)):
                    self.ended_uids.append(uid)
            yield manifest

    def share(self, owns: Callable[[str], bool]) -> Loaded:
        """Those that a shard owns. Raises BenchError when none of them has ended: see SOME."""
        share = Loaded(list(filter(owns, self.uids)), list(filter(owns, self.ended_uids)))
        if not share.ended:
            raise BenchError(
                f"none of {share.pods} pods has ended, by which it is seen how far a program is: take more (--pods)"
            )
        return share


def fill(etcd_url: str, pods: int) -> Loaded:
    """Load so many pods with their namespaces and nodes. Raises BenchError."""
    loaded = Loaded()
    write(load(etcd_url, loaded.count(objects(pods=pods))))
    return loaded.share(lambda _: True)


def write(job: Coroutine[None, None, int]) -> None:
    """Run a bulk job. Raises BenchError when etcd refuses something."""
    try:
        asyncio.run(job)
    except ExceptionGroup as refused:
        raise BenchError(f"bulk work on etcd: {refused.exceptions[0]}") from refused


class Population:
    """The pods as they are by now. Each is known by its number and seed, from which it can be made again."""

    def __init__(self, pods: int, rng: Random) -> None:
        self._pods = [(number, 0) for number in range(pods)]
        self._rng = rng
        self._seed = 0

    def __len__(self) -> int:
        """Pods there are."""
        return len(self._pods)

    def replaced(self, count: int) -> tuple[list[Manifest], list[Manifest]]:
        """Let so many pods go and others come: the new ones, and those that are to be deleted."""
        self._seed += 1
        places = self._rng.sample(range(len(self._pods)), count)
        gone = [pod(*self._pods[place]) for place in places]
        for place in places:
            self._pods[place] = (self._pods[place][0], self._seed)
        return [pod(*self._pods[place]) for place in places], gone

    def restarted(self, count: int, round_: int) -> list[Manifest]:
        """So many pods with the container `app` restarted."""
        chosen: list[Manifest] = []
        for place in self._rng.sample(range(len(self._pods)), len(self._pods)):
            manifest = pod(*self._pods[place])
            if len(chosen) < count and _restart(manifest, self._rng, FIRST_RESTART + round_):
                chosen.append(manifest)
            if len(chosen) == count:
                return chosen
        raise BenchError(f"of {len(self._pods)} pods only {len(chosen)} have containers to restart: load more")


def restarts_shown(text: bytes, round_: int) -> int:
    """How many pods a scrape shows as changed in a round."""
    return text.count(b'container="app"} %d\n' % (FIRST_RESTART + round_))


def _restart(manifest: Manifest, rng: Random, restarts: int) -> bool:
    """Change a pod as a restart does: the container's ID, counter and start. False for one without containers.

    `lastState` stays: it would add text, and whether memory grows without any is what is to be seen.
    """
    for status in _statuses(manifest):
        if status["name"] == "app" and "containerID" in status:
            status |= {
                "containerID": f"containerd://{rng.getrandbits(256):064x}",
                "restartCount": restarts,
                "ready": True,
                "started": True,
                "state": {"running": {"startedAt": stamp(NOW + rng.randrange(DAY))}},
            }
            return True
    return False


def _statuses(manifest: Manifest) -> list[Manifest]:
    statuses: list[Manifest] = manifest["status"].get("containerStatuses", [])
    return statuses
