"""The demo itself: the simulated cluster, Evergauge, and what is said about them, side by side."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from evergauge.app import serve
from evergauge.demo.cluster import SimulatedCluster
from evergauge.demo.screen import meanwhile
from evergauge.demo.view import View
from evergauge.demo.words import FAREWELL, announcement, live, starting
from evergauge.errors import DemoError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from evergauge.app import Endpoints
    from evergauge.demo.cluster import Where
    from evergauge.demo.options import Demo
    from evergauge.demo.screen import Screen

EVERY, EVERY_PLAIN = 2.0, 10.0
"""Seconds between two looks at the series: where they are drawn in place, and where each look stays as a line."""
SHARE = 5
"""A look takes no more than this part of the time: Evergauge isn't kept busy by being looked at."""
_POLL = 0.1  # seconds between two looks at readiness


async def play(demo: Demo, screen: Screen) -> None:
    """Run a demo until a signal, or until its seconds are over. Raises EvergaugeError when it can't begin or go on."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    screen.say(starting(demo.own))
    async with SimulatedCluster(demo.own) as cluster:
        await first(stop.wait(), cluster.ended(), _run(demo, cluster, screen, stop))
    screen.settle()
    screen.say(FAREWELL)


async def first(*jobs: Coroutine[Any, Any, object]) -> None:
    """Run jobs until one of them ends; the others are cancelled and waited for. Raises what that one raises."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _run(demo: Demo, cluster: SimulatedCluster, screen: Screen, stop: asyncio.Event) -> None:
    where = await meanwhile(screen, cluster.started(), lambda: f"Generating {demo.own.pods:,} pods")
    began: asyncio.Future[Endpoints] = asyncio.get_running_loop().create_future()
    options = replace(demo.served, apiserver=where.api)
    # It takes over the signals, and must not be the only one to know of them: who looks at it would find it gone.
    await first(serve(options, started=began.set_result, stop=stop), _show(demo.own.seconds, where, began, screen))


async def _show(seconds: float, where: Where, began: asyncio.Future[Endpoints], screen: Screen) -> None:
    endpoints = await began
    async with View(endpoints) as view:
        await _until_ready(view, screen)
        screen.say(*announcement(where, endpoints))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds or None):
                await _keep_showing(view, screen)


async def _until_ready(view: View, screen: Screen) -> None:
    waiting_for = ""

    async def poll() -> None:
        nonlocal waiting_for
        while waiting_for := await view.missing():  # noqa: ASYNC110 (it is asked over HTTP, as a kubelet would)
            await asyncio.sleep(_POLL)

    await meanwhile(screen, poll(), lambda: f"Evergauge reads the cluster. {waiting_for}")


async def _keep_showing(view: View, screen: Screen) -> None:
    every = EVERY if screen.terminal else EVERY_PLAIN
    while True:
        try:
            look = await view.look()
        except DemoError as error:
            screen.say(str(error))
            pause = every
        else:
            screen.draw(live(look.seconds), *look.lines(screen.width))
            if not screen.terminal:
                screen.say(look.line())
            pause = max(every, SHARE * look.seconds)
        await asyncio.sleep(pause)
