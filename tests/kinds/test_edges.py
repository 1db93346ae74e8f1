"""What the rules make of objects that the recorded cases don't show: absent, null, empty and contradicting fields."""

from __future__ import annotations

from typing import Any

import pytest

from kinds.samples import samples

NEVER = "-6.21355968e+10"
BORN = {"creationTimestamp": "2024-05-03T12:34:56Z"}


@pytest.mark.parametrize(
    ("spec", "status", "metadata", "wanted"),
    [
        ({"schedule": "0 * * * *"}, {}, BORN, "1.7147412e+09"),
        ({"schedule": "0 * * * *"}, {"lastScheduleTime": "2024-05-03T13:00:00Z"}, BORN, "1.7147448e+09"),
        ({"schedule": "0 * * * *"}, {"lastScheduleTime": "0001-01-01T00:00:00Z"}, BORN, "1.7147412e+09"),
        ({"schedule": "0 * * * *"}, {"lastScheduleTime": None}, {"creationTimestamp": None}, None),
        ({"schedule": "0 * * * *", "suspend": None}, None, BORN, "1.7147412e+09"),
        ({"schedule": "0 * * * *", "suspend": True}, {}, BORN, None),
        ({"schedule": "0 0 * * *", "timeZone": "Asia/Tokyo"}, {}, BORN, "1.7147484e+09"),
        ({"schedule": "0 0 * * *", "timeZone": None}, {}, BORN, "1.7147808e+09"),
        ({"schedule": "0 0 * * *", "timeZone": ""}, {}, BORN, "invalid"),
        ({"schedule": "TZ=UTC 0 0 * * *", "timeZone": "UTC"}, {}, BORN, "invalid"),
        ({"schedule": "TZ=Asia/Tokyo 0 0 * * *"}, {}, BORN, "1.7147484e+09"),
        ({"schedule": "0 0 30 2 *"}, {}, BORN, NEVER),
        ({"schedule": "@every 90m"}, {}, BORN, "1.714745096e+09"),
        ({"schedule": None}, {}, BORN, "invalid"),
        (None, None, BORN, "invalid"),
        ({"schedule": "x", "suspend": True}, None, None, "invalid"),
    ],
)
def test_when_a_cronjob_is_due(
    spec: dict[str, Any] | None, status: dict[str, Any] | None, metadata: dict[str, Any] | None, wanted: str | None
) -> None:
    obj = {"spec": spec, "status": status, "metadata": metadata}
    due = samples("kube_cronjob_next_schedule_time", obj)
    assert due == ([] if wanted in (None, "invalid") else [wanted])
    invalid = samples("kube_cronjob_schedule_invalid", obj)
    assert invalid == (["1"] if wanted == "invalid" else [])


TARGET = {"value": "1500m", "averageValue": "2", "averageUtilization": 80}


@pytest.mark.parametrize(
    ("family", "obj", "wanted"),
    [
        ("kube_cronjob_status_active", {"status": {"active": [{"name": "a"}, None]}}, ["2"]),
        ("kube_cronjob_status_active", {"status": {"active": None}}, ["0"]),
        (
            "kube_cronjob_status_last_schedule_time",
            {"status": {"lastScheduleTime": "0001-01-01T00:00:00Z"}},
            [NEVER],
        ),
        ("kube_cronjob_spec_suspend", {"spec": {"suspend": None}}, ["0"]),
        ("kube_cronjob_info", {}, ['schedule="",concurrency_policy="",timezone="local" 1']),
        (
            "kube_certificatesigningrequest_condition",
            {"status": {"conditions": [{"type": "Approved", "status": "False"}, {"type": "Approved"}, {"type": "x"}]}},
            ['condition="approved" 2', 'condition="denied" 0', 'condition="failed" 0'],
        ),
        (
            "kube_certificatesigningrequest_cert_length",
            {"status": {"certificate": "anVzdCA="}},
            ["5"],
        ),
        ("kube_certificatesigningrequest_cert_length", {"status": None}, ["0"]),
        (
            "kube_endpoint_address",
            {
                "subsets": [
                    {"addresses": [None], "notReadyAddresses": [{"ip": "::1"}], "ports": [None]},
                    {"ports": [{}]},
                ]
            },
            [
                'port_name="",port_protocol="",port_number="0",ip="",ready="true" 1',
                'port_name="",port_protocol="",port_number="0",ip="::1",ready="false" 1',
            ],
        ),
        ("kube_endpoint_address", {"subsets": [{"addresses": [{"ip": "::1"}], "ports": None}]}, []),
        (
            "kube_endpointslice_endpoints_hints",
            {
                "endpoints": [
                    {"addresses": ["::1", "::2"], "hints": {"forZones": [{"name": "a"}, None]}},
                    {"addresses": [], "hints": {"forZones": [{"name": "b"}]}},
                    {"addresses": None, "hints": {"forZones": [{"name": "b"}]}},
                    {"addresses": ["::3"], "hints": {"forZones": None}},
                    {"addresses": ["::3"], "hints": None},
                ]
            },
            ['address="::1",for_zone="a" 1', 'address="::1",for_zone="" 1'],
        ),
        (
            "kube_endpointslice_ports",
            {"ports": [{"port": 0, "name": None}, None]},
            [
                'port_name="",port_protocol="",port_number="0" 1',
                'port_name="",port_protocol="",port_number="" 1',
            ],
        ),
        (
            "kube_horizontalpodautoscaler_info",
            {"spec": {"scaleTargetRef": {"apiVersion": "", "kind": "D"}}},
            ['scaletargetref_kind="D",scaletargetref_name="" 1'],
        ),
        ("kube_horizontalpodautoscaler_spec_min_replicas", {"spec": {}}, ["1"]),
        (
            "kube_horizontalpodautoscaler_spec_min_replicas",
            {"spec": {"minReplicas": 0}},
            ["0"],
        ),
        (
            "kube_horizontalpodautoscaler_spec_behavior_scale_up_tolerance",
            {"spec": {"behavior": {"scaleUp": {"tolerance": "50m"}, "scaleDown": None}}},
            ["0.05"],
        ),
        (
            "kube_horizontalpodautoscaler_spec_target_metric",
            {
                "spec": {
                    "metrics": [
                        {"type": "Object", "object": {"metric": {"name": "o"}, "target": TARGET}},
                        {"type": "Resource", "resource": {"name": "cpu", "container": "c", "target": {"value": None}}},
                        {"type": "ContainerResource", "containerResource": {"container": "c", "target": {"value": 1}}},
                        {"type": "Pods", "external": {"metric": {"name": "e"}, "target": TARGET}},
                        {"type": "External", "external": {"metric": None, "target": {"averageUtilization": 0}}},
                        {"type": "pods", "pods": {"target": TARGET}},
                        {"pods": {"target": TARGET}},
                        None,
                    ]
                }
            },
            [
                'metric_name="o",metric_target_type="value",container="" 1.5',
                'metric_name="o",metric_target_type="utilization",container="" 80',
                'metric_name="o",metric_target_type="average",container="" 2',
                'metric_name="",metric_target_type="value",container="c" 1',
                'metric_name="",metric_target_type="utilization",container="" 0',
            ],
        ),
        (
            "kube_horizontalpodautoscaler_status_target_metric",
            {
                "status": {
                    "currentMetrics": [
                        {"type": "Resource", "resource": {"name": "cpu", "current": None}},
                        {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 5}}},
                        {"type": "Object", "object": None},
                    ]
                }
            },
            ['metric_name="cpu",metric_target_type="utilization",container="" 5'],
        ),
        (
            "kube_ingress_info",
            {"metadata": {"annotations": {"kubernetes.io/ingress.class": ""}}, "spec": {"ingressClassName": "nginx"}},
            ['ingressclass="" 1'],
        ),
        ("kube_ingress_info", {"spec": {"ingressClassName": ""}}, ['ingressclass="" 1']),
        ("kube_ingress_info", {"spec": {"ingressClassName": None}}, ['ingressclass="_default" 1']),
        (
            "kube_ingress_path",
            {
                "spec": {
                    "rules": [
                        {"host": "a", "http": None},
                        {
                            "host": "b",
                            "http": {
                                "paths": [
                                    {"path": "/1", "pathType": None, "backend": {"service": {}, "resource": {}}},
                                    {"path": "/2", "backend": {"service": {"name": "s", "port": {"name": "http"}}}},
                                    {"path": "/3", "backend": {"service": {"name": "s", "port": None}}},
                                    {"path": "/4", "pathType": "Exact", "backend": {"resource": {"kind": "K"}}},
                                    {"path": "/5", "backend": {}},
                                    {"path": "/6"},
                                ]
                            },
                        },
                    ]
                }
            },
            [
                'host="b",path="/1",path_type="",service_name="",service_port="0" 1',
                'host="b",path="/2",path_type="",service_name="s",service_port="0" 1',
                'host="b",path="/3",path_type="",service_name="s",service_port="0" 1',
                'host="b",path="/4",path_type="Exact",resource_api_group="",resource_kind="K",resource_name="" 1',
            ],
        ),
        (
            "kube_ingress_tls",
            {"spec": {"tls": [{"secretName": "s"}, {"hosts": [None]}]}},
            ['tls_host="",secret="" 1'],
        ),
        (
            "kube_job_status_failed",
            {"status": {"conditions": [{"type": "Failed", "reason": "Evicted"}]}},
            ["0"],
        ),
        ("kube_job_status_failed", {"status": {"failed": 3}}, ['reason="" 3']),
        (
            "kube_job_status_failed",
            {"status": {"failed": 3, "conditions": [{"type": "Failed", "reason": "Other"}]}},
            [
                'reason="BackoffLimitExceeded" 0',
                'reason="DeadlineExceeded" 0',
                'reason="Evicted" 0',
                'reason="" 3',
            ],
        ),
        (
            "kube_job_status_failed",
            {
                "status": {
                    "failed": -1,
                    "conditions": [{"type": "Complete", "reason": "Evicted"}, {"type": "Failed", "reason": "Evicted"}],
                }
            },
            ['reason="BackoffLimitExceeded" 0', 'reason="DeadlineExceeded" 0', 'reason="Evicted" 1'],
        ),
        (
            "kube_job_status_suspended",
            {"status": {"conditions": [{"type": "Suspended", "status": "Unknown"}]}},
            ["0"],
        ),
        ("kube_job_status_ready", {"status": {"ready": None}}, ["0"]),
        (
            "kube_lease_owner",
            {"metadata": {"namespace": "n"}, "spec": None},
            ['owner_kind="",owner_name="",namespace="n",lease_holder="" 1'],
        ),
        ("kube_lease_renew_time", {"spec": {"renewTime": "0001-01-01T00:00:00.000000Z"}}, []),
        (
            "kube_lease_renew_time",
            {"spec": {"renewTime": "1970-01-01T00:00:07.999999Z"}},
            ['namespace="" 7'],
        ),
        (
            "kube_limitrange",
            {
                "spec": {
                    "limits": [
                        {"type": "Pod", "max": {"x.io/Y": None, "cpu": "1e-4"}, "default": None},
                        {"min": {"a": 2}},
                    ]
                }
            },
            [
                'resource="x.io/Y",type="Pod",constraint="max" 0',
                'resource="cpu",type="Pod",constraint="max" 0.001',
                'resource="a",type="",constraint="min" 2',
            ],
        ),
        (
            "kube_mutatingadmissionpolicy_info",
            {"spec": {"paramKind": None, "failurePolicy": None, "reinvocationPolicy": None}},
            ['param_api_version="",param_kind="",failure_policy="",reinvocation_policy="" 1'],
        ),
        (
            "kube_mutatingwebhookconfiguration_webhook_clientconfig_service",
            {"webhooks": [None, {"name": "w", "clientConfig": None}]},
            [
                'webhook_name="",service_name="",service_namespace="" 1',
                'webhook_name="w",service_name="",service_namespace="" 1',
            ],
        ),
    ],
)
def test_samples(family: str, obj: dict[str, Any], wanted: list[str]) -> None:
    assert samples(family, obj) == wanted
