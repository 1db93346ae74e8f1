"""Whatever happens, a client that lists and then watches, resuming now and then, ends with the state of a fresh list."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.apiclient import WATCH_LIST, new_cluster, pod, serving, until

if TYPE_CHECKING:
    from evergauge.sim import Cluster
    from sim.apiclient import Api

PATH = "/api/v1/pods"
LASTS = 600  # seconds, each watch
NAMES = st.sampled_from([("a", "x"), ("a", "y"), ("b", "x"), ("a-b", "x"), ("b", "z")])
NODES = st.sampled_from(["n1", "n2", ""])
CHANGES = st.tuples(st.sampled_from(["put", "put", "put", "delete"]), NAMES, NODES)
OTHERS = st.tuples(st.sampled_from(["resume", "resume", "catch up", "forget", "page", "page"]), NAMES, NODES)
STEPS = st.one_of(CHANGES, CHANGES, CHANGES, OTHERS, OTHERS)
SELECTORS = st.sampled_from(["", "spec.nodeName=n1", "spec.nodeName!=n1", "metadata.namespace=a"])
Mirror = dict[str, dict[str, Any]]


class Client:
    """Keeps a mirror of the selected pods. An event that does not fit what it has is a failure."""

    def __init__(self, api: Api, selector: str, *, watch_list: bool) -> None:
        self.api = api
        self.query: dict[str, Any] = {"fieldSelector": selector} if selector else {}
        self.watch_list = watch_list
        self.mirror: Mirror = {}
        self.version = ""
        self._connection: Any = None
        self._reading: asyncio.Future[None] = asyncio.Future()

    async def open(self) -> None:
        if not self.version and not self.watch_list:
            listing = (await self.api.get(PATH, **self.query)).body
            self.mirror = by_key(listing["items"])
            self.version = listing["metadata"]["resourceVersion"]
        start = {"resourceVersion": self.version} if self.version else WATCH_LIST
        self._connection = self.api.watch(PATH, timeoutSeconds=LASTS, **start, **self.query)
        self._reading = asyncio.ensure_future(self._read(await self._connection.__aenter__()))

    async def _read(self, events: Any) -> None:  # noqa: ANN401 - an async iterator of events
        initial = not self.version
        if initial:
            self.mirror = {}
        async for kind, thing in events:
            if kind == "ERROR":
                assert thing["code"] == 410
                self.version = ""
                return
            if kind == "BOOKMARK":
                initial = False
            else:
                self._apply(kind, thing)
            if not initial:
                self.version = thing["metadata"]["resourceVersion"]

    def _apply(self, kind: str, thing: dict[str, Any]) -> None:
        (key,) = by_key([thing])
        held = self.mirror.get(key)
        assert (held is None) == (kind == "ADDED")
        if held is not None:
            assert int(held["metadata"]["resourceVersion"]) < int(thing["metadata"]["resourceVersion"])
        if kind == "DELETED":
            del self.mirror[key]
        else:
            self.mirror[key] = {field: value for field, value in thing.items() if field not in ("kind", "apiVersion")}

    async def catch_up(self) -> None:
        """Let the watch come to its end with all told, resume, and compare."""
        while True:
            await until(lambda: self._reading.done() or self.api.server.idle_watches == 1)
            self.api.clock.advance(LASTS)
            await self._reading
            if self.version:
                break
            await self.reopen()
        listing = await self.api.get(PATH, **self.query)
        assert self.mirror == by_key(listing.body["items"])
        await self.reopen()

    async def reopen(self) -> None:
        await self.close()
        await self.open()

    async def close(self) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        await self._connection.__aexit__(None, None, None)
        await until(lambda: not self.api.server.running)


class Pager:
    """Lists page by page, now and then one; the whole must be the state at the version that the pages name."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.states = {"1": dict[str, dict[str, Any]]()}
        self._things: list[dict[str, Any]] = []
        self._resume = ""

    def remember(self) -> None:
        cluster = self.api.server.cluster
        things = [{k: v for k, v in p.items() if k not in ("kind", "apiVersion")} for p in cluster.all("pods")]
        self.states[str(cluster.version)] = by_key(things)

    async def page(self) -> None:
        place: dict[str, Any] = {"continue": self._resume} if self._resume else {}
        page = await self.api.get(PATH, limit=1, **place)
        if page.status == 200:
            self._things += page.body["items"]
            self._resume = page.body["metadata"].get("continue", "")
            if self._resume:
                return
            assert by_key(self._things) == self.states[page.body["metadata"]["resourceVersion"]]
            assert len(by_key(self._things)) == len(self._things)
        else:
            assert page.status == 410
        self._things, self._resume = [], ""


def by_key(things: list[dict[str, Any]]) -> Mirror:
    return {f"{thing['metadata']['namespace']}/{thing['metadata']['name']}": thing for thing in things}


def change(cluster: Cluster, what: str, place: tuple[str, str], node: str) -> None:
    namespace, name = place
    exists = f"{namespace}/{name}" in cluster.table("pods").entries
    if what == "put" and exists:
        cluster.patch("pods", name, {"spec": {"nodeName": node}}, namespace)
    elif what == "put":
        cluster.create("pods", pod(name, namespace, node))
    elif exists:
        cluster.delete("pods", name, namespace)


@settings(max_examples=150, deadline=None)
@given(
    steps=st.lists(STEPS, max_size=60),
    selector=SELECTORS,
    watch_list=st.booleans(),
    window=st.sampled_from([2, 5, 100]),
)
async def test_mirror_and_pages_are_true(
    *, steps: list[tuple[str, tuple[str, str], str]], selector: str, watch_list: bool, window: int
) -> None:
    async with serving(new_cluster(window=window)) as api:
        client, pager = Client(api, selector, watch_list=watch_list), Pager(api)
        await client.open()
        for what, place, node in steps:
            match what:
                case "resume":
                    await client.reopen()
                case "catch up":
                    await client.catch_up()
                case "forget":
                    api.server.cluster.forget()
                case "page":
                    await pager.page()
                case _:
                    change(api.server.cluster, what, place, node)
                    pager.remember()
        await client.catch_up()
        await client.close()
