"""The truth: what a simulated API server says about its pods, moment by moment, by a list and a watch of its own."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
import msgspec

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

LONG = 3600  # seconds; the watch outlasts the test


class State(NamedTuple):
    """Phases by UID, and pods by phase, from a time on, in seconds since 1970."""

    since: float
    phases: Mapping[str, str]
    counts: Counter[str]


class Pods:
    """Every state that the pods were in."""

    def __init__(self, phases: Mapping[str, str]) -> None:
        self.states: list[State] = []
        self._add(phases)

    def take(self, event: Mapping[str, Any]) -> None:
        """The next event of the watch."""
        pod, phases = event["object"], {**self.states[-1].phases}
        if event["type"] == "DELETED":
            del phases[pod["metadata"]["uid"]]
        else:
            phases[pod["metadata"]["uid"]] = pod["status"]["phase"]
        self._add(phases)

    def _add(self, phases: Mapping[str, str]) -> None:
        self.states.append(State(time.time(), phases, Counter(phases.values())))

    def between(self, begin: float, end: float) -> list[State]:
        """All states that held at some moment between two times."""
        ends = [state.since for state in self.states[1:]] + [float("inf")]
        return [state for state, until in zip(self.states, ends, strict=True) if until >= begin and state.since <= end]


@asynccontextmanager
async def watched_pods(api: str) -> AsyncIterator[Pods]:
    """The pods of an API server, kept up to date inside."""
    async with aiohttp.ClientSession(api, read_bufsize=2**24, timeout=aiohttp.ClientTimeout(total=None)) as session:
        async with session.get("/api/v1/pods") as response:
            listed = msgspec.json.decode(await response.read())
        pods = Pods({pod["metadata"]["uid"]: pod["status"]["phase"] for pod in listed["items"]})
        watching = asyncio.create_task(_watch(session, listed["metadata"]["resourceVersion"], pods))
        try:
            yield pods
        finally:
            assert not watching.done(), "the watch ended early"
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching


async def _watch(session: aiohttp.ClientSession, version: str, pods: Pods) -> None:
    query = {"watch": "1", "resourceVersion": version, "timeoutSeconds": str(LONG)}
    async with session.get("/api/v1/pods", params=query) as response:
        async for line in response.content:
            pods.take(msgspec.json.decode(line))
