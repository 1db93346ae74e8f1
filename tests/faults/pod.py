"""A Pod of a StatefulSet and the process in it: what the kubelet would do for it."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import aiohttp

from support.process import EVERGAUGE, Address, Evergauge, evergauge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

log = logging.getLogger(__name__)

PROBE_EVERY: Final = 0.1
RESTART_AFTER: Final = 0.2
GRACE: Final = 30
"""Seconds from a Pod's deletion to SIGKILL."""
_CONTAINERS: Final = {"containers": [{"name": "shard", "image": "shard"}], "nodeName": "node"}


class Image(NamedTuple):
    """What the Pods run. command: becomes the program; flags: what it is given beside its place in the fleet."""

    folder: Path
    flags: Sequence[str]
    command: Sequence[str] = EVERGAUGE

    def through(self, port: int) -> Image:
        """The same, with the API server at another port."""
        return self._replace(flags=(*self.flags, f"--apiserver=https://127.0.0.1:{port}"))


class Pod:
    """One Pod. running: its process, which is another one after each crash. ready: as the API knows it. codes: exit codes so far."""

    def __init__(
        self, session: aiohttp.ClientSession, owner: dict[str, Any], number: int, image: Image, at: Address
    ) -> None:
        """session: an administrator's. owner: the StatefulSet as the API has it. number: in the Pod's name. at: where it serves."""
        self.name = f"{owner['metadata']['name']}-{number}"
        self.running: Evergauge | None = None
        self.ready = False
        self.codes: list[int] = []
        self._session = session
        self._owner = owner
        self._image = image
        self._at = at
        self._namespace = owner["metadata"]["namespace"]
        self._path = f"/api/v1/namespaces/{self._namespace}/pods"
        self._leaving = asyncio.Event()

    @property
    def leaving(self) -> bool:
        """Whether it is being deleted."""
        return self._leaving.is_set()

    def leave(self) -> None:
        """Delete it: SIGTERM, and SIGKILL when its grace period is over."""
        self._leaving.set()

    def crash(self) -> None:
        """End the process by SIGKILL; another one is started."""
        if self.running is not None:
            self.running.process.kill()

    async def live(self) -> None:
        """From its creation to its end."""
        await self._create()
        place = (f"--pod={self.name}", f"--pod-namespace={self._namespace}")
        while not self.leaving:
            flags = (*self._image.flags, *place)
            async with evergauge(self._image.folder, *flags, at=self._at, command=self._image.command) as running:
                self.running = running
                await self._attend(running)
                self.running = None
            self.codes.append(running.process.returncode or 0)
            if not self.leaving:
                await self._tell(ready=False)
                await asyncio.sleep(RESTART_AFTER)
        await self._send("DELETE", f"{self._path}/{self.name}", {"gracePeriodSeconds": 0})

    async def _attend(self, running: Evergauge) -> None:
        """Until the process has ended: keep the Pod's condition right, and end it when the Pod is deleted."""
        ended = asyncio.create_task(running.process.wait())
        leaving = asyncio.create_task(self._leaving.wait())
        try:
            while not ended.done() and not leaving.done():
                await asyncio.wait((ended, leaving), timeout=PROBE_EVERY, return_when=asyncio.FIRST_COMPLETED)
                await self._probe(running)
            if not ended.done():
                await self._send("DELETE", f"{self._path}/{self.name}", {"gracePeriodSeconds": GRACE})
                running.process.send_signal(signal.SIGTERM)
                await asyncio.wait((ended,), timeout=GRACE)
        finally:
            ended.cancel()
            leaving.cancel()

    async def _probe(self, running: Evergauge) -> None:
        ready = (await running.get(f"{running.telemetry}/readyz"))[0] == 200
        if ready != self.ready:
            await self._tell(ready=ready)

    async def _tell(self, *, ready: bool) -> None:
        """Write the status. Where the API is away it is tried again with the next probe."""
        conditions = [{"type": "Ready", "status": str(ready)}]
        status = {
            "phase": "Running",
            "podIP": self._at.host,
            "podIPs": [{"ip": self._at.host}],
            "conditions": conditions,
        }
        try:
            await self._send("PATCH", f"{self._path}/{self.name}/status", {"status": status})
            self.ready = ready
        except aiohttp.ClientError as error:
            log.info("the status of %s could not be written: %s", self.name, error)

    async def _create(self) -> None:
        owner = {key: self._owner[key] for key in ("apiVersion", "kind")} | {
            key: self._owner["metadata"][key] for key in ("name", "uid")
        }
        metadata = {"name": self.name, "ownerReferences": [owner | {"controller": True}]}
        await self._send("POST", self._path, {"metadata": metadata, "spec": _CONTAINERS})
        await self._tell(ready=False)

    async def _send(self, method: str, path: str, body: dict[str, Any]) -> None:
        content_type = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Content-Type": content_type}
        async with self._session.request(method, path, data=json.dumps(body), headers=headers, raise_for_status=True):
            pass
