"""A real control plane with 1,500 config maps, and what the Pods of a fleet run."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Final

import pytest

from faults.fleet import PLACE
from faults.pod import Image
from faults.rights import Right, grant, own
from faults.scene import BOUND
from support.bulk import load
from support.bulk_objects import NAMESPACES, config_map, namespace
from support.controlplane import ControlPlane, controlplane_or_fail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from faults.watcher import Outcome

OBJECTS: Final = 1500
USER: Final = "scraper"
_FIGURES: Final = pytest.StashKey[dict[str, str]]()


@pytest.fixture(scope="session")
def plane() -> Iterator[ControlPlane]:
    """Not shared with others: its API server is killed."""
    with controlplane_or_fail() as plane:
        asyncio.run(_prepare(plane))
        yield plane


async def _prepare(plane: ControlPlane) -> None:
    await load(plane.etcd_url, itertools.chain(map(namespace, range(NAMESPACES)), map(config_map, range(OBJECTS))))
    async with plane.session() as session:
        for right in (Right("configmaps", ["list", "watch"]), *own(PLACE)):
            await grant(session, USER, right)


@pytest.fixture
def image(plane: ControlPlane, tmp_path: Path) -> Image:
    """Evergauge with the rights that it needs and a short bound, serving the config maps."""
    flags = (f"--kubeconfig={plane.kubeconfig_of(USER)}", "--resources=configmaps", f"--freshness-bound={BOUND:g}s")
    return Image(tmp_path, flags)


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Callable[..., Outcome]:
    """Keeps what was found, for the end of the run."""

    def keep(outcome: Outcome, name: str = "") -> Outcome:
        figures = request.config.stash.setdefault(_FIGURES, {})
        figures[" ".join(filter(None, (request.node.name, name)))] = " ".join(
            f"{name}={value:.3g}" for name, value in outcome._asdict().items()
        )
        return outcome

    return keep


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What the faults did, in figures."""
    figures = config.stash.get(_FIGURES, {})
    if figures:
        terminalreporter.section("faults, in seconds")
    for name, found in figures.items():
        terminalreporter.write_line(f"{name}: {found}")
