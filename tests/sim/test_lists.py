"""Lists: which state they show, in which pages and form."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from evergauge.sim import Resource
from sim.apiclient import (
    CONFIGMAPS,
    METADATA,
    METADATA_LIST,
    configmap,
    names,
    new_cluster,
    pod,
    serving,
    until,
)

if TYPE_CHECKING:
    from sim.apiclient import Api

# Versions: a=2, b=3, c=4; b changed=5, c deleted=6, d=7.
NOW, FIRST = ["a", "b", "d"], ["a", "b"]


def fill(api: Api) -> None:
    cluster = api.server.cluster
    for name in "abc":
        cluster.create("configmaps", configmap(name))
    cluster.patch("configmaps", "b", {"data": {"x": "1"}}, "default")
    cluster.delete("configmaps", "c", "default")
    cluster.create("configmaps", configmap("d"))


@pytest.mark.parametrize(
    ("query", "version", "expected"),
    [
        ({}, "7", NOW),
        ({"resourceVersion": 0}, "7", NOW),
        ({"resourceVersion": 0, "limit": 1}, "7", NOW),
        ({"resourceVersion": 4}, "7", NOW),
        ({"resourceVersion": 4, "resourceVersionMatch": "NotOlderThan"}, "7", NOW),
        ({"resourceVersion": 4, "resourceVersionMatch": "Exact"}, "4", ["a", "b", "c"]),
        ({"resourceVersion": 3, "resourceVersionMatch": "Exact"}, "3", ["a", "b"]),
        ({"resourceVersion": 6, "limit": 5}, "6", ["a", "b"]),
        ({"resourceVersion": 4, "limit": 1}, "4", ["a"]),
        ({"resourceVersion": 4, "limit": 1, "resourceVersionMatch": "NotOlderThan"}, "7", ["a"]),
        ({"limit": -1}, "7", NOW),
    ],
)
async def test_which_state(api: Api, query: dict[str, Any], version: str, expected: list[str]) -> None:
    fill(api)
    listing = await api.get(CONFIGMAPS, **query)
    assert (listing.status, listing.body["metadata"]["resourceVersion"], names(listing)) == (200, version, expected)


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ({"resourceVersion": "x"}, 400, 'parsing "x": invalid syntax'),
        ({"limit": "x"}, 400, 'strconv.ParseInt: parsing "x"'),
        ({"continue": "junk"}, 400, "continue key is not valid"),
        ({"continue": "e30", "resourceVersion": 2}, 400, "not allowed when using continue"),
        ({"resourceVersionMatch": "Exact"}, 422, "forbidden unless resourceVersion is provided"),
        ({"resourceVersionMatch": "Odd", "resourceVersion": 2}, 422, 'Unsupported value: "Odd"'),
        ({"resourceVersionMatch": "Exact", "resourceVersion": 0}, 422, 'forbidden for resourceVersion "0"'),
        ({"sendInitialEvents": "true"}, 422, "sendInitialEvents is forbidden for list"),
        ({"fieldSelector": "spec.nodeName=a"}, 400, "field label not supported: spec.nodeName"),
        ({"fieldSelector": "a"}, 400, "can't understand 'a'"),
        ({"labelSelector": "a=b"}, 400, "not simulated"),
        ({"shardSelector": "junk"}, 500, "invalid shard selector"),
    ],
)
async def test_refused(api: Api, query: dict[str, Any], status: int, message: str) -> None:
    answer = await api.get(CONFIGMAPS, **query)
    assert (answer.status, answer.body["kind"], answer.body["code"]) == (status, "Status", status)
    assert message in answer.body["message"]


async def test_not_older_than_a_version_to_come_waits_then_gives_up(api: Api) -> None:
    fill(api)
    waiting = api.get(CONFIGMAPS, resourceVersion=9)
    answer = await _while_waiting(api, waiting, lambda: api.clock.advance(3))
    assert (answer.status, answer.headers["Retry-After"]) == (504, "1")
    assert answer.body["message"] == "Timeout: Too large resource version: 9, current: 7"
    assert answer.body["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"

    def create_two() -> None:
        for name in "ef":
            api.server.cluster.create("configmaps", configmap(name))

    answer = await _while_waiting(api, api.get(CONFIGMAPS, resourceVersion=9), create_two)
    assert names(answer) == [*NOW, "e", "f"]


async def _while_waiting(api: Api, request: Any, happen: Any) -> Any:  # noqa: ANN401 - any coroutine
    task = asyncio.create_task(request)
    await until(lambda: api.server.cluster.waiting > 0)
    happen()
    return await task


async def test_pages_show_one_state_and_say_what_remains(api: Api) -> None:
    cluster = api.server.cluster
    for number in range(25):
        cluster.create("configmaps", configmap(f"m{number:02}"))
    pages = []
    query: dict[str, Any] = {}
    while True:
        page = await api.get(CONFIGMAPS, limit=10, **query)
        pages.append((names(page), page.body["metadata"].get("remainingItemCount")))
        assert page.body["metadata"]["resourceVersion"] == "26"
        query = {"continue": page.body["metadata"].get("continue")}
        if query["continue"] is None:
            break
        cluster.create("configmaps", configmap(f"m2{len(pages)}-new"))
        cluster.delete("configmaps", f"m{10 * len(pages) + 3}", "default")
        cluster.patch("configmaps", "m24", {"data": {"n": str(len(pages))}}, "default")
    assert [name for page, _ in pages for name in page] == [f"m{number:02}" for number in range(25)]
    assert [remaining for _, remaining in pages] == [15, 5, None]


async def test_expired_pages_offer_to_go_on_inconsistently() -> None:
    async with serving(new_cluster(window=5)) as api:
        cluster = api.server.cluster
        for number in range(6):
            cluster.create("configmaps", configmap(f"m{number}"))
        token = (await api.get(CONFIGMAPS, limit=2)).body["metadata"]["continue"]
        for number in range(6):
            cluster.create("configmaps", configmap(f"n{number}"))
        expired = await api.get(CONFIGMAPS, limit=2, **{"continue": token})
        assert (expired.status, expired.body["reason"]) == (410, "Expired")
        assert "too old to display a consistent list" in expired.body["message"]
        rest = await api.get(CONFIGMAPS, **{"continue": expired.body["metadata"]["continue"]})
        assert names(rest) == [f"m{n}" for n in range(2, 6)] + [f"n{n}" for n in range(6)]
        exact = await api.get(CONFIGMAPS, resourceVersion=3, resourceVersionMatch="Exact")
        assert (exact.status, exact.body["reason"]) == (410, "Expired")


async def test_a_long_list_is_of_one_state_though_much_changes_meanwhile(api: Api) -> None:
    cluster = api.server.cluster
    for number in range(400):
        cluster.create("configmaps", configmap(f"m{number:03}", filler="x" * 20_000))
    async with api.session.get(api.server.url + "/api/v1/configmaps") as response:
        await response.content.read(100_000)
        for number in range(0, 400, 2):
            cluster.delete("configmaps", f"m{number:03}", "default")
        for number in range(1, 400, 4):
            cluster.patch("configmaps", f"m{number:03}", {"data": {"filler": "new"}}, "default")
            cluster.create("configmaps", configmap(f"m{number:03}a"))
        text = await response.text()
    assert text.count('"name":"m') >= 390
    assert '"filler":"new"' not in text


SELECTED = [
    ("metadata.name=a", ["a"]),
    ("metadata.name!=a", ["b", "c", "d"]),
    ("metadata.namespace=x", ["d"]),
    ("spec.nodeName=n1", ["a", "b"]),
    ("spec.nodeName==n1,status.phase=Running", ["a"]),
    ("spec.nodeName=", ["d"]),
    ("spec.nodeName!=n1,status.phase!=Running", ["d"]),
    ("spec.nodeName=n1,metadata.name=c", []),
]


@pytest.mark.parametrize(("selector", "expected"), SELECTED)
async def test_field_selectors(api: Api, selector: str, expected: list[str]) -> None:
    for manifest in (
        pod("a", node="n1", phase="Running"),
        pod("b", node="n1"),
        pod("c", node="n2", phase="Running"),
        pod("d", namespace="x"),
    ):
        api.server.cluster.create("pods", manifest)
    assert names(await api.get("/api/v1/pods", fieldSelector=selector)) == expected
    first = await api.get("/api/v1/pods", fieldSelector=selector, limit=1)
    assert names(first) == expected[:1]
    assert "remainingItemCount" not in first.body["metadata"]


async def test_wire_form(api: Api) -> None:
    fill(api)
    async with api.session.get(api.server.url + CONFIGMAPS, params={"limit": 1}) as response:
        text = await response.text()
    assert text.startswith('{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"7","continue":"')
    assert '"items":[{"metadata":{"name":"a","namespace":"default","uid":"' in text
    one = await api.get(CONFIGMAPS + "/a")
    assert list(one.body)[:3] == ["kind", "apiVersion", "metadata"]


async def test_items_of_custom_resources_carry_their_kind(api: Api) -> None:
    api.server.cluster.registry.add(Resource("example.com", "v1", "things", "Thing", built_in=False))
    assert (
        await api.call("POST", "/apis/example.com/v1/namespaces/x/things", {"metadata": {"name": "a"}})
    ).status == 201
    listing = await api.get("/apis/example.com/v1/things")
    assert listing.body["kind"] == "ThingList"
    assert list(listing.body["items"][0]) == ["kind", "apiVersion", "metadata"]


METADATA_CASES = [
    (CONFIGMAPS, METADATA_LIST, 200, "PartialObjectMetadataList"),
    (CONFIGMAPS, METADATA_LIST + ",application/json", 200, "PartialObjectMetadataList"),
    (CONFIGMAPS, "application/json", 200, "ConfigMapList"),
    (CONFIGMAPS, "application/json;as=Table;g=meta.k8s.io;v=v1,application/json", 200, "ConfigMapList"),
    (CONFIGMAPS, METADATA, 406, "Status"),
    (CONFIGMAPS, "text/plain", 406, "Status"),
    (CONFIGMAPS + "/a", METADATA, 200, "PartialObjectMetadata"),
    (CONFIGMAPS + "/a", "*/*", 200, "ConfigMap"),
    (CONFIGMAPS + "/a", METADATA_LIST, 406, "Status"),
]


@pytest.mark.parametrize(("path", "accept", "status", "kind"), METADATA_CASES)
async def test_metadata_only(api: Api, path: str, accept: str, status: int, kind: str) -> None:
    fill(api)
    answer = await api.get(path, headers={"Accept": accept})
    assert (answer.status, answer.body["kind"]) == (status, kind)
    for item in answer.body.get("items", []):
        expected = ["metadata", "data"] if kind == "ConfigMapList" else ["kind", "apiVersion", "metadata"]
        assert list(item) == expected
