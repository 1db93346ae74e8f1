"""The rules of Pods' irregular families: what they say that no field says as it is."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv6Address
from socket import AF_INET, inet_pton
from typing import NamedTuple

from evergauge.declare import Condition, OwnerReference, Quantity, Safe, Time
from evergauge.kinds.pod_model import ContainerStatus, ResourceClaim, ResourceClaimStatus, State, Toleration, Volume
from evergauge.values.quantities import milli_value, value
from evergauge.values.times import unix_seconds


def started(state: State) -> Time:
    """The start of a container that runs or has ended, "" where it isn't said; None for one that waits."""
    reached = state.running or state.terminated
    return (reached.startedAt or "") if reached else None


def completion(statuses: Sequence[ContainerStatus]) -> int | None:
    """The latest end of a terminated container in seconds since the epoch; None where none has ended after 1970."""
    latest = 0
    for status in statuses:
        if status.state and status.state.terminated:
            latest = max(latest, unix_seconds(status.state.terminated.finishedAt) or 0)
    return latest or None


NO_CONTROLLER = (OwnerReference(),)


def controller(references: Sequence[OwnerReference]) -> Sequence[OwnerReference]:
    """The owner that is the controller, or one that says nothing: one row in any case."""
    return [o for o in references if o.controller][:1] or NO_CONTROLLER


def ip_family(ip: str) -> Safe | None:
    """`4`, `6` (a v4-mapped address counts as 4), or None for what is no IP address."""
    try:
        inet_pton(AF_INET, ip)
    except (OSError, ValueError):
        return _ipv6_family(ip)
    return "4"


def _ipv6_family(ip: str) -> Safe | None:
    try:
        address = IPv6Address(ip)
    except ValueError:
        return None
    return "4" if address.ipv4_mapped else "6"


class Claim(NamedTuple):
    """A volume that is a claim. ephemeral: `true` or `false`."""

    volume: str
    persistentvolumeclaim: str
    ephemeral: Safe
    read_only: bool


def claims(volumes: Sequence[Volume], pod: str) -> list[Claim]:
    """The volumes that are claims. An ephemeral volume's claim is named `<pod>-<volume>` (KEP-1698)."""
    found = []
    for volume in volumes:
        name = volume.name or ""
        if claim := volume.persistentVolumeClaim:
            found.append(Claim(name, claim.claimName or "", "false", bool(claim.readOnly)))
        elif volume.ephemeral:
            found.append(Claim(name, f"{pod}-{name}", "true", read_only=False))
    return found


class ClaimName(NamedTuple):
    """A DRA claim. name: of the ResourceClaim object; template: what it was made from."""

    claim: str
    name: str
    template: str


def resource_claims(wanted: Sequence[ResourceClaim], resolved: Sequence[ResourceClaimStatus]) -> list[ClaimName]:
    """The Pod's DRA claims (KEP-4381) with the object's name: from the spec, or from the status for one made by template."""
    if not wanted:
        return []
    names = {s.name or "": s.resourceClaimName for s in resolved if s.resourceClaimName is not None}
    return [
        ClaimName(
            claim=c.name or "",
            name=names.get(c.name or "", "") if c.resourceClaimName is None else c.resourceClaimName,
            template=c.resourceClaimTemplateName or "",
        )
        for c in wanted
        if not (c.resourceClaimName is None and c.resourceClaimTemplateName is None)
    ]


REASONS = (
    "Evicted",
    "NodeAffinity",
    "NodeLost",
    "PreemptionByScheduler",
    "SchedulingGated",
    "Shutdown",
    "TerminationByKubelet",
    "UnexpectedAdmissionError",
)
DISRUPTION_REASONS = frozenset(
    {"PreemptionByScheduler", "DeletionByTaintManager", "EvictionByEvictionAPI", "DeletionByPodGC", "TerminationByKubelet"}
)


def status_reasons(reason: str, conditions: Sequence[Condition], statuses: Sequence[ContainerStatus]) -> Sequence[Safe]:
    """The known reasons that the Pod, a condition or a terminated container gives; `Other` for another one of the Pod's."""
    given = {c.reason for c in conditions if c.reason}
    for status in statuses:
        if status.state and status.state.terminated:
            given.add(status.state.terminated.reason or "")
    if reason:
        given.add(reason)
    if not given:
        return ()
    found = [r for r in REASONS if r in given]
    if reason and reason not in REASONS:
        found.append("Other")
    return found


def disruption_reason(reason: str) -> Safe:
    """The reason of a DisruptionTarget condition (KEP-3329), `Other` for an unknown one."""
    return reason if reason in DISRUPTION_REASONS else "Other"


def unique_tolerations(tolerations: Sequence[Toleration]) -> Sequence[Toleration]:
    """The tolerations without repetitions."""
    if len({t.key or "" for t in tolerations}) == len(tolerations):
        return tolerations
    return list({(t.key or "", t.operator or "", t.value or "", t.effect or "", t.tolerationSeconds): t for t in tolerations}.values())


def cpu(overhead: Mapping[str, Quantity] | None) -> float | None:
    """Cores of `cpu`."""
    return milli_value(overhead["cpu"] or 0) if overhead and "cpu" in overhead else None


def memory(overhead: Mapping[str, Quantity] | None) -> float | None:
    """Bytes of `memory`."""
    return value(overhead["memory"] or 0) if overhead and "memory" in overhead else None
