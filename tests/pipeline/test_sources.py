"""Which feeds a kind has, option by option."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evergauge.declare import CompiledKind
from evergauge.kinds import KINDS
from evergauge.kube.forms import JSON, PROTOBUF
from evergauge.options import parse
from evergauge.pipeline.selection import compile_kinds
from evergauge.pipeline.sources import sources

if TYPE_CHECKING:
    from collections.abc import Sequence

BY_RESOURCE = {kind.resource: CompiledKind(kind) for kind in KINDS}


@pytest.mark.parametrize(
    ("resource", "flags", "expected"),
    [
        ("pods", [], ["/api/v1/pods"]),
        ("deployments", [], ["/apis/apps/v1/deployments"]),
        ("pods", ["--namespaces=b,a"], ["/api/v1/namespaces/a/pods", "/api/v1/namespaces/b/pods"]),
        ("nodes", ["--namespaces=b,a"], ["/api/v1/nodes"]),
        ("namespaces", ["--namespaces=b,a"], ["/api/v1/namespaces"]),
        ("pods", ["--namespaces=a,b", "--namespaces-denylist=b"], ["/api/v1/namespaces/a/pods"]),
        ("pods", ["--namespaces=a", "--namespaces-denylist=a"], []),
        ("nodes", ["--namespaces=a", "--namespaces-denylist=a"], ["/api/v1/nodes"]),
        (
            "pods",
            ["--namespaces-denylist=b,a"],
            ["/api/v1/pods metadata.namespace!=a,metadata.namespace!=b"],
        ),
        ("nodes", ["--namespaces-denylist=b,a"], ["/api/v1/nodes"]),
        ("pods", ["--resources=pods", "--node=n1"], ["/api/v1/pods spec.nodeName=n1"]),
        (
            "pods",
            ["--resources=pods", "--node=n1", "--namespaces=a"],
            ["/api/v1/namespaces/a/pods spec.nodeName=n1"],
        ),
        ("pods", ["--resources=pods", "--track-unscheduled-pods"], ["/api/v1/pods spec.nodeName="]),
    ],
)
def test_feeds_of_a_kind(resource: str, flags: Sequence[str], expected: Sequence[str]) -> None:
    found = sources(BY_RESOURCE[resource], parse(flags))
    assert [f"{source.path} {source.field_selector}".strip() for source in found] == expected


@pytest.mark.parametrize(
    ("resource", "flags", "metadata_only"),
    [
        ("configmaps", [], True),
        ("roles", [], True),
        ("pods", [], False),
        ("secrets", [], False),
        ("secrets", ["--metric-denylist=^kube_secret_type$"], True),
        ("pods", ["--metric-allowlist=kube_pod_(created|owner|labels)$"], True),
        ("networkpolicies", ["--metric-allowlist=kube_networkpolicy_created"], True),
        ("volumeattachments", ["--metric-allowlist=_metadata$"], False),
        ("nodes", ["--metric-allowlist=kube_node_(role|info)$"], False),
        ("nodes", ["--metric-allowlist=kube_node_role$"], True),
        ("persistentvolumes", ["--metric-allowlist=kube_persistentvolume_status_phase"], False),
    ],
)
def test_where_metadata_is_enough_no_more_is_asked_for(
    resource: str,
    flags: Sequence[str],
    metadata_only: bool,  # noqa: FBT001 (a column)
) -> None:
    options = parse([f"--resources={resource}", *flags])
    compiled = compile_kinds(options, KINDS)[resource]
    (source,) = sources(compiled, options)
    first, stream = (PROTOBUF, ";stream=watch") if compiled.protobuf else (JSON, "")
    if metadata_only:
        assert source.accept_list.startswith(f"{first};as=PartialObjectMetadataList;")
        assert source.accept_watch.startswith(f"{first}{stream};as=PartialObjectMetadata;")
    else:
        assert source.accept_list == ",".join(dict.fromkeys((first, JSON)))
        assert source.accept_watch == ",".join(dict.fromkeys((first + stream, JSON)))
