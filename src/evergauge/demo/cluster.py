"""The simulated cluster as the demo has it: a process of its own, that ends with it."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, NamedTuple, NoReturn, Self

from evergauge.errors import DemoError

if TYPE_CHECKING:
    from evergauge.demo.options import DemoOptions

_PATIENCE = 3.0  # seconds for the process to end before it is killed


class Where(NamedTuple):
    """Base URLs. api: the simulated API server; orders: where faults are ordered."""

    api: str
    orders: str


class SimulatedCluster:
    """A context manager: the process begins with it, and has ended after it."""

    def __init__(self, options: DemoOptions) -> None:
        """Nothing runs yet."""
        self._flags = (f"--pods={options.pods}", f"--churn={options.churn}", f"--seed={options.seed}")

    async def __aenter__(self) -> Self:
        """Start the process; `started` waits until it serves."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "evergauge.demo.simulator",
            *self._flags,
            stdin=asyncio.subprocess.PIPE,  # its end ends the process, see there
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C is meant for the demo alone, which has Evergauge end first
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the process, and wait until it has ended."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def started(self) -> Where:
        """Where it serves, as soon as it does. Raises DemoError when it ends instead."""
        line = await self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            await self.ended()
        ready = json.loads(line)
        return Where(ready["url"], ready["admin_url"])

    async def ended(self) -> NoReturn:
        """Raises DemoError when the process has ended."""
        code = await self._process.wait()
        raise DemoError(f"the simulated API server ended by itself with exit code {code}; see above for what it said")
