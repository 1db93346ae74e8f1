"""One control plane: its state on disk, its processes, and the flags they run with."""

from __future__ import annotations

import http.client
import json
import shutil
import signal
import ssl
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from launcher import credentials
from launcher.errors import LauncherError, say
from launcher.process import HOST, free_ports, is_running, launch, stop, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from launcher.build import Binaries

ETCD_SECONDS: Final = 30.0
LOG_LINES_SHOWN: Final = 15


@dataclass(frozen=True, slots=True)
class State:
    """What others need to know to use or to stop a control plane; kept as `state.json` in its folder.

    Paths are absolute. `etcd_url` serves etcd's gRPC and its JSON gateway. `users` maps a user's name to the token and
    to the kubeconfig. `etcd_pid` and `apiserver_pid` are process IDs, 0 before the first start.
    """

    folder: str
    url: str
    port: int
    ca_file: str
    etcd_url: str
    etcd_peer_url: str
    kubeconfig: str
    users: Mapping[str, Mapping[str, str]]
    etcd_pid: int = 0
    apiserver_pid: int = 0

    @property
    def path(self) -> Path:
        return Path(self.folder)

    @classmethod
    def load(cls, folder: Path) -> State:
        """Read the state of a folder. Raises LauncherError where there is none."""
        try:
            return cls(**json.loads((folder / "state.json").read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise LauncherError(f"{folder} holds no control plane (there is no state.json)") from None

    def save(self) -> None:
        file = self.path / "state.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


def up(binaries: Binaries, folder: Path, *, port: int, flags: Sequence[str], seconds: float) -> State:
    """Start both in `folder` and wait until the API server is ready. Cleans up and raises LauncherError if it fails."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise LauncherError(
            f"{folder} is not empty; take another folder, or stop what runs there: controlplane down {folder}"
        )
    state = _prepare(folder, port)
    try:
        _start_etcd(binaries, state)
        return start_apiserver(binaries, folder, flags=flags, seconds=seconds)
    except BaseException:
        down(folder)
        raise


def start_apiserver(binaries: Binaries, folder: Path, *, flags: Sequence[str], seconds: float) -> State:
    """Start the API server with `flags` after its usual ones and wait until it is ready. Raises LauncherError."""
    state = State.load(folder)
    if is_running(state.apiserver_pid, state.folder):
        raise LauncherError(f"the API server of {folder} is running already (process {state.apiserver_pid})")
    log = folder / "apiserver.log"
    pid = launch([str(binaries.apiserver), *_apiserver_flags(state), *flags], log)
    state = replace(state, apiserver_pid=pid)
    state.save()
    _wait_until_ready(state, pid, log, seconds)
    for user, entry in state.users.items():
        credentials.write_kubeconfig(
            Path(entry["kubeconfig"]), url=state.url, ca_file=Path(state.ca_file), user=user, token=entry["token"]
        )
    say(f"API server ready at {state.url} (process {pid})")
    return state


def kill_apiserver(folder: Path) -> None:
    """End the API server with SIGKILL, as a crash does, and wait until it is gone. Raises LauncherError."""
    state = State.load(folder)
    stop(state.apiserver_pid, state.folder, with_signal=signal.SIGKILL)


def down(folder: Path) -> None:
    """Stop both processes and remove the folder. Raises LauncherError where there is no control plane."""
    state = State.load(folder)
    for pid in (state.apiserver_pid, state.etcd_pid):
        # Nothing in the folder outlives this, so there is nothing to save by a slow stop.
        stop(pid, state.folder, with_signal=signal.SIGKILL)
    shutil.rmtree(folder)


def _prepare(folder: Path, port: int) -> State:
    etcd_port, peer_port, free_port = free_ports(3)
    tokens = credentials.new_tokens()
    users = {user: {"token": token, "kubeconfig": str(folder / f"{user}.kubeconfig")} for user, token in tokens.items()}
    state = State(
        folder=str(folder),
        url=f"https://{HOST}:{port or free_port}",
        port=port or free_port,
        # The server writes its self-signed certificate there, followed by the authority that signed it.
        ca_file=str(folder / "certificates" / "apiserver.crt"),
        etcd_url=f"http://{HOST}:{etcd_port}",
        etcd_peer_url=f"http://{HOST}:{peer_port}",
        kubeconfig=users[credentials.ADMIN]["kubeconfig"],
        users=users,
    )
    credentials.write_token_file(folder / "tokens.csv", tokens)
    credentials.write_signing_key(folder / "service-account.key")
    state.save()
    return state


def _start_etcd(binaries: Binaries, state: State) -> None:
    log = state.path / "etcd.log"
    pid = launch([str(binaries.etcd), *_etcd_flags(state)], log)
    replace(state, etcd_pid=pid).save()

    def healthy() -> bool:
        _insist_on(pid, state, log)
        return _status(state.etcd_url, "/health") == 200

    wait_until(healthy, ETCD_SECONDS, f"etcd (its log: {log})")


def _etcd_flags(state: State) -> Sequence[str]:
    return (
        f"--data-dir={state.folder}/etcd",
        f"--listen-client-urls={state.etcd_url}",
        f"--advertise-client-urls={state.etcd_url}",
        f"--listen-peer-urls={state.etcd_peer_url}",
        f"--initial-advertise-peer-urls={state.etcd_peer_url}",
        f"--initial-cluster=default={state.etcd_peer_url}",
        "--unsafe-no-fsync",  # the data need not outlive the machine
        "--snapshot-count=500",  # entries of the log stay in memory until then, and bulk loads make large ones
        "--snapshot-catchup-entries=100",
        "--max-request-bytes=16777216",
        "--quota-backend-bytes=8589934592",
        "--log-level=warn",
    )


def _apiserver_flags(state: State) -> Sequence[str]:
    key = f"{state.folder}/service-account.key"
    return (
        f"--etcd-servers={state.etcd_url}",
        f"--bind-address={HOST}",
        f"--advertise-address={HOST}",
        "--endpoint-reconciler-type=none",  # a loopback address is no endpoint for anybody
        f"--secure-port={state.port}",
        f"--cert-dir={Path(state.ca_file).parent}",
        f"--token-auth-file={state.folder}/tokens.csv",
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--disable-admission-plugins=ServiceAccount",  # no controller makes the accounts that it asks for
        "--feature-gates=ShardedListAndWatch=true",
        "--watch-cache=true",
        "--event-ttl=5m",
        "--profiling=false",
        "--v=0",
    )


def _wait_until_ready(state: State, pid: int, log: Path, seconds: float) -> None:
    token = state.users[credentials.ADMIN]["token"]

    def ready() -> bool:
        _insist_on(pid, state, log)
        return _status(state.url, "/readyz", ca_file=state.ca_file, token=token) == 200

    wait_until(ready, seconds, f"the API server at {state.url} (its log: {log})")


def _insist_on(pid: int, state: State, log: Path) -> None:
    if not is_running(pid, state.folder):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        raise LauncherError("\n".join([f"process {pid} ended before it was ready; the end of its log:", *lines]))


def _status(url: str, path: str, *, ca_file: str = "", token: str = "") -> int:
    """The HTTP status of a GET, or 0 where nobody answers yet."""
    scheme, _, address = url.partition("://")
    try:
        connection: http.client.HTTPConnection
        if scheme == "https":
            context = ssl.create_default_context(cafile=ca_file)
            connection = http.client.HTTPSConnection(address, timeout=5, context=context)
        else:
            connection = http.client.HTTPConnection(address, timeout=5)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            return connection.getresponse().status
        finally:
            connection.close()
    except (OSError, http.client.HTTPException):  # not listening yet, or no certificate yet
        return 0
