"""What a request is about, from its method, path and query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from evergauge.sim.status import StatusError, no_such_resource

if TYPE_CHECKING:
    from evergauge.sim.resources import Registry, Resource

_VERBS: Final = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class Target(NamedTuple):
    """A resource, perhaps one namespace or one object of it, and what to do with it.

    verb: as RBAC names it: get, list, watch, create, update, patch, delete.
    """

    resource: Resource
    namespace: str | None
    name: str
    verb: str


def parse_target(registry: Registry, method: str, path: str, *, watch: bool) -> Target:
    """The target of a request below `/api` or `/apis`. Raises StatusError 404 and 405."""
    group, version, rest = _split(path)
    namespace = None
    if rest[0] == "namespaces" and len(rest) > 2 and rest[2] != "status":
        namespace, rest = rest[1], rest[2:]
    resource = registry.find(group, version, rest[0])
    name = rest[1] if len(rest) > 1 else ""
    # An object's status is written like the rest of it; there are no other subresources.
    if resource is None or len(rest) > 3 or (len(rest) == 3 and rest[2] != "status"):
        raise no_such_resource()
    if resource.namespaced != (namespace is not None) and (name or namespace is not None):
        raise no_such_resource()
    return Target(resource, namespace, name, _verb(method, name, watch=watch))


def _split(path: str) -> tuple[str, str, list[str]]:
    match path.strip("/").split("/"):
        case ["api", "v1", *rest] if rest:
            return "", "v1", rest
        case ["apis", group, version, *rest] if rest:
            return group, version, rest
    raise no_such_resource()


def _verb(method: str, name: str, *, watch: bool) -> str:
    if method == "GET":
        return "get" if name else "watch" if watch else "list"
    verb = _VERBS.get(method)
    if verb is None or (verb == "create") == bool(name):
        message = "the server does not allow this method on the requested resource"
        raise StatusError(405, "MethodNotAllowed", message, details={})
    return verb
