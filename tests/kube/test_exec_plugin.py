"""Plugins: how they are run, what they give, and what of it is kept for how long."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

from evergauge.errors import NoCredential
from evergauge.kube.cluster import load_cluster
from evergauge.kube.credentials import Credential
from evergauge.kube.exec_plugin import RUN_AGAIN_AFTER, ExecCredentials, Plugin, read_credential
from evergauge.kube.tls import ClientCertificate

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

V1 = "client.authentication.k8s.io/v1"
NOW = 1_800_000_000.0  # 2027-01-15T08:00:00Z


def answer(status: Any, version: str = V1, kind: str = "ExecCredential") -> str:  # noqa: ANN401
    return json.dumps({"apiVersion": version, "kind": kind, "status": status})


class Script:
    """A plugin that answers with the content of a file, and notes how it is run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "plugin"
        self.file.write_text(
            # A path with a space can't stand in the first line; the shell's part is a text to Python.
            f"#!/bin/sh\n'''exec' \"{sys.executable}\" -IS \"$0\" \"$@\"\n' '''\n"
            "import json, os, pathlib, sys\n"
            f"folder = pathlib.Path({str(folder)!r})\n"
            "info = os.environ.get('KUBERNETES_EXEC_INFO')\n"
            "terminal = os.path.exists('/dev/tty') and os.getsid(0) != os.getpid()\n"
            "run = {'arguments': sys.argv[1:], 'info': json.loads(info), 'input': sys.stdin.read(), 'A': os.environ.get('A')}\n"
            "with open(folder / 'runs', 'a') as runs: print(json.dumps({**run, 'terminal': terminal}), file=runs)\n"
            "exec((folder / 'does').read_text())\n"
        )
        self.file.chmod(0o755)
        self.answers({"token": "one"})

    def answers(self, status: Any, **more: str) -> None:  # noqa: ANN401
        self.does(f"print({answer(status, **more)!r})")

    def does(self, code: str) -> None:
        (self.folder / "does").write_text(code)

    def hangs(self) -> Path:
        """It starts a child, and both never end. Returns a pipe that they hold open."""
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        self.does(
            f"import subprocess, time; held = open({str(pipe)!r}, 'w'); (folder / 'holds').touch()\n"
            "subprocess.Popen(['sleep', '600'], stdout=held); time.sleep(600)"
        )
        return pipe

    @property
    def runs(self) -> list[dict[str, Any]]:
        runs = self.folder / "runs"
        return [json.loads(line) for line in runs.read_text().splitlines()] if runs.exists() else []

    def plugin(self, **fields: Any) -> Plugin:  # noqa: ANN401
        environ = {"KUBERNETES_EXEC_INFO": "{}"}
        return Plugin(
            **({"command": (str(self.file),), "environ": environ, "api_version": V1, "name": "exec plugin x"} | fields)
        )


@pytest.fixture
def script(tmp_path: Path) -> Script:
    return Script(tmp_path)


def kubeconfig(script: Script, **fields: Any) -> str:  # noqa: ANN401
    """Whose user has the plugin."""
    entry = {"apiVersion": V1, "command": "./plugin", **fields}
    extensions = [
        {"name": "other", "extension": 1},
        {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}},
    ]
    config = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [
            {
                "name": "c",
                "cluster": {"server": "https://api.example", "tls-server-name": "n", "extensions": extensions},
            }
        ],
        "users": [{"name": "u", "user": {"exec": entry}}],
    }
    file = script.folder / "config"
    file.write_text(json.dumps(config))
    return str(file)


# How it is run


async def test_a_plugin_of_a_kubeconfig(script: Script) -> None:
    fields = {"args": ["get", "token"], "env": [{"name": "A", "value": "b"}], "provideClusterInfo": True}
    file = kubeconfig(script, **fields, interactiveMode="IfAvailable")
    cluster = load_cluster(kubeconfig=file, apiserver="", environ={"A": "outer", "PATH": os.defpath})
    assert cluster.credentials.name == f'exec plugin ./plugin (kubeconfig {file}, user "u")'
    assert await cluster.credentials.get(NOW) == Credential("Bearer one")
    info = {"server": "https://api.example", "tls-server-name": "n", "config": {"audience": "x"}}
    assert script.runs == [
        {
            "arguments": ["get", "token"],
            "A": "b",
            "input": "",
            "terminal": False,
            "info": {"apiVersion": V1, "kind": "ExecCredential", "spec": {"interactive": False, "cluster": info}},
        }
    ]


async def test_a_plugin_is_told_about_the_cluster_only_if_it_wants(script: Script) -> None:
    file = kubeconfig(script, apiVersion="client.authentication.k8s.io/v1beta1")
    script.answers({"token": "beta"}, version="client.authentication.k8s.io/v1beta1")
    cluster = load_cluster(kubeconfig=file, apiserver="", environ={})
    assert await cluster.credentials.get(NOW) == Credential("Bearer beta")
    assert script.runs[0]["info"]["spec"] == {"interactive": False}


async def test_a_command_without_a_slash_is_searched_for_in_path(script: Script) -> None:
    file = kubeconfig(script, command="plugin")
    cluster = load_cluster(kubeconfig=file, apiserver="", environ={"PATH": f"/nowhere:{script.folder}"})
    assert await cluster.credentials.get(NOW) == Credential("Bearer one")


def test_it_runs_in_uvloop_too(script: Script) -> None:
    async def get() -> Credential:
        return await ExecCredentials(script.plugin()).get(NOW)

    assert uvloop.run(get()) == Credential("Bearer one")


# What it gives


@pytest.mark.parametrize(
    ("status", "credential", "expires"),
    [
        ({"token": "abc"}, Credential("Bearer abc"), float("inf")),
        ({"token": "abc", "expirationTimestamp": None}, Credential("Bearer abc"), float("inf")),
        ({"token": "abc", "expirationTimestamp": "2027-01-15T08:01:00Z"}, Credential("Bearer abc"), NOW + 50),
        (
            {"token": "abc", "expirationTimestamp": "2027-01-15T10:01:00.123456789+02:00"},
            Credential("Bearer abc"),
            NOW + 50.123456,
        ),
        (
            {"clientCertificateData": "chain", "clientKeyData": "key"},
            Credential("", ClientCertificate(b"chain", b"key")),
            float("inf"),
        ),
        (
            {"token": "abc", "clientCertificateData": "chain", "clientKeyData": "key", "more": 1},
            Credential("Bearer abc", ClientCertificate(b"chain", b"key")),
            float("inf"),
        ),
    ],
)
def test_an_answer(script: Script, status: dict[str, Any], credential: Credential, expires: float) -> None:
    given, until = read_credential(script.plugin(), answer(status).encode())
    assert given == credential
    assert until == pytest.approx(expires)


UNUSABLE = [
    ("", "Input data was truncated"),
    ("SECRET", "JSON is malformed"),
    ('{"token": "SECRET"}', "missing required field `apiVersion`"),
    (answer(None), "Expected `object`, got `null` - at `$.status`"),
    (answer({}), "neither token nor clientCertificateData in its status"),
    (answer({"token": 1}), "Expected `str | null`, got `int` - at `$.status.token`"),
    (answer({"token": "SEC\nRET"}), "the token has characters that can't stand in a header"),
    (answer({"clientKeyData": "SECRET"}), "clientCertificateData and clientKeyData go together, and one is missing"),
    (answer({"token": "SECRET", "expirationTimestamp": "soon"}), "expirationTimestamp is no time of RFC 3339"),
    (answer({"token": "SECRET"}, kind="Other"), f"not an ExecCredential of {V1}, which the kubeconfig asks for"),
    (
        answer({"token": "SECRET"}, version="client.authentication.k8s.io/v1beta1"),
        f"not an ExecCredential of {V1}, which the kubeconfig asks for",
    ),
]


@pytest.mark.parametrize(("output", "says"), UNUSABLE)
def test_an_answer_that_cannot_be_used_is_not_quoted(script: Script, output: str, says: str) -> None:
    with pytest.raises(NoCredential) as caught:
        read_credential(script.plugin(install_hint="ask\nEva"), output.encode())
    message = str(caught.value)
    assert message.startswith("exec plugin x: its output can't be used: ")
    assert message.endswith("; ask Eva")
    assert says in message
    assert "SEC" not in message


@pytest.mark.parametrize(
    ("does", "says"),
    [
        ("sys.exit('first\\n not\\tlogged in \\n\\n')", "ended with 1: not logged in"),
        ("sys.exit(3)", "ended with 3"),
        ("print('SECRET'); os.kill(os.getpid(), 9)", "ended with -9"),
    ],
)
async def test_a_plugin_that_fails(script: Script, does: str, says: str) -> None:
    script.does(does)
    with pytest.raises(NoCredential) as caught:
        await ExecCredentials(script.plugin(install_hint="ask Eva")).get(NOW)
    assert str(caught.value) == f"exec plugin x: {says}; ask Eva"


async def test_a_plugin_that_is_not_installed(script: Script) -> None:
    plugin = script.plugin(command=("no-such-plugin",), install_hint="See https://plugin.example")
    with pytest.raises(NoCredential) as caught:
        await ExecCredentials(plugin).get(NOW)
    assert str(caught.value) == "exec plugin x: can't be run: No such file or directory; See https://plugin.example"


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_a_plugin_that_takes_too_long_is_ended_with_its_children(
    script: Script, run: Callable[[Coroutine[Any, Any, None]], None]
) -> None:
    pipe = script.hangs()

    async def get() -> None:
        # Opened at once: a plugin that never came to open its end would otherwise keep us here.
        held = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        with pytest.raises(NoCredential, match=r"exec plugin x: gave nothing within 1 s$"):
            await ExecCredentials(script.plugin(), longest_run=1.0).get(NOW)
        assert (script.folder / "holds").exists()
        os.set_blocking(held, True)
        with os.fdopen(held) as end:
            assert await asyncio.to_thread(end.read) == "", "its end comes when plugin and child are gone"

    run(get())


# What is kept


async def test_a_credential_is_kept_until_it_expires(script: Script) -> None:
    script.answers({"token": "one", "expirationTimestamp": "2027-01-15T08:10:00Z"})
    credentials = ExecCredentials(script.plugin())
    assert [await credentials.get(NOW + seconds) for seconds in (0, 1, 589)] == [Credential("Bearer one")] * 3
    assert len(script.runs) == 1
    script.answers({"token": "two"})
    assert await credentials.get(NOW + 590) == Credential("Bearer two")
    assert await credentials.get(NOW + 1e9) == Credential("Bearer two")
    assert len(script.runs) == 2


async def test_a_refused_credential_is_replaced(script: Script) -> None:
    credentials = ExecCredentials(script.plugin())
    one = await credentials.get(NOW)
    script.answers({"token": "two"})
    assert await credentials.renew(one, NOW + 1) is False, "it has only just been given"
    later = NOW + RUN_AGAIN_AFTER
    assert await asyncio.gather(*(credentials.renew(one, later) for _ in range(20))) == [True] * 20
    assert await credentials.renew(one, later) is True, "the other one is there already"
    two = await credentials.get(later)
    assert two == Credential("Bearer two")
    assert await credentials.renew(two, later + RUN_AGAIN_AFTER) is False, "the plugin has nothing else"
    assert len(script.runs) == 3


async def test_requests_share_a_run(script: Script) -> None:
    credentials = ExecCredentials(script.plugin())
    assert await asyncio.gather(*(credentials.get(NOW) for _ in range(20))) == [Credential("Bearer one")] * 20
    assert len(script.runs) == 1


async def test_a_request_that_is_given_up_leaves_the_run_to_the_others(script: Script) -> None:
    credentials = ExecCredentials(script.plugin())
    first = asyncio.create_task(credentials.get(NOW))
    await asyncio.sleep(0)
    first.cancel()
    assert await credentials.get(NOW) == Credential("Bearer one")
    assert first.cancelled()
    assert len(script.runs) == 1


async def test_a_failed_plugin_is_left_alone_for_a_while(script: Script) -> None:
    script.does("sys.exit('down')")
    credentials = ExecCredentials(script.plugin())
    for seconds in (0, 1, RUN_AGAIN_AFTER - 1):
        with pytest.raises(NoCredential, match="ended with 1: down"):
            await credentials.get(NOW + seconds)
    assert len(script.runs) == 1
    script.answers({"token": "up"})
    assert await credentials.get(NOW + RUN_AGAIN_AFTER) == Credential("Bearer up")


async def test_what_the_kubeconfig_gives_wins(script: Script) -> None:
    script.answers({"token": "one", "clientCertificateData": "chain", "clientKeyData": "key"})
    own = ClientCertificate(b"own", b"key")
    assert await ExecCredentials(script.plugin(), Credential("", own)).get(NOW) == Credential("Bearer one", own)


def test_equal_plugins_make_equal_credentials(script: Script) -> None:
    one = ExecCredentials(script.plugin())
    assert one == ExecCredentials(script.plugin())
    assert one != ExecCredentials(script.plugin(environ={"A": "b"}))
    assert one != ExecCredentials(script.plugin(), Credential("Bearer x"))
    assert one != Credential()
    assert "Bearer" not in repr(one)


async def test_closing_ends_a_running_plugin(script: Script) -> None:
    pipe = script.hangs()
    credentials = ExecCredentials(script.plugin())
    request = asyncio.create_task(credentials.get(NOW))
    with await asyncio.to_thread(pipe.open) as held:
        await credentials.close()
        with pytest.raises(asyncio.CancelledError):
            await request
        assert await asyncio.to_thread(held.read) == ""
