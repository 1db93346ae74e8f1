"""A server of an empty cluster whose clock stands still."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sim.apiclient import Api, new_cluster, serving
from support.controlplane import controlplane as controlplane  # noqa: PLC0414 - a fixture for the tests here

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with serving(new_cluster()) as client:
        yield client
