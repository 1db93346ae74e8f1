"""The API server as a Pod finds it: by environment variables and the service account's files (`client-go/rest`, InClusterConfig)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from evergauge.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergauge.kube.files import Files

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
HOST, PORT = "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"


@dataclass(frozen=True, slots=True)
class InCluster:
    """What a Pod is given. token and authority: the files' content; token_file, authority_file: where, for messages."""

    server: str
    token: str = field(repr=False)
    authority: bytes
    token_file: Path
    authority_file: Path


def read_in_cluster(environ: Mapping[str, str], files: Files, folder: Path = SERVICE_ACCOUNT) -> InCluster | None:
    """None outside of a cluster. Raises ClusterError where the service account's files can't be read."""
    host, port = environ.get(HOST), environ.get(PORT)
    if not host or not port:
        return None
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    token_file, authority_file = folder / "token", folder / "ca.crt"
    try:
        token, authority = files.read(token_file).decode(errors="replace"), files.read(authority_file)
    except OSError as error:
        raise ClusterError(
            f"{HOST} says that this is a Pod, but {error.filename} can't be read: {error.strerror};"
            " set automountServiceAccountToken: true, or give --kubeconfig"
        ) from None
    return InCluster(server, token, authority, token_file, authority_file)
