"""The telemetry port."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from aiohttp import ClientSession

from evergauge.telemetry import Build, Telemetry
from evergauge.web.self_metrics import telemetry_app
from support.foreign import parse_openmetrics, parse_text
from support.web import Alive, serving


@dataclass
class Verdict:
    """A fixed readiness."""

    missing: list[str]
    is_ready: bool = False

    def ready(self) -> tuple[bool, list[str]]:
        """See Readiness."""
        return self.is_ready, self.missing


async def get(
    path: str, readiness: Verdict, accept: str = "*/*", method: str = "GET", liveness: Alive | None = None
) -> tuple[int, str, str]:
    """Status, content type and text."""
    telemetry = Telemetry(Build("1.2.3"), {})
    async with (
        serving(telemetry_app(telemetry, readiness, liveness or Alive())) as server,
        ClientSession() as client,
        client.request(method, server.url + path, headers={"Accept": accept}) as response,
    ):
        return response.status, response.headers["Content-Type"], await response.text()


READY = Verdict([], is_ready=True)


@pytest.mark.parametrize(
    ("readiness", "status", "text"),
    [
        (READY, 200, "OK"),
        (Verdict([]), 503, "Waiting for the sync of: feeds to start\n"),
        (Verdict(["pods", "nodes"]), 503, "Waiting for the sync of: pods, nodes\n"),
    ],
)
async def test_readyz(readiness: Verdict, status: int, text: str) -> None:
    assert await get("/readyz", readiness) == (status, "text/plain; charset=utf-8", text)


@pytest.mark.parametrize(
    ("troubles", "status", "text"),
    [
        ([], 200, "OK"),
        (["feed pods has ended"], 503, "To be restarted: feed pods has ended\n"),
        (["feed pods has ended", "tick has ended"], 503, "To be restarted: feed pods has ended; tick has ended\n"),
    ],
)
async def test_livez(troubles: list[str], status: int, text: str) -> None:
    found = await get("/livez", Verdict(["pods"]), liveness=Alive(*troubles))
    assert found == (status, "text/plain; charset=utf-8", text)
    assert await get("/healthz", READY, liveness=Alive(*troubles)) == (200, "text/plain; charset=utf-8", "OK")


async def test_self_metrics_in_both_formats() -> None:
    _, content_type, text = await get("/metrics", READY)
    assert content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert "kube_state_metrics_build_info" in {family.name for family in parse_text(text)}
    _, content_type, text = await get("/metrics", READY, accept="application/openmetrics-text;version=1.0.0")
    assert content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert "kube_state_metrics_build_info" in {family.name for family in parse_openmetrics(text)}


@pytest.mark.parametrize(
    ("path", "content_type", "text"),
    [
        ("/", "text/html; charset=utf-8", '<a href="/debug/pprof/">'),
        ("/healthz", "text/plain; charset=utf-8", "OK"),
        ("/livez", "text/plain; charset=utf-8", "OK"),
        ("/debug/pprof/", "text/html; charset=utf-8", '<a href="/debug/pprof/goroutine">'),
        ("/debug/pprof/goroutine", "text/plain; charset=utf-8", "thread MainThread"),
        ("/debug/pprof/goroutine", "text/plain; charset=utf-8", "task Task-"),
        ("/debug/pprof/cmdline", "text/plain; charset=utf-8", "python"),
    ],
)
async def test_pages(path: str, content_type: str, text: str) -> None:
    status, received_type, received = await get(path, READY)
    assert (status, received_type) == (200, content_type)
    assert text in received


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/other", 404), ("POST", "/metrics", 405), ("HEAD", "/metrics", 200)]
)
async def test_other_paths_and_methods(method: str, path: str, status: int) -> None:
    assert (await get(path, READY, method=method))[0] == status
