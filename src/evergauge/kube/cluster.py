"""An API server and all that it takes to reach it, found as client-go finds it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from evergauge.errors import ClusterError
from evergauge.kube.credentials import NOBODY, Credential, Credentials, Fixed, bearer
from evergauge.kube.files import Files
from evergauge.kube.incluster import HOST, PORT, InCluster, read_in_cluster
from evergauge.kube.kubeconfig import ClusterEntry, Named, Selected, read_kubeconfig
from evergauge.kube.proxies import check_proxy, proxy_of_environment
from evergauge.kube.tls import SYSTEM, Trust, check_trust
from evergauge.kube.users import credentials_of, file_or_data, impersonation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Cluster:
    """How to reach an API server. It holds secrets; its repr doesn't show them.

    server: URL, without a slash at the end. proxy: URL, empty for none. headers: go with every request. origin: where all this
    comes from, for messages. files: what was read for it; again: reads it anew and raises ClusterError.
    """

    server: str
    trust: Trust = SYSTEM
    credentials: Credentials = NOBODY
    proxy: str = field(default="", repr=False)
    headers: tuple[tuple[str, str], ...] = ()
    origin: str = ""
    files: Files = field(default_factory=Files, repr=False, compare=False)
    again: Callable[[], Cluster] | None = field(default=None, repr=False, compare=False)


def load_cluster(*, kubeconfig: str, apiserver: str, environ: Mapping[str, str]) -> Cluster:
    """The cluster to watch, from the first of these that there is.

    1. kubeconfig, a file (`--kubeconfig`); 2. apiserver, a URL (`--apiserver`), without a credential; 3. the files of KUBECONFIG,
    of which missing ones are left out; 4. the service account of the Pod that this is; 5. `~/.kube/config`.

    apiserver also replaces the server of a kubeconfig. Raises ClusterError; when nothing is found it says what was looked for.
    """
    again = partial(load_cluster, kubeconfig=kubeconfig, apiserver=apiserver, environ=environ)
    files = Files()
    if kubeconfig:
        selected = read_kubeconfig([Path(kubeconfig)], files, required=True)
        if selected is None:
            raise ClusterError(f"kubeconfig {kubeconfig}: empty")
        return _of_kubeconfig(selected, apiserver, files, environ, again)
    if apiserver:
        server = _server_url(apiserver, "--apiserver", tls=False)
        return Cluster(
            server, proxy=proxy_of_environment(server, environ), origin="--apiserver", files=files, again=again
        )
    if selected := read_kubeconfig(_listed(environ), files, required=False):
        return _of_kubeconfig(selected, "", files, environ, again)
    if pod := read_in_cluster(environ, files):
        return _of_pod(pod, files, environ, again)
    if selected := read_kubeconfig(_own(environ), files, required=False):
        return _of_kubeconfig(selected, "", files, environ, again)
    raise ClusterError(
        "no API server found: neither --kubeconfig nor --apiserver is given,"
        f" KUBECONFIG {_listed_text(environ)}, {HOST} and {PORT} aren't both set (this is no Pod),"
        f" and there is no {', '.join(map(str, _own(environ))) or '~/.kube/config (HOME is not set)'}"
    )


def _listed(environ: Mapping[str, str]) -> Sequence[Path]:
    return [Path(path) for path in environ.get("KUBECONFIG", "").split(os.pathsep) if path]


def _listed_text(environ: Mapping[str, str]) -> str:
    names = ", ".join(map(str, _listed(environ)))
    return f"names no file that exists ({names})" if names else "is not set"


def _own(environ: Mapping[str, str]) -> Sequence[Path]:
    return [Path(environ["HOME"], ".kube", "config")] if environ.get("HOME") else []


def _of_pod(pod: InCluster, files: Files, environ: Mapping[str, str], again: Callable[[], Cluster]) -> Cluster:
    try:
        authorization = bearer(pod.token)
    except ValueError as error:
        raise ClusterError(f"{pod.token_file}: {error}") from None
    return Cluster(
        server=pod.server,
        trust=check_trust(Trust(pod.authority, str(pod.authority_file))),
        credentials=Fixed(Credential(authorization), f"the service account's token ({pod.token_file})"),
        proxy=proxy_of_environment(pod.server, environ),
        origin="the Pod's service account",
        files=files,
        again=again,
    )


def _of_kubeconfig(
    selected: Selected, apiserver: str, files: Files, environ: Mapping[str, str], again: Callable[[], Cluster]
) -> Cluster:
    cluster, user = selected.cluster, selected.user.entry
    trust = _trust(cluster, files)
    credentials = credentials_of(selected.user, cluster, files, environ)
    given, origin = (
        (apiserver, "--apiserver") if apiserver else (cluster.entry.server or "", f"{cluster}, field server")
    )
    tls = bool(trust.authority) or trust.insecure or user.has_certificate
    server = _server_url(given, origin, tls=tls)
    its_proxy = cluster.entry.proxy_url
    return Cluster(
        server=server,
        trust=trust,
        credentials=credentials,
        proxy=check_proxy(its_proxy, f"{cluster}, field proxy-url")
        if its_proxy
        else proxy_of_environment(server, environ),
        headers=impersonation(selected.user),
        origin=str(selected.context),
        files=files,
        again=again,
    )


def _trust(cluster: Named[ClusterEntry], files: Files) -> Trust:
    entry = cluster.entry
    authority = file_or_data(
        cluster, "certificate-authority", entry.certificate_authority, entry.certificate_authority_data, files
    )
    insecure = bool(entry.insecure_skip_tls_verify)
    if insecure and authority:
        raise ClusterError(f"{cluster}: certificate-authority and insecure-skip-tls-verify contradict each other")
    origin = f"certificate-authority of {cluster}" if authority else SYSTEM.origin
    return check_trust(Trust(authority, origin, entry.tls_server_name or "", insecure))


def _server_url(given: str, origin: str, *, tls: bool) -> str:
    """A checked URL. One without a scheme is https where TLS is spoken of, else http, as in client-go."""
    text = given if "://" in given else f"{'https' if tls else 'http'}://{given}"
    try:
        url = urlsplit(text)
        sound = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        sound = False
        url = urlsplit("")
    # The text is not quoted: it may hold a password.
    if not sound:
        raise ClusterError(f"{origin}: {'missing' if not given else 'not the URL of a server (https://HOST:PORT)'}")
    if url.username is not None or url.query or url.fragment:
        raise ClusterError(f"{origin}: the URL of a server has no user, query or fragment")
    return text.rstrip("/")
