"""Watches: what is told, in which order, and how they end."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from evergauge.sim import SimOptions
from sim.apiclient import CONFIGMAPS, METADATA, WATCH_LIST, configmap, new_cluster, pod, serving, told, until

if TYPE_CHECKING:
    from sim.apiclient import Api


def change(api: Api) -> None:
    cluster = api.server.cluster
    cluster.create("configmaps", configmap("a"))  # 2
    cluster.create("configmaps", configmap("b"))  # 3
    cluster.patch("configmaps", "a", {"data": {"x": "1"}}, "default")  # 4
    cluster.delete("configmaps", "b", "default")  # 5


ALL = [("ADDED", "a"), ("ADDED", "b"), ("MODIFIED", "a"), ("DELETED", "b")]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"resourceVersion": 1}, ALL),
        ({"resourceVersion": 3}, ALL[2:]),
        ({"resourceVersion": 5}, []),
        ({"resourceVersion": 99}, []),
        ({}, [("ADDED", "a")]),
        ({"resourceVersion": 0}, [("ADDED", "a")]),
        ({"resourceVersion": 0, "sendInitialEvents": "false", "resourceVersionMatch": "NotOlderThan"}, []),
        ({"resourceVersion": 4, "sendInitialEvents": "false", "resourceVersionMatch": "NotOlderThan"}, ALL[3:]),
        (WATCH_LIST, [("ADDED", "a")]),
        (WATCH_LIST | {"resourceVersion": 3}, [("ADDED", "a")]),
    ],
)
async def test_where_it_starts(api: Api, query: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    change(api)
    assert told(await api.watched(CONFIGMAPS, **query)) == expected


async def test_every_change_is_told_once_with_its_version(api: Api) -> None:
    async with api.watch(CONFIGMAPS, resourceVersion=1) as events:
        change(api)
        seen = [await anext(events) for _ in range(4)]
    assert told(seen) == ALL
    assert [thing["metadata"]["resourceVersion"] for _, thing in seen] == ["2", "3", "4", "5"]
    assert all((thing["kind"], thing["apiVersion"]) == ("ConfigMap", "v1") for _, thing in seen)


async def test_wire_form(api: Api) -> None:
    change(api)
    async with api.session.get(api.server.url + CONFIGMAPS, params=WATCH_LIST) as response:
        assert response.headers["Content-Type"] == "application/json"
        line = await response.content.readline()
        assert line.startswith(
            b'{"type":"ADDED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a",'
        )
        assert await response.content.readline() == (
            b'{"type":"BOOKMARK","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":'
            b'{"resourceVersion":"5","annotations":{"k8s.io/initial-events-end":"true"}}}}\n'
        )


async def test_watch_list_goes_on_with_what_happens(api: Api) -> None:
    for number in range(250):
        api.server.cluster.create("configmaps", configmap(f"m{number:03}", filler="x" * 10_000))
    async with api.watch(CONFIGMAPS, **WATCH_LIST) as events:
        seen = [await anext(events)]
        api.server.cluster.delete("configmaps", "m249", "default")
        api.server.cluster.create("configmaps", configmap("late"))
        seen += [await anext(events) for _ in range(252)]
    assert told(seen[:250]) == [("ADDED", f"m{number:03}") for number in range(250)]
    assert (seen[250][0], seen[250][1]["metadata"]["resourceVersion"]) == ("BOOKMARK", "251")
    assert told(seen[251:]) == [("DELETED", "m249"), ("ADDED", "late")]


async def test_metadata_only(api: Api) -> None:
    change(api)
    async with api.watch(CONFIGMAPS, headers={"Accept": METADATA}, **WATCH_LIST) as events:
        for expected in ("ADDED", "BOOKMARK"):
            kind, thing = await anext(events)
            assert (kind, list(thing)) == (expected, ["kind", "apiVersion", "metadata"])
            assert thing["kind"] == "PartialObjectMetadata"


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ({"resourceVersion": "x"}, 500, 'parsing "x"'),
        ({"resourceVersionMatch": "NotOlderThan"}, 422, "forbidden for watch unless sendInitialEvents is provided"),
        ({"sendInitialEvents": "true"}, 422, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"),
        ({"fieldSelector": "a.b=c"}, 400, "field label not supported"),
    ],
)
async def test_refused(api: Api, query: dict[str, Any], status: int, message: str) -> None:
    answer = await api.get(CONFIGMAPS, watch=1, **query)
    assert answer.status == status
    assert message in answer.body["message"]


async def test_outside_the_window() -> None:
    async with serving(new_cluster(window=3)) as api:
        change(api)
        api.server.cluster.create("pods", pod("p"))  # other resources have windows of their own
        (kind, status), *more = await api.watched(CONFIGMAPS, resourceVersion=1)
        assert (kind, status["code"], status["reason"], more) == ("ERROR", 410, "Expired", [])
        assert status["message"] == "too old resource version: 1 (6)"
        assert told(await api.watched(CONFIGMAPS, resourceVersion=2)) == ALL[1:]
        assert told(await api.watched("/api/v1/pods", resourceVersion=1)) == [("ADDED", "p")]


async def test_state_of_a_version_to_come_is_an_error_after_a_while(api: Api) -> None:
    async with api.watch(CONFIGMAPS, resourceVersion=9, **WATCH_LIST) as events:
        await until(lambda: api.server.cluster.waiting > 0)
        api.clock.advance(3)
        ((kind, status),) = [event async for event in events]
    assert (kind, status["code"], status["details"]["retryAfterSeconds"]) == ("ERROR", 504, 1)


@pytest.mark.parametrize(
    ("lasts", "moments"),
    [(200, [60, 120, 180, 198]), (130, [60, 120, 128]), (62, [60]), (20, [18]), (3, [1]), (2, [])],
)
async def test_bookmarks_each_minute_and_before_the_end(api: Api, lasts: int, moments: list[int]) -> None:
    change(api)
    now = 0
    async with api.watch(CONFIGMAPS, resourceVersion=5, timeoutSeconds=lasts, allowWatchBookmarks="true") as events:
        for moment in moments:
            await until(lambda: api.server.idle_watches == 1)
            api.clock.advance(moment - now - 0.5)
            await until(lambda: api.server.idle_watches == 1)
            # One that came earlier would carry an earlier version.
            version = api.server.cluster.create("pods", pod(f"p{moment}"))["metadata"]["resourceVersion"]
            api.clock.advance(0.5)
            kind, thing = await anext(events)
            assert (kind, thing["metadata"]) == ("BOOKMARK", {"resourceVersion": version})
            now = moment
        api.clock.advance(lasts - now)
        assert [event async for event in events] == []


async def test_no_bookmark_unasked_nor_where_nothing_ever_happened(api: Api) -> None:
    api.server.cluster.load("configmaps", [configmap("a")])
    assert await api.watched(CONFIGMAPS, resourceVersion=2, allowWatchBookmarks="true") == []
    change_of_others = api.server.cluster.create("pods", pod("p"))
    assert change_of_others["metadata"]["resourceVersion"] == "3"
    assert await api.watched("/api/v1/pods", resourceVersion=3) == []


TURNS = [
    # selector, then what is told of: created pending, bound to n1, running, moved to n2, deleted
    ("", ["ADDED", "MODIFIED", "MODIFIED", "MODIFIED", "DELETED"]),
    ("spec.nodeName=n1", ["ADDED", "MODIFIED", "DELETED"]),
    ("spec.nodeName!=n1", ["ADDED", "DELETED", "ADDED", "DELETED"]),
    ("status.phase=Pending", ["ADDED", "MODIFIED", "DELETED"]),
    ("status.phase=Running,spec.nodeName=n2", ["ADDED", "DELETED"]),
    ("metadata.name=other", []),
]


@pytest.mark.parametrize("missed", [False, True])
@pytest.mark.parametrize(("selector", "expected"), TURNS)
async def test_selectors_turn_changes_into_additions_and_deletions(
    api: Api, selector: str, expected: list[str], *, missed: bool
) -> None:
    cluster = api.server.cluster

    def live() -> None:
        cluster.create("pods", pod("p"))
        for patch in ({"spec": {"nodeName": "n1"}}, {"status": {"phase": "Running"}}, {"spec": {"nodeName": "n2"}}):
            cluster.patch("pods", "p", patch, "default")
        cluster.delete("pods", "p", "default")

    if missed:
        live()
        seen = await api.watched("/api/v1/pods", resourceVersion=1, fieldSelector=selector)
    else:
        async with api.watch("/api/v1/pods", resourceVersion=1, fieldSelector=selector) as events:
            live()
            seen = [await anext(events) for _ in expected]
    assert [kind for kind, _ in seen] == expected


async def test_what_leaves_a_selection_is_shown_as_it_was_under_the_new_version(api: Api) -> None:
    api.server.cluster.create("pods", pod("p", node="n1"))
    async with api.watch("/api/v1/pods", resourceVersion=2, fieldSelector="spec.nodeName=n1") as events:
        api.server.cluster.patch("pods", "p", {"spec": {"nodeName": "n2"}}, "default")
        kind, thing = await anext(events)
    assert (kind, thing["metadata"]["resourceVersion"], thing["spec"]) == ("DELETED", "3", {"nodeName": "n1"})


async def test_namespaces_keep_apart(api: Api) -> None:
    for namespace in ("a", "a-b", "ab"):
        api.server.cluster.create("configmaps", configmap(f"in-{namespace}", namespace))
    for namespace in ("a", "a-b", "ab"):
        path = f"/api/v1/namespaces/{namespace}/configmaps"
        assert told(await api.watched(path, resourceVersion=1)) == [("ADDED", f"in-{namespace}")]
        assert told(await api.watched(path)) == [("ADDED", f"in-{namespace}")]


async def test_a_slow_watcher_is_evicted_and_its_watch_ends_cleanly() -> None:
    async with serving(new_cluster(window=5000), SimOptions(watch_buffer=20)) as api:
        cluster = api.server.cluster
        reader, writer = await _slow_connection(api, "/api/v1/configmaps?watch=1&resourceVersion=1")
        for number in range(300):
            cluster.create("configmaps", configmap(f"m{number:03}", filler="x" * 100_000))
            await asyncio.sleep(0)
        body = await reader.read()
        writer.close()
        assert body.endswith(b"\r\n0\r\n\r\n")  # whole by the rules of chunked encoding
        seen = [json.loads(line)["object"]["metadata"]["name"] for line in _unchunked(body)]
        assert 0 < len(seen) < 280
        assert seen == [f"m{number:03}" for number in range(len(seen))]
        rest = told(await api.watched(CONFIGMAPS, resourceVersion=len(seen) + 1))
        assert rest == [("ADDED", f"m{number:03}") for number in range(len(seen), 300)]


async def _slow_connection(api: Api, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    url = URL(api.server.url)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(0)
    await asyncio.get_running_loop().sock_connect(connection, (url.host, url.port))
    reader, writer = await asyncio.open_connection(sock=connection, limit=4096)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    return reader, writer


def _unchunked(answer: bytes) -> list[bytes]:
    _, _, rest = answer.partition(b"\r\n\r\n")
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        body += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]
    return body.splitlines()


async def test_at_its_end_what_waits_is_dropped_and_resumed(api: Api) -> None:
    async with api.watch(CONFIGMAPS, resourceVersion=1, timeoutSeconds=5) as events:
        await until(lambda: api.server.idle_watches == 1)
        change(api)
        api.clock.advance(5)
        assert [event async for event in events] == []
    assert told(await api.watched(CONFIGMAPS, resourceVersion=1)) == ALL


async def test_a_client_that_goes_away_in_the_middle_is_no_error(
    api: Api, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object) -> None:
        raise aiohttp.ClientConnectionResetError("Cannot write to closing transport")

    async with api.watch(CONFIGMAPS):
        await until(lambda: api.server.idle_watches == 1)
        monkeypatch.setattr(web.StreamResponse, "write", gone)
        api.server.cluster.create("configmaps", configmap("late"))
        await until(lambda: not api.server.running)
    assert not caplog.records
