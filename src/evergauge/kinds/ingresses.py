"""Ingresses: their class, which paths lead where, and the certificates of their hosts."""

# ruff: noqa: N815 (the API's names)

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from evergauge.declare import (
    STABLE,
    Int,
    Items,
    Kind,
    Metadata,
    Model,
    Str,
    annotations,
    created,
    gauge,
    given,
    labels,
    numbered,
    resource_version,
    rows,
    via,
)


@numbered(number=2)
class ServicePort(Model):
    number: Int = 0


@numbered(name=1, port=2)
class ServiceBackend(Model):
    name: Str = ""
    port: ServicePort | None = ServicePort()


@numbered(apiGroup=1, kind=2, name=3)
class ResourceBackend(Model):
    apiGroup: Str = None
    kind: Str = ""
    name: Str = ""


@numbered(service=4, resource=3)
class Backend(Model):
    service: ServiceBackend | None = None
    resource: ResourceBackend | None = None


@numbered(path=1, pathType=3, backend=2)
class Path(Model):
    path: Str = ""
    pathType: Str = None
    backend: Backend | None = Backend()


@numbered(paths=1)
class HTTP(Model):
    paths: Items[Path] = ()


@numbered(host=1, http=(2, 1))
class Rule(Model):
    host: Str = ""
    http: HTTP | None = None


@numbered(hosts=1, secretName=2)
class TLS(Model):
    hosts: Items[str] = ()
    secretName: Str = ""


@numbered(ingressClassName=4, rules=3, tls=2)
class Spec(Model):
    ingressClassName: Str = None
    rules: Items[Rule] = ()
    tls: Items[TLS] = ()


@numbered(metadata=1, spec=2)
class Ingress(Model):
    metadata: Metadata | None = Metadata()
    spec: Spec | None = Spec()


CLASS = "kubernetes.io/ingress.class"
"""The annotation that named the class before there was a field."""


def class_name(name: str | None, notes: Mapping[str, str] | None) -> str:
    """The annotation's class where there is one, else the field's, else `_default` (KSM behaviour)."""
    annotated = (notes or {}).get(CLASS)
    if annotated is not None:
        return annotated
    return "_default" if name is None else name


class Route(NamedTuple):
    """A path, and the Service or the other resource behind it; what belongs to the one that isn't there is None."""

    path: str
    path_type: str
    service_name: str | None = None
    service_port: int | None = None
    resource_api_group: str | None = None
    resource_kind: str | None = None
    resource_name: str | None = None


def routes(paths: Sequence[Path] | None) -> list[Route]:
    """Where the paths of a rule lead. One that leads nowhere, which the API server refuses, is left out."""
    found = []
    for path in paths or ():
        text, path_type = path.path or "", path.pathType or ""
        if path.backend and (service := path.backend.service):
            port = service.port.number if service.port else 0
            found.append(Route(text, path_type, service.name or "", port or 0))
        elif path.backend and (resource := path.backend.resource):
            where = (resource.apiGroup or "", resource.kind or "", resource.name or "")
            found.append(Route(text, path_type, None, None, *where))
    return found


KIND = Kind(
    resource="ingresses",
    kind="Ingress",
    group="networking.k8s.io",
    version="v1",
    namespaced=True,
    model=Ingress,
    identity={"namespace": "metadata.namespace", "ingress": "metadata.name"},
    families=(
        gauge(
            "kube_ingress_info", STABLE, "The Ingress's class.",
            labels={"ingressclass": via(class_name, "spec.ingressClassName", "metadata.annotations")},
        ),
        annotations("kube_ingress_annotations"),
        labels("kube_ingress_labels", STABLE),
        created("kube_ingress_created", STABLE),
        resource_version("kube_ingress_metadata_resource_version"),
        gauge(
            "kube_ingress_path", STABLE, "A host and path of the Ingress, and the Service or other resource that it leads to.",
            each=("rule in spec.rules", rows("r", routes, "rule.http.paths")),
            labels={
                "host": "rule.host",
                "path": "r.path",
                "path_type": "r.path_type",
                "service_name": given("r.service_name"),
                "service_port": given("r.service_port"),
                "resource_api_group": given("r.resource_api_group"),
                "resource_kind": given("r.resource_kind"),
                "resource_name": given("r.resource_name"),
            },
        ),
        gauge(
            "kube_ingress_tls", STABLE, "A host that is served with TLS, and the Secret that holds its certificate.",
            each=("t in spec.tls", "host in t.hosts"), labels={"tls_host": "host", "secret": "t.secretName"},
        ),
    ),
)
