"""A kubeconfig's user: as credentials, and as the headers of those on whose behalf it asks."""

from __future__ import annotations

import base64
import binascii
import os
import shutil
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from evergauge.errors import KubeconfigError
from evergauge.kube.credentials import Credential, Credentials, Fixed, basic, bearer
from evergauge.kube.exec_plugin import ExecCredentials, Plugin
from evergauge.kube.tls import ClientCertificate, check_certificate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from evergauge.kube.files import Files
    from evergauge.kube.kubeconfig import ClusterEntry, Entry, ExecEntry, Named, UserEntry

API_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_EXTENSION = "client.authentication.k8s.io/exec"


def credentials_of(
    user: Named[UserEntry], cluster: Named[ClusterEntry], files: Files, environ: Mapping[str, str]
) -> Credentials:
    """What a user shows to the API server. cluster: what a plugin is told about it. Raises KubeconfigError."""
    if user.entry.auth_provider is not None:
        raise KubeconfigError(
            f"{user}, field auth-provider: Kubernetes 1.26 dropped auth providers; use the provider's exec plugin"
        )
    what, authorization = _authorization(user, files)
    certificate = _certificate(user, files)
    fixed = Credential(authorization, certificate)
    if user.entry.exec and not authorization:
        return ExecCredentials(_plugin(user, user.entry.exec, cluster, files, environ), fixed)
    given = [what] if what else []
    given += ["client certificate"] if certificate else []
    return Fixed(fixed, f"{' and '.join(given)} ({user})" if given else f"no credential ({user})")


def impersonation(user: Named[UserEntry]) -> tuple[tuple[str, str], ...]:
    """The headers of API page "User impersonation"; groups and extras take several of a name. Raises KubeconfigError."""
    entry = user.entry
    groups, extras = entry.act_as_groups or (), entry.act_as_user_extra or {}
    if not entry.act_as:
        if entry.act_as_uid or groups or extras:
            raise KubeconfigError(f"{user}, field as: missing beside as-uid, as-groups or as-user-extra")
        return ()
    return (
        ("Impersonate-User", entry.act_as),
        *([("Impersonate-Uid", entry.act_as_uid)] if entry.act_as_uid else ()),
        *(("Impersonate-Group", group) for group in groups),
        *((f"Impersonate-Extra-{quote(key, safe='')}", value) for key, values in extras.items() for value in values),
    )


def file_or_data(entry: Named[Entry], field: str, path: str | None, data: str | None, files: Files) -> bytes:
    """The content of a field that is given as base64, which wins, or as a file; empty without either."""
    if data:
        try:
            return base64.b64decode(data, validate=False)
        except binascii.Error:
            raise KubeconfigError(f"{entry}, field {field}-data: not base64") from None
    return _file(entry, field, path, files) if path else b""


def _file(entry: Named[Entry], field: str, path: str, files: Files) -> bytes:
    try:
        return files.read(entry.path(path))
    except OSError as error:
        raise KubeconfigError(f"{entry}, field {field}: {entry.path(path)}: {error.strerror}") from None


def _authorization(user: Named[UserEntry], files: Files) -> tuple[str, str]:
    """What kind of credential, and the header; both empty without one. A token's file wins over a token."""
    entry = user.entry
    if entry.token_file:
        token = _file(user, "tokenFile", entry.token_file, files).decode(errors="replace")
        return f"token of {user.path(entry.token_file)}", _bearer(user, "tokenFile", token)
    if entry.token:
        return "token", _bearer(user, "token", entry.token)
    if entry.username:
        return "user name and password", basic(entry.username, entry.password or "")
    return "", ""


def _bearer(user: Named[UserEntry], field: str, token: str) -> str:
    try:
        return bearer(token)
    except ValueError as error:
        raise KubeconfigError(f"{user}, field {field}: {error}") from None


def _certificate(user: Named[UserEntry], files: Files) -> ClientCertificate | None:
    entry = user.entry
    chain = file_or_data(user, "client-certificate", entry.client_certificate, entry.client_certificate_data, files)
    key = file_or_data(user, "client-key", entry.client_key, entry.client_key_data, files)
    if bool(chain) != bool(key):
        raise KubeconfigError(f"{user}: client-certificate and client-key go together, and one is missing")
    return check_certificate(ClientCertificate(chain, key, str(user))) if chain else None


# Plugins


def _plugin(
    user: Named[UserEntry], entry: ExecEntry, cluster: Named[ClusterEntry], files: Files, environ: Mapping[str, str]
) -> Plugin:
    version = entry.api_version or ""
    if version not in API_VERSIONS:
        raise KubeconfigError(f'{user}, field exec.apiVersion: "{version}" is not one of {", ".join(API_VERSIONS)}')
    if entry.interactive_mode not in (None, "", "Never", "IfAvailable"):
        raise KubeconfigError(f'{user}, field exec.interactiveMode: "{entry.interactive_mode}" needs a terminal')
    if not entry.command:
        raise KubeconfigError(f"{user}, field exec.command: missing")
    own = {**environ, **{variable.name: variable.value for variable in entry.env or ()}}
    info = {"apiVersion": version, "kind": "ExecCredential", "spec": _spec(entry, cluster, files)}
    return Plugin(
        command=(_program(user.file.parent, entry.command, own), *(entry.args or ())),
        environ=own | {"KUBERNETES_EXEC_INFO": msgspec.json.encode(info).decode()},
        api_version=version,
        install_hint=entry.install_hint or "",
        name=f"exec plugin {entry.command} ({user})",
    )


def _program(folder: Path, command: str, environ: Mapping[str, str]) -> str:
    """A command with a slash is a path, relative to the kubeconfig's folder; others are searched for in PATH."""
    if os.sep in command:
        return str(folder / command)
    return shutil.which(command, path=environ.get("PATH")) or command


def _spec(entry: ExecEntry, cluster: Named[ClusterEntry], files: Files) -> dict[str, object]:
    if not entry.provide_cluster_info:
        return {"interactive": False}
    return {"interactive": False, "cluster": _cluster_info(cluster, files)}


def _cluster_info(cluster: Named[ClusterEntry], files: Files) -> dict[str, object]:
    entry = cluster.entry
    authority = file_or_data(
        cluster, "certificate-authority", entry.certificate_authority, entry.certificate_authority_data, files
    )
    config = _extension(entry)
    fields = {
        "server": entry.server,
        "tls-server-name": entry.tls_server_name,
        "insecure-skip-tls-verify": entry.insecure_skip_tls_verify,
        "certificate-authority-data": base64.b64encode(authority).decode(),
        "proxy-url": entry.proxy_url,
        "config": config,
    }
    return {key: value for key, value in fields.items() if value}


class _Extension(msgspec.Struct):
    name: str = ""
    extension: msgspec.Raw = msgspec.Raw(b"null")


def _extension(entry: ClusterEntry) -> msgspec.Raw | None:
    """What the cluster's entry holds for plugins."""
    found = (msgspec.json.decode(raw, type=_Extension) for raw in entry.extensions or ())
    return next((each.extension for each in found if each.name == _EXTENSION), None)
