"""Leases: who holds them, and when they were last renewed."""

# ruff: noqa: N815 (the API's names)

from evergauge.declare import (
    ALPHA,
    Kind,
    Metadata,
    Model,
    Str,
    Time,
    gauge,
    owner,
)


class Spec(Model):
    holderIdentity: Str = None
    renewTime: Time = None


class Lease(Model):
    metadata: Metadata | None = Metadata()
    spec: Spec | None = Spec()


NAMESPACE = {"namespace": "metadata.namespace"}

KIND = Kind(
    resource="leases",
    kind="Lease",
    group="coordination.k8s.io",
    version="v1",
    namespaced=True,
    model=Lease,
    identity={"lease": "metadata.name"},
    families=(
        owner(
            "kube_lease_owner", ALPHA, "What owns the Lease, and who holds it.",
            controller=False, more_labels={**NAMESPACE, "lease_holder": "spec.holderIdentity"},
        ),
        gauge(
            "kube_lease_renew_time", ALPHA, "The Lease's last renewal in seconds since the epoch.",
            when="spec.renewTime", labels=NAMESPACE, value="spec.renewTime",
        ),
    ),
)
