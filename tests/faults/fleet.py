"""A fleet: a StatefulSet, its Pods, and the processes that they are. What the StatefulSet's controller would do, in Pods' order."""

from __future__ import annotations

import asyncio
import json
import uuid
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from launcher.process import free_ports

from faults.pod import Pod
from support.bulk_objects import namespace_name
from support.process import Address

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from aiohttp import ClientSession

    from faults.pod import Image
    from support.process import Evergauge

PLACE: Final = namespace_name(1)
_SETS: Final = f"/apis/apps/v1/namespaces/{PLACE}/statefulsets"
_LOOK_EVERY: Final = 0.02
_TEMPLATE: Final = {
    "metadata": {"labels": {"app": "shards"}},
    "spec": {"containers": [{"name": "shard", "image": "shard"}]},
}


class Fleet:
    """The Pods by number. Those to come wait until the ones before them are ready; those to go go one by one, the last one first."""

    def __init__(self, session: ClientSession, owner: dict[str, Any], image: Callable[[int], Image]) -> None:
        """session: an administrator's. owner: the StatefulSet as the API has it. image: what the Pod with a number runs."""
        self.pods: dict[int, Pod] = {}
        self._session = session
        self._owner = owner
        self._image = image
        self._replicas: int = owner["spec"]["replicas"]
        # Peers find each other by a Pod's address and their own port.
        self._ports = free_ports(2)

    @property
    def shards(self) -> dict[int, Evergauge]:
        """The processes that run, by number."""
        running = ((number, pod.running) for number, pod in sorted(self.pods.items()))
        return {number: process for number, process in running if process is not None}

    async def patch(self, body: dict[str, Any]) -> None:
        """Change the StatefulSet; what follows from it takes its time."""
        headers = {"Content-Type": "application/merge-patch+json"}
        path = f"{_SETS}/{self._owner['metadata']['name']}"
        async with self._session.patch(path, data=json.dumps(body), headers=headers) as response:
            response.raise_for_status()
            self._replicas = (await response.json())["spec"]["replicas"]

    async def scale(self, replicas: int) -> None:
        """As `patch`, of the number of replicas."""
        await self.patch({"spec": {"replicas": replicas}})

    async def until(self, replicas: int, *, within: float) -> None:
        """Wait until there are so many Pods, all ready."""
        async with asyncio.timeout(within):
            while len(self.pods) != replicas or not all(pod.ready for pod in self.pods.values()):  # noqa: ASYNC110
                await asyncio.sleep(_LOOK_EVERY)

    async def control(self) -> None:
        """Do what a StatefulSet's controller does, until cancelled: then the processes are ended."""
        async with asyncio.TaskGroup() as lives:
            while True:
                self._step(lives)
                await asyncio.sleep(_LOOK_EVERY)

    def _step(self, lives: asyncio.TaskGroup) -> None:
        for number in range(self._replicas):
            if number not in self.pods:
                self.pods[number] = Pod(self._session, self._owner, number, self._image(number), self._address(number))
                lives.create_task(self._live(number))
            if not self.pods[number].ready:
                return
        last = max(self.pods, default=0)
        if last >= self._replicas:
            self.pods[last].leave()

    async def _live(self, number: int) -> None:
        try:
            await self.pods[number].live()
        finally:
            del self.pods[number]

    def _address(self, number: int) -> Address:
        return Address(f"127.0.0.{number + 2}", *self._ports)


@asynccontextmanager
async def fleet(session: ClientSession, image: Callable[[int], Image], replicas: int) -> AsyncIterator[Fleet]:
    """A fleet of so many shards on loopback addresses of their own, 127.0.0.2 and following; entered when all are ready."""
    manifest = {
        "metadata": {"name": f"shards-{uuid.uuid4().hex[:6]}"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "shards"}}, "template": _TEMPLATE},
    }
    async with session.post(_SETS, json=manifest) as response:
        response.raise_for_status()
        owner = await response.json()
    formed = Fleet(session, owner, image)
    controlling = asyncio.create_task(formed.control())
    try:
        await formed.until(replicas, within=120.0)
        yield formed
    finally:
        controlling.cancel()
        ended = await asyncio.gather(controlling, return_exceptions=True)
    assert isinstance(ended[0], asyncio.CancelledError), ended
