"""Which shard this process is: its Pod's StatefulSet, watched by name. Where only `get` is allowed it is asked for again and again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import structlog

from evergauge.errors import ApiError, MalformedAnswer, NotFound
from evergauge.freshness import Lease
from evergauge.kube.feed import Feed
from evergauge.kube.items import read_items
from evergauge.kube.source import Source
from evergauge.kube.waiting import Backoff
from evergauge.shard.fleet import Fleet, Pod, number_of, read_fleet, read_pod

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergauge.kube.items import Item
    from evergauge.kube.ways import RelistReason, Ways
    from evergauge.protobuf import Protobuf

log = structlog.get_logger(__name__)

GET_TIMEOUT = 10.0
"""Seconds for one object."""
GRACE_TIMEOUT = 2.0
"""Seconds for the answer to how many are left."""


class Member(NamedTuple):
    """One Pod of a fleet. number: in its name."""

    namespace: str
    statefulset: str
    number: int

    def pod(self, number: int) -> str:
        """The name of the fleet's Pod with that number."""
        return f"{self.statefulset}-{number}"


class Membership:
    """Learns the fleet and tells of each change. member: this process' place, None until its StatefulSet is known."""

    def __init__(
        self, ways: Ways, namespace: str, pod: str, changed: Callable[[Member, Fleet], None], *, bound: float
    ) -> None:
        """changed: told of the fleet at first, and whenever the StatefulSet's spec is another one. bound: of `--freshness-bound`, in seconds."""
        self.member: Member | None = None
        self.fleet: Fleet | None = None
        self._ways = ways
        self._namespace = namespace
        self._pod = pod
        self._changed = changed
        self._bound = bound
        self._forbidden = asyncio.Event()
        self._grace = 30.0

    async def run(self) -> None:
        """Find the StatefulSet and follow it, for ever."""
        backoff = Backoff(self._ways.rng)
        while self.member is None:
            try:
                self.member = await self._find()
            except ApiError as error:
                log.warning("it isn't known yet which shard this is", pod=self._pod, why=str(error))
                await asyncio.sleep(backoff.delay())
        async with asyncio.TaskGroup() as group:
            group.create_task(self._feed(self.member).run())
            group.create_task(self._poll())

    async def get_pod(self, name: str, *, timeout: float = GET_TIMEOUT) -> Pod:  # noqa: ASYNC109 (the client's)
        """A Pod of the fleet's namespace. Raises ApiError."""
        path = f"/api/v1/namespaces/{self._namespace}/pods/{name}"
        try:
            return read_pod(await self._ways.client.get(path, {}, timeout=timeout, resource="pods"))
        except msgspec.DecodeError as error:
            raise MalformedAnswer(f"the Pod {name} can't be read: {error}") from None

    async def get_peer(self, number: int) -> Pod:
        """The Pod of the fleet with that number. Raises ApiError."""
        if self.member is None:
            raise NotFound("the fleet isn't known yet")
        return await self.get_pod(self.member.pod(number))

    async def grace(self) -> float:
        """Seconds from being told to stop until this Pod is killed: as its deletion has it, or as its spec had it at the start."""
        try:
            return (await self.get_pod(self._pod, timeout=GRACE_TIMEOUT)).grace
        except ApiError as error:
            log.warning("the grace period is taken from the Pod's spec", seconds=self._grace, why=str(error))
            return self._grace

    async def refresh(self) -> None:
        """Learn the StatefulSet as it is now, whatever its watch has brought so far. Raises ApiError."""
        if self.member:
            path = f"/apis/apps/v1/namespaces/{self._namespace}/statefulsets/{self.member.statefulset}"
            self.take(await self._ways.client.get(path, {}, timeout=GET_TIMEOUT, resource="statefulsets"))

    async def _find(self) -> Member:
        pod = await self.get_pod(self._pod)
        self._grace = pod.grace
        number = number_of(self._pod, pod.statefulset)
        if number is None:
            owner = f"is controlled by the StatefulSet {pod.statefulset!r}" if pod.statefulset else "has no StatefulSet"
            raise NotFound(f"the Pod {self._pod} {owner}, so it is no shard; check --pod and --pod-namespace")
        return Member(self._namespace, pod.statefulset, number)

    def _feed(self, member: Member) -> Feed:
        source = Source(
            "statefulsets", "apps/v1", member.namespace, field_selector=f"metadata.name={member.statefulset}"
        )
        ways = self._ways._replace(observer=_States(self._forbidden))
        return Feed(source, _Told(self), Lease(self._bound), ways)

    async def _poll(self) -> None:
        """While list and watch are forbidden, get."""
        while True:
            await self._forbidden.wait()
            try:
                await self.refresh()
            except ApiError as error:
                log.debug("the StatefulSet can't be read", why=str(error))
            await asyncio.sleep(self._ways.timing.renew)

    def take(self, raw: bytes | msgspec.Raw) -> None:
        """The StatefulSet as it is now."""
        try:
            fleet = read_fleet(raw)
        except msgspec.DecodeError as error:
            log.warning("the StatefulSet can't be read; the shard stays what it is", why=str(error))
            return
        known = self.fleet
        if self.member is None or fleet == known:
            return
        # What was asked for may have overtaken what is watched.
        if known and known.uid == fleet.uid and known.generation > fleet.generation:
            return
        self.fleet = fleet
        self._changed(self.member, fleet)


class _Told:
    """The feed's sink: the one StatefulSet. That it is gone changes nothing: it may come back, and its Pods live until then."""

    def __init__(self, membership: Membership) -> None:
        self._membership = membership

    def __len__(self) -> int:
        return 1

    def read(self, objects: bytes | Protobuf) -> list[Item | None]:
        return read_items(objects)

    def put(self, item: Item | None) -> None:
        if item is not None:
            self._membership.take(item.raw)

    def remove(self, item: Item | None) -> None:
        log.warning("the StatefulSet is gone; the shard stays what it is", known=item is not None)

    def begin(self, *, afresh: bool = False) -> _Told:  # noqa: ARG002 (nothing is kept)
        return self

    def abandon(self) -> None:
        """There is no set to drop."""

    async def commit(self) -> None:
        if self._membership.fleet is None:
            log.warning("the StatefulSet is not there; waiting for it")


class _States:
    """The feed's observer: all that matters of its state is whether it is forbidden."""

    def __init__(self, forbidden: asyncio.Event) -> None:
        self._forbidden = forbidden

    def listed(self, source: Source, error: Exception | None = None) -> None:
        if error:
            log.debug("list failed", **source.named, error=str(error))

    def watched(self, source: Source, error: Exception | None = None) -> None:
        if error:
            log.debug("watch failed", **source.named, error=str(error))

    def relisted(self, source: Source, reason: RelistReason) -> None:
        log.debug("listing anew", **source.named, reason=reason)

    def visible(self, source: Source, events: int, seconds: float) -> None:
        """No scrape shows the StatefulSet as the fleet's."""

    def state(self, source: Source, state: str, why: str) -> None:
        if state == "forbidden" and not self._forbidden.is_set():
            log.info("the StatefulSet can't be watched; it is asked for again and again", **source.named, why=why)
            self._forbidden.set()
        elif state == "live":
            self._forbidden.clear()
