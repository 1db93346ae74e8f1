"""Builds etcd and kube-apiserver from the Go module proxy, once for each state of the sources beside this folder."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from launcher.errors import NO_GO, NOT_BUILT, LauncherError, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SOURCES: Final = Path(__file__).resolve().parent.parent
PROGRESS_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Component:
    """One Go module of ours and the program that it builds."""

    module: str
    binary: str


ETCD: Final = Component(module="etcd", binary="etcd")
APISERVER: Final = Component(module="apiserver", binary="kube-apiserver")
COMPONENTS: Final = (ETCD, APISERVER)


@dataclass(frozen=True, slots=True)
class Binaries:
    """Paths of the built programs."""

    etcd: Path
    apiserver: Path


def kubernetes_version(sources: Path = SOURCES) -> str:
    """The Kubernetes release that the API server's go.mod names, such as `v1.36.3`."""
    text = (sources / APISERVER.module / "go.mod").read_text(encoding="utf-8")
    found = re.search(r"^\s*k8s\.io/kubernetes (v\d+\.\d+\.\d+)$", text, re.MULTILINE)
    if found is None:
        raise LauncherError(f"{sources / APISERVER.module / 'go.mod'} requires no release of k8s.io/kubernetes")
    return found[1]


def source_hash(sources: Path = SOURCES) -> str:
    """Twelve hex digits over all inputs of the build: go.mod, go.sum and main.go of each module, and the linker flags."""
    digest = hashlib.sha256("\0".join(_linker_flags(kubernetes_version(sources))).encode())
    for component in COMPONENTS:
        for name in ("go.mod", "go.sum", "main.go"):
            digest.update((sources / component.module / name).read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def cache_folder(sources: Path = SOURCES) -> Path:
    """Where the programs of this source hash belong: outside the tree, so that clones and clean-ups share one build."""
    general = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = Path(os.environ.get("EVERGAUGE_CACHE") or Path(general) / "evergauge")
    return cache.absolute() / "controlplane" / f"{kubernetes_version(sources)}-{source_hash(sources)}"


def built() -> Binaries:
    """The programs of this source hash. Raises LauncherError (NOT_BUILT) where one is missing."""
    folder = cache_folder()
    binaries = Binaries(etcd=folder / ETCD.binary, apiserver=folder / APISERVER.binary)
    for path in (binaries.etcd, binaries.apiserver):
        if not os.access(path, os.X_OK):
            raise LauncherError(f"{path} is not built; run: make controlplane", NOT_BUILT)
    return binaries


def build() -> Binaries:
    """Build what is missing; the programs' paths. Raises LauncherError where Go is missing or the build fails."""
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(folder / "lock"):
        for component in COMPONENTS:
            if not os.access(folder / component.binary, os.X_OK):
                _compile(component, folder)
    say(f"built in {folder}")
    return built()


def _linker_flags(version: str) -> Sequence[str]:
    # Modules carry no build stamp, and without it the server would call itself v0.0.0 at /version.
    major, minor, _ = version.removeprefix("v").split(".")
    stamp = "k8s.io/component-base/version"
    return (
        "-s",
        "-w",
        f"-X={stamp}.gitVersion={version}",
        f"-X={stamp}.gitMajor={major}",
        f"-X={stamp}.gitMinor={minor}",
    )


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _compile(component: Component, folder: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise LauncherError(f"Go is needed to build {component.binary}, and no `go` is on the PATH", NO_GO)
    # Renamed when complete: an interrupted build must not pass for a finished one.
    partial = folder / f".{component.binary}.{os.getpid()}"
    flags = " ".join(_linker_flags(kubernetes_version()))
    command = [go, "build", "-v", "-trimpath", "-buildvcs=false", f"-ldflags={flags}", "-o", str(partial), "."]
    say(f"building {component.binary} (the first time takes minutes: it compiles everything)")
    try:
        _run_with_progress(command, SOURCES / component.module, component.binary)
        partial.replace(folder / component.binary)
    finally:
        partial.unlink(missing_ok=True)


def _run_with_progress(command: Sequence[str], folder: Path, name: str) -> None:
    """Run `go build -v`: it prints a line for each package, which are counted; every other line is news."""
    started = told = time.monotonic()
    packages = 0
    news: list[str] = []
    environment = {**os.environ, "CGO_ENABLED": "0"}
    with subprocess.Popen(  # noqa: S603 - our own command line
        command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        for line in process.stderr or ():
            if re.fullmatch(r"[\w.~/-]+\n", line):
                packages += 1
            elif not line.startswith("go: downloading "):
                news.append(line.rstrip())
            if time.monotonic() - told > PROGRESS_SECONDS:
                told = time.monotonic()
                say(f"building {name}: {packages} packages compiled, {told - started:.0f} s")
    if process.returncode != 0:
        raise LauncherError(
            "\n".join([f"building {name} failed (go build: exit code {process.returncode})", *news[-20:]])
        )
    say(f"built {name} in {time.monotonic() - started:.0f} s")
