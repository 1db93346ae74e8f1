"""A look inside the running process, at the paths where users of KSM look for Go's profiles."""

from __future__ import annotations

import asyncio
import io
import sys
import threading
import traceback
from typing import TYPE_CHECKING

from aiohttp import web

from evergauge.web.pages import index

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINKS = {
    "/debug/pprof/goroutine": "goroutine: where each task and thread stands",
    "/debug/pprof/cmdline": "cmdline: the command line, its arguments separated by NUL",
}


def add_debug_routes(app: web.Application) -> None:
    """Adds `/debug/pprof/` and what it links to."""
    description = (
        "Evergauge is no Go program: CPU and heap profiles come from py-spy and memray, which attach from outside."
    )
    app.router.add_get("/debug/pprof/", index("Debugging", description, _LINKS))
    app.router.add_get("/debug/pprof/goroutine", _stacks)
    app.router.add_get("/debug/pprof/cmdline", _cmdline)


async def _stacks(_request: web.Request) -> web.Response:
    return web.Response(text="\n".join([*_tasks(), *_threads()]))


async def _cmdline(_request: web.Request) -> web.Response:
    return web.Response(text="\0".join(sys.orig_argv))


def _tasks() -> Iterator[str]:
    for task in sorted(asyncio.all_tasks(), key=lambda task: task.get_name()):
        stack = io.StringIO()
        task.print_stack(file=stack)
        yield f"task {task.get_name()}\n{stack.getvalue()}"


def _threads() -> Iterator[str]:
    frames = sys._current_frames()  # noqa: SLF001 (documented, for debugging; there is no other way)
    for thread in threading.enumerate():
        if frame := frames.get(thread.ident or 0):
            yield f"thread {thread.name}\n{''.join(traceback.format_stack(frame))}"
