"""Credentials from a program (KEP-541, `client.authentication.k8s.io/v1` and `v1beta1`): cloud providers' and single sign-on's."""

from __future__ import annotations

import asyncio
import math
import os
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import structlog

from evergauge.errors import NoCredential
from evergauge.kube.credentials import Credential, bearer
from evergauge.kube.tls import ClientCertificate

if TYPE_CHECKING:
    from collections.abc import Mapping

log = structlog.get_logger(__name__)

LONGEST_RUN = 60.0
"""Seconds that a run may take."""
RUN_AGAIN_AFTER = 5.0
"""Seconds until a plugin that failed, or whose credential was refused, is run again: many feeds ask at once."""
_EARLY = 10.0
"""Seconds before its end that a credential counts as expired, so that it holds until the request arrives."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """What to run. command: program and arguments; environ: the whole environment, with KUBERNETES_EXEC_INFO."""

    command: tuple[str, ...] = field(repr=False)
    environ: Mapping[str, str] = field(repr=False)
    api_version: str
    install_hint: str = ""
    name: str = "exec plugin"


class ExecCredentials:
    """The credential that a plugin gives, kept until it expires or is refused. Equal plugins make equal credentials.

    Requests that need one at the same time share a run, and one that is given up does not end it: the next finds its result.
    """

    def __init__(self, plugin: Plugin, fixed: Credential | None = None, *, longest_run: float = LONGEST_RUN) -> None:
        """fixed: what the kubeconfig gives beside the plugin, and which wins. longest_run: seconds."""
        self.plugin = plugin
        self.name = plugin.name
        self._fixed = fixed or Credential()
        self._longest_run = longest_run
        self._given: Credential | None = None
        self._expires = 0.0
        self._began = -math.inf
        self._failure = ""
        self._run: asyncio.Task[None] | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ExecCredentials) and (self.plugin, self._fixed) == (other.plugin, other._fixed)

    __hash__ = None  # type: ignore[assignment] # plugins hold maps

    async def get(self, now: float) -> Credential:
        """See Credentials, as what follows."""
        if self._given is None or now >= self._expires:
            await self._shared_run(now)
        if self._given is None:
            raise NoCredential(f"{self.name}: gave no credential")
        return self._given

    async def renew(self, refused: Credential, now: float) -> bool:
        if self._given == refused:
            if self._run is None and now - self._began < RUN_AGAIN_AFTER:
                return False
            await self._shared_run(now)
        return self._given != refused

    async def close(self) -> None:
        if self._run:
            self._run.cancel()
            await asyncio.wait([self._run])

    async def _shared_run(self, now: float) -> None:
        if self._run is None:
            if self._failure and now - self._began < RUN_AGAIN_AFTER:
                raise NoCredential(self._failure)
            self._run = asyncio.create_task(self._run_once(now))
            self._run.add_done_callback(self._run_ended)
        await asyncio.shield(self._run)

    def _run_ended(self, run: asyncio.Task[None]) -> None:
        self._run = None
        error = None if run.cancelled() else run.exception()
        self._failure = str(error) if error else ""
        if error:
            log.warning("no credential from the plugin", error=self._failure)

    async def _run_once(self, now: float) -> None:
        self._began = now
        output = await run_program(self.plugin, self._longest_run)
        given, self._expires = read_credential(self.plugin, output)
        self._given = Credential(
            self._fixed.authorization or given.authorization, self._fixed.certificate or given.certificate
        )


async def run_program(plugin: Plugin, longest: float) -> bytes:
    """What the program writes. It gets no input and no terminal. Raises NoCredential."""
    try:
        process = await asyncio.create_subprocess_exec(
            *plugin.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=dict(plugin.environ),
            start_new_session=True,
        )
    except OSError as error:
        raise NoCredential(_with_hint(plugin, f"can't be run: {error.strerror}")) from None
    try:
        async with asyncio.timeout(longest):
            output, complaint = await process.communicate()
    except TimeoutError:
        raise NoCredential(_with_hint(plugin, f"gave nothing within {longest:g} s")) from None
    finally:
        await _end(process)
    if process.returncode:
        raise NoCredential(_with_hint(plugin, f"ended with {process.returncode}{_last_line(complaint)}"))
    return output


async def _end(process: asyncio.subprocess.Process) -> None:
    """End what is still running, children included."""
    if process.returncode is None:
        with suppress(ProcessLookupError):  # it may have ended by itself just now
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _last_line(complaint: bytes) -> str:
    lines = complaint.decode(errors="replace").split("\n")
    last = next((" ".join(line.split()) for line in reversed(lines) if line.strip()), "")
    return f": {last[:200]}" if last else ""


def _with_hint(plugin: Plugin, what: str) -> str:
    hint = " ".join(plugin.install_hint.split())
    return f"{plugin.name}: {what}" + (f"; {hint}" if hint else "")


class _Status(msgspec.Struct, rename="camel"):
    expiration_timestamp: str | None = None
    token: str | None = None
    client_certificate_data: str | None = None
    client_key_data: str | None = None

    def __repr__(self) -> str:
        return "<_Status>"  # its fields are secret


class _ExecCredential(msgspec.Struct, rename="camel"):
    api_version: str
    kind: str
    status: _Status


def read_credential(plugin: Plugin, output: bytes) -> tuple[Credential, float]:
    """A plugin's answer: the credential, and the time it expires in seconds since 1970, infinity where it doesn't say.

    Raises NoCredential, whose message quotes nothing of the answer.
    """
    try:
        answer = msgspec.json.decode(output, type=_ExecCredential)
        _check_version(plugin, answer)
        return _credential(answer.status, plugin.name), _expiry(answer.status.expiration_timestamp)
    except ValueError as error:  # msgspec's errors are of this class
        raise NoCredential(_with_hint(plugin, f"its output can't be used: {error}")) from None


def _check_version(plugin: Plugin, answer: _ExecCredential) -> None:
    if (answer.kind, answer.api_version) != ("ExecCredential", plugin.api_version):
        raise ValueError(f"not an ExecCredential of {plugin.api_version}, which the kubeconfig asks for")


def _credential(status: _Status, name: str) -> Credential:
    chain, key = status.client_certificate_data, status.client_key_data
    if bool(chain) != bool(key):
        raise ValueError("clientCertificateData and clientKeyData go together, and one is missing")
    if not status.token and not chain:
        raise ValueError("neither token nor clientCertificateData in its status")
    certificate = ClientCertificate(chain.encode(), key.encode(), name) if chain and key else None
    return Credential(bearer(status.token) if status.token else "", certificate)


def _expiry(timestamp: str | None) -> float:
    if not timestamp:
        return math.inf
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        raise ValueError("expirationTimestamp is no time of RFC 3339") from None
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - _EARLY
