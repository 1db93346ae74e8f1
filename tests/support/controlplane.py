"""A real control plane for tests and bench: etcd and kube-apiserver, started by `scripts/controlplane`.

The fixture comes by a line in a conftest.py: `from support.controlplane import controlplane as controlplane`. A test that
does more to it than others can bear starts its own: `with controlplane_or_fail() as plane:`.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import subprocess
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import aiohttp
import pytest

from evergauge.kube.sockets import Sockets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

SCRIPT: Final = Path(__file__).resolve().parents[2] / "scripts" / "controlplane"
_NOT_BUILT: Final = 4  # the script's exit code
_GOODBYE: Final = 35.0
"""Seconds until asyncio gives up a TLS connection whose peer doesn't answer its end, and a few more."""


class ControlPlaneError(Exception):
    """A command of `scripts/controlplane` failed; carries what it said."""


class NotBuiltError(ControlPlaneError):
    """The programs are not built; `make controlplane` does that."""


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """A running control plane; a context manager that stops it.

    `folder` holds its data, logs and state. `users` maps a user to `token` and `kubeconfig`: `admin` may do everything,
    `reader`, `scraper` and `stranger` nothing until RBAC says so. The methods block until done (starting takes 3 to
    10 s): beside a running event loop, `await asyncio.to_thread(plane.start_apiserver)`.
    """

    folder: Path
    url: str
    ca_file: Path
    etcd_url: str
    users: dict[str, dict[str, str]]

    @classmethod
    def start(cls, *flags: str) -> Self:
        """Start one on free loopback ports, `flags` (`--name=value`) added to kube-apiserver's.

        Raises NotBuiltError, and ControlPlaneError where it does not get ready.
        """
        folder = Path(_command("up", *flags).splitlines()[-1]).parent
        state: dict[str, Any] = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        return cls(
            folder=folder,
            url=state["url"],
            ca_file=Path(state["ca_file"]),
            etcd_url=state["etcd_url"],
            users=state["users"],
        )

    def stop(self) -> None:
        """Stop both programs and remove the folder."""
        _command("down", str(self.folder))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def kill_apiserver(self) -> None:
        """End the API server with SIGKILL; its port stays its own."""
        _command("kill-apiserver", str(self.folder))

    def start_apiserver(self, *flags: str) -> None:
        """Start it again on the same port, with `flags` after the usual ones, and wait until it is ready."""
        _command("start-apiserver", str(self.folder), *flags)

    @property
    def admin_kubeconfig(self) -> Path:
        return self.kubeconfig_of("admin")

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self.admin_kubeconfig

    def kubeconfig_of(self, user: str) -> Path:
        return Path(self.users[user]["kubeconfig"])

    @property
    def port(self) -> int:
        """The API server's."""
        return int(self.url.rpartition(":")[2])

    @property
    def token(self) -> str:
        """The administrator's."""
        return self.token_of("admin")

    def token_of(self, user: str) -> str:
        return self.users[user]["token"]

    def process_ids(self) -> dict[str, int]:
        """The process IDs of `etcd` and `apiserver` as of the last start."""
        state = json.loads((self.folder / "state.json").read_text(encoding="utf-8"))
        return {"etcd": state["etcd_pid"], "apiserver": state["apiserver_pid"]}

    @asynccontextmanager
    async def session(self, user: str = "admin", **settings: Any) -> AsyncIterator[aiohttp.ClientSession]:  # noqa: ANN401 - aiohttp's own
        """A client for API paths such as `/api/v1/pods`, as `user`.

        Left when its sockets are closed: a TLS connection that is given up in the middle of an answer says goodbye first, and
        its socket must not outlive the event loop.
        """
        sockets = Sockets()
        async with aiohttp.ClientSession(
            base_url=self.url,
            headers={"Authorization": f"Bearer {self.token_of(user)}"},
            connector=aiohttp.TCPConnector(
                ssl=ssl.create_default_context(cafile=self.ca_file), socket_factory=sockets.open
            ),
            **settings,
        ) as session:
            yield session
        async with asyncio.timeout(_GOODBYE):
            while sockets:  # noqa: ASYNC110 - nothing tells of a socket
                await asyncio.sleep(0.01)


def controlplane_or_fail(*flags: str) -> ControlPlane:
    """A started control plane. Where it is not built the test is not run; with CI set in the environment it fails."""
    try:
        return ControlPlane.start(*flags)
    except NotBuiltError as error:
        if os.environ.get("CI"):
            pytest.fail(f"CI runs every test: {error}")
        pytest.skip(f"not run: {error}")


@pytest.fixture(scope="session")
def controlplane() -> Iterator[ControlPlane]:
    """One control plane for all tests that only need some; they keep to namespaces of their own."""
    with controlplane_or_fail() as plane:
        yield plane


def _command(*arguments: str) -> str:
    done = subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, check=False)
    if done.returncode == _NOT_BUILT:
        raise NotBuiltError(done.stderr.strip())
    if done.returncode != 0:
        raise ControlPlaneError(f"controlplane {arguments[0]} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout
