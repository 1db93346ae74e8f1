"""IngressClasses: which controller serves them."""

from evergauge.declare import (
    ALPHA,
    Kind,
    Metadata,
    Model,
    Str,
    annotations,
    created,
    gauge,
    labels,
    numbered,
)


@numbered(controller=1)
class Spec(Model):
    controller: Str = ""


@numbered(metadata=1, spec=2)
class IngressClass(Model):
    metadata: Metadata | None = Metadata()
    spec: Spec | None = Spec()


KIND = Kind(
    resource="ingressclasses",
    kind="IngressClass",
    group="networking.k8s.io",
    version="v1",
    namespaced=False,
    model=IngressClass,
    identity={"ingressclass": "metadata.name"},
    families=(
        gauge("kube_ingressclass_info", ALPHA, "The controller that serves Ingresses of the class.", labels={"controller": "spec.controller"}),
        created("kube_ingressclass_created", ALPHA),
        annotations("kube_ingressclass_annotations"),
        labels("kube_ingressclass_labels", ALPHA),
    ),
)
