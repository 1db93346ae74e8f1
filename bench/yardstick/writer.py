"""Status updates at a steady rate through a real API server, from a thread beside the measurement."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

from support.bulk import BulkError, patch, status_patch
from support.bulk_objects import NOW, stamp
from support.bulk_pods import pod
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
    """Restarts the containers of random pods. sent: updates that were acknowledged."""

    def __init__(self, plane: ControlPlane, pods: int, rate: float, rng: Random) -> None:
        """pods: how many were loaded with seed 0. rate: updates a second."""
        self.sent = 0
        self._plane = plane
        self._pods = pods
        self._rate = rate
        self._rng = rng
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
                burst = [self._update() for _ in range(int(allowed))]
                self.sent += await patch(session, burst, concurrency=AT_ONCE)
                allowed -= len(burst)

    def _update(self) -> Patch:
        while True:
            manifest = pod(self._rng.randrange(self._pods))
            first, *others = manifest["status"].get("containerStatuses", [{}])
            if first.get("ready"):
                break
        changed = first | {
            "containerID": f"containerd://{self._rng.getrandbits(256):064x}",
            "restartCount": self._rng.randrange(1000),
            "state": {"running": {"startedAt": stamp(NOW + self._rng.randrange(86_400))}},
        }
        where = manifest["metadata"]
        # All of them, as a kubelet sends them: a list of statuses is replaced as a whole.
        return status_patch(where["namespace"], where["name"], {"containerStatuses": [changed, *others]})
