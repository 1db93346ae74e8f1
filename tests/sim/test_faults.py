"""Each fault: what a client sees of it."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from evergauge.errors import SimulatorError
from evergauge.sim import Fault
from sim.apiclient import CONFIGMAPS, WATCH_LIST, configmap, names, pieces, pod, told, until

if TYPE_CHECKING:
    from sim.apiclient import Api

PODS = "/api/v1/pods"
GONE = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError)


@pytest.mark.parametrize(
    ("fault", "status", "reason"),
    [
        (Fault(kind="throttle", retry_after=7), 429, "TooManyRequests"),
        (Fault(kind="error"), 500, "InternalError"),
        (Fault(kind="error", code=503), 503, "ServiceUnavailable"),
        (Fault(kind="forbid"), 403, "Forbidden"),
        (Fault(kind="unauthorized"), 401, "Unauthorized"),
    ],
)
async def test_answers_to_order(api: Api, fault: Fault, status: int, reason: str) -> None:
    fault.count = 2
    await api.server.order(fault)
    for _ in range(2):
        answer = await api.get(CONFIGMAPS)
        assert (answer.status, answer.body["reason"]) == (status, reason)
        assert answer.headers.get("Retry-After") == ("7" if status == 429 else None)
    assert (await api.get(CONFIGMAPS)).status == 200


async def test_forbidden_is_said_as_by_rbac(api: Api) -> None:
    await api.server.order(Fault(kind="forbid", verb="get"))
    answer = await api.get("/apis/apps/v1/namespaces/default/statefulsets/x")
    assert answer.body["message"] == (
        'statefulsets.apps "x" is forbidden: User "system:anonymous" cannot get resource "statefulsets" '
        'in API group "apps" in the namespace "default"'
    )


@pytest.mark.parametrize(
    ("narrowing", "struck"),
    [
        ({}, [CONFIGMAPS, CONFIGMAPS + "/a", PODS, "/version", "/livez"]),
        ({"resource": "pods"}, [PODS]),
        ({"verb": "list"}, [CONFIGMAPS, PODS]),
        ({"resource": "configmaps", "verb": "get"}, [CONFIGMAPS + "/a"]),
        ({"namespace": "default"}, [CONFIGMAPS, CONFIGMAPS + "/a"]),
        ({"namespace": "other"}, []),
    ],
)
async def test_which_requests_are_struck(api: Api, narrowing: dict[str, Any], struck: list[str]) -> None:
    api.server.cluster.create("configmaps", configmap("a"))
    await api.server.order(Fault(kind="error", **narrowing))
    paths = [CONFIGMAPS, CONFIGMAPS + "/a", PODS, "/version", "/livez"]
    assert [path for path in paths if (await api.get(path)).status == 500] == struck


async def test_for_a_while(api: Api) -> None:
    await api.server.order(Fault(kind="error", seconds=30))
    api.clock.advance(29)
    assert (await api.get(PODS)).status == 500
    api.clock.advance(1)
    await until(lambda: not list(api.server.faults))
    assert (await api.get(PODS)).status == 200


async def test_until_lifted(api: Api) -> None:
    number = await api.server.order(Fault(kind="error"))
    assert (await api.get(PODS)).status == 500
    await api.server.lift(number)
    assert (await api.get(PODS)).status == 200
    with pytest.raises(SimulatorError, match=f"no fault {number} in force"):
        await api.server.lift(number)


async def test_drop_resets_new_requests(api: Api) -> None:
    # One connection each: a client may try again on a new one when a kept-alive connection breaks.
    await api.server.order(Fault(kind="drop", verb="list"))
    with pytest.raises(GONE):
        await api.get(PODS)
    await api.server.clear()
    assert (await api.get(PODS)).status == 200


async def test_drop_resets_running_watches_only(api: Api) -> None:
    async with api.watch(PODS) as first, api.watch(PODS) as second, api.watch(CONFIGMAPS, timeoutSeconds=60) as other:
        await until(lambda: api.server.idle_watches == 3)
        await api.server.order(Fault(kind="drop", resource="pods", new=False))
        for events in (first, second):
            with pytest.raises(GONE):
                await anext(events)
        api.clock.advance(60)
        assert [event async for event in other] == []
    assert (await api.get(PODS)).status == 200


async def test_hang_stops_running_watches_and_never_answers(api: Api) -> None:
    async with api.watch(PODS, timeoutSeconds=60) as events:
        await until(lambda: api.server.idle_watches == 1)
        await api.server.order(Fault(kind="hang"))
        api.server.cluster.create("pods", pod("p"))
        api.clock.advance(3600)
        asking = asyncio.ensure_future(api.get(PODS))
        reading = asyncio.ensure_future(anext(events))
        await until(lambda: len(api.server.running) == 2)
        await api.server.clear()
        for _ in range(50):
            await asyncio.sleep(0)
        assert not asking.done()
        assert not reading.done()
        async with api.watch(PODS, resourceVersion=1) as again:  # new connections work
            assert told([await anext(again)]) == [("ADDED", "p")]
        for task in (asking, reading):
            task.cancel()
        await asyncio.gather(asking, reading, return_exceptions=True)


@pytest.mark.parametrize("clean", [False, True])
async def test_truncated_list(api: Api, *, clean: bool) -> None:
    for number in range(10):
        api.server.cluster.create("configmaps", configmap(f"m{number}", filler="x" * 100))
    whole = await _received(api, clean=True)
    await api.server.order(Fault(kind="truncate", clean=clean, count=1))
    cut = await _received(api, clean=clean)
    assert whole.startswith(cut)
    assert 0 < len(cut) < len(whole)


async def _received(api: Api, *, clean: bool) -> bytearray:
    """The body of a list that ends as it should (`clean`) or breaks off."""
    received = bytearray()
    async with api.session.get(api.server.url + CONFIGMAPS) as response:
        with nullcontext() if clean else pytest.raises(GONE):
            await pieces(response, received)
    return received


async def test_truncated_watch(api: Api) -> None:
    async with api.session.get(api.server.url + PODS, params={"watch": 1, "resourceVersion": 1}) as response:
        await until(lambda: api.server.idle_watches == 1)
        api.server.cluster.create("pods", pod("a"))
        assert (await response.content.readline()).endswith(b"}\n")
        await api.server.order(Fault(kind="truncate", count=1))
        api.server.cluster.create("pods", pod("b"))
        received = bytearray()
        with pytest.raises(GONE):
            await pieces(response, received)
    assert received.startswith(b'{"type":"ADDED","object":{')
    assert not received.endswith(b"\n")


async def test_expire_forgets_once(api: Api) -> None:
    for number in range(4):
        api.server.cluster.create("configmaps", configmap(f"m{number}"))
    token = (await api.get(CONFIGMAPS, limit=1)).body["metadata"]["continue"]
    await api.server.order(Fault(kind="expire"))
    assert not list(api.server.faults)
    ((kind, status),) = await api.watched(CONFIGMAPS, resourceVersion=4)
    assert (kind, status["code"]) == ("ERROR", 410)
    assert await api.watched(CONFIGMAPS, resourceVersion=5) == []
    # A token of the present version needs no history.
    assert (await api.get(CONFIGMAPS, limit=1, **{"continue": token})).status == 200
    api.server.cluster.create("configmaps", configmap("m4"))
    await api.server.order(Fault(kind="expire"))
    assert (await api.get(CONFIGMAPS, limit=1, **{"continue": token})).status == 410


async def test_expire_for_a_number_of_resumptions(api: Api) -> None:
    api.server.cluster.create("configmaps", configmap("a"))
    await api.server.order(Fault(kind="expire", count=1, verb="watch"))
    assert len(await api.watched(CONFIGMAPS, **WATCH_LIST)) == 2  # no resumption
    assert [kind for kind, _ in await api.watched(CONFIGMAPS, resourceVersion=2)] == ["ERROR"]
    assert await api.watched(CONFIGMAPS, resourceVersion=2) == []


async def test_slow_delays_and_trickles(api: Api) -> None:
    api.server.cluster.create("configmaps", configmap("a", filler="x" * 2000))
    await api.server.order(Fault(kind="slow", delay=5, bandwidth=1000))
    asking = asyncio.ensure_future(api.get(CONFIGMAPS))
    await until(lambda: len(api.server.running) == 1)
    moments = 0
    while not asking.done():
        api.clock.advance(0.05)
        moments += 1
        for _ in range(20):
            await asyncio.sleep(0)
    assert asking.result().status == 200
    assert moments * 0.05 >= 5 + 2


@pytest.mark.parametrize(
    ("query", "version", "expected"),
    [
        ({"resourceVersion": 0}, "3", ["a", "b"]),
        ({"resourceVersion": 2}, "3", ["a", "b"]),
        ({"resourceVersion": 4, "resourceVersionMatch": "NotOlderThan"}, "4", ["a", "b", "c"]),
        ({}, "6", ["a", "b", "c", "d", "e"]),
        ({"resourceVersion": 2, "resourceVersionMatch": "Exact"}, "2", ["a"]),
    ],
)
async def test_stale_cache(api: Api, query: dict[str, Any], version: str, expected: list[str]) -> None:
    for name in "abcde":
        api.server.cluster.create("configmaps", configmap(name))
    await api.server.order(Fault(kind="stale", lag=3))
    listing = await api.get(CONFIGMAPS, **query)
    assert (listing.body["metadata"]["resourceVersion"], names(listing)) == (version, expected)


async def test_swallowed_bookmark(api: Api) -> None:
    api.server.cluster.create("configmaps", configmap("a"))
    await api.server.order(Fault(kind="swallow", count=1))
    assert [kind for kind, _ in await api.watched(CONFIGMAPS, **WATCH_LIST)] == ["ADDED"]
    assert [kind for kind, _ in await api.watched(CONFIGMAPS, **WATCH_LIST)] == ["ADDED", "BOOKMARK"]


async def test_refuse_and_come_back_on_the_same_port(api: Api) -> None:
    url = api.server.url
    async with api.watch(PODS) as events:
        await until(lambda: api.server.idle_watches == 1)
        await api.server.order(Fault(kind="refuse", seconds=20))
        with pytest.raises(GONE):
            await anext(events)
    with pytest.raises(aiohttp.ClientConnectorError):
        await api.get(PODS)
    assert (await api.get("/sim/faults")).body["1"]["kind"] == "refuse"
    api.clock.advance(20)
    await until(lambda: not list(api.server.faults))
    await api.server.listen()
    assert (await api.get(PODS)).status == 200
    assert api.server.url == url


async def test_restart_comes_back_without_history(api: Api) -> None:
    api.server.cluster.create("configmaps", configmap("a"))
    restarting = asyncio.ensure_future(api.server.restart(10))
    await asyncio.sleep(0)
    with pytest.raises(aiohttp.ClientConnectorError):
        await api.get(PODS)
    api.clock.advance(10)
    await restarting
    assert [kind for kind, _ in await api.watched(CONFIGMAPS, resourceVersion=1)] == ["ERROR"]
    assert told(await api.watched(CONFIGMAPS, **WATCH_LIST)) == [("ADDED", "a")]


async def test_orders_over_http(api: Api) -> None:
    api.server.cluster.create("configmaps", configmap("a"))
    ordered = await api.call("POST", "/sim/faults", {"kind": "error", "resource": "pods", "code": 502})
    assert ordered.body == {"id": 1}
    assert (await api.get(PODS)).status == 502
    assert (await api.get("/sim/faults")).body["1"]["code"] == 502
    assert (await api.call("DELETE", "/sim/faults/1")).status == 200
    assert (await api.get(PODS)).status == 200
    await api.call("POST", "/sim/faults", {"kind": "error"})
    await api.call("DELETE", "/sim/faults")
    assert (await api.get("/sim/faults")).body == {}
    stats = (await api.get("/sim/stats")).body
    assert stats["objects"] == {"configmaps": 1}
    assert stats["requests"] == {"list pods": 2}
    restarting = asyncio.ensure_future(api.call("POST", "/sim/restart", {"outage": 1}))
    while not restarting.done():
        api.clock.advance(1)
        await asyncio.sleep(0)
    assert restarting.result().status == 200
    assert [kind for kind, _ in await api.watched(CONFIGMAPS, resourceVersion=1)] == ["ERROR"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/sim/faults", {"kind": "odd"}, 400),
        ("POST", "/sim/faults", {"kind": "error", "cuont": 1}, 400),
        ("DELETE", "/sim/faults/7", None, 400),
        ("GET", "/sim/other", None, 404),
    ],
)
async def test_wrong_orders(api: Api, method: str, path: str, body: object, status: int) -> None:
    assert (await api.call(method, path, body)).status == status
