"""Services: type and addresses."""

# ruff: noqa: N815 (the API's names)

from evergauge.declare import (
    STABLE,
    Items,
    Kind,
    Metadata,
    Model,
    Str,
    annotations,
    created,
    deletion_timestamp,
    gauge,
    labels,
    numbered,
)


@numbered(clusterIP=3, externalIPs=5, externalName=10, externalTrafficPolicy=11, loadBalancerIP=8, type=4)
class Spec(Model):
    clusterIP: Str = ""
    externalIPs: Items[str] = ()
    externalName: Str = ""
    externalTrafficPolicy: Str = ""
    loadBalancerIP: Str = ""
    type: Str = ""


@numbered(ip=1, hostname=2)
class Ingress(Model):
    ip: Str = ""
    hostname: Str = ""


@numbered(ingress=1)
class LoadBalancer(Model):
    ingress: Items[Ingress] = ()


@numbered(loadBalancer=1)
class Status(Model):
    loadBalancer: LoadBalancer | None = LoadBalancer()


@numbered(metadata=1, spec=2, status=3)
class Service(Model):
    metadata: Metadata | None = Metadata()
    spec: Spec | None = Spec()
    status: Status | None = Status()


KIND = Kind(
    resource="services",
    kind="Service",
    group="",
    version="v1",
    namespaced=True,
    model=Service,
    identity={"namespace": "metadata.namespace", "service": "metadata.name", "uid": "metadata.uid"},
    families=(
        gauge(
            "kube_service_info", STABLE, "The Service's addresses and how it treats traffic from outside.",
            labels={
                "cluster_ip": "spec.clusterIP",
                "external_name": "spec.externalName",
                "load_balancer_ip": "spec.loadBalancerIP",
                "external_traffic_policy": "spec.externalTrafficPolicy",
            },
        ),
        created("kube_service_created", STABLE),
        gauge("kube_service_spec_type", STABLE, "The Service's type.", labels={"type": "spec.type"}),
        annotations("kube_service_annotations"),
        labels("kube_service_labels", STABLE),
        gauge(
            "kube_service_spec_external_ip", STABLE, "An external address of the Service.",
            each="ip in spec.externalIPs", labels={"external_ip": "ip"},
        ),
        gauge(
            "kube_service_status_load_balancer_ingress", STABLE, "An address of the Service's load balancer.",
            each="i in status.loadBalancer.ingress", labels={"ip": "i.ip", "hostname": "i.hostname"},
        ),
        deletion_timestamp("kube_service_deletion_timestamp"),
    ),
)
