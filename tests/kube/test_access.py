"""Credentials that change while the client runs: files, plugins, refusals."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from evergauge.errors import NoCredential, Unauthorized
from evergauge.kube.access import LOOK_EVERY, Access
from evergauge.kube.cluster import Cluster, load_cluster
from evergauge.kube.credentials import Credential, Fixed
from evergauge.kube.tls import ClientCertificate, Trust
from kube.answering import ENOUGH, answering, client_of
from kube.certificates import Authority, authority

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["authority"]


class Clock:
    """Stands still until it is set."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def write(folder: Path, server: str, user: dict[str, Any], cluster: dict[str, Any] | None = None) -> Path:
    """A kubeconfig, put in place in one step as editors do."""
    config = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": server, **(cluster or {})}}],
        "users": [{"name": "u", "user": user}],
    }
    fresh = folder / "config.new"
    fresh.write_text(json.dumps(config))
    return fresh.rename(folder / "config")


def load(file: Path) -> Cluster:
    return load_cluster(kubeconfig=str(file), apiserver="", environ={})


def accepting(token: str) -> Callable[[web.Request], web.StreamResponse]:
    """Answers 401 to everybody else."""

    def answer(request: web.Request) -> web.StreamResponse:
        accepted = request.headers.get("Authorization") == f"Bearer {token}"
        return web.json_response({}, status=200 if accepted else 401)

    return answer


# Files


async def test_a_changed_token_file_is_read_within_a_minute(tmp_path: Path, clock: Clock) -> None:
    """Through symbolic links that are swapped, as the kubelet does it."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "token").write_text(name)
    (tmp_path / "data").symlink_to("one")
    (tmp_path / "token").symlink_to("data/token")
    async with (
        answering() as server,
        client_of(load(write(tmp_path, server.url, {"tokenFile": "token"})), clock) as client,
    ):
        await client.get("/", {}, timeout=ENOUGH)
        (tmp_path / "new").symlink_to("two")
        (tmp_path / "new").rename(tmp_path / "data")
        clock.now += LOOK_EVERY - 1
        await client.get("/", {}, timeout=ENOUGH)
        clock.now += 1
        await client.get("/", {}, timeout=ENOUGH)
    assert server.authorizations() == ["Bearer one", "Bearer one", "Bearer two"]


async def test_a_refused_token_is_read_again_at_once(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "token").write_text("old")
    async with (
        answering(accepting("new")) as server,
        client_of(load(write(tmp_path, server.url, {"tokenFile": "token"})), clock) as client,
    ):
        with pytest.raises(Unauthorized) as caught:
            await client.get("/", {}, timeout=ENOUGH)
        (tmp_path / "token").write_text("new!")
        with pytest.raises(Unauthorized):
            await client.get("/", {}, timeout=ENOUGH)
        (tmp_path / "token").write_text("new")
        async with client.stream("/", {}, connect_timeout=ENOUGH) as stream:
            assert await stream.read() == b"{}"
    name = f'token of {tmp_path}/token (kubeconfig {tmp_path}/config, user "u")'
    assert str(caught.value) == f"reading {server.url}/: 401; not accepted: {name}"
    assert server.authorizations() == ["Bearer old", "Bearer old", "Bearer new!", "Bearer new!", "Bearer new"]


async def test_what_cannot_be_read_leaves_the_old_in_place(tmp_path: Path, clock: Clock) -> None:
    async with answering() as server, client_of(load(write(tmp_path, server.url, {"token": "one"})), clock) as client:
        (tmp_path / "config").write_text("users: [")
        for _ in range(2):
            clock.now += LOOK_EVERY
            with capture_logs() as logs:
                await client.get("/", {}, timeout=ENOUGH)
            assert [log["event"] for log in logs] == ["the changed credentials can't be used; keeping the old ones"]
        write(tmp_path, server.url, {"token": "two"})
        clock.now += LOOK_EVERY
        with capture_logs() as logs:
            await client.get("/", {}, timeout=ENOUGH)
    assert server.authorizations() == ["Bearer one", "Bearer one", "Bearer two"]
    assert [(log["event"], log["using"]) for log in logs] == [
        ("credentials have changed", f'token (kubeconfig {tmp_path}/config, user "u")')
    ]


async def test_credentials_for_another_server_are_not_taken(tmp_path: Path, clock: Clock) -> None:
    async with answering() as server, client_of(load(write(tmp_path, server.url, {"token": "one"})), clock) as client:
        write(tmp_path, "http://other.invalid", {"token": "two"})
        with capture_logs() as logs:
            for _ in range(3):
                clock.now += LOOK_EVERY
                await client.get("/", {}, timeout=ENOUGH)
        assert [log["event"] for log in logs] == ["the API server's URL has changed; restart to follow"]
        write(tmp_path, server.url, {"token": "three"})
        clock.now += LOOK_EVERY
        await client.get("/", {}, timeout=ENOUGH)
    assert server.authorizations() == ["Bearer one", "Bearer one", "Bearer one", "Bearer three"]


async def test_a_changed_authority_is_trusted(tmp_path: Path, clock: Clock, authority: Authority) -> None:
    other = Authority(tmp_path, "other")
    (tmp_path / "ca.crt").write_bytes(authority.pem)
    async with answering(tls=other.server_context()) as server:
        file = write(tmp_path, server.url, {}, {"certificate-authority": "ca.crt"})
        async with client_of(load(file), clock) as client:
            assert await client.health() == "away"
            (tmp_path / "ca.crt").write_bytes(other.pem)
            clock.now += LOOK_EVERY
            assert await client.health() == "ready"


# Plugins


def plugin(folder: Path, *statuses: dict[str, Any]) -> dict[str, Any]:
    """A user with a plugin that gives one status after the other, then the last one for ever."""
    (folder / "plugin").write_text(
        "#!/bin/sh\n"
        f"cd {folder} && echo run >> runs && n=$(wc -l < runs) && [ -e answer-$n ] || n={len(statuses)}\n"
        "cat answer-$n\n"
    )
    (folder / "plugin").chmod(0o755)
    version = "client.authentication.k8s.io/v1"
    for number, status in enumerate(statuses, 1):
        answer = {"apiVersion": version, "kind": "ExecCredential", "status": status}
        (folder / f"answer-{number}").write_text(json.dumps(answer))
    return {"exec": {"apiVersion": version, "command": "./plugin"}}


def runs(folder: Path) -> int:
    return len((folder / "runs").read_text().splitlines())


async def test_a_refused_plugin_is_run_again_once_for_all_requests(tmp_path: Path, clock: Clock) -> None:
    user = plugin(tmp_path, {"token": "one"}, {"token": "two"})
    async with (
        answering(accepting("one")) as server,
        client_of(load(write(tmp_path, server.url, user)), clock) as client,
    ):
        await client.get("/", {}, timeout=ENOUGH)
        server.answer = accepting("two")
        clock.now += 30
        await asyncio.gather(*(client.get("/", {}, timeout=ENOUGH) for _ in range(20)))
        assert runs(tmp_path) == 2
        server.answer = accepting("three")
        clock.now += 30
        with pytest.raises(Unauthorized, match=r"401; not accepted: exec plugin \./plugin \(kubeconfig "):
            await client.get("/", {}, timeout=ENOUGH)
    assert runs(tmp_path) == 3


async def test_a_plugin_is_kept_when_its_kubeconfig_is_written_again(tmp_path: Path, clock: Clock) -> None:
    user = plugin(tmp_path, {"token": "one"}, {"token": "two"})
    async with answering() as server, client_of(load(write(tmp_path, server.url, user)), clock) as client:
        for _ in range(3):
            await client.get("/", {}, timeout=ENOUGH)
            write(tmp_path, server.url, user)
            clock.now += LOOK_EVERY
    assert (runs(tmp_path), set(server.authorizations())) == (1, {"Bearer one"})


async def test_certificates_of_a_plugin_rotate(tmp_path: Path, clock: Clock, authority: Authority) -> None:
    names = []

    def answer(request: web.Request) -> web.StreamResponse:
        assert request.transport
        names.append(request.transport.get_extra_info("peercert")["subject"][0][0][1])
        return web.json_response({})

    statuses = []
    for name, minutes in (("first", 1), ("second", 9)):
        pair = authority.issue(name, "extendedKeyUsage=clientAuth")
        certificate = {"clientCertificateData": pair.certificate.read_text(), "clientKeyData": pair.key.read_text()}
        statuses.append({**certificate, "expirationTimestamp": f"2027-01-15T08:0{minutes}:00Z"})
    user = plugin(tmp_path, *statuses)
    trust = {"certificate-authority": str(authority.pair.certificate)}
    async with (
        answering(answer, authority.server_context(ask_client=True)) as server,
        client_of(load(write(tmp_path, server.url, user, trust)), clock) as client,
    ):
        for seconds in (0, 30, 30, 0):
            clock.now += seconds
            await client.get("/", {}, timeout=ENOUGH)
    assert names == ["first", "first", "second", "second"]


async def test_a_plugin_that_fails_is_no_unknown_error(tmp_path: Path, clock: Clock) -> None:
    user = plugin(tmp_path, {})
    async with answering() as server, client_of(load(write(tmp_path, server.url, user)), clock) as client:
        with pytest.raises(NoCredential) as caught:
            await client.get("/", {}, timeout=ENOUGH)
        assert await client.health() == "away"
    assert isinstance(caught.value, Unauthorized)
    assert server.requests == []


# TLS contexts and headers


async def test_a_context_is_made_once_for_a_certificate(authority: Authority, clock: Clock) -> None:
    pair = authority.client
    certificate = ClientCertificate(pair.certificate.read_bytes(), pair.key.read_bytes())
    cluster = Cluster("https://api.example", Trust(authority.pem), Fixed(Credential("", certificate)))
    access = Access(cluster, clock)
    assert (await access.way()).tls is (await access.way()).tls
    assert "Bearer" not in repr(await access.way())


async def test_a_broken_certificate_of_a_plugin_is_a_missing_credential(clock: Clock) -> None:
    cluster = Cluster(
        "https://api.example", Trust(insecure=True), Fixed(Credential("", ClientCertificate(b"x", b"y", "plugin")))
    )
    with pytest.raises(NoCredential, match=r"^plugin: no certificate and key in PEM that fit"):
        await Access(cluster, clock).way()


async def test_impersonation_and_basic_authentication_are_sent(tmp_path: Path, clock: Clock) -> None:
    user = {"username": "eva", "password": "pass", "as": "adam", "as-groups": ["a", "b"]}
    async with answering() as server, client_of(load(write(tmp_path, server.url, user)), clock) as client:
        await client.get("/", {}, timeout=ENOUGH)
    assert server.headers["Authorization"] == "Basic ZXZhOnBhc3M="
    assert server.headers["Impersonate-User"] == "adam"
    assert server.headers.getall("Impersonate-Group") == ["a", "b"]


async def test_no_secret_is_in_an_error_or_a_log(tmp_path: Path, clock: Clock) -> None:
    async with answering(lambda _: web.json_response({"message": "no"}, status=403)) as server:
        file = write(tmp_path, server.url, {"token": "S3CRET"}, {"proxy-url": f"http://eva:S3CRET@{server.url[7:]}"})
        with capture_logs() as logs:
            async with client_of(load(file), clock) as client:
                with pytest.raises(Exception, match="403") as caught:
                    await client.get("/", {}, timeout=ENOUGH)
                await client.health()
    assert "S3CRET" in str(server.authorizations())
    assert "S3CRET" not in f"{caught.value!r} {logs}"
