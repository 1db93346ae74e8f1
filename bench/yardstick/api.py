"""An API server as the benches use it, be it real or simulated: an address, who asks, and single requests."""

from __future__ import annotations

import json
import ssl
import tempfile
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yardstick.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from support.controlplane import ControlPlane

TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Api:
    """token: of who may do everything. context: for TLS, None without."""

    url: str
    kubeconfig: Path
    token: str = ""
    context: ssl.SSLContext | None = None

    def ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        """One request on a connection of its own, a patch being a merge patch. Raises BenchError."""
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Content-Type": kind, "Authorization": f"Bearer {self.token}"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT, context=self.context) as response:
                answer: dict[str, Any] = json.loads(response.read())
        except (OSError, ValueError) as error:
            raise BenchError(f"{method} {path}: {error}") from error
        return answer


def api_of(plane: ControlPlane) -> Api:
    """A real one, as its administrator."""
    context = ssl.create_default_context(cafile=plane.ca_file)
    return Api(plane.url, plane.kubeconfig, plane.token, context)


@contextmanager
def kubeconfig_for(url: str) -> Iterator[Path]:
    """A kubeconfig for a server that lets in everybody."""
    cluster, context = {"server": url}, {"cluster": "bench", "user": "bench"}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "bench", "cluster": cluster}],
        "users": [{"name": "bench", "user": {}}],
        "contexts": [{"name": "bench", "context": context}],
        "current-context": "bench",
    }
    with tempfile.NamedTemporaryFile("w", prefix="bench-", suffix=".kubeconfig") as file:
        json.dump(document, file)
        file.flush()
        yield Path(file.name)
