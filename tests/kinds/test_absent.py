"""What absent, null and empty fields become, family by family, where the recorded cases don't show it. The rules are KSM's."""

from __future__ import annotations

from typing import Any

import pytest

from evergauge.kinds.persistentvolumeclaims import CLASS_ANNOTATION
from evergauge.kinds.persistentvolumes import HostPath, Local, Sources, Spec, joined, source
from kinds.samples import samples

ZERO_TIME = "-6.21355968e+10"


def spec(**fields: object) -> dict[str, Any]:
    return {"spec": fields}


def status(**fields: object) -> dict[str, Any]:
    return {"status": fields}


@pytest.mark.parametrize(
    ("family", "obj", "wanted"),
    [
        ("kube_networkpolicy_created", {}, [ZERO_TIME]),
        ("kube_networkpolicy_created", {"metadata": None}, [ZERO_TIME]),
        ("kube_networkpolicy_created", {"metadata": {"creationTimestamp": None}}, [ZERO_TIME]),
        ("kube_networkpolicy_created", {"metadata": {"creationTimestamp": "1970-01-01T00:00:01Z"}}, ["1"]),
        ("kube_networkpolicy_spec_ingress_rules", {}, ["0"]),
        ("kube_networkpolicy_spec_ingress_rules", spec(ingress=None), ["0"]),
        ("kube_networkpolicy_spec_ingress_rules", spec(ingress=[{}, None, {"from": []}]), ["3"]),
        ("kube_networkpolicy_spec_egress_rules", spec(egress=[]), ["0"]),
        ("kube_persistentvolumeclaim_status_phase", {}, []),
        ("kube_persistentvolumeclaim_status_phase", status(phase=""), []),
        (
            "kube_persistentvolumeclaim_status_phase",
            status(phase="New"),
            ['phase="Lost" 0', 'phase="Bound" 0', 'phase="Pending" 0'],
        ),
        ("kube_persistentvolumeclaim_resource_requests_storage_bytes", {}, []),
        ("kube_persistentvolumeclaim_resource_requests_storage_bytes", spec(resources={"requests": {"cpu": "1"}}), []),
        (
            "kube_persistentvolumeclaim_resource_requests_storage_bytes",
            spec(resources={"requests": {"storage": None}}),
            ["0"],
        ),
        (
            "kube_persistentvolumeclaim_resource_requests_storage_bytes",
            spec(resources={"requests": {"storage": "1500m"}}),
            ["2"],
        ),
        ("kube_persistentvolumeclaim_access_mode", spec(accessModes=None), []),
        ("kube_persistentvolumeclaim_access_mode", spec(accessModes=[None]), ['access_mode="" 1']),
        ("kube_persistentvolumeclaim_info", {}, ['storageclass="",volumename="",volumemode="" 1']),
        (
            "kube_persistentvolumeclaim_info",
            {"metadata": {"annotations": {CLASS_ANNOTATION: "old"}}, **spec(storageClassName="new")},
            ['storageclass="old",volumename="",volumemode="" 1'],
        ),
        (
            "kube_persistentvolumeclaim_info",
            {"metadata": {"annotations": {CLASS_ANNOTATION: None}}, **spec(storageClassName="new")},
            ['storageclass="",volumename="",volumemode="" 1'],
        ),
        (
            "kube_persistentvolumeclaim_info",
            {"metadata": {"annotations": {"other": ""}}, **spec(storageClassName="new")},
            ['storageclass="new",volumename="",volumemode="" 1'],
        ),
        ("kube_persistentvolume_claim_ref", spec(claimRef=None), []),
        ("kube_persistentvolume_claim_ref", spec(claimRef={}), ['name="",claim_namespace="" 1']),
        ("kube_persistentvolume_capacity_bytes", {}, ["0"]),
        ("kube_persistentvolume_capacity_bytes", spec(capacity={"storage": None}), ["0"]),
        ("kube_persistentvolume_capacity_bytes", spec(capacity={"memory": "1Gi"}), ["0"]),
        ("kube_persistentvolume_volume_mode", {}, ['volumemode="Filesystem" 1']),
        ("kube_persistentvolume_volume_mode", spec(volumeMode=None), ['volumemode="Filesystem" 1']),
        ("kube_persistentvolume_volume_mode", spec(volumeMode=""), ['volumemode="" 1']),
        ("kube_persistentvolume_csi_attributes", spec(nfs={}), []),
        ("kube_persistentvolume_csi_attributes", spec(csi={}), ['csi_mounter="",csi_map_options="" 1']),
        (
            "kube_persistentvolume_csi_attributes",
            spec(csi={"volumeAttributes": {"mounter": None, "mapOptions": "x", "other": "y"}}),
            ['csi_mounter="",csi_map_options="x" 1'],
        ),
        ("kube_poddisruptionbudget_status_expected_pods", {"status": None}, ["0"]),
        ("kube_replicationcontroller_spec_replicas", spec(replicas=None), []),
        ("kube_replicationcontroller_spec_replicas", spec(replicas=0), ["0"]),
        ("kube_resourcequota", {}, []),
        (
            "kube_resourcequota",
            status(hard={"limits.cpu": "1500m", "pods": None}, used={"pods": 3}),
            [
                'resource="limits.cpu",type="hard" 1.5',
                'resource="pods",type="hard" 0',
                'resource="pods",type="used" 3',
            ],
        ),
        ("kube_rolebinding_info", {"roleRef": None}, ['roleref_kind="",roleref_name="" 1']),
        ("kube_secret_type", {"type": None}, ['type="" 1']),
        ("kube_serviceaccount_info", {}, ['automount_token="" 1']),
        ("kube_serviceaccount_info", {"automountServiceAccountToken": False}, ['automount_token="false" 1']),
        ("kube_serviceaccount_deleted", {"metadata": {"deletionTimestamp": None}}, []),
        ("kube_serviceaccount_secret", {"secrets": [{}, None]}, ['name="" 1'] * 2),
        (
            "kube_storageclass_info",
            {"reclaimPolicy": None, "volumeBindingMode": ""},
            ['provisioner="",reclaim_policy="Delete",volume_binding_mode="" 1'],
        ),
        (
            "kube_validatingadmissionpolicy_info",
            spec(paramKind=None),
            ['param_api_version="",param_kind="",failure_policy="" 1'],
        ),
        (
            "kube_validatingadmissionpolicybinding_validation_action",
            spec(validationActions=["Warn", "Warn"]),
            ['action="Warn" 1'] * 2,
        ),
        (
            "kube_validatingadmissionpolicybinding_info",
            spec(paramRef={"parameterNotFoundAction": None}),
            ['policy_name="",param_name="",param_namespace="",param_not_found_action="" 1'],
        ),
        (
            "kube_validatingwebhookconfiguration_webhook_clientconfig_service",
            {"webhooks": [None, {"clientConfig": None}, {"name": "w", "clientConfig": {"service": {"name": "s"}}}]},
            [
                'webhook_name="",service_name="",service_namespace="" 1',
                'webhook_name="",service_name="",service_namespace="" 1',
                'webhook_name="w",service_name="s",service_namespace="" 1',
            ],
        ),
        ("kube_volumeattachment_created", {"metadata": None}, []),
        ("kube_volumeattachment_created", {"metadata": {"creationTimestamp": "1970-01-01T00:00:01.9Z"}}, ["1"]),
        ("kube_volumeattachment_labels", {}, ["1"]),
        ("kube_volumeattachment_labels", {"metadata": {"labels": {"a.b": None}}}, ['label_a_b="" 1']),
        ("kube_volumeattachment_spec_source_persistentvolume", spec(source=None), []),
        (
            "kube_volumeattachment_spec_source_persistentvolume",
            spec(source={"persistentVolumeName": ""}),
            ['volumename="" 1'],
        ),
        ("kube_volumeattachment_status_attachment_metadata", status(attachmentMetadata={}), ["1"]),
        ("kube_volumeattachment_status_attached", {"status": None}, ["0"]),
    ],
)
def test_samples(family: str, obj: dict[str, Any], wanted: list[str]) -> None:
    assert samples(family, obj) == wanted


def test_of_several_sources_the_first_in_order_is_shown() -> None:
    both = Spec(hostPath=HostPath(path="/b"), local=Local(path="/a"))
    assert source(both) == [Sources(local=Local(path="/a"))]
    assert source(Spec()) == [Sources()]
    (line,) = samples("kube_persistentvolume_info", spec(fc={"wwids": ["a", "b"], "lun": 0}, csi={"driver": "d"}))
    assert 'fc_wwids="a,b",fc_lun="0",fc_target_wwns="",' in line
    assert 'csi_driver=""' in line
    (line,) = samples("kube_persistentvolume_info", spec(iscsi={}, fc=None))
    assert 'iscsi_lun="0",iscsi_initiator_name="",' in line


@pytest.mark.parametrize(
    ("texts", "text"),
    [
        (None, ""),
        ((), ""),
        (("a",), "a"),
        (("a", "b"), "a,b"),
        (("", "", "a", "", "b", ""), "a,,b,"),
        ((",a", "b"), ",a,b"),
    ],
)
def test_joined(texts: tuple[str, ...] | None, text: str) -> None:
    assert joined(texts) == text
