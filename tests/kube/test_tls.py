"""TLS on the wire: what is trusted, what is shown, and what is said when it fails."""

from __future__ import annotations

import asyncio
import os
import ssl
import tracemalloc
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
import uvloop
from aiohttp import web
from structlog.testing import capture_logs

from evergauge.errors import ConnectionLost, Unreachable
from evergauge.kube.cluster import Cluster
from evergauge.kube.credentials import Credential, Fixed
from evergauge.kube.tls import RECORD, ClientCertificate, Trust, new_context, without_authorities
from kube.answering import ENOUGH, answering, client_of, sending, talking
from kube.certificates import Authority, authority

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from kube.certificates import Pair

    Run = Callable[[Coroutine[Any, Any, None]], None]

__all__ = ["authority"]

both_loops = pytest.mark.parametrize("run", [asyncio.run, uvloop.run])


def of(pair: Pair) -> ClientCertificate:
    return ClientCertificate(pair.certificate.read_bytes(), pair.key.read_bytes())


@both_loops
def test_a_server_and_a_client_that_know_each_other(authority: Authority, run: Run) -> None:
    names = []

    def answer(request: web.Request) -> web.StreamResponse:
        assert request.transport
        names.append(request.transport.get_extra_info("peercert")["subject"])
        return web.json_response({})

    async def get() -> None:
        async with answering(answer, authority.server_context(ask_client=True)) as server:
            certificate = of(authority.client)
            cluster = Cluster(server.url, Trust(authority.pem), Fixed(Credential("", certificate)))
            async with client_of(cluster) as client:
                assert await client.get("/api/v1/pods", {}, timeout=ENOUGH) == b"{}"

    run(get())
    assert names == [((("commonName", "client"),),)]


@pytest.mark.parametrize(
    ("path", "field"), [("https://127.0.0.1", ""), ("https://localhost", ""), ("https://127.0.0.1", "localhost")]
)
async def test_names_that_the_certificate_has(authority: Authority, path: str, field: str) -> None:
    async with answering(tls=authority.server_context()) as server:
        url = f"{path}:{server.url.rpartition(':')[2]}"
        async with client_of(Cluster(url, Trust(authority.pem, server_name=field))) as client:
            assert await client.get("/", {}, timeout=ENOUGH) == b"{}"


async def test_a_server_name_is_what_is_checked_and_asked_for(authority: Authority) -> None:
    asked = []
    context = authority.server_context(authority.issue("internal", "subjectAltName=DNS:api.internal"))
    context.sni_callback = lambda _, name, __: asked.append(name)
    async with (
        answering(tls=context) as server,
        client_of(Cluster(server.url, Trust(authority.pem, server_name="api.internal"))) as client,
    ):
        assert await client.get("/", {}, timeout=ENOUGH) == b"{}"
    assert asked == ["api.internal"]


async def test_the_servers_own_certificate_may_be_trusted(authority: Authority) -> None:
    async with (
        answering(tls=authority.server_context()) as server,
        client_of(Cluster(server.url, Trust(authority.server.certificate.read_bytes()))) as client,
    ):
        assert await client.get("/", {}, timeout=ENOUGH) == b"{}"


async def test_nothing_is_checked_when_told_so_and_that_is_logged(authority: Authority) -> None:
    async with answering(tls=authority.server_context()) as server:
        with capture_logs() as logs:
            async with client_of(Cluster(server.url, Trust(insecure=True, server_name="other"))) as client:
                assert await client.get("/", {}, timeout=ENOUGH) == b"{}"
                assert await client.get("/", {}, timeout=ENOUGH) == b"{}"
    assert [(log["log_level"], log["event"], log["server"]) for log in logs] == [
        ("warning", "the API server's certificate is not checked (insecure-skip-tls-verify)", server.url)
    ]


@both_loops
def test_a_certificate_of_an_unknown_authority(authority: Authority, tmp_path: Path, run: Run) -> None:
    async def get() -> None:
        other = Authority(tmp_path, "other")
        async with answering(tls=authority.server_context()) as server:
            for trust in (Trust(other.pem, "certificate-authority of kubeconfig x"), Trust()):
                async with client_of(Cluster(server.url, trust)) as client:
                    with pytest.raises(Unreachable) as caught:
                        await client.get("/x", {}, timeout=ENOUGH)
                says = "TLS: its certificate is not accepted: unable to get local issuer certificate"
                assert str(caught.value) == f"reading {server.url}/x: {says} (checked against {trust.origin})"

    run(get())


async def test_a_certificate_for_another_name(authority: Authority) -> None:
    trust = Trust(authority.pem, "x", server_name="api.internal")
    async with answering(tls=authority.server_context()) as server, client_of(Cluster(server.url, trust)) as client:
        with pytest.raises(
            Unreachable, match=r"not accepted: Hostname mismatch, certificate is not valid for 'api.internal'"
        ):
            await client.get("/", {}, timeout=ENOUGH)


@both_loops
def test_a_server_that_wants_a_certificate(authority: Authority, run: Run) -> None:
    async def get() -> None:
        async with (
            answering(tls=authority.server_context(ask_client=True)) as server,
            client_of(Cluster(server.url, Trust(authority.pem))) as client,
        ):
            with pytest.raises(Unreachable, match=r"(certificate required|connection was closed without an answer)"):
                await client.get("/", {}, timeout=ENOUGH)

    run(get())


async def test_a_server_without_tls(authority: Authority) -> None:
    async with answering() as server:
        url = server.url.replace("http:", "https:")
        async with client_of(Cluster(url, Trust(authority.pem))) as client:
            with pytest.raises(Unreachable, match=r"TLS: .*\(does the server speak plain HTTP\?\)$"):
                await client.get("/", {}, timeout=ENOUGH)


async def test_a_server_with_tls_that_is_asked_without(authority: Authority) -> None:
    async with (
        answering(tls=authority.server_context()) as server,
        client_of(server.url.replace("https://localhost", "http://127.0.0.1")) as client,
    ):
        with pytest.raises(Unreachable):
            await client.get("/", {}, timeout=ENOUGH)


@both_loops
def test_a_watch_over_tls_that_is_cut(authority: Authority, run: Run) -> None:
    async def get() -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        for reset in (False, True):
            talk = sending(head, b"40\r\n{", reset=reset)
            async with (
                talking(talk, authority.server_context()) as url,
                client_of(Cluster(url, Trust(authority.pem))) as client,
            ):
                with pytest.raises(ConnectionLost, match="the answer broke off"):
                    await client.get("/", {}, timeout=ENOUGH)

    run(get())


def test_a_context_is_strict_where_it_should_be(authority: Authority) -> None:
    for trust in (Trust(authority.pem), Trust()):
        context = new_context(trust, None)
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert "PRIVATE" not in repr(of(authority.client))


def test_there_is_room_for_a_record_where_more_is_asked_for(authority: Authority) -> None:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = new_context(Trust(authority.pem), None).wrap_bio(to_client, to_server, server_hostname="localhost")
    server = authority.server_context().wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server) * 3:
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()
    sent = os.urandom(3 * RECORD)
    server.write(sent)
    tracemalloc.start()
    try:
        received = [client.read(64 * RECORD), client.read(100)]
        assert tracemalloc.get_traced_memory()[1] < 2 * RECORD
    finally:
        tracemalloc.stop()
    room = bytearray(64 * RECORD)
    size: Any = client.read(64 * RECORD, room)
    received += [bytes(room[:size]), client.read(64 * RECORD)]
    assert [len(each) for each in received] == [RECORD, 100, RECORD - 100, RECORD]
    assert b"".join(received) == sent


def test_contexts_made_without_authorities_know_none_and_later_ones_do(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "all.pem").write_bytes(authority.pem)
    with patch.dict(os.environ, {"SSL_CERT_FILE": str(tmp_path / "all.pem")}):
        os.environ.pop("SSL_CERT_DIR", None)
        with without_authorities():
            assert ssl.create_default_context().cert_store_stats()["x509_ca"] == 0
        assert ssl.create_default_context().cert_store_stats()["x509_ca"] == 1
        assert os.environ["SSL_CERT_FILE"] == str(tmp_path / "all.pem")
        assert "SSL_CERT_DIR" not in os.environ
