"""The main port."""

from __future__ import annotations

import asyncio
import gzip

import pytest
from aiohttp import ClientPayloadError, ClientSession
from prometheus_client import CollectorRegistry

from support.foreign import parse_openmetrics, parse_text
from support.web import FakeBody, FakeExposer, compress, connection, main_port, serving

EVERYTHING: dict[str, object] = {"resources": None, "exclude": frozenset(), "openmetrics": False, "gzip": False}
TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN = (
    b"# HELP kube_pods Things.\n# TYPE kube_pods gauge\n"
    b'kube_pods{number="00000000000000000000000000000000"} 1\n'
    b"# HELP kube_nodes Things.\n# TYPE kube_nodes gauge\n"
    b'kube_nodes{number="00000000000000000000000000000000"} 1\n'
)
SCRAPE = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
MUCH = 400_000
"""Lines that no socket buffer holds: 20 MB a resource."""
INFLATES = pytest.mark.parametrize("inflates", [False, True], ids=["joined", "inflated"])
"""Whether the event loop makes the pieces of a body, or threads do."""


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("enabled", "accept", "accept_encoding", "content_type", "encoding", "body"),
    [
        (False, "", "", TEXT, None, PLAIN),
        (False, "", "gzip", TEXT, None, PLAIN),
        (True, "", "", TEXT, None, PLAIN),
        (True, "", "gzip;q=0", TEXT, None, PLAIN),
        (True, "*/*", "gzip", TEXT, "gzip", compress(PLAIN)),
        (False, "application/openmetrics-text", "", OPENMETRICS, None, PLAIN + b"# EOF\n"),
        (True, "application/openmetrics-text", "gzip, br", OPENMETRICS, "gzip", compress(PLAIN + b"# EOF\n")),
    ],
)
async def test_formats_and_encodings(
    method: str,
    *,
    enabled: bool,
    accept: str,
    accept_encoding: str,
    content_type: str,
    encoding: str | None,
    body: bytes,
) -> None:
    async with (
        serving(main_port(FakeExposer(), gzip=enabled)) as server,
        ClientSession(auto_decompress=False) as client,
    ):
        headers = {"Accept": accept, "Accept-Encoding": accept_encoding}
        async with client.request(method, f"{server.url}/metrics", headers=headers) as response:
            received = await response.read()
            assert response.status == 200
            assert response.headers["Content-Type"] == content_type
            assert response.headers.get("Content-Encoding") == encoding
            assert response.headers["Content-Length"] == str(len(body))
            assert response.headers["Vary"] == ("Accept, Accept-Encoding" if enabled else "Accept")
            assert "Transfer-Encoding" not in response.headers
    assert received == (b"" if method == "HEAD" else body)
    if method == "GET":
        plain = (gzip.decompress(received) if encoding else received).decode()
        assert len((parse_openmetrics if content_type == OPENMETRICS else parse_text)(plain)) == 2


@pytest.mark.parametrize(
    ("query", "resources", "exclude"),
    [
        ("", None, []),
        ("resources=pods", ["pods"], []),
        ("resources=pods,%20nodes,", ["pods", "nodes"], []),
        ("resources=pods&resources=nodes,services", ["pods", "nodes", "services"], []),
        ("resources=", [], []),
        ("resources=unknown", ["unknown"], []),
        ("exclude_resources=pods&exclude_resources=nodes", None, ["pods", "nodes"]),
        ("exclude_resources=", None, []),
        ("resources=pods,nodes&exclude_resources=nodes", ["pods", "nodes"], ["nodes"]),
        ("other=1", None, []),
    ],
)
async def test_choice_of_kinds(query: str, resources: list[str] | None, exclude: list[str]) -> None:
    exposer = FakeExposer()
    async with (
        serving(main_port(exposer)) as server,
        ClientSession() as client,
        client.get(f"{server.url}/metrics?{query}") as response,
    ):
        received = await response.text()
        assert response.status == 200
    expected = EVERYTHING | {
        "resources": None if resources is None else frozenset(resources),
        "exclude": frozenset(exclude),
    }
    assert exposer.calls == [expected]
    shown = {name for name in ("pods", "nodes") if f"kube_{name}{{" in received}
    assert shown == (set(resources or []) if resources is not None else {"pods", "nodes"}) & {"pods", "nodes"} - set(
        exclude
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "content_type", "text"),
    [
        ("GET", "/", 200, "text/html; charset=utf-8", '<a href="/metrics">'),
        ("GET", "/healthz", 200, "text/plain; charset=utf-8", "OK"),
        ("GET", "/livez", 200, "text/plain; charset=utf-8", "OK"),
        ("HEAD", "/livez", 200, "text/plain; charset=utf-8", ""),
        ("GET", "/metrics/", 404, "text/plain; charset=utf-8", "404"),
        ("GET", "/readyz", 404, "text/plain; charset=utf-8", "404"),
        ("POST", "/metrics", 405, "text/plain; charset=utf-8", "405"),
        ("DELETE", "/livez", 405, "text/plain; charset=utf-8", "405"),
        ("OPTIONS", "/metrics", 405, "text/plain; charset=utf-8", "405"),
    ],
)
async def test_other_paths_and_methods(method: str, path: str, status: int, content_type: str, text: str) -> None:
    async with (
        serving(main_port(FakeExposer())) as server,
        ClientSession() as client,
        client.request(method, server.url + path) as response,
    ):
        assert response.status == status
        assert response.headers["Content-Type"] == content_type
        assert response.headers["Server"] == "evergauge"
        assert text in await response.text()
        if status == 405:
            assert set(response.headers["Allow"].split(",")) == {"GET", "HEAD"}


async def test_scrapes_are_measured() -> None:
    registry = CollectorRegistry()
    async with serving(main_port(FakeExposer(), registry=registry, gzip=True)) as server, ClientSession() as client:
        for method, encoding in (("GET", "gzip"), ("GET", "identity"), ("HEAD", "identity")):
            async with client.request(
                method, f"{server.url}/metrics", headers={"Accept-Encoding": encoding}
            ) as response:
                await response.read()
    value = registry.get_sample_value
    assert value("http_request_duration_seconds_count", {"handler": "metrics", "method": "get"}) == 2
    assert value("http_request_duration_seconds_count", {"handler": "metrics", "method": "head"}) == 1
    assert value("evergauge_scrapes_total", {"encoding": "gzip", "outcome": "complete"}) == 1
    assert value("evergauge_scrapes_total", {"encoding": "identity", "outcome": "complete"}) == 2
    assert value("evergauge_scrape_bytes_total", {"encoding": "identity"}) == len(PLAIN)
    assert value("evergauge_scrape_bytes_total", {"encoding": "gzip"}) == len(compress(PLAIN))


async def test_what_threads_make_beside_one_another_is_sent_in_order() -> None:
    exposer = FakeExposer(copies=MUCH, inflates=True)
    async with (
        serving(main_port(exposer)) as server,
        ClientSession() as client,
        client.get(f"{server.url}/metrics?resources=pods") as response,
    ):
        assert await response.read() == b"".join(exposer.pieces("pods"))


@INFLATES
async def test_a_slow_reader_holds_up_nobody(*, inflates: bool) -> None:
    app = main_port(FakeExposer(copies=MUCH, inflates=inflates))
    async with serving(app, grace=0.1) as server, connection(server.url) as (_, slow):
        slow.write(SCRAPE)
        async with ClientSession() as client:
            for _ in range(2):
                async with client.get(f"{server.url}/metrics") as response:
                    received = await response.read()
                    assert len(received) == response.content_length


@INFLATES
async def test_a_reader_that_is_too_slow_is_cut_off(*, inflates: bool) -> None:
    registry = CollectorRegistry()
    app = main_port(FakeExposer(copies=MUCH, inflates=inflates), registry=registry, write_timeout=0.3)
    async with serving(app) as server, connection(server.url) as (reader, writer):
        writer.write(SCRAPE)
        received = 0
        # The stream's own buffer is full after 128 KiB, and nothing is read of it before the server has given up.
        await asyncio.sleep(0.4)
        assert registry.get_sample_value("evergauge_scrapes_total", outcome("timeout")) == 1
        while piece := await reader.read(2**20):
            received += len(piece)
    assert 0 < received < MUCH * 50


async def test_a_scrape_that_takes_too_long_is_an_answer() -> None:
    class Stuck(FakeExposer):
        async def scrape(self, **_: object) -> FakeBody:
            return await asyncio.Future[FakeBody]()

    async with (
        serving(main_port(Stuck(), write_timeout=0.05)) as server,
        ClientSession() as client,
        client.get(f"{server.url}/metrics") as response,
    ):
        assert response.status == 503
        assert "--server-write-timeout" in await response.text()


@INFLATES
async def test_a_reader_that_goes_away_is_counted_and_no_error(
    caplog: pytest.LogCaptureFixture, *, inflates: bool
) -> None:
    registry = CollectorRegistry()
    app = main_port(FakeExposer(copies=MUCH, inflates=inflates), registry=registry)
    async with serving(app) as server, connection(server.url) as (reader, writer):
        writer.write(SCRAPE)
        await reader.readexactly(100_000)
    assert registry.get_sample_value("evergauge_scrapes_total", outcome("disconnected")) == 1
    assert "Error" not in caplog.text


async def test_an_error_is_a_500_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    registry = CollectorRegistry()
    exposer = FakeExposer(error=RuntimeError("broken on purpose"))
    async with (
        serving(main_port(exposer, registry=registry)) as server,
        ClientSession() as client,
        client.get(f"{server.url}/metrics") as response,
    ):
        assert response.status == 500
        assert "broken on purpose" not in await response.text()
    assert registry.get_sample_value("evergauge_scrapes_total", outcome("error")) == 1
    assert "broken on purpose" in caplog.text


@INFLATES
async def test_a_body_that_breaks_off_is_seen_as_broken(caplog: pytest.LogCaptureFixture, *, inflates: bool) -> None:
    exposer = FakeExposer(breaks_off=RuntimeError("broken on purpose"), inflates=inflates)
    registry = CollectorRegistry()
    async with (
        serving(main_port(exposer, registry=registry)) as server,
        ClientSession() as client,
        client.get(f"{server.url}/metrics") as response,
    ):
        assert response.status == 200
        with pytest.raises(ClientPayloadError):
            await response.read()
    assert registry.get_sample_value("evergauge_scrapes_total", outcome("error")) == 1
    assert "broken on purpose" in caplog.text


def outcome(name: str) -> dict[str, str]:
    """Labels of a plain scrape that ended so."""
    return {"encoding": "identity", "outcome": name}
