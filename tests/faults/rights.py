"""What users may do, by RBAC: given and taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiohttp import ClientSession

_GROUP: Final = "rbac.authorization.k8s.io"
_API: Final = f"/apis/{_GROUP}/v1"


class Right(NamedTuple):
    """A rule of RBAC for one resource; namespace "" for all."""

    resource: str
    verbs: Sequence[str]
    group: str = ""
    namespace: str = ""

    @property
    def name(self) -> str:
        """Of its role."""
        return f"faults-{self.resource}"


def own(namespace: str) -> Sequence[Right]:
    """What autosharding needs where the fleet is: the rights that kube-state-metrics' own manifests grant."""
    return (
        Right("pods", ["get"], namespace=namespace),
        Right("statefulsets", ["get", "list", "watch"], group="apps", namespace=namespace),
    )


async def grant(session: ClientSession, user: str, right: Right) -> None:
    """Give a user a right. session: an administrator's."""
    role, path = ("Role", f"{_API}/namespaces/{right.namespace}") if right.namespace else ("ClusterRole", _API)
    metadata = {"name": f"{right.name}-{user}"}
    rules = [{"apiGroups": [right.group], "resources": [right.resource], "verbs": right.verbs}]
    binding = {
        "metadata": metadata,
        "roleRef": {"apiGroup": _GROUP, "kind": role, "name": metadata["name"]},
        "subjects": [{"apiGroup": _GROUP, "kind": "User", "name": user}],
    }
    await _post(session, f"{path}/{role.lower()}s", {"metadata": metadata, "rules": rules})
    await _post(session, f"{path}/{role.lower()}bindings", binding)


async def revoke(session: ClientSession, user: str, right: Right) -> None:
    """Take a right for all namespaces away again."""
    for collection in ("clusterrolebindings", "clusterroles"):
        async with session.delete(f"{_API}/{collection}/{right.name}-{user}") as response:
            response.raise_for_status()


async def _post(session: ClientSession, path: str, body: dict[str, Any]) -> None:
    async with session.post(path, json=body) as response:
        assert response.status == 201, await response.text()
