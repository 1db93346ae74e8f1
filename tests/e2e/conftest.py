"""A real control plane with 20,000 pods, their nodes and namespaces, for the tests in this folder."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

import pytest

from e2e.truth import PODS
from support.bulk import load
from support.bulk_objects import NAMESPACES, config_map, namespace, node
from support.bulk_pods import PODS_PER_NODE, pod
from support.controlplane import ControlPlane, controlplane_or_fail

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def plane() -> Iterator[ControlPlane]:
    """Not shared with others: its API server is killed."""
    with controlplane_or_fail() as plane:
        manifests = itertools.chain(
            map(namespace, range(NAMESPACES)),
            map(node, range(PODS // PODS_PER_NODE)),
            map(pod, range(PODS)),
            map(config_map, range(100)),
        )
        asyncio.run(load(plane.etcd_url, manifests))
        yield plane
