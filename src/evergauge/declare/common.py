"""Families that many kinds share: created, deletion time, labels, annotations, owner, conditions, resourceVersion.

The metric's name is always given whole, so that a search finds it.
"""

import re
from collections.abc import Mapping, Sequence
from math import isinf

from evergauge.declare.family import (
    ALPHA,
    CONDITION_STATUSES,
    Family,
    Label,
    MapLabels,
    Stability,
    Via,
    gauge,
    rows,
    states,
    via,
)
from evergauge.declare.model import OwnerReference, Safe, Time
from evergauge.values.times import seconds_text


def created(name: str, stability: Stability) -> Family:
    """`metadata.creationTimestamp` in seconds since the epoch; nothing for Go's zero time."""
    text = "When the object was created, in seconds since the epoch."
    return gauge(name, stability, text, value=via(set_time, "metadata.creationTimestamp"))


def deletion_timestamp(name: str, stability: Stability = ALPHA) -> Family:
    """`metadata.deletionTimestamp` in seconds since the epoch, while the object is being deleted."""
    text = "When the object is to be gone, in seconds since the epoch, while it is being deleted."
    return gauge(name, stability, text, value=via(set_time, "metadata.deletionTimestamp"))


def set_time(text: Time) -> Safe | None:
    """Seconds since the epoch as a sample's value; None for Go's zero time."""
    return seconds_text(text)


def generation(name: str, stability: Stability) -> Family:
    """`metadata.generation`."""
    return gauge(
        name, stability, "How often the desired state was changed, creation included.", value="metadata.generation"
    )


def labels(name: str, stability: Stability) -> Family:
    """The Kubernetes labels that `--metric-labels-allowlist` names; no sample without an allowlist for the resource."""
    text = "The object's labels that the allowlist names."
    return gauge(name, stability, text, map_labels=MapLabels("label", "metadata.labels", "labels"))


def annotations(name: str, stability: Stability = ALPHA) -> Family:
    """The annotations that `--metric-annotations-allowlist` names; no sample without an allowlist for the resource."""
    text = "The object's annotations that the allowlist names."
    return gauge(name, stability, text, map_labels=MapLabels("annotation", "metadata.annotations", "annotations"))


def conditions(
    name: str, stability: Stability, description: str, *, more_labels: Mapping[str, Label] | None = None
) -> Family:
    """Three samples for each status condition `c`: 1 for the status that it has, 0 for the two others."""
    return gauge(
        name,
        stability,
        description,
        each="c in status.conditions",
        labels={"condition": "c.type", **(more_labels or {})},
        states=states("status", "c.status", CONDITION_STATUSES),
    )


def otherwise(path: str, text: str) -> Via:
    """The text at the path of a pointer, or the API's default where it isn't set. A label."""

    def set_or_default(found: str | None) -> str:
        return text if found is None else found

    return via(set_or_default, path)


NO_OWNER = OwnerReference()
_NO_OWNERS = (NO_OWNER,)


def owners(references: Sequence[OwnerReference]) -> Sequence[OwnerReference]:
    """The owner references, or one that says nothing where there is none (KSM behaviour)."""
    return references or _NO_OWNERS


def is_controller(reference: OwnerReference) -> Safe:
    """Whether the owner is the controller; "" without an owner."""
    if reference is NO_OWNER:
        return ""
    return "true" if reference.controller else "false"


def owner(
    name: str,
    stability: Stability,
    description: str,
    *,
    controller: bool = True,
    more_labels: Mapping[str, Label] | None = None,
) -> Family:
    """One sample for each owner reference, one with empty labels where there is none.

    controller: whether a label says which one is the controller.
    """
    texts: dict[str, Label] = {"owner_kind": "o.kind", "owner_name": "o.name"}
    if controller:
        texts["owner_is_controller"] = via(is_controller, "o")
    each = rows("o", owners, "metadata.ownerReferences")
    return gauge(name, stability, description, each=each, labels={**texts, **(more_labels or {})})


def resource_version(name: str, stability: Stability = ALPHA) -> Family:
    """`metadata.resourceVersion` as a number; no sample where it isn't one."""
    text = "The object's resourceVersion, where it is a number."
    return gauge(name, stability, text, value=via(version_number, "metadata.resourceVersion"))


_FLOAT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|([+-]?inf(inity)?|[+-]?nan)", re.ASCII | re.IGNORECASE)


def version_number(text: str | None) -> float | None:
    """The number that Go's `strconv.ParseFloat` reads, without hexadecimal; None for what is none or out of range."""
    match = _FLOAT.fullmatch(text or "")
    number = float(match[0]) if match else None
    return None if number is not None and match and not match[3] and isinf(number) else number
