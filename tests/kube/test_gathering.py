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
    await gathering.rest("reader", SOON)
    assert loop.time() - start >= SOON * 0.9


async def test_where_nobody_rests_or_works_there_is_nothing_to_wait_for() -> None:
    async with asyncio.timeout(ENOUGH / 2):
        await Gathering().end()


class Readers:
    """Who rests, works for a few rounds of the event loop, and rests again. taken: whose work was done, as often as it was."""

    def __init__(self, gathering: Gathering, number: int) -> None:
        self.taken: list[int] = []
        self._gathering = gathering
        self.tasks = [asyncio.create_task(self._read(each)) for each in range(number)]

    async def _read(self, number: int) -> None:
        while True:
            await self._gathering.rest(number, ENOUGH)
            for _ in range(20):
                await asyncio.sleep(0)
            self.taken.append(number)

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def test_all_rests_end_and_what_there_was_is_taken() -> None:
    gathering = Gathering()
    readers = Readers(gathering, 3)
    await asyncio.sleep(0)
    async with asyncio.timeout(ENOUGH / 2):
        await gathering.end()
        assert sorted(readers.taken) == [0, 1, 2]
        # Also for the second of two who want to know, who comes when nobody rests any more.
        await asyncio.sleep(0)
        first = asyncio.create_task(gathering.end())
        for _ in range(5):
            await asyncio.sleep(0)
        await gathering.end()
        assert sorted(readers.taken) == [0, 0, 1, 1, 2, 2]
        await first
    await readers.stop()


async def test_nobody_is_waited_for_who_has_left() -> None:
    gathering = Gathering()
    readers = Readers(gathering, 1)
    await asyncio.sleep(0)
    await readers.stop()
    gathering.leave(0)
    async with asyncio.timeout(ENOUGH / 2):
        await gathering.end()


async def test_a_backlog_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evergauge.kube.gathering.PATIENCE", SOON)
    gathering = Gathering()
    await gathering.rest("reader", 0)
    async with asyncio.timeout(ENOUGH / 2):
        await gathering.end()


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
            for number in range(3):
                await wanted.wait()
                wanted.clear()
                for each in range(3):
                    writer.write(chunk(b"%d.%d\n" % (number, each)))
                    await writer.drain()
                sent.set()
            await asyncio.Event().wait()

        async def more() -> None:
            wanted.set()
            await sent.wait()
            sent.clear()

        context = authority.server_context() if tls else None
        async with (
            talking(talk, context) as url,
            client_of(Cluster(url, Trust(authority.pem, server_name="localhost"))) as client,
            client.stream("/", {}, connect_timeout=ENOUGH) as stream,
        ):
            assert await stream.read() == b"first\n"
            taken: list[bytes] = []

            async def take(seconds: float) -> None:
                await stream.gather(seconds)
                taken.append(stream.read_now())
                with stream.idle():
                    await asyncio.sleep(0)

            # Until somebody wants it,
            gathers = asyncio.create_task(take(ENOUGH))
            await more()
            await asyncio.sleep(SOON)
            assert (gathers.done(), stream.read_now()) == (False, b"")
            async with asyncio.timeout(ENOUGH / 2):
                await client.arrive()
            assert taken == [b"0.0\n0.1\n0.2\n"]
            await gathers
            # until the time is over,
            gathers = asyncio.create_task(take(2 * SOON))
            await more()
            await asyncio.sleep(SOON)
            assert stream.read_now() == b""
            await gathers
            assert taken[1:] == [b"1.0\n1.1\n1.2\n"]
            # and whoever is stopped meanwhile leaves nothing paused.
            gathers = asyncio.create_task(take(ENOUGH))
            await asyncio.sleep(0)
            gathers.cancel()
            await more()
            async with asyncio.timeout(ENOUGH / 2):
                while not (taken[-1].endswith(b"2.2\n")):
                    taken.append(await stream.read())

    run(go())
