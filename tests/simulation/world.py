"""A fleet of shards on an API server in memory: its StatefulSet's controller, the kubelets, the faults, and what must hold all the time."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from evergauge.errors import ApiError
from evergauge.shard.view import View, read_view
from simulation.api import Api
from simulation.process import Process

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping
    from random import Random

    from evergauge.shard import Holding, Key, Pod
    from evergauge.shard.peers import Answer

GRACE: Final = 30
OBJECTS: Final = 24
LOOK_EVERY: Final = 0.4
PATCH_EVERY: Final = 0.3


class World:
    """See the module. violations: what didn't hold. processes: those that live, by the number of their Pods."""

    def __init__(self, rng: Random, replicas: int) -> None:
        self.api = Api(rng)
        self.rng = rng
        self.processes: dict[int, Process] = {}
        self.violations: list[str] = []
        self.apart: set[int] = set()
        self.last_fault = -1000.0
        self.replicas = 0
        self._generation = 0
        self._ending: dict[int, asyncio.Task[None]] = {}
        self._whole = False
        self._orphans: dict[str, int] = {}
        self._crashed: list[tuple[float, Holding | None]] = []
        self._held: dict[int, set[Key]] = {}
        self._temporary = 0
        for number in range(OBJECTS):
            self.api.put("configmaps", f"c{number}", data={})
        self.scale(replicas)

    # What the user and the cluster do

    def scale(self, replicas: int) -> None:
        """Change the number of shards."""
        self.replicas = replicas
        self._write()

    def touch(self) -> None:
        """Change the StatefulSet's template."""
        self._write()

    def _write(self) -> None:
        self._generation += 1
        spec = {"replicas": self.replicas, "template": {"generation": self._generation}}
        self.api.put("statefulsets", "e", spec=spec, metadata={"generation": self._generation})

    def change_something(self) -> None:
        """Patch an object; now and then create one or delete it again."""
        chance = self.rng.random()
        if chance < 0.1:
            self._temporary += 1
            self.api.put("configmaps", f"t{self._temporary}", data={})
        elif chance < 0.2 and self.api.get("configmaps", f"t{self._temporary}"):
            self.api.remove("configmaps", f"t{self._temporary}")
        else:
            self.api.put("configmaps", f"c{self.rng.randrange(OBJECTS)}", data={"n": str(self.api.version)})

    async def run(self) -> None:
        """The controller, the kubelets, the writers and the watchman; for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._every(0.5, self._reconcile))
            group.create_task(self._every(PATCH_EVERY, self._write_objects))
            group.create_task(self._every(LOOK_EVERY, self.look))

    async def _every(self, seconds: float, do: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(seconds * self.rng.uniform(0.5, 1.5))
            await do()

    async def _write_objects(self) -> None:
        if not self.api.down:
            self.change_something()

    async def _reconcile(self) -> None:
        """One step of the StatefulSet's controller and of the kubelets. Without an API server neither does anything."""
        if self.api.down:
            return
        for number in range(self.replicas):
            if number not in self.processes and number not in self._ending:
                self._start(number)
                return
        for number in {*self.processes, *self._ending}:
            # One that crashed while it was being deleted is not started again, and not Ready.
            ready = number in self.processes and self.processes[number].ready
            conditions = [{"type": "Ready", "status": str(ready)}]
            if self._pod(number)["status"]["conditions"] != conditions:
                self._write_pod(number, conditions)
        for number in [number for number in self.processes if number >= self.replicas]:
            if number not in self._ending:
                self._ending[number] = asyncio.create_task(self._terminate(number))

    def _pod(self, number: int) -> dict[str, Any]:
        return self.api.get("pods", f"e-{number}") or {"metadata": {}, "status": {"conditions": []}}

    def _write_pod(self, number: int, conditions: list[dict[str, str]]) -> None:
        owner = {"kind": "StatefulSet", "name": "e", "controller": True}
        metadata = self._pod(number)["metadata"] | {"ownerReferences": [owner], "deletionGracePeriodSeconds": GRACE}
        status = {"podIP": f"127.0.0.{number + 2}", "conditions": conditions}
        self.api.put("pods", f"e-{number}", metadata=metadata, status=status)

    def _start(self, number: int) -> None:
        self._write_pod(number, [])
        process = Process(self.api, number, self.rng, lambda get_pod: Neighbours(self, number, get_pod))
        others = self.processes.values()
        process.informed = not (self.apart or self.api.forbidden or any(other.service.lacks for other in others))
        self.processes[number] = process
        process.start()

    async def _terminate(self, number: int) -> None:
        """SIGTERM, and SIGKILL after the grace period."""
        self.api.put(
            "pods",
            f"e-{number}",
            metadata=self._pod(number)["metadata"] | {"deletionTimestamp": "2026-11-24T12:00:00Z"},
        )
        process = self.processes[number]
        asked = self.now
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await process.shard.drain()
        if self.processes.get(number) is process:
            if number < self.replicas or not self._leaves(process):
                # Wanted again, but Pods that are being deleted are lost: this is a restart.
                await self._crash(number, "was restarted")
            elif self.now - asked > GRACE - 6:
                await self._crash(number, "left before the others could take over", only_after_faults=True)
            else:
                del self.processes[number]
                await process.end()
        if self.api.get("pods", f"e-{number}"):
            self.api.remove("pods", f"e-{number}")
        del self._ending[number]

    def part(self, number: int) -> None:
        """The others can't reach a shard any more, nor it them."""
        self.apart.add(number)
        for process in self.processes.values():
            process.informed = process.informed and process.ready

    def _leaves(self, process: Process) -> bool:
        """Whether a process has learned that its fleet has no place for it."""
        view = read_view(process.shard.view() or b"")
        return bool(view and view.wanted and process.number not in view.wanted.key.numbers)

    async def crash(self, number: int) -> None:
        """Kill a shard; its kubelet starts it again."""
        if number in self.processes:
            await self._crash(number, "crashed")

    async def _crash(self, number: int, why: str, *, only_after_faults: bool = False) -> None:
        hindered = self._hindered()
        process = self.processes.pop(number)
        served = set(await process.served())
        await process.end()
        # Also what others have just let go of, on its word.
        holding = process.service.holding
        self._crashed = [*self._crashed, (self.now, holding)]
        if holding:
            # What it could hear of from nobody, after an earlier crash, is still missing.
            held = {holding.key, *holding.earlier}
            self._held[number] = held | self._unheard(process, held)
        lost = (served & self._base()) - set(await self._union())
        if lost and only_after_faults and not hindered and self.now - self.last_fault > GRACE:
            self._violated(f"shard {number} {why}, and nothing had failed: {sorted(lost)}")
        self._orphans |= dict.fromkeys(lost, number)

    def _hindered(self) -> bool:
        """Whether a fault lasts."""
        silent = any(process.client.silent or process.client.choked for process in self.processes.values())
        return bool(self.api.down or self.api.forbidden or self.apart or silent)

    async def heal(self) -> None:
        """All faults end."""
        self.api.down = False
        self.api.forbidden.clear()
        self.apart.clear()
        for process in self.processes.values():
            process.client.silent = process.client.choked = False

    # What must hold

    @property
    def now(self) -> float:
        """Seconds of the loop."""
        return asyncio.get_running_loop().time()

    async def look(self) -> None:
        """Scrape all shards, and check what must hold at any time."""
        scrapes = {number: await process.served() for number, process in self.processes.items()}
        union = {name for served in scrapes.values() for name in served}
        missing = self._base() - union
        self._whole = self._whole or not missing
        self._orphans |= self._let_go_for_the_crashed(missing)
        excused = {name for name, number in self._orphans.items() if not self._is_back(number)}
        if self._whole and missing - excused:
            self._violated(f"nobody serves {sorted(missing - excused)}; {self.describe()}")
        self._orphans = {name: number for name, number in self._orphans.items() if name not in union}
        for number, served in scrapes.items():
            self._check_proofs(number, served)

    def _let_go_for_the_crashed(self, names: set[str]) -> dict[str, int]:
        """Which of these belonged to shards that crashed less than a second ago, with those shards' numbers."""
        held = [holding for at, holding in self._crashed if holding and at > self.now - 1]
        metadata = [manifest["metadata"] for manifest in self.api.all("configmaps")]
        uids = {each["name"]: each["uid"] for each in metadata if each["name"] in names}
        return {name: h.number for h in held for name, uid in uids.items() if h.owns(uid)}

    def _is_back(self, number: int) -> bool:
        """Whether a shard that crashed serves again, and serves by each key by which it held anything, or has heard of it from the others: decision 0017."""
        process = self.processes.get(number)
        view = read_view(process.shard.view() or b"") if process else None
        if process is None or view is None:
            return False
        return process.ready and process.informed and not self._unheard(process, set(view.serves))

    def _unheard(self, process: Process, serves: set[Key]) -> set[Key]:
        """The keys by which a shard held anything before it crashed, and which it serves by no more nor has heard of from the others."""
        return self._held.get(process.number, set()) - process.heard - serves

    def _check_proofs(self, number: int, served: Mapping[str, int]) -> None:
        """What a shard holds shows all that happened up to the last proof; without a declaration that is a bound ago at most."""
        process = self.processes.get(number)
        holding = process.service.holding if process else None
        if process is None or holding is None:
            return
        [feed] = process.feeds
        age = feed.age
        if age is None:
            return
        for name, versions in self._states(self.now - age).items():
            uid, version = versions
            if holding.owns(uid) and served.get(name, 0) < version:
                self._violated(f"shard {number} serves {name}@{served.get(name)}, proven to {age:.2f} s ago: {version}")

    def _states(self, until: float) -> dict[str, tuple[str, int]]:
        """UID and version by name of the objects that existed at a time and do still."""
        states: dict[str, tuple[str, int]] = {}
        for change in self.api.changes:
            metadata = change.manifest["metadata"]
            if change.resource == "configmaps" and change.type == "DELETED":
                states.pop(metadata["name"], None)
            elif change.resource == "configmaps" and change.at <= until:
                states[metadata["name"]] = metadata["uid"], change.version
        return states

    async def settled(self) -> bool:
        """Whether each object is served by exactly one shard, up to date, and no shard hands over anything."""
        scrapes = [await process.served() for process in self.processes.values()]
        names = [name for served in scrapes for name in served]
        truth = {manifest["metadata"]["name"] for manifest in self.api.all("configmaps")}
        return sorted(names) == sorted(truth) and set(self.processes) == set(range(self.replicas))

    async def close(self) -> None:
        """End everything."""
        for task in self._ending.values():
            task.cancel()
        await asyncio.gather(*self._ending.values(), return_exceptions=True)
        for process in self.processes.values():
            await process.end()

    async def _union(self) -> Iterable[str]:
        return [name for process in self.processes.values() for name in await process.served()]

    def _base(self) -> set[str]:
        return {f"c{number}" for number in range(OBJECTS)}

    def _violated(self, what: str) -> None:
        self.violations.append(f"{self.now:.2f} s: {what}")

    def describe(self) -> str:
        """What each shard says and holds."""
        return "; ".join(
            f"{number}: {process.shard.view()!r} holds {process.service.holding}"
            for number, process in self.processes.items()
        )


class Neighbours:
    """The other shards of one process. See evergauge.shard.Others."""

    def __init__(self, world: World, number: int, get_pod: Callable[[int], Awaitable[Pod]]) -> None:
        self._world = world
        self._number = number
        self._get_pod = get_pod

    async def ask(self, numbers: Iterable[int]) -> Mapping[int, Answer]:
        """What each of these says now."""
        answers = {number: await self._ask(number) for number in numbers}
        if asking := self._world.processes.get(self._number):
            views = [answer for answer in answers.values() if isinstance(answer, View)]
            asking.heard |= {key for view in views for key in (*view.serves, *view.keeps)}
        return answers

    async def is_ready(self, number: int) -> bool:
        """Whether a shard's Pod is Ready."""
        try:
            return (await self._get_pod(number)).ready
        except ApiError:
            return False

    async def close(self) -> None:
        """Nothing to close."""

    async def _ask(self, number: int) -> Answer:
        await asyncio.sleep(self._world.rng.uniform(0, 0.1))
        process = self._world.processes.get(number)
        if process is None or self._world.apart & {number, self._number}:
            return "unreachable"
        view = read_view(process.shard.view() or b"")
        await asyncio.sleep(self._world.rng.uniform(0, 0.1))
        return view if isinstance(view, View) and view.number == number else "unreachable"
