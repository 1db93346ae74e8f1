"""Scrapes all shards together, several times a second, and keeps what each pair of rounds has shown."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

import aiohttp

from faults.rounds import Pair, Rounds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from faults.truth import Truth
    from support.process import Evergauge

EVERY: Final = 0.2
"""Seconds from the beginning of one pair of rounds to that of the next."""
SEEN_WITHIN: Final = 0.5
"""Seconds in which a change is visible when all is well, on a busy machine."""
_PATIENCE: Final = 10.0
"""Seconds until a shard counts as not answering."""


class Outcome(NamedTuple):
    """What was found from a moment on. All but the first are seconds; see Findings.

    missing: objects that were missing at some time. age: of the oldest change that wasn't visible; age_p99: what it was below in 99 of
    100 pairs. whole: how long it took.
    """

    missing: int
    missing_seconds: float
    doubled_seconds: float
    age: float
    age_p99: float
    undeclared: float
    whole: float = 0.0


class Watcher:
    """The pairs so far, and waiting for what is to come."""

    def __init__(self, bound: float) -> None:
        """bound: the age that is to be declared, in seconds."""
        self.pairs: list[Pair] = []
        self._bound = bound
        self._news = asyncio.Condition()

    async def add(self, pair: Pair) -> None:
        """One more; who waits for it is told."""
        async with self._news:
            self.pairs.append(pair)
            self._news.notify_all()

    async def until(self, condition: Callable[[Pair], bool], *, within: float, after: float | None = None) -> Pair:
        """The first pair for which it holds, of those that began after a moment, which is now where none is given.

        Raises AssertionError with the last pair where none comes in so many seconds from now.
        """
        since = time.monotonic() if after is None else after
        looked = bisect_left(self.pairs, since, key=lambda pair: pair.began)
        try:
            async with asyncio.timeout(within), self._news:
                while True:
                    for pair in self.pairs[looked:]:
                        if pair.began >= since and condition(pair):
                            return pair
                    looked = len(self.pairs)
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"not within {within:g} s; at last: {described(self.pairs[-1])}") from None

    async def shown(self, moment: float, *, within: float) -> float:
        """When all changes from before a moment are visible, and nothing is missing. Waits so many seconds at most, as below."""
        pair = await self.until(lambda pair: pair.shows_all_until(moment), after=moment, within=within)
        return pair.began

    async def in_step(self, *, after: float, within: float) -> float:
        """When, after a moment, changes are visible soon, and nothing is missing."""
        pair = await self.until(lambda pair: pair.shows_all_until(pair.began - SEEN_WITHIN), after=after, within=within)
        return pair.began

    def since(self, moment: float) -> Findings:
        """What was found since."""
        return Findings([pair for pair in self.pairs if pair.began >= moment])

    def outcome(self, since: float, whole: float = 0.0) -> Outcome:
        """What was found since a moment, in figures."""
        found = self.since(since)
        ages = sorted(found.ages) or [0.0]
        return Outcome(
            len(found.missing),
            found.missing_seconds,
            found.doubled_seconds,
            ages[-1],
            ages[len(ages) * 99 // 100],
            found.undeclared(self._bound),
            whole,
        )


class Findings:
    """What a sequence of pairs shows."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        """pairs: in order."""
        self.pairs = pairs

    @property
    def missing(self) -> frozenset[bytes]:
        """All objects that were missing at some time."""
        return frozenset().union(*(pair.missing for pair in self.pairs))

    @property
    def missing_seconds(self) -> float:
        """The longest time for which something was missing without a break."""
        return self._longest(lambda pair: bool(pair.missing))

    @property
    def doubled_seconds(self) -> float:
        """The longest time for which something was served twice without a break."""
        return self._longest(lambda pair: bool(pair.doubled))

    @property
    def ages(self) -> list[float]:
        """Of the oldest change that wasn't visible, by pair."""
        return [pair.age for pair in self.pairs]

    def undeclared(self, bound: float) -> float:
        """The greatest age beyond the bound of what a shard served without saying that it may be old; 0 where there is none."""
        ages = (pair.age_of(shard) for pair in self.pairs for shard in pair.held if shard not in pair.declared)
        return max((age for age in ages if age > bound), default=0.0)

    def _longest(self, holds: Callable[[Pair], bool]) -> float:
        """From the beginning of the first pair for which it holds to that of the first one for which it doesn't."""
        longest, since = 0.0, None
        for pair in self.pairs:
            if since is not None:
                longest = max(longest, pair.began - since)
            since = None if not holds(pair) else pair.began if since is None else since
        return longest


@asynccontextmanager
async def watching(truth: Truth, shards: Callable[[], Mapping[int, Evergauge]], bound: float) -> AsyncIterator[Watcher]:
    """Pairs of rounds as long as it is entered. shards: those that run at the moment. bound: see Watcher."""
    watcher = Watcher(bound)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_PATIENCE)) as session:
        looking = asyncio.create_task(_look(Rounds(session, truth), shards, watcher))
        try:
            yield watcher
        finally:
            looking.cancel()
            ended = await asyncio.gather(looking, return_exceptions=True)
    assert isinstance(ended[0], asyncio.CancelledError), ended


async def _look(rounds: Rounds, shards: Callable[[], Mapping[int, Evergauge]], watcher: Watcher) -> None:
    while True:
        following = time.monotonic() + EVERY
        await watcher.add(await rounds.pair(shards()))
        await asyncio.sleep(max(0.0, following - time.monotonic()))


def described(pair: Pair) -> str:
    """A pair in a line."""
    examples = sorted(pair.missing | pair.doubled)[:3]
    return (
        f"{len(pair.missing)} missing, {len(pair.doubled)} doubled {examples}, age {pair.age:.2f} s by {dict(pair.oldest)},"
        f" held {dict(pair.held)}, declared by {set(pair.declared)}"
    )
