"""Which feeds a kind has under given options: one for each namespace, field selectors for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergauge.kube.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergauge.declare import CompiledKind, Kind
    from evergauge.options import Options


def sources(compiled: CompiledKind, options: Options) -> Sequence[Source]:
    """The sources of a kind's feeds. Cluster-scoped kinds have one, whatever the namespaces."""
    kind = compiled.kind
    namespaces = sorted(set(options.namespaces) - set(options.namespaces_denylist)) if kind.namespaced else []
    chosen: Sequence[str | None] = namespaces or [None]
    if kind.namespaced and options.namespaces and not namespaces:
        return ()
    return [
        Source(
            resource=kind.resource,
            api_version=kind.api_version,
            namespace=namespace,
            field_selector=",".join(_selectors(kind, options, everywhere=namespace is None)),
            metadata_only=compiled.metadata_only,
            protobuf=compiled.protobuf,
        )
        for namespace in chosen
    ]


def _selectors(kind: Kind, options: Options, *, everywhere: bool) -> Sequence[str]:
    selectors = []
    if kind.namespaced and everywhere:
        selectors += [f"metadata.namespace!={name}" for name in sorted(set(options.namespaces_denylist))]
    if kind.resource == "pods" and options.track_unscheduled_pods:
        selectors.append("spec.nodeName=")
    elif kind.resource == "pods" and options.node:
        selectors.append(f"spec.nodeName={options.node}")
    return selectors
