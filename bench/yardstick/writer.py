"""Updates at a steady rate through a real API server, from a thread beside the measurement."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from itertools import islice
from threading import Event, Thread
from typing import TYPE_CHECKING, Final
from uuid import UUID

from support.bulk import BulkError, node_status_patch, patch, status_patch
from support.bulk_objects import NOW, node_name, stamp
from support.bulk_pods import PODS_PER_NODE, pod
from yardstick.errors import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from support.bulk import Patch
    from support.controlplane import ControlPlane

TICK: Final = 0.1
"""Seconds between two bursts."""
MOST_LAG: Final = 1.0
"""Seconds of lag that are made up for: a slower API server gets what it can do."""
AT_ONCE: Final = 8


class Writer:
    """Sends what is made for it. sent: updates that were acknowledged."""

    def __init__(self, plane: ControlPlane, rate: float, made: Iterator[Patch]) -> None:
        """rate: updates a second. made: they, without end."""
        self.sent = 0
        self._plane = plane
        self._rate = rate
        self._made = made
        self._stop = Event()
        self._failed: Exception | None = None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write meanwhile. Raises BulkError in the end when the API server has refused something."""
        thread = Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()
        if self._failed:
            raise self._failed

    def _run(self) -> None:
        try:
            asyncio.run(self._write())
        except* BulkError as group:
            self._failed = group.exceptions[0]
            say(f"no more updates are sent: {self._failed}")

    async def _write(self) -> None:
        allowed, last = 0.0, time.monotonic()
        async with self._plane.session() as session:
            while not self._stop.is_set():
                await asyncio.sleep(TICK)
                now = time.monotonic()
                allowed += self._rate * min(now - last, MOST_LAG)
                last = now
                burst = list(islice(self._made, int(allowed)))
                self.sent += await patch(session, burst, concurrency=AT_ONCE)
                allowed -= len(burst)


def restarts(pods: int, rng: Random) -> Iterator[Patch]:
    """A container of a random pod restarts. pods: how many were loaded with seed 0."""
    while True:
        manifest = pod(rng.randrange(pods))
        first, *others = manifest["status"].get("containerStatuses", [{}])
        if not first.get("ready"):
            continue
        changed = first | {
            "containerID": f"containerd://{rng.getrandbits(256):064x}",
            "restartCount": rng.randrange(1000),
            "state": {"running": {"startedAt": stamp(NOW + rng.randrange(86_400))}},
        }
        where = manifest["metadata"]
        # All of them, as a kubelet sends them: a list of statuses is replaced as a whole.
        yield status_patch(where["namespace"], where["name"], {"containerStatuses": [changed, *others]})


def reboots(pods: int, rng: Random) -> Iterator[Patch]:
    """A random node has booted: as much work for the API server, and nothing to those who serve pods. pods: as above."""
    while True:
        name = node_name(rng.randrange(-(-pods // PODS_PER_NODE)))
        yield node_status_patch(name, {"nodeInfo": {"bootID": str(UUID(int=rng.getrandbits(128)))}})
