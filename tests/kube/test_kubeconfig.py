"""kubeconfig files: what is taken from which of them, and what is wrong with one."""

from __future__ import annotations

import base64
import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from evergauge.errors import ClusterError, KubeconfigError
from evergauge.kube.cluster import Cluster, load_cluster
from evergauge.kube.credentials import Credential, Fixed
from evergauge.kube.tls import ClientCertificate
from kube.certificates import Authority, authority, encrypted

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["authority"]


def load(path: Path, *, apiserver: str = "", **environ: str) -> Cluster:
    return load_cluster(kubeconfig=str(path), apiserver=apiserver, environ=environ)


def write(path: Path, cluster: Any = None, user: Any = None, *, name: str = "main", **more: Any) -> Path:  # noqa: ANN401
    """A kubeconfig whose context, cluster and user have one name. more: other fields, `_` for `-`."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "clusters": [{"name": name, "cluster": {"server": "https://api.example"} if cluster is None else cluster}],
        "users": [{"name": name, "user": user or {}}],
    }
    path.write_text(json.dumps(config | {key.replace("_", "-"): value for key, value in more.items()}))
    return path


def data(content: bytes) -> str:
    return base64.b64encode(content).decode()


async def authorization(cluster: Cluster) -> str:
    return (await cluster.credentials.get(0.0)).authorization


# What is taken


def test_yaml_as_kubectl_writes_it(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(
        """
apiVersion: v1
clusters:
- cluster:
    server: https://127.0.0.1:6443/
    tls-server-name: api.internal
    insecure-skip-tls-verify: true
    some-field-of-tomorrow: 1
  name: kind
contexts:
- context: {cluster: kind, user: kind, namespace: shop}
  name: kind-kind
current-context: kind-kind
kind: Config
preferences: {}
users:
- name: kind
  user:
    token: abc123
- name: broken-but-not-used
  user: {token: 12}
"""
    )
    cluster = load(file)
    assert cluster.server == "https://127.0.0.1:6443"
    assert (cluster.trust.server_name, cluster.trust.insecure, cluster.trust.authority) == ("api.internal", True, b"")
    assert cluster.credentials == Fixed(Credential("Bearer abc123"), f'token (kubeconfig {file}, user "kind")')
    assert cluster.origin == f'kubeconfig {file}, context "kind-kind"'


@pytest.mark.parametrize(
    ("user", "header", "name"),
    [
        ({}, "", "no credential"),
        ({"token": "abc"}, "Bearer abc", "token"),
        ({"token": " abc\n"}, "Bearer abc", "token"),
        ({"tokenFile": "token"}, "Bearer from-file", "token of {folder}/token"),
        ({"token": "abc", "tokenFile": "token"}, "Bearer from-file", "token of {folder}/token"),
        ({"username": "eva", "password": "pass:word"}, "Basic ZXZhOnBhc3M6d29yZA==", "user name and password"),
        ({"username": "eva", "password": None}, "Basic ZXZhOg==", "user name and password"),
        ({"token": "abc", "username": "eva"}, "Bearer abc", "token"),
        ({"token": "abc", "exec": {"command": "never-run"}}, "Bearer abc", "token"),
    ],
)
async def test_credentials_in_headers(tmp_path: Path, user: dict[str, Any], header: str, name: str) -> None:
    (tmp_path / "token").write_text("from-file\n")
    cluster = load(write(tmp_path / "config", user=user))
    assert await authorization(cluster) == header
    assert cluster.credentials.name == f'{name.format(folder=tmp_path)} (kubeconfig {tmp_path}/config, user "main")'


async def test_certificates_as_data_and_as_files(tmp_path: Path, authority: Authority) -> None:
    chain, key = authority.client.certificate.read_bytes(), authority.client.key.read_bytes()
    for name, content in (("ca.crt", authority.pem), ("client.crt", chain), ("client.key", key)):
        (tmp_path / name).write_bytes(content)
    server = {"server": "https://api.example"}
    as_data = write(
        tmp_path / "data",
        {**server, "certificate-authority-data": data(authority.pem), "certificate-authority": "not-there"},
        {"client-certificate-data": data(chain), "client-key-data": data(key), "client-key": "not-there"},
    )
    as_files = write(
        tmp_path / "files",
        {**server, "certificate-authority": "ca.crt"},
        {"client-certificate": "client.crt", "client-key": str(tmp_path / "client.key"), "token": "abc"},
    )
    for file, header in ((as_data, ""), (as_files, "Bearer abc")):
        cluster = load(file)
        assert cluster.trust.authority == authority.pem
        assert await cluster.credentials.get(0.0) == Credential(header, ClientCertificate(chain, key))
    assert load(as_files).credentials.name == f'token and client certificate (kubeconfig {as_files}, user "main")'


def test_on_behalf_of_others(tmp_path: Path) -> None:
    user = {
        "as": "eva",
        "as-uid": "7",
        "as-groups": ["a", "b"],
        "as-user-extra": {"example.org/scopes": ["view", "list"]},
    }
    assert load(write(tmp_path / "config", user=user)).headers == (
        ("Impersonate-User", "eva"),
        ("Impersonate-Uid", "7"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
        ("Impersonate-Extra-example.org%2Fscopes", "view"),
        ("Impersonate-Extra-example.org%2Fscopes", "list"),
    )


@pytest.mark.parametrize(
    ("given", "trusting", "server"),
    [
        ("https://api.example", False, "https://api.example"),
        ("https://api.example:6443/", False, "https://api.example:6443"),
        ("https://[::1]:6443/k8s/clusters/c-1", False, "https://[::1]:6443/k8s/clusters/c-1"),
        ("http://localhost:8001", False, "http://localhost:8001"),
        ("localhost:8080", False, "http://localhost:8080"),
        ("api.example", True, "https://api.example"),
    ],
)
def test_urls_of_servers(tmp_path: Path, given: str, trusting: bool, server: str) -> None:  # noqa: FBT001
    cluster = load(write(tmp_path / "config", {"server": given, "insecure-skip-tls-verify": trusting}))
    assert cluster.server == server


def test_a_flag_replaces_the_server_and_keeps_the_rest(tmp_path: Path) -> None:
    cluster = load(write(tmp_path / "config", user={"token": "abc"}), apiserver="https://other.example:6443/")
    assert cluster.server == "https://other.example:6443"
    assert cluster.credentials.name.startswith("token")


@pytest.mark.parametrize(
    ("cluster", "proxy"),
    [({}, "http://from.env:3128"), ({"proxy-url": "https://u:p@own.example:3129"}, "https://u:p@own.example:3129")],
)
def test_proxies(tmp_path: Path, cluster: dict[str, str], proxy: str) -> None:
    file = write(tmp_path / "config", {"server": "https://api.example", **cluster})
    assert load(file, HTTPS_PROXY="http://from.env:3128").proxy == proxy


# Several files


async def test_the_first_file_wins_and_paths_are_relative_to_their_own(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    (two / "token").write_text("two")
    write(one / "config", {"server": "https://one"}, name="shared", users=[], current_context=None)
    write(two / "config", {"server": "https://two"}, {"tokenFile": "token"}, name="shared")
    listed = os.pathsep.join(["", str(tmp_path / "missing"), str(one / "config"), str(two / "config")])
    cluster = load_cluster(kubeconfig="", apiserver="", environ={"KUBECONFIG": listed})
    assert cluster.server == "https://one"
    assert await authorization(cluster) == "Bearer two"
    assert cluster.credentials.name == f'token of {two}/token (kubeconfig {two}/config, user "shared")'


def test_the_flag_wins_over_the_list(tmp_path: Path) -> None:
    flag = write(tmp_path / "flag", {"server": "https://flag"})
    listed = write(tmp_path / "listed", {"server": "https://listed"})
    assert load(flag, KUBECONFIG=str(listed)).server == "https://flag"


# What is wrong


PLUGIN = {"apiVersion": "client.authentication.k8s.io/v1", "command": "plugin"}
MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"current_context": None}, "{file}: no current-context; choose one: kubectl config use-context NAME"),
    ({"current_context": "x"}, '{file}, current-context: there is no context "x"; known: "main"'),
    ({"contexts": None}, '{file}, current-context: there is no context "main"; known: none'),
    ({"clusters": []}, '{file}, context "main", cluster: there is no cluster "main"; known: none'),
    ({"users": []}, '{file}, context "main", user: there is no user "main"; known: none'),
    ({"clusters": {}}, "{file}: field clusters: expected `array | null`, got `object`"),
    ({"clusters": [{}]}, "{file}: field clusters[0]: object missing required field `name`"),
    ({"cluster": {}}, '{file}, cluster "main", field server: missing'),
    ({"cluster": "x"}, '{file}, cluster "main", field the whole: expected `object | null`, got `str`'),
    ({"cluster": {"server": 1}}, '{file}, cluster "main", field server: expected `str | null`, got `int`'),
    (
        {"cluster": {"server": "ftp://x"}},
        '{file}, cluster "main", field server: not the URL of a server (https://HOST:PORT)',
    ),
    (
        {"cluster": {"server": "https://"}},
        '{file}, cluster "main", field server: not the URL of a server (https://HOST:PORT)',
    ),
    (
        {"cluster": {"server": "https://x:y"}},
        '{file}, cluster "main", field server: not the URL of a server (https://HOST:PORT)',
    ),
    (
        {"cluster": {"server": "https://u:p@x"}},
        '{file}, cluster "main", field server: the URL of a server has no user, query or fragment',
    ),
    (
        {"cluster": {"server": "https://x", "certificate-authority": "no.crt"}},
        '{file}, cluster "main", field certificate-authority: {folder}/no.crt: No such file or directory',
    ),
    (
        {"cluster": {"server": "https://x", "certificate-authority-data": "a"}},
        '{file}, cluster "main", field certificate-authority-data: not base64',
    ),
    (
        {"cluster": {"server": "https://x", "certificate-authority-data": data(b"junk")}},
        'certificate-authority of kubeconfig {file}, cluster "main": no certificate authority in PEM',
    ),
    (
        {"cluster": {"server": "https://x", "certificate-authority": "config", "insecure-skip-tls-verify": True}},
        '{file}, cluster "main": certificate-authority and insecure-skip-tls-verify contradict each other',
    ),
    (
        {"cluster": {"server": "https://x", "proxy-url": "socks5://p:1080"}},
        '{file}, cluster "main", field proxy-url: socks5 proxies are not supported; use an http or https one',
    ),
    (
        {"cluster": {"server": "https://x", "proxy-url": "p:1080"}},
        '{file}, cluster "main", field proxy-url: not the URL of an http or https proxy',
    ),
    ({"user": {"token": 12}}, '{file}, user "main", field token: expected `str | null`, got `int`'),
    (
        {"user": {"token": "a\nb"}},
        '{file}, user "main", field token: the token has characters that can\'t stand in a header',
    ),
    ({"user": {"tokenFile": "no"}}, '{file}, user "main", field tokenFile: {folder}/no: No such file or directory'),
    ({"user": {"tokenFile": "empty"}}, '{file}, user "main", field tokenFile: the token is empty'),
    (
        {"user": {"client-certificate": "config"}},
        '{file}, user "main": client-certificate and client-key go together, and one is missing',
    ),
    (
        {"user": {"client-certificate": "config", "client-key": "config"}},
        '{file}, user "main": no certificate and key in PEM that fit',
    ),
    (
        {"user": {"as-groups": ["a"]}},
        '{file}, user "main", field as: missing beside as-uid, as-groups or as-user-extra',
    ),
    (
        {"user": {"auth-provider": {"name": "gcp"}}},
        '{file}, user "main", field auth-provider: Kubernetes 1.26 dropped auth providers; use the provider\'s exec plugin',
    ),
    (
        {"user": {"exec": PLUGIN | {"apiVersion": "client.authentication.k8s.io/v1alpha1"}}},
        '{file}, user "main", field exec.apiVersion: "client.authentication.k8s.io/v1alpha1" is not one of ',
    ),
    ({"user": {"exec": {"command": "x"}}}, '{file}, user "main", field exec.apiVersion: "" is not one of '),
    ({"user": {"exec": PLUGIN | {"command": ""}}}, '{file}, user "main", field exec.command: missing'),
    (
        {"user": {"exec": PLUGIN | {"args": "x"}}},
        '{file}, user "main", field exec.args: expected `array | null`, got `str`',
    ),
    (
        {"user": {"exec": PLUGIN | {"env": [{"name": "A"}]}}},
        '{file}, user "main", field exec.env[0]: object missing required field `value`',
    ),
    (
        {"user": {"exec": PLUGIN | {"interactiveMode": "Always"}}},
        '{file}, user "main", field exec.interactiveMode: "Always" needs a terminal',
    ),
]


@pytest.mark.parametrize(("fields", "says"), MISTAKES)
def test_a_mistake_is_named_with_file_entry_and_field(tmp_path: Path, fields: dict[str, Any], says: str) -> None:
    (tmp_path / "empty").write_text("\n")
    file = write(tmp_path / "config", **fields)
    with pytest.raises(ClusterError) as caught:
        load(file)
    message = str(caught.value)
    expected = says.format(file=file, folder=tmp_path)
    assert message.removeprefix("kubeconfig ").startswith(expected)
    assert "\n" not in message


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("a: [", ", line 2: not YAML (did not find expected node content)"),
        ("users:\n- token: 'secret\n  x", ", line 3: not YAML (found unexpected end of stream)"),
        ("a: &x [*x]", ": not YAML"),
        ("- a\n", ": field the whole: expected `object | null`, got `array`"),
        ("", ": empty"),
        ("# only a comment", ": empty"),
    ],
)
def test_a_file_that_is_no_kubeconfig(tmp_path: Path, content: str, says: str) -> None:
    file = tmp_path / "config"
    file.write_text(content)
    with pytest.raises(ClusterError) as caught:
        load(file)
    assert str(caught.value) == f"kubeconfig {file}{says}"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match=r"no-config: no such file$"):
        load(tmp_path / "no-config")
    with pytest.raises(KubeconfigError, match=r"Is a directory$"):
        load(tmp_path)


def test_keys_that_are_encrypted_or_of_another_certificate_are_refused(tmp_path: Path, authority: Authority) -> None:
    locked = encrypted(authority.client, tmp_path / "locked.key")
    for key, says in ((locked, "the key is encrypted"), (authority.server.key, "key values mismatch")):
        user = {"client-certificate": str(authority.client.certificate), "client-key": str(key)}
        with pytest.raises(ClusterError, match=says):
            load(write(tmp_path / "config", user=user))
