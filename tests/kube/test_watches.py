"""What a watch sends, and when it came."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from evergauge.errors import ConnectionLost
from evergauge.kube.forms import JSON, form_of
from evergauge.kube.watches import GATHER, LITTLE, Sent

if TYPE_CHECKING:
    from evergauge.kube.client import Stream


class Chunks:
    """A stream whose next chunks come at given times. now: the clock, which reading moves on where a chunk isn't there yet."""

    def __init__(self, *chunks: tuple[float, bytes]) -> None:
        self.now = 0.0
        self.form = form_of(JSON)
        self.paused = False
        self.pauses: list[float] = []
        self._chunks = list(chunks)

    def read_now(self) -> bytes:
        """Nothing: whoever reads is to wait."""
        return b""

    def pause(self) -> None:
        self.paused = True
        self.pauses.append(self.now)
        self.now += GATHER

    def resume(self) -> None:
        self.paused = False

    async def read(self) -> bytes:
        assert not self.paused
        if not self._chunks:
            return b""
        at, chunk = self._chunks.pop(0)
        self.now = max(self.now, at)
        return chunk

    def sent(self, *, gather: bool = False) -> Sent:
        return Sent(cast("Stream", self), "watching", silence=10, clock=lambda: self.now, gather=gather)


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


async def test_where_little_comes_often_it_is_left_to_gather() -> None:
    much = b"x" * LITTLE + b"\n"
    chunks = Chunks(
        (5, b"a\n"), (5.001, b"b\n"), (5.002, b"c\n"), (9, b"d\n"), (9.001, much), (9.002, much), (9.003, b"e\n")
    )
    lines, arrived = chunks.sent(gather=True), []
    for _ in range(7):
        await lines.read()
        arrived.append(lines.arrived)
    # After the second, which came at once after the first, and on from there until nothing has come for a while; not while there is much to read.
    assert chunks.pauses == pytest.approx([5.001, 5.001 + GATHER])
    # What was there after a pause may have come with its beginning.
    assert arrived == pytest.approx([5, 5.001, 5.001, 9, 9.001, 9.002, 9.003])
    await lines.read()
    assert chunks.pauses[2:] == pytest.approx([9.003])


async def test_a_list_is_read_as_fast_as_it_comes() -> None:
    chunks = Chunks((5, b"a\n"), (5.001, b"b\n"), (5.002, b"c\n"))
    lines = chunks.sent()
    assert [await lines.read() for _ in range(3)] == [[b"a"], [b"b"], [b"c"]]
    assert chunks.pauses == []
