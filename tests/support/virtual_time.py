"""An event loop whose time passes by itself when nothing else is left to do: seconds of waiting take none.

Only for tests in which everything happens in one process: what a socket was sent is there at once for its reader.
"""

from __future__ import annotations

import asyncio
import functools
import selectors
import socket
from typing import TYPE_CHECKING, Final, ParamSpec

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

P = ParamSpec("P")

REAL: Final = 0.0005
"""Real seconds of silence on all sockets until virtual time goes on. The kernel needs some to pass bytes on."""

STEP: Final = 0.05
"""Virtual seconds between two looks."""


class _Selector(selectors.DefaultSelector):
    """Instead of waiting for a timer it moves the clock to it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        ready = self._look(timeout)
        if not ready:
            self.now += timeout
        return ready

    def _look(self, _timeout: float) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(0)


class _PatientSelector(_Selector):
    """Time goes on only when the kernel has passed on all that was sent: bytes of our own, sent after the others, have arrived as well."""

    def __init__(self) -> None:
        super().__init__()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self._near = socket.create_connection(listening.getsockname())
            self._far, _ = listening.accept()
        self._near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _look(self, timeout: float) -> list[tuple[selectors.SelectorKey, int]]:
        ready = selectors.DefaultSelector.select(self, min(timeout, REAL))
        if ready:
            return ready
        self._near.send(b".")
        self._far.recv(1)
        return selectors.DefaultSelector.select(self, 0)

    def close(self) -> None:
        self._near.close()
        self._far.close()
        super().close()


class InstantLoop(asyncio.SelectorEventLoop):
    """For tests without any socket: time passes at once when nothing else is left to do."""

    def __init__(self) -> None:
        self._patience = _Selector()
        super().__init__(self._patience)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._patience.now


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """See the module."""

    def __init__(self) -> None:
        self._patience = _PatientSelector()
        super().__init__(self._patience)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._patience.now


def in_virtual_time(test: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """Run an asynchronous test in such a loop."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        async def body() -> None:
            await test(*args, **kwargs)

        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            runner.run(body())

    return run


def now() -> float:
    """The running loop's time in seconds: a clock to hand to what is tested."""
    return asyncio.get_running_loop().time()


async def until(reached: Callable[[], bool], *, within: float = 60.0) -> None:
    """Let time pass until something holds; fails after `within` virtual seconds."""
    async with asyncio.timeout(within):
        while not reached():  # noqa: ASYNC110 - seen from outside, there is no event to wait for
            await asyncio.sleep(STEP)
