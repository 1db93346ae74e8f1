"""A real Prometheus scrapes the demo for a minute, in both formats: no error, no warning, and what it keeps is the truth."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import aiohttp
import pytest

from prometheus.once import nothing_stands_twice
from prometheus.relay import relay
from prometheus.truth import watched_pods
from support.demo import demo
from support.prometheus import prometheus
from support.tools import require

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from prometheus.truth import Pods
    from support.demo import Demo
    from support.prometheus import Prometheus

pytestmark = pytest.mark.prometheus

SCRAPES: Final = 60  # one a second
WAIT_SECONDS: Final = 180.0
NEAR: Final = 10.0
"""Seconds by which a scrape and the test's own watch may be apart; far more than they take, each pod's phase is exact."""
JOBS: Final = ("objects", "objects-text", "own", "own-text")
SAMPLE_ERRORS: Final = (
    "prometheus_target_scrapes_sample_duplicate_timestamp_total",
    "prometheus_target_scrapes_sample_out_of_bounds_total",
    "prometheus_target_scrapes_sample_out_of_order_total",
    "prometheus_target_scrapes_exceeded_sample_limit_total",
)


async def test_a_minute_of_scrapes(tmp_path: Path) -> None:
    require("prometheus")
    async with demo("--pods=200", "--enable-gzip-encoding") as running:
        await running.until_ready()
        own = f"{running.telemetry}/metrics"
        async with (
            watched_pods(running.api) as pods,
            relay({"objects": running.metrics, "own": own}) as text,
            prometheus(tmp_path, jobs(running, text)) as server,
        ):
            await server.until_ready()
            await until_scraped(server)
            await every_scrape_was_sound(server)
            await formats_were_as_asked(server)
            await pods_were_the_truth(server, pods)
            await counts_agree(server, running.api)
            nothing_was_complained_of(server)
            for url in (running.metrics, own):
                nothing_stands_twice(await body(url), openmetrics=False)
        assert await running.stop() == (0, "")


def jobs(running: Demo, text: str) -> Sequence[Mapping[str, object]]:
    """Both ports as they are, and by the relay `text` in the text format."""
    return (
        job("objects", urlsplit(running.metrics).netloc),
        job("own", urlsplit(running.telemetry).netloc),
        job("objects-text", text, "/objects"),
        job("own-text", text, "/own"),
    )


def job(name: str, host: str, path: str = "/metrics") -> Mapping[str, object]:
    """A scrape configuration."""
    return {"job_name": name, "metrics_path": path, "static_configs": [{"targets": [host]}]}


async def body(url: str) -> str:
    """What a URL answers."""
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return await response.text()


async def until_scraped(server: Prometheus) -> None:
    """Wait for a minute's scrapes of each job."""
    async with asyncio.timeout(WAIT_SECONDS):
        while await fewest_scrapes(server) < SCRAPES:  # noqa: ASYNC110 - it is asked over HTTP
            await asyncio.sleep(1)


async def fewest_scrapes(server: Prometheus) -> float:
    """Scrapes of the job that has been scraped the least."""
    done = {each.labels["job"]: each.value for each in await server.query("count_over_time(up[1h])")}
    return min(done.get(name, 0) for name in JOBS)


async def every_scrape_was_sound(server: Prometheus) -> None:
    for name, expression in {
        "up": "min_over_time(up[1h])",
        "samples": "min_over_time(scrape_samples_scraped[1h])",
    }.items():
        lowest = {each.labels["job"]: each.value for each in await server.query(expression)}
        assert sorted(lowest) == sorted(JOBS)
        assert all(lowest[each] >= (1 if name == "up" else 100) for each in JOBS), lowest
    own = await server.own()
    assert {name: own[name] for name in SAMPLE_ERRORS} == dict.fromkeys(SAMPLE_ERRORS, 0.0)


async def formats_were_as_asked(server: Prometheus) -> None:
    """OpenMetrics names a counter's family without `_total`, the text format with it."""
    counter = "kube_pod_container_status_restarts"
    for name, there, not_there in (("objects", "", "_total"), ("objects-text", "_total", "")):
        types = await server.types(name)
        assert types[counter + there] == "counter"
        assert counter + not_there not in types
    compressed = await server.number('evergauge_scrapes_total{job="own",encoding="gzip",outcome="complete"}')
    assert compressed >= 2 * SCRAPES - 4  # the last ones aren't counted yet in what was scraped at the same moment
    assert await server.query('evergauge_scrapes_total{outcome!="complete"} > 0') == []


async def pods_were_the_truth(server: Prometheus, pods: Pods) -> None:
    """At each scrape each pod is in a phase that it was in at about that time, and none is missing or left over."""
    for name in ("objects", "objects-text"):
        for moment in await server.times(f'up{{job="{name}"}}'):
            states = pods.between(moment - NEAR, moment + NEAR)
            shown = await server.query(f'kube_pod_status_phase{{job="{name}"}} == 1', moment)
            phases = {each.labels["uid"]: each.labels["phase"] for each in shown}
            assert len(phases) == len(shown)
            assert phases.items() <= {pair for state in states for pair in state.phases.items()}
            assert phases.keys() >= set.intersection(*(set(state.phases) for state in states))
            for each in await server.query(f'count by (phase) (kube_pod_status_phase{{job="{name}"}} == 1)', moment):
                counts = [state.counts[each.labels["phase"]] for state in states]
                assert min(counts) <= each.value <= max(counts)


async def counts_agree(server: Prometheus, api: str) -> None:
    """What the life of the cluster doesn't change is the same in Prometheus and in the API server."""
    async with aiohttp.ClientSession(api) as session:

        async def items(path: str) -> list[dict[str, dict[str, int]]]:
            async with session.get(path) as response:
                return list((await response.json())["items"])

        nodes, deployments = await items("/api/v1/nodes"), await items("/apis/apps/v1/deployments")
    for name in ("objects", "objects-text"):
        assert await server.number(f'count(kube_node_info{{job="{name}"}})') == len(nodes)
        replicas = sum(each["spec"]["replicas"] for each in deployments)
        assert await server.number(f'sum(kube_deployment_spec_replicas{{job="{name}"}})') == replicas


def nothing_was_complained_of(server: Prometheus) -> None:
    """No warning, and at the level of debugging nothing about scrapes and samples either."""
    lines = list(server.logged())
    assert len(lines) > 5
    assert [line for line in lines if line["level"] in {"warn", "error"}] == []
    assert [line for line in lines if line.get("component") == "scrape manager"] == []
