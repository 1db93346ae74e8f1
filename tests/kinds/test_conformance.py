"""Every recorded case through `evergauge render`: the same samples as kube-state-metrics, and the same catalogue."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from evergauge.cli import main
from evergauge.kinds import KINDS
from kinds.cases import CONFORMANCE, Case, Flags, all_cases, canonical, groups

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

RECORDED = {
    "CertificateSigningRequest": 7,
    "ClusterRole": 2,
    "ClusterRoleBinding": 2,
    "ConfigMap": 2,
    "CronJob": 11,
    "DaemonSet": 4,
    "Deployment": 9,
    "EndpointSlice": 7,
    "Endpoints": 4,
    "HorizontalPodAutoscaler": 5,
    "Ingress": 7,
    "IngressClass": 3,
    "Job": 8,
    "Lease": 2,
    "LimitRange": 1,
    "MutatingAdmissionPolicy": 2,
    "MutatingAdmissionPolicyBinding": 2,
    "MutatingWebhookConfiguration": 3,
    "Namespace": 5,
    "NetworkPolicy": 1,
    "Node": 10,
    "PersistentVolume": 35,
    "PersistentVolumeClaim": 5,
    "Pod": 65,
    "PodDisruptionBudget": 4,
    "ReplicaSet": 2,
    "ReplicationController": 3,
    "ResourceQuota": 3,
    "Role": 2,
    "RoleBinding": 2,
    "Secret": 4,
    "Service": 9,
    "ServiceAccount": 1,
    "StatefulSet": 6,
    "StorageClass": 4,
    "ValidatingAdmissionPolicy": 2,
    "ValidatingAdmissionPolicyBinding": 2,
    "ValidatingWebhookConfiguration": 3,
    "VolumeAttachment": 1,
}


def render(flags: Flags, cases: Sequence[Case], file: Path, capture: pytest.CaptureFixture[str]) -> Counter[str]:
    """The samples that one call of `evergauge render` writes for these cases."""
    file.write_text("\n".join(json.dumps(case.manifest()) for case in cases))
    code = main(["render", *flags.argv(), str(file)])
    out, err = capture.readouterr()
    assert (code, err) == (0, "")
    return Counter(canonical(line) for line in out.splitlines() if not line.startswith("#"))


def difference(case: Case, found: Counter[str]) -> str:
    """What is wrong with one case, in words; empty when nothing is."""
    wanted = Counter(map(canonical, case.samples))
    missing, extra = sorted(wanted - found), sorted(found - wanted)
    if not missing and not extra:
        return ""
    return "\n".join(
        [f"{case.id} {case.flags}", *(f"  missing {x}" for x in missing), *(f"  extra   {x}" for x in extra)]
    )


@pytest.mark.parametrize("flags", groups(), ids=lambda flags: f"{flags.kind}-{flags.labels}-{flags.annotations}")
def test_samples(flags: Flags, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = groups()[flags]
    wanted = Counter(canonical(line) for case in cases for line in case.samples)
    if render(flags, cases, tmp_path / "all.jsonl", capsys) != wanted:
        # Which of them? Objects share names, so lines alone don't tell.
        alone = [difference(case, render(flags, [case], tmp_path / "one.jsonl", capsys)) for case in cases]
        pytest.fail("\n".join(filter(None, alone)) or "right one by one, wrong together", pytrace=False)


def test_every_kind_has_its_recorded_cases() -> None:
    found = Counter(case.flags.kind for case in all_cases() if not case.id.startswith("mutated-"))
    assert found == RECORDED


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.resource)
def test_catalogue(kind: object) -> None:
    (one,) = (k for k in KINDS if k is kind)
    catalogue = json.loads((CONFORMANCE / "catalog.json").read_text())
    keys = ("name", "type", "stability", "opt_in", "deprecated")
    wanted = [tuple(row[key] for key in keys) for row in catalogue if row["resource"] == one.resource]
    names = {row["name"] for row in catalogue}
    found = [tuple(getattr(family, key) for key in keys) for family in one.families if family.name in names]
    assert found == wanted


def test_kinds_are_sorted_by_resource() -> None:
    resources = [kind.resource for kind in KINDS]
    assert resources == sorted(set(resources))
