"""All kinds on a real kube-apiserver: created, changed and deleted, they show up as the API server has them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from e2e.apply import Manifest, create, delete, every_kind, patch, path_of, plural_of
from e2e.truth import expected_lines
from evergauge.kinds import KINDS
from support.controlplane import ControlPlane, controlplane_or_fail
from support.process import evergauge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.process import Evergauge

pytestmark = pytest.mark.controlplane

ALL = ",".join(kind.resource for kind in KINDS)
FLAGS = (
    f"--resources={ALL}",
    "--metric-labels-allowlist=*=[*]",
    "--metric-annotations-allowlist=*=[*]",
    "--metric-opt-in-list=kube_.*",
)
LABELLED = {"metadata": {"labels": {"changed": "by-the-test"}}}
MANIFESTS = [manifest for manifest in every_kind() if manifest["kind"] != "RuntimeClass"]


@pytest.fixture(scope="module")
def empty() -> Iterator[ControlPlane]:
    """A control plane of its own: nothing else is in it but what it makes by itself."""
    with controlplane_or_fail() as plane:
        yield plane


def test_there_is_a_manifest_of_every_kind() -> None:
    assert {plural_of(manifest["kind"]) for manifest in MANIFESTS} == {kind.resource for kind in KINDS}


async def test_every_kind_shows_up_changes_and_goes(empty: ControlPlane, tmp_path: Path) -> None:
    async with evergauge(tmp_path, f"--kubeconfig={empty.kubeconfig}", *FLAGS) as running, empty.session() as session:
        await running.until_ready()
        for manifest in every_kind():
            await create(session, manifest)
        text = await in_step(running, empty)
        for kind in KINDS:
            assert f"# TYPE {kind.families[0].name} ".encode() in text, kind.resource
        assert b"never-to-be-seen" not in text

        for manifest in MANIFESTS:
            await patch(session, path_of(manifest), LABELLED)
        text = await in_step(running, empty)
        assert text.count(b'label_changed="by-the-test"') == sum(_shows_labels(manifest) for manifest in MANIFESTS)

        # The namespace comes last, and stays: nobody here empties it.
        for manifest in reversed(MANIFESTS):
            await delete(session, manifest)
        text = await in_step(running, empty)
        assert b"kube_persistentvolumeclaim_deletion_timestamp{" in text
        assert b"kube_pod_info{" not in text
        assert await running.self_metric("evergauge_object_errors_total") == 0
        assert await running.stop() == 0
        assert not [line for line in running.logged() if line["level"] in ("error", "critical")]


def _shows_labels(manifest: Manifest) -> bool:
    """Some kinds have no family of labels."""
    (kind,) = [kind for kind in KINDS if kind.resource == plural_of(manifest["kind"])]
    return any(family.name.endswith("_labels") for family in kind.families)


async def in_step(running: Evergauge, plane: ControlPlane) -> bytes:
    """Wait until what is served equals the API's state; returns it. The API server goes on writing leases of its own."""
    for _ in range(50):
        wanted, scrape = await expected_lines(plane, FLAGS), await running.scrape()
        if scrape.lines == wanted:
            return scrape.text
        await asyncio.sleep(0.2)
    raise AssertionError({"missing": sorted(wanted - scrape.lines)[:5], "extra": sorted(scrape.lines - wanted)[:5]})
