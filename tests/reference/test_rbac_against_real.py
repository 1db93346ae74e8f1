"""What `evergauge rbac` prints, applied to a real API server: it suffices, and grants no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from evergauge.cli import main
from evergauge.kinds import KINDS
from evergauge.options.resources import DEFAULT_RESOURCES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiohttp import ClientSession

    from support.controlplane import ControlPlane

pytestmark = pytest.mark.controlplane

RBAC = "/apis/rbac.authorization.k8s.io/v1"
PATHS = {kind.resource: f"/{'apis' if kind.group else 'api'}/{kind.api_version}" for kind in KINDS}


async def applied(session: ClientSession, manifests: str) -> None:
    for manifest in yaml.safe_load_all(manifests):
        namespace = manifest["metadata"].get("namespace", "")
        within = f"/namespaces/{namespace}" if namespace else ""
        async with session.post(f"{RBAC}{within}/{manifest['kind'].lower()}s", json=manifest) as answer:
            assert answer.status == 201, await answer.text()


async def granted(session: ClientSession, account: str, paths: Sequence[str]) -> list[str]:
    """Those of the API paths that the service account `evergauge:<account>` may read."""
    found = []
    for path in paths:
        headers = {"Impersonate-User": f"system:serviceaccount:evergauge:{account}"}
        async with session.get(path, headers=headers) as answer:
            assert answer.status in (200, 403, 404)
            if answer.status != 403:
                found.append(path)
    return found


def printed(capsys: pytest.CaptureFixture[str], account: str, *flags: str) -> str:
    assert main(["rbac", f"--name={account}", f"--service-account=evergauge:{account}", *flags]) == 0
    return capsys.readouterr().out


async def test_the_default_resources(controlplane: ControlPlane, capsys: pytest.CaptureFixture[str]) -> None:
    everything = [f"{path}/{resource}?limit=1" for resource, path in PATHS.items()]
    async with controlplane.session() as session:
        assert await granted(session, "plain", everything) == []
        await applied(session, printed(capsys, "plain"))
        wanted = [f"{path}/{resource}?limit=1" for resource, path in PATHS.items() if resource in DEFAULT_RESOURCES]
        assert await granted(session, "plain", everything) == wanted
        single = ["/api/v1/namespaces/default", "/api/v1/namespaces/default/secrets/x", "/api/v1/nodes/x/proxy"]
        assert await granted(session, "plain", single) == []


async def test_namespaces_and_autosharding(controlplane: ControlPlane, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--resources=pods,secrets,nodes", "--namespaces=kube-public"]
    sharding = ["--pod=eg-0", "--pod-namespace=kube-system"]
    system, public = "/api/v1/namespaces/kube-system", "/api/v1/namespaces/kube-public"
    sets = "/apis/apps/v1/namespaces/kube-system/statefulsets"
    by_sharding = [f"{sets}/eg", f"{sets}?fieldSelector=metadata.name%3Deg", f"{system}/pods/eg-1"]
    asked = [
        "/api/v1/nodes",
        "/api/v1/pods",
        f"{public}/configmaps",
        f"{public}/pods",
        f"{public}/secrets",
        *by_sharding,
        sets,
        f"{sets}/other",
        f"{system}/pods",
        f"{system}/secrets",
    ]
    wanted = ["/api/v1/nodes", f"{public}/pods", f"{public}/secrets"]
    async with controlplane.session() as session:
        await applied(session, printed(capsys, "few", *flags))
        assert await granted(session, "few", asked) == wanted
        await applied(session, printed(capsys, "sharded", *flags, *sharding))
        assert await granted(session, "sharded", asked) == [*wanted, *by_sharding]
