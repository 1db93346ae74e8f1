"""Where the API server is looked for, in which order, and what is said when there is none."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from evergauge.errors import ClusterError
from evergauge.kube import cluster as module
from evergauge.kube.cluster import Cluster, load_cluster
from evergauge.kube.files import Files
from evergauge.kube.incluster import InCluster, read_in_cluster
from evergauge.kube.kubeconfig import read_kubeconfig
from kube.certificates import Authority, authority

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["authority"]

POD = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}


@pytest.fixture
def account(tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a Pod's service account."""
    folder = tmp_path / "account"
    folder.mkdir()
    (folder / "token").write_text("pod-token\n")
    (folder / "ca.crt").write_bytes(authority.pem)
    monkeypatch.setattr(module, "read_in_cluster", partial(read_in_cluster, folder=folder))
    return folder


def kubeconfig(path: Path, server: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"""{{current-context: c, contexts: [{{name: c, context: {{cluster: c, user: u}}}}], users: [{{name: u, user: {{token: t}}}}],
        clusters: [{{name: c, cluster: {{server: "{server}"}}}}]}}"""
    )
    return str(path)


def load(environ: Mapping[str, str], kubeconfig: str = "", apiserver: str = "") -> Cluster:
    return load_cluster(kubeconfig=kubeconfig, apiserver=apiserver, environ=environ)


@pytest.mark.usefixtures("account")
def test_the_order(tmp_path: Path) -> None:
    flag = kubeconfig(tmp_path / "flag", "https://flag")
    listed = {"KUBECONFIG": kubeconfig(tmp_path / "listed", "https://listed")}
    missing = {"KUBECONFIG": str(tmp_path / "missing")}
    kubeconfig(tmp_path / ".kube" / "config", "https://own")
    home = {"HOME": str(tmp_path)}
    everything = {**listed, **POD, **home}
    assert load(everything, flag, "https://url").server == "https://url"
    assert load(everything, flag).server == "https://flag"
    assert load(everything, "", "https://url").server == "https://url"
    assert load(everything).server == "https://listed"
    assert load({**everything, **missing}).server == "https://10.96.0.1:443"
    assert load({**home, **missing}).server == "https://own"


@pytest.mark.usefixtures("account")
def test_a_url_alone_goes_without_any_credential(tmp_path: Path) -> None:
    listed = {"KUBECONFIG": kubeconfig(tmp_path / "listed", "https://listed")}
    cluster = load({**listed, **POD}, apiserver="127.0.0.1:8080")
    assert (cluster.server, cluster.credentials.name, cluster.headers) == ("http://127.0.0.1:8080", "no credential", ())


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({}, "KUBECONFIG is not set, {pod}, and there is no ~/.kube/config (HOME is not set)"),
        ({"HOME": "/nowhere"}, "KUBECONFIG is not set, {pod}, and there is no /nowhere/.kube/config"),
        (
            {"KUBECONFIG": "/no/a:/no/b", "HOME": "/nowhere", "KUBERNETES_SERVICE_HOST": "10.96.0.1"},
            "KUBECONFIG names no file that exists (/no/a, /no/b), {pod}, and there is no /nowhere/.kube/config",
        ),
    ],
)
def test_nothing_is_found(environ: dict[str, str], says: str) -> None:
    pod = "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT aren't both set (this is no Pod)"
    with pytest.raises(ClusterError) as caught:
        load(environ)
    start = "no API server found: neither --kubeconfig nor --apiserver is given, "
    assert str(caught.value) == start + says.format(pod=pod)


@pytest.mark.parametrize("url", ["https://", "ftp://x", "https://x:99999", ":"])
def test_a_url_that_is_none(url: str) -> None:
    with pytest.raises(ClusterError, match=r"^--apiserver: not the URL of a server"):
        load({}, apiserver=url)


# In a Pod


@pytest.mark.parametrize(
    ("host", "server"),
    [
        ("10.96.0.1", "https://10.96.0.1:443"),
        ("fd00::1", "https://[fd00::1]:443"),
        ("api.example", "https://api.example:443"),
    ],
)
async def test_a_pod_uses_its_service_account(account: Path, authority: Authority, host: str, server: str) -> None:
    cluster = load({**POD, "KUBERNETES_SERVICE_HOST": host, "HTTPS_PROXY": "proxy:3128", "NO_PROXY": "10.96.0.0/12"})
    assert cluster.server == server
    assert (await cluster.credentials.get(0.0)).authorization == "Bearer pod-token"
    assert cluster.credentials.name == f"the service account's token ({account / 'token'})"
    assert (cluster.trust.authority, cluster.trust.origin) == (authority.pem, str(account / "ca.crt"))
    assert cluster.proxy == ("" if host == "10.96.0.1" else "http://proxy:3128")


def test_a_pod_without_its_files_is_told_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(ClusterError) as caught:
        read_in_cluster(POD, Files(), tmp_path)
    assert str(caught.value) == (
        f"KUBERNETES_SERVICE_HOST says that this is a Pod, but {tmp_path}/token can't be read: No such file or directory;"
        " set automountServiceAccountToken: true, or give --kubeconfig"
    )


@pytest.mark.parametrize(
    ("file", "says"), [("token", "the token is empty"), ("ca.crt", "no certificate authority in PEM")]
)
def test_a_pod_with_broken_files(account: Path, file: str, says: str) -> None:
    (account / file).write_text("")
    if file == "ca.crt":
        (account / file).write_text("junk")
    with pytest.raises(ClusterError, match=f"{account / file}: {says}"):
        load(POD)


# Secrets


async def test_nothing_secret_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(
        """{current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}], users: [{name: u, user: {token: S3CRET}}],
        clusters: [{name: c, cluster: {server: "https://x", proxy-url: "http://eva:S3CRET@proxy"}}]}"""
    )
    cluster = load({}, str(file))
    credential = await cluster.credentials.get(0.0)
    assert "S3CRET" in credential.authorization
    assert "S3CRET" in cluster.proxy
    selected = read_kubeconfig([file], Files(), required=True)
    pod = InCluster("https://x", "S3CRET", b"", file, file)
    for shown in (cluster, credential, cluster.credentials, cluster.trust, selected, pod):
        assert "S3CRET" not in f"{shown!r} {shown}"
