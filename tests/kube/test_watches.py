"""What a watch sends, and when it came."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, cast

import pytest

from evergauge.errors import ConnectionLost
from evergauge.kube.client import CHUNK
from evergauge.kube.forms import JSON, form_of
from evergauge.kube.watches import GATHER, MUCH, Sent

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from evergauge.kube.client import Stream


class Chunks:
    """A stream whose next chunks come at given times. now: the clock, which reading moves on where a chunk isn't there yet."""

    def __init__(self, *chunks: tuple[float, bytes]) -> None:
        self.now = 0.0
        self.form = form_of(JSON)
        self.rests: list[tuple[float, float]] = []
        self._chunks = list(chunks)

    def read_now(self) -> bytes:
        """Nothing: whoever reads is to wait."""
        return b""

    async def gather(self, seconds: float) -> None:
        self.rests.append((self.now, seconds))
        self.now += seconds

    def idle(self) -> AbstractContextManager[None]:
        return nullcontext()

    async def read(self) -> bytes:
        if not self._chunks:
            return b""
        at, chunk = self._chunks.pop(0)
        self.now = max(self.now, at)
        return chunk

    def sent(self, *, gather_until: float | None = None) -> Sent:
        clock = lambda: self.now  # noqa: E731 (two names for one thing)
        return Sent(cast("Stream", self), "watching", silence=10, clock=clock, gather_until=gather_until)


async def test_lines_are_whole_however_they_come() -> None:
    lines = Chunks((1, b"a\nb\nc"), (2, b"c"), (3, b"c\n"), (4, b"d\n")).sent()
    assert [await lines.read() for _ in range(5)] == [[b"a", b"b"], [], [b"ccc"], [b"d"], None]


async def test_what_breaks_off_in_a_line_is_no_clean_end() -> None:
    lines = Chunks((1, b"a\nb")).sent()
    assert await lines.read() == [b"a"]
    with pytest.raises(ConnectionLost, match="broken off in the middle of an event"):
        await lines.read()


async def test_what_is_there_at_once_may_have_come_when_the_last_lines_did() -> None:
    chunks = Chunks((5, b"a\n"), (5.001, b"b\n"), (5.002, b"c\n"), (9, b"d\n"))
    lines, arrived = chunks.sent(), []
    for busy in (0.02, 0.03, 0, 0):
        await lines.read()
        arrived.append(lines.arrived)
        chunks.now += busy
    assert arrived == pytest.approx([5, 5, 5.02, 9])


async def test_what_comes_often_is_left_to_gather() -> None:
    chunks = Chunks((5, b"a\n"), (5.05, b"b\n"), (5.06, b"c\n"), (9, b"d\n"), (9.05, b"e\n"))
    lines, arrived, waited = chunks.sent(gather_until=100), [], []
    for _ in range(5):
        await lines.read()
        arrived.append(lines.arrived)
        waited.append(lines.waited)
    # After the second, which came soon after the first, and on from there until nothing has come for a while.
    assert chunks.rests == [(5.05, GATHER), (pytest.approx(5.05 + GATHER), GATHER)]
    # What was there after a rest may have come with its beginning.
    assert arrived == pytest.approx([5, 5.05, 5.05, 9, 9.05])
    assert all(waited)
    await lines.read()
    assert chunks.rests[2:] == [(9.05, GATHER)]


async def test_it_gathers_no_longer_than_much_takes_to_come() -> None:
    # Four times MUCH in a twentieth of a second, after a long silence.
    chunks = Chunks(
        (90, b"a\n"), *((90.05, b"x" * (CHUNK - 1) + b"\n") for _ in range(4 * MUCH // CHUNK)), (90.05, b"b\n")
    )
    lines = chunks.sent(gather_until=100)
    for _ in range(4 * MUCH // CHUNK + 3):
        assert chunks.rests == []
        await lines.read()
    assert [seconds for _, seconds in chunks.rests] == pytest.approx([0.05 / 4], rel=0.01)


async def test_it_does_not_gather_beyond_its_time() -> None:
    chunks = Chunks((5, b"a\n"), (5.05, b"b\n"), (5.06, b"c\n"), (5.2, b"d\n"), (5.21, b"e\n"))
    lines = chunks.sent(gather_until=5.05 + 1.5 * GATHER)
    for _ in range(5):
        await lines.read()
    assert chunks.rests == [(5.05, GATHER)]


async def test_a_list_is_read_as_fast_as_it_comes() -> None:
    chunks = Chunks((5, b"a\n"), (5.001, b"b\n"), (5.002, b"c\n"))
    lines = chunks.sent()
    assert [await lines.read() for _ in range(3)] == [[b"a"], [b"b"], [b"c"]]
    assert chunks.rests == []
