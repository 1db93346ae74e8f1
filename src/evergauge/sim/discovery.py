"""What clients ask before they know what there is: versions, groups, resources, health."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from evergauge.sim.resources import Registry, Resource

HEALTH: Final = frozenset({"/healthz", "/livez", "/readyz"})
_BUILD: Final = {
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "go0",
    "compiler": "gc",
    "platform": "linux/amd64",
}
_VERBS: Final = ("create", "delete", "get", "list", "patch", "update", "watch")


def discover(registry: Registry, path: str, minor: int) -> bytes | None:
    """The document at a discovery path of Kubernetes 1.minor, or None where there is none."""
    document = _document(registry, path.rstrip("/"), minor)
    return None if document is None else msgspec.json.encode(document) + b"\n"


def _document(registry: Registry, path: str, minor: int) -> dict[str, Any] | None:
    document: dict[str, Any] | None = None
    match path.split("/")[1:]:
        case ["version"]:
            document = {"major": "1", "minor": str(minor), "gitVersion": f"v1.{minor}.0-evergauge-sim"} | _BUILD
        case ["api"]:
            document = {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
        case ["apis"]:
            groups = dict.fromkeys(resource.group for resource in registry if resource.group)
            document = {
                "kind": "APIGroupList",
                "apiVersion": "v1",
                "groups": [_group(registry, name) for name in groups],
            }
        case ["apis", name] if any(resource.group == name for resource in registry):
            document = {"kind": "APIGroup", "apiVersion": "v1"} | _group(registry, name)
        case ["api", "v1"]:
            document = _resources(registry, "", "v1")
        case ["apis", name, version]:
            document = _resources(registry, name, version)
    return document


def _group(registry: Registry, name: str) -> dict[str, Any]:
    names = dict.fromkeys(resource.version for resource in registry if resource.group == name)
    versions = [{"groupVersion": f"{name}/{version}", "version": version} for version in names]
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def _resources(registry: Registry, group: str, version: str) -> dict[str, Any] | None:
    served = [resource for resource in registry if (resource.group, resource.version) == (group, version)]
    if not served:
        return None
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": served[0].api_version,
        "resources": [_resource(resource) for resource in served],
    }


def _resource(resource: Resource) -> dict[str, Any]:
    return {
        "name": resource.plural,
        "singularName": resource.kind.lower(),
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": _VERBS,
    }
