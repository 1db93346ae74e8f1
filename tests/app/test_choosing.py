"""What a serving process exposes under the flags that choose objects: namespaces, node, cache, limit, nothing at all."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from app.conftest import PODS
from evergauge.sim import Fault, SimServer
from support.process import evergauge

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from support.process import Evergauge

POD = re.compile(rb'^kube_pod_info\{namespace="([^"]*)",pod="([^"]*)"', re.MULTILINE)


async def pods(running: Evergauge) -> Counter[tuple[str, str]]:
    """Namespace and name of the Pods exposed."""
    return Counter((space.decode(), name.decode()) for space, name in POD.findall((await running.scrape()).text))


def there(api: SimServer, wanted: Callable[[str, str], bool]) -> Counter[tuple[str, str]]:
    """The same as the API server has it. wanted: whether a Pod of this namespace and node is."""
    found = ((pod["metadata"], pod["spec"].get("nodeName", "")) for pod in api.cluster.all("pods"))
    return Counter((meta["namespace"], meta["name"]) for meta, node in found if wanted(meta["namespace"], node))


async def until_exposed(running: Evergauge, wanted: Counter[tuple[str, str]]) -> None:
    async with asyncio.timeout(15):
        while await pods(running) != wanted:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("flags", "wanted"),
    [
        (["--namespaces-denylist=kube-system,default"], lambda space: space not in {"kube-system", "default"}),
        (["--namespaces=kube-system,default"], lambda space: space in {"kube-system", "default"}),
        (["--namespaces=kube-system,default", "--namespaces-denylist=default"], lambda space: space == "kube-system"),
        (["--namespaces=kube-system", "--namespaces=kube-system,nowhere"], lambda space: space == "kube-system"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
async def test_namespaces(flags: Sequence[str], wanted: Callable[[str], bool], api: SimServer, tmp_path: Path) -> None:
    def ours(space: str, _node: str) -> bool:
        return wanted(space)

    api.cluster.create("pods", {"metadata": {"name": "first", "namespace": "default"}, "spec": {}})
    async with evergauge(tmp_path, f"--apiserver={api.url}", "--resources=pods,nodes,namespaces", *flags) as running:
        await running.until_ready()
        exposed = there(api, ours)
        assert await pods(running) == exposed
        assert 0 < exposed.total() < PODS
        scrape = await running.scrape()
        assert scrape.count("kube_node_info") == api.cluster.count("nodes")
        assert scrape.count("kube_namespace_created") == api.cluster.count("namespaces")
        for space in ("default", "kube-system"):
            api.cluster.create("pods", {"metadata": {"name": "later", "namespace": space}, "spec": {}})
        api.cluster.delete("pods", "first", "default")
        await until_exposed(running, there(api, ours))


async def test_a_node_and_the_unscheduled_share_the_pods(api: SimServer, tmp_path: Path) -> None:
    node = next(iter(api.cluster.all("nodes")))["metadata"]["name"]
    for name in ("waiting", "placed"):
        api.cluster.create("pods", {"metadata": {"name": name, "namespace": "default"}, "spec": {}})
    common = (f"--apiserver={api.url}", "--resources=pods")
    async with (
        evergauge(tmp_path, *common, f"--node={node}") as here,
        evergauge(tmp_path, *common, "--track-unscheduled-pods") as nowhere,
    ):
        await asyncio.gather(here.until_ready(), nowhere.until_ready())
        before = there(api, lambda _, on: on == node)
        assert await pods(here) == before
        assert before.total() > 0
        assert await pods(nowhere) == there(api, lambda _, on: not on)
        assert ("default", "placed") in await pods(nowhere)
        api.cluster.patch("pods", "placed", {"spec": {"nodeName": node}}, "default")
        await until_exposed(here, before + Counter([("default", "placed")]))
        await until_exposed(nowhere, there(api, lambda _, on: not on))
        assert ("default", "placed") not in await pods(nowhere)


async def test_a_stale_cache_is_taken_as_a_beginning_and_caught_up_with(api: SimServer, tmp_path: Path) -> None:
    names = [("default", f"old-{number}") for number in range(5)]
    for space, name in names:
        api.cluster.create("pods", {"metadata": {"name": name, "namespace": space}, "spec": {}})
    for space, name in names:
        api.cluster.delete("pods", name, space)
        api.cluster.create("pods", {"metadata": {"name": f"new-{name}", "namespace": space}, "spec": {}})
    await api.order(Fault(kind="stale", lag=10))
    flags = ("--resources=pods", "--use-apiserver-cache", "--object-limit=100000")
    async with evergauge(tmp_path, f"--apiserver={api.url}", *flags) as running:
        await running.until_ready()
        await until_exposed(running, there(api, lambda *_: True))
        # A new list, while the cache still lags, leads nowhere back.
        await api.order(Fault(kind="expire"))
        await api.order(Fault(kind="drop", new=False))
        api.cluster.delete("pods", "new-old-0", "default")
        wanted = there(api, lambda *_: True)
        await until_exposed(running, wanted)
        seen = [await pods(running) for _ in range(20)]
        assert seen == [wanted] * 20


async def test_a_limit_is_for_the_list_and_each_namespace(api: SimServer, tmp_path: Path) -> None:
    spaces = ["default", "kube-system"]
    for number in range(5):
        for space in spaces:
            api.cluster.create("pods", {"metadata": {"name": f"p{number}", "namespace": space}, "spec": {}})
    flags = ("--resources=pods", "--object-limit=3", f"--namespaces={','.join(spaces)}")
    async with evergauge(tmp_path, f"--apiserver={api.url}", *flags) as running:
        await running.until_ready()
        listed = await pods(running)
        assert Counter(space for space, _ in listed) == dict.fromkeys(spaces, 3)
        # What comes later is exposed beyond the limit (KSM behaviour): it bounds what a start costs.
        api.cluster.create("pods", {"metadata": {"name": "later", "namespace": "default"}, "spec": {}})
        await until_exposed(running, listed + Counter([("default", "later")]))


@pytest.mark.parametrize(
    "flags",
    [
        ["--resources=nodes", "--metric-allowlist=kube_pod_info"],
        ["--resources=pods", "--namespaces=a", "--namespaces-denylist=a"],
    ],
    ids=" ".join,
)
async def test_where_the_flags_leave_nothing_it_says_so_and_is_ready(
    flags: Sequence[str], api: SimServer, tmp_path: Path
) -> None:
    async with evergauge(tmp_path, f"--apiserver={api.url}", *flags) as running:
        await running.until_ready()
        assert (await running.scrape()).text == b""
        warned = [line["message"] for line in running.logged() if line["level"] == "warning"]
        assert warned == ["nothing is exposed: the flags leave no resource, family or namespace"]
        assert api.requests.total() == 0
