"""kubeconfig files: merged, and one context of them picked out (API page "kubeconfig v1", `client-go/tools/clientcmd`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import msgspec

from evergauge.errors import KubeconfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from evergauge.kube.files import Files


class Entry(msgspec.Struct, rename="kebab"):
    """Fields that aren't given are None. Those that Evergauge doesn't need are left out. Its repr shows none: some are secret."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class ClusterEntry(Entry):
    """An API server. `*_data` are base64."""

    server: str | None = None
    tls_server_name: str | None = None
    insecure_skip_tls_verify: bool | None = None
    certificate_authority: str | None = None
    certificate_authority_data: str | None = None
    proxy_url: str | None = None
    extensions: list[msgspec.Raw] | None = None


class EnvironEntry(Entry):
    """A variable of a plugin's environment."""

    name: str
    value: str


class ExecEntry(Entry, rename="camel"):
    """A program that gives credentials (KEP-541)."""

    api_version: str | None = None
    command: str | None = None
    args: list[str] | None = None
    env: list[EnvironEntry] | None = None
    install_hint: str | None = None
    provide_cluster_info: bool | None = None
    interactive_mode: str | None = None


class UserEntry(Entry):
    """Who asks, and on whose behalf. `*_data` are base64."""

    token: str | None = None
    token_file: str | None = msgspec.field(default=None, name="tokenFile")
    username: str | None = None
    password: str | None = None
    client_certificate: str | None = None
    client_certificate_data: str | None = None
    client_key: str | None = None
    client_key_data: str | None = None
    exec: ExecEntry | None = None
    auth_provider: dict[str, object] | None = None
    act_as: str | None = msgspec.field(default=None, name="as")
    act_as_uid: str | None = msgspec.field(default=None, name="as-uid")
    act_as_groups: list[str] | None = msgspec.field(default=None, name="as-groups")
    act_as_user_extra: dict[str, list[str]] | None = msgspec.field(default=None, name="as-user-extra")

    @property
    def has_certificate(self) -> bool:
        """Whether TLS is spoken of."""
        return bool(self.client_certificate_data or self.client_certificate)


class ContextEntry(Entry):
    """Which user asks which cluster, by their names."""

    cluster: str | None = None
    user: str | None = None


E = TypeVar("E", bound=Entry)
E_co = TypeVar("E_co", bound=Entry, covariant=True)


@dataclass(frozen=True, slots=True)
class Named(Generic[E_co]):
    """An entry with its name and the file that it stands in."""

    kind: str
    name: str
    file: Path
    entry: E_co

    def __str__(self) -> str:
        """For messages: `kubeconfig FILE, user "admin"`."""
        return f'kubeconfig {self.file}, {self.kind} "{self.name}"'

    def path(self, given: str) -> Path:
        """A path of this entry. Relative ones start at their file's folder."""
        return self.file.parent / given


class Selected(NamedTuple):
    """What the current context chooses."""

    context: Named[ContextEntry]
    cluster: Named[ClusterEntry]
    user: Named[UserEntry]


_NULL = msgspec.Raw(b"null")


class _NamedEntry(msgspec.Struct):
    name: str
    cluster: msgspec.Raw = _NULL
    user: msgspec.Raw = _NULL
    context: msgspec.Raw = _NULL


class _File(msgspec.Struct, rename="kebab"):
    current_context: str | None = None
    clusters: list[_NamedEntry] | None = None
    users: list[_NamedEntry] | None = None
    contexts: list[_NamedEntry] | None = None


def read_kubeconfig(paths: Sequence[Path], files: Files, *, required: bool) -> Selected | None:
    """The current context of the merged files: of entries with the same name, and of current contexts, the first one holds.

    required: every file must be there; otherwise those that aren't are skipped, and None is returned when none is. Raises
    KubeconfigError.
    """
    read = [(path, file) for path in paths if (file := _read(path, files, required=required))]
    if not read:
        return None
    current = next((file.current_context for _, file in read if file.current_context), "")
    if not current:
        raise KubeconfigError(
            f"kubeconfig {_paths(read)}: no current-context; choose one: kubectl config use-context NAME"
        )
    context = _find(read, "context", current, ContextEntry, f"kubeconfig {_paths(read)}, current-context")
    cluster = _find(read, "cluster", context.entry.cluster or "", ClusterEntry, f"{context}, cluster")
    if not context.entry.user:
        return Selected(context, cluster, Named("user", "", context.file, UserEntry()))
    return Selected(context, cluster, _find(read, "user", context.entry.user, UserEntry, f"{context}, user"))


def _read(path: Path, files: Files, *, required: bool) -> _File | None:
    try:
        content = files.read(path)
    except FileNotFoundError:
        if required:
            raise KubeconfigError(f"kubeconfig {path}: no such file") from None
        return None
    except OSError as error:
        raise KubeconfigError(f"kubeconfig {path}: {error.strerror}") from None
    try:
        return msgspec.json.decode(_as_json(path, content), type=_File | None)
    except msgspec.ValidationError as error:
        raise KubeconfigError(f"kubeconfig {path}: {_wrong(error)}") from None


def _as_json(path: Path, content: bytes) -> bytes:
    # Only now: inside a cluster there is no kubeconfig, and no need for a reader of YAML.
    import yaml  # noqa: PLC0415

    from evergauge.kubernetes_yaml import documents  # noqa: PLC0415

    try:
        return next(documents(content), b"null")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f", line {mark.line + 1}" if mark else ""
        # The problem only: its context may quote the text around it.
        raise KubeconfigError(f"kubeconfig {path}{place}: not YAML ({error.problem})") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise KubeconfigError(f"kubeconfig {path}: not YAML") from None


def _find(read: list[tuple[Path, _File]], kind: str, name: str, form: type[E], wanted_by: str) -> Named[E]:
    for path, entry in _entries(read, kind):
        if entry.name == name:
            try:
                found = msgspec.json.decode(getattr(entry, kind), type=form | None) or form()
            except msgspec.ValidationError as error:
                raise KubeconfigError(f'kubeconfig {path}, {kind} "{name}", {_wrong(error)}') from None
            return Named(kind, name, path, found)
    known = ", ".join(f'"{entry.name}"' for _, entry in _entries(read, kind)) or "none"
    raise KubeconfigError(f'{wanted_by}: there is no {kind} "{name}"; known: {known}')


def _entries(read: list[tuple[Path, _File]], kind: str) -> Iterator[tuple[Path, _NamedEntry]]:
    return ((path, entry) for path, file in read for entry in getattr(file, f"{kind}s") or ())


def _paths(read: list[tuple[Path, _File]]) -> str:
    return ", ".join(str(path) for path, _ in read)


def _wrong(error: msgspec.ValidationError) -> str:
    """`Expected `str`, got `int` - at `$.exec.command`` as `field exec.command: expected …`. It never quotes a value."""
    what, _, place = str(error).partition(" - at `$")
    field = place.rstrip("`").lstrip(".") or "the whole"
    return f"field {field}: {what[:1].lower()}{what[1:]}"
