"""What a watch sends, and when it came."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from evergauge.errors import ConnectionLost
from evergauge.kube.forms import JSON, form_of
from evergauge.kube.watches import Sent

if TYPE_CHECKING:
    from evergauge.kube.client import Stream


class Chunks:
    """A stream whose next chunks come at given times. now: the clock, which reading moves on where a chunk isn't there yet."""

    def __init__(self, *chunks: tuple[float, bytes]) -> None:
        self.now = 0.0
        self.form = form_of(JSON)
        self._chunks = list(chunks)

    def read_now(self) -> bytes:
        """Nothing: whoever reads is to wait."""
        return b""

    async def read(self) -> bytes:
        if not self._chunks:
            return b""
        at, chunk = self._chunks.pop(0)
        self.now = max(self.now, at)
        return chunk

    def sent(self) -> Sent:
        return Sent(cast("Stream", self), "watching", silence=10, clock=lambda: self.now)


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
