"""What comes over a stream that gathers waits in the kernel, until the time is over or somebody wants it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

from evergauge.kube.cluster import Cluster
from evergauge.kube.gathering import Gathering
from evergauge.kube.tls import Trust
from kube.answering import CHUNKED, ENOUGH, chunk, client_of, talking
from kube.certificates import Authority, authority

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["authority"]

SOON = 0.05
"""Seconds within which what was sent over loopback has long arrived."""


async def test_a_rest_takes_its_time() -> None:
    loop, gathering = asyncio.get_running_loop(), Gathering()
    start = loop.time()
    await gathering.rest(SOON)
    assert loop.time() - start >= SOON * 0.9
    await gathering.end()


async def test_all_rests_end_when_they_are_told_to() -> None:
    gathering, taken = Gathering(), list[int]()

    async def take(number: int) -> None:
        await gathering.rest(ENOUGH)
        taken.append(number)

    tasks = [asyncio.create_task(take(number)) for number in range(3)]
    await asyncio.sleep(0)
    tasks[2].cancel()
    async with asyncio.timeout(ENOUGH / 2):
        await gathering.end()
        assert sorted(taken) == [0, 1]
        await asyncio.gather(*tasks[:2])


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
@pytest.mark.parametrize("tls", [False, True])
def test_what_comes_waits_until_it_is_wanted(
    authority: Authority,
    run: Callable[[Coroutine[Any, Any, None]], None],
    tls: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    async def go() -> None:
        wanted, sent = asyncio.Event(), asyncio.Event()

        async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(CHUNKED + chunk(b"first\n"))
            await wanted.wait()
            for number in range(3):
                writer.write(chunk(b"%d\n" % number))
                await writer.drain()
            sent.set()
            await asyncio.Event().wait()

        context = authority.server_context() if tls else None
        async with (
            talking(talk, context) as url,
            client_of(Cluster(url, Trust(authority.pem, server_name="localhost"))) as client,
            client.stream("/", {}, connect_timeout=ENOUGH) as stream,
        ):
            assert await stream.read() == b"first\n"
            gathers = asyncio.create_task(stream.gather(ENOUGH))
            wanted.set()
            await sent.wait()
            await asyncio.sleep(SOON)
            assert (gathers.done(), stream.read_now()) == (False, b"")
            async with asyncio.timeout(ENOUGH / 2):
                await client.arrive()
            assert (gathers.done(), stream.read_now()) == (True, b"0\n1\n2\n")
            # And it goes on.
            await stream.gather(0)
            assert stream.read_now() == b""

    run(go())
