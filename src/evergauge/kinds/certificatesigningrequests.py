"""CertificateSigningRequests: what was decided about them, and whether there is a certificate."""

# ruff: noqa: N815 (the API's names)

from base64 import b64decode
from collections.abc import Sequence
from typing import NamedTuple

from evergauge.declare import (
    STABLE,
    Condition,
    Items,
    Kind,
    Metadata,
    Model,
    Safe,
    Str,
    annotations,
    created,
    gauge,
    labels,
    rows,
    via,
)


class Spec(Model):
    signerName: Str = ""


class Status(Model):
    certificate: Str = ""
    conditions: Items[Condition] = ()


class CertificateSigningRequest(Model):
    metadata: Metadata | None = Metadata()
    spec: Spec | None = Spec()
    status: Status | None = Status()


class Count(NamedTuple):
    """How many conditions are of a type; condition: the type in lower case."""

    condition: Safe
    times: int


DECISIONS = ("Approved", "Denied", "Failed")


def decisions(conditions: Sequence[Condition]) -> list[Count]:
    """How many conditions there are of each of the known types, whatever their status (KSM behaviour)."""
    types = [c.type for c in conditions]
    return [Count(decision.lower(), types.count(decision)) for decision in DECISIONS]


def length(certificate: str) -> int:
    """Bytes of a certificate, which the API writes in base64. Raises ValueError for junk."""
    return len(b64decode(certificate, validate=True))


KIND = Kind(
    resource="certificatesigningrequests",
    kind="CertificateSigningRequest",
    group="certificates.k8s.io",
    version="v1",
    namespaced=False,
    model=CertificateSigningRequest,
    identity={"certificatesigningrequest": "metadata.name", "signer_name": "spec.signerName"},
    families=(
        annotations("kube_certificatesigningrequest_annotations"),
        labels("kube_certificatesigningrequest_labels", STABLE),
        created("kube_certificatesigningrequest_created", STABLE),
        gauge(
            "kube_certificatesigningrequest_condition", STABLE, "How often the request was approved, denied, or failed.",
            each=rows("d", decisions, "status.conditions"), labels={"condition": "d.condition"}, value="d.times",
        ),
        gauge(
            "kube_certificatesigningrequest_cert_length", STABLE, "Bytes of the issued certificate, 0 where there is none.",
            value=via(length, "status.certificate"),
        ),
    ),
)
