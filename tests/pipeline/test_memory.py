"""When freed memory is given back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from evergauge.pipeline.memory import Trimmer, trimmer
from support.virtual_time import VirtualTimeLoop, now

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.mark.parametrize(
    ("freed", "given_back"),
    [
        ([], []),
        ([3], [3]),
        ([3, 3, 3], [3, 8]),
        ([3, 4], [3, 8]),
        ([3, 4, 5, 6, 7.5], [3, 8]),
        ([3, 4, 9], [3, 8, 13]),
        ([3, 30], [3, 30]),
    ],
)
def test_soon_and_at_most_once_in_so_many_seconds(freed: Sequence[float], given_back: Sequence[float]) -> None:
    times: list[float] = []

    async def run() -> None:
        trim = Trimmer(lambda: times.append(now()), every=5.0, clock=now)
        for moment in freed:
            await asyncio.sleep(moment - now())
            before = len(times)
            trim()
            assert len(times) == before, "not while the caller waits"
        await asyncio.sleep(20)

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(run())
    assert times == pytest.approx(given_back, abs=0.01)


async def test_there_is_something_to_call_everywhere() -> None:
    trimmer(every=5.0, clock=now)()
    await asyncio.sleep(0)
