"""Kinds that can't be listed, and lists that don't end."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

import pytest

from faults.changes import ThroughApi, changing
from faults.rights import Right, grant, revoke
from faults.scene import BOUND, NOISE
from faults.swallowing import swallowing
from faults.truth import CONFIG_MAPS, learn
from faults.watcher import watching
from support.process import evergauge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faults.watcher import Outcome
    from support.controlplane import ControlPlane
    from support.process import Evergauge

pytestmark = pytest.mark.controlplane

USER: Final = "reader"
SECRETS: Final = "/api/v1/namespaces/default/secrets"
FALL_BACK: Final = 30.0


async def test_a_kind_is_forbidden_and_later_allowed(plane: ControlPlane, tmp_path: Path) -> None:
    flags = (f"--kubeconfig={plane.kubeconfig_of(USER)}", f"--freshness-bound={BOUND:g}s")
    async with plane.session() as session, evergauge(tmp_path, *flags, "--resources=configmaps,secrets") as running:
        async with session.post(SECRETS, json={"metadata": {"name": "hidden"}}) as response:
            assert response.status == 201
        await grant(session, USER, Right("configmaps", ["list", "watch"]))
        await until_served(running, "kube_configmap_info")
        for verbs in ([], ["list"]):
            if verbs:
                await grant(session, USER, Right("secrets", verbs))
            await asyncio.sleep(BOUND)
            status, body = await running.get(f"{running.telemetry}/readyz")
            assert (status, b"secrets" in body, b"configmaps" in body) == (503, True, False)
            # What may be listed but not watched is served as it was, and doesn't count as read.
            assert ((await running.scrape()).count("kube_secret_info") > 0) == ("list" in verbs)
            assert await running.self_metric("evergauge_feed_state", resource="secrets", state="forbidden") == 1
        await revoke(session, USER, Right("secrets", []))
        await grant(session, USER, Right("secrets", ["list", "watch"]))
        await running.until_ready(BOUND)
        # What was allowed once and is forbidden now is said, and no longer kept up to date.
        await revoke(session, USER, Right("secrets", []))
        async with asyncio.timeout(2 * BOUND):
            while not await running.self_metric("evergauge_feed_state", resource="secrets", state="forbidden"):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        assert (await running.scrape()).count("kube_secret_info") > 0


async def test_a_bookmark_never_comes(plane: ControlPlane, tmp_path: Path, note: Callable[..., Outcome]) -> None:
    async with plane.session() as session, swallowing(plane) as proxy:
        truth = await learn(session, CONFIG_MAPS)
        flags = (f"--apiserver={proxy.url}", "--resources=configmaps", f"--freshness-bound={BOUND:g}s")
        async with changing(truth, ThroughApi(session)), evergauge(tmp_path, *flags) as running:
            began = time.monotonic()
            async with watching(truth, {0: running}.copy, BOUND) as watcher:
                await watcher.until(lambda pair: bool(pair.held.get(0)), within=FALL_BACK + NOISE)
                whole = await watcher.in_step(after=began + 1, within=NOISE)
                note(watcher.outcome(whole, whole - began))
                assert whole - began < FALL_BACK
                assert proxy.swallowed == 1


async def until_served(running: Evergauge, family: str) -> float:
    """Seconds until there are samples of a family."""
    began = time.monotonic()
    async with asyncio.timeout(FALL_BACK):
        while (await running.get(f"{running.metrics}/metrics"))[1].count(b"\n" + family.encode() + b"{") == 0:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return time.monotonic() - began
