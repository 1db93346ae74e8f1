"""Rounds of scrapes of all shards together, two at a time, and what a pair of them proves.

Theory of operation. Shards can't be scraped at one instant, and an object that moves may seem to be nowhere, because its old shard
was scraped after the move and its new one before. So two rounds run at the same time, one through the shards in their order and the other
in the reverse order. Whatever way an object moves, one of the two asks its old shard before its new one. If the new shard served it
before the old one let go, that round shows it. So what both rounds miss was really served by nobody, and what both show twice by two.
"""

from __future__ import annotations

import asyncio
import re
import time
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from faults.truth import Truth
    from support.process import Evergauge

_UNSAFE: Final = re.compile(rb'^evergauge_feed_state\{.*state="(?:lost|forbidden|absent)"\} 1(?:\.0)?$', re.MULTILINE)
_BOUND: Final = re.compile(rb"^evergauge_freshness_bound_seconds (\S+)$", re.MULTILINE)
_FRESHNESS: Final = re.compile(rb"^evergauge_feed_freshness_seconds\{.*\} (\S+)$", re.MULTILINE)


class Answer(NamedTuple):
    """A scrape of one shard. began: monotonic seconds. objects: each with its version; None where nothing answered."""

    shard: int
    began: float
    objects: Mapping[bytes, int] | None


class Pair(NamedTuple):
    """What two interleaved rounds agree on. began, ended: monotonic seconds.

    missing: objects that were served before, still exist, and are served by nobody. doubled: those served by more than one shard.
    oldest: when the oldest change was acknowledged that is not visible, by shard; under None those of objects that no shard shows yet.
    held: how many objects each shard serves. declared: shards that said themselves, before or after, that something they serve may
    be old.
    """

    began: float
    ended: float
    missing: frozenset[bytes]
    doubled: frozenset[bytes]
    oldest: Mapping[int | None, float]
    held: Mapping[int, int]
    declared: frozenset[int]

    @property
    def age(self) -> float:
        """Seconds since the oldest change that is not visible."""
        return max(0.0, self.began - min(self.oldest.values(), default=self.began))

    def age_of(self, shard: int) -> float:
        """As `age`, of what one shard serves."""
        return max(0.0, self.began - self.oldest.get(shard, self.began))

    def shows_all_until(self, moment: float) -> bool:
        """Whether nothing is missing, and every change is visible that was acknowledged before the moment."""
        return not self.missing and min(self.oldest.values(), default=moment) >= moment


class Rounds:
    """Pairs of rounds, one after the other."""

    def __init__(self, session: aiohttp.ClientSession, truth: Truth) -> None:
        """Nothing was seen yet."""
        self._session = session
        self._truth = truth
        self._seen: set[bytes] = set()
        self._declared: frozenset[int] = frozenset()

    async def pair(self, shards: Mapping[int, Evergauge]) -> Pair:
        """Two rounds through these shards, judged."""
        began = time.monotonic()
        order = tuple(shards.items())
        there, back = await asyncio.gather(self._round(order), self._round(order[::-1]))
        ended = time.monotonic()
        declarations = await asyncio.gather(*(self._declares(each) for each in shards.values()))
        declared = frozenset(shard for shard, says in zip(shards, declarations, strict=True) if says)
        judged = judge(self._truth, self._seen, there, back)
        self._seen |= judged.shown
        before, self._declared = self._declared, declared
        return Pair(began, ended, judged.missing, judged.doubled, judged.oldest, judged.held, before | declared)

    async def _round(self, shards: Sequence[tuple[int, Evergauge]]) -> list[Answer]:
        answers = []
        for shard, running in shards:
            began = time.monotonic()
            text = await self._get(f"{running.metrics}/metrics?resources={self._truth.watched.resource}")
            answers.append(Answer(shard, began, None if text is None else self._truth.watched.read(text)))
        return answers

    async def _declares(self, running: Evergauge) -> bool:
        text = await self._get(f"{running.telemetry}/metrics") or b""
        bound = _BOUND.search(text)
        ages = [float(age) for age in _FRESHNESS.findall(text)]
        return bool(_UNSAFE.search(text) or (bound and max(ages, default=0.0) > float(bound[1])))

    async def _get(self, url: str) -> bytes | None:
        """The body of a 200; None where there is no answer, as of a shard that is gone or not there yet."""
        try:
            async with self._session.get(url) as response:
                return await response.read() if response.status == 200 else None
        except (aiohttp.ClientError, TimeoutError):
            return None


class Judged(NamedTuple):
    """As in Pair. shown: objects that either round shows."""

    missing: frozenset[bytes]
    doubled: frozenset[bytes]
    oldest: Mapping[int | None, float]
    held: Mapping[int, int]
    shown: frozenset[bytes]


def judge(truth: Truth, seen: set[bytes], there: Sequence[Answer], back: Sequence[Answer]) -> Judged:
    """Compare two interleaved rounds with the truth. seen: objects that earlier rounds have shown."""
    shown = frozenset(chain.from_iterable(each.objects or () for each in (*there, *back)))
    absent = truth.living - shown
    oldest: dict[int | None, float] = {}
    for answer in (*there, *back):
        for since in _unseen(truth, answer):
            oldest[answer.shard] = min(since, oldest.get(answer.shard, since))
    began = min((each.began for each in there), default=0.0)
    created = [truth.objects[key].changes[0][1] for key in absent - seen]
    if unshown := [at for at in created if at <= began]:
        oldest[None] = min(unshown)
    held = {each.shard: len(each.objects) for each in there if each.objects is not None}
    return Judged(frozenset(absent & seen), _twice(there) & _twice(back), oldest, held, shown)


def _unseen(truth: Truth, answer: Answer) -> Iterable[float]:
    """When those changes were acknowledged that the answer doesn't show of the objects in it. An object that is gone must not be in it.

    Only versions tell: nothing is said of a family without them.
    """
    for key, version in (answer.objects or {}).items() if truth.watched.versioned else ():
        history = truth.objects.get(key)
        if history is None:  # its creation is not acknowledged yet
            continue
        if history.deleted is not None and history.deleted <= answer.began:
            yield history.deleted
        elif (since := history.unseen_since(version, answer.began)) is not None:
            yield since


def _twice(answers: Sequence[Answer]) -> frozenset[bytes]:
    once: set[bytes] = set()
    twice: set[bytes] = set()
    for objects in (each.objects.keys() for each in answers if each.objects):
        twice |= once & objects
        once |= objects
    return frozenset(twice)
