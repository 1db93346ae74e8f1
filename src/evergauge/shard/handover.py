"""The handovers of one shard: from what it holds to what the fleet's key of the day gives it, without a gap and without clocks.

Theory of operation. A shard that gains prepares what it gains beside what it serves, swaps, and from then on tells everybody who asks
that it serves its part by the key. A shard that loses goes on serving until the new owner has said so, then lets go of that
owner's objects; it needs no list for that. So an object is served by its old owner, by both, and then by its new owner.

Letting go has two steps, because the new owner may hear of changes later than the old one. First the old owner takes in no
more objects that are to be the new one's; then, as soon as the new owner has seen what is newest of those that are there, it drops them.

Why no object falls between two changes in a row: a shard lets go only when the new owner has learned of the same state of the
StatefulSet or of a later one, and from a later one on that owner lets nothing go until the next one has said the same of that
later state. A shard that is asked says only what it has learned itself, so nobody builds on one that is about to let go.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal, Protocol

import structlog

from evergauge.kube.waiting import run_until
from evergauge.shard.holding import Holding
from evergauge.shard.view import NOBODY, View, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from evergauge.shard.fleet import Fleet
    from evergauge.shard.key import Key
    from evergauge.shard.partition import Rule
    from evergauge.shard.peers import Answer

log = structlog.get_logger(__name__)

LOOK_EVERY, OFTEN = 0.25, 120.0
"""Seconds between two looks at the gaining shards, for so many seconds."""
LATER_LOOK_EVERY = 2.0
"""Seconds between two looks after that."""
PATIENCE = 15.0
"""Seconds for which a new shard must have been out of reach, and its Pod Ready, before that counts in its place: longer than a kubelet needs
to say that a Pod isn't Ready any more."""
STUCK_AFTER = 600.0
"""Seconds after which it is said that a handover doesn't end."""


class Serving(Protocol):
    """What serves objects."""

    @property
    def holding(self) -> Holding | None:
        """What is served, whole; None before the first sync."""
        ...

    @property
    def lacks(self) -> frozenset[str]:
        """The feeds of which nothing is served, since they aren't permitted."""
        ...

    async def serve(self, holding: Holding, *, covered: bool = False) -> None:
        """Serve this, which may need objects that aren't here yet. Until then what was before is served; when cancelled, too.

        covered: others serve all of it until then.
        """

    @property
    def seen(self) -> Mapping[str, str]:
        """By feed, the version up to which it has seen everything."""
        ...

    def hold(self, holding: Holding) -> None:
        """From now on this says which objects are to be taken in, and kept. It holds what was held before, or less."""

    async def passing(self) -> Mapping[str, str]:
        """By feed, the newest version of the objects that are served and no longer taken in."""
        ...

    async def let_go(self) -> None:
        """Drop the objects that aren't kept any more."""


class Others(Protocol):
    """The other shards. See Peers."""

    async def ask(self, numbers: Iterable[int]) -> Mapping[int, Answer]:
        """What each of these says now."""
        ...

    async def is_ready(self, number: int) -> bool:
        """Whether a shard's Pod is Ready."""
        ...

    async def close(self) -> None:
        """Close all connections to them."""


class Observer(Protocol):
    """Who is told what becomes of handovers."""

    def wanted(self, key: Key) -> None:
        """The StatefulSet asks for this."""

    def stuck(self, *, is_stuck: bool) -> None:
        """Whether the handover under way takes too long."""

    def ended(self, result: Literal["completed", "superseded"], seconds: float) -> None:
        """A handover ended, or another key took its place."""


class Handover:
    """See the module. settled: set while nothing is being handed over. stopping: to be set when the process is told to stop."""

    def __init__(
        self,
        serving: Serving,
        others: Others,
        observer: Observer,
        clock: Callable[[], float],
        *,
        rule: Rule = "jump",
        overlap: float = 0.0,
    ) -> None:
        """clock: monotonic seconds. overlap: seconds for which an object is served by the old owner beside the new one."""
        self.settled = asyncio.Event()
        self.stopping = False
        self._serving = serving
        self._others = others
        self._observer = observer
        self._clock = clock
        self._rule = rule
        self._overlap = overlap
        self._number: int | None = None
        self._wanted: Wanted | None = None
        # What is to be served first, after a start: the objects that another change moves on are still this shard's until then.
        self._begun: Holding | None = None
        self._covered = False
        self._news = asyncio.Event()
        self._began: float | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._out_of_reach: dict[int, float] = {}

    @property
    def _holding(self) -> Holding | None:
        return self._serving.holding

    @property
    def view(self) -> View:
        """What the others may know."""
        number = NOBODY if self._number is None else self._number
        serves, keeps = (self._holding.keys, self._holding.earlier) if self._holding else ((), ())
        return View(number, self._wanted, serves, keeps, self._serving.lacks, self.stopping, self._serving.seen)

    @property
    def leaving(self) -> bool:
        """Whether others are to take over all that is served here."""
        # What is only about to be whole is served already, too.
        wanted, holding = self._wanted, self._holding or self._begun
        return bool(holding and wanted and wanted.key.numbers and holding.number not in wanted.key.numbers)

    def learn(self, number: int, fleet: Fleet) -> None:
        """The StatefulSet as it is now. number: this shard's own, always the same."""
        before, wanted = self._wanted, Wanted(fleet.key(self._rule), fleet.generation)
        self._number, self._wanted = number, wanted
        if before and before.key == wanted.key:
            # Its labels, annotations or template: nothing moves, but the others wait to hear that it was learned.
            return
        self._observer.wanted(wanted.key)
        self._begin()
        self._news.set()

    async def run(self) -> None:
        """Follow what is learned, for ever."""
        if self._wanted:
            self._news.set()
        while True:
            await self._news.wait()
            self._news.clear()
            if self._number is not None and self._wanted is not None:
                await run_until(self._news, self._follow(self._number, self._wanted))

    async def _follow(self, number: int, wanted: Wanted) -> None:
        if not wanted.key.numbers:
            log.info("the fleet is to have no shard; serving until told to stop")
        elif self._holding is None and self._begun is None and number not in wanted.key.numbers:
            log.info("the fleet has no place for this Pod", number=number, **wanted.key._asdict())
        else:
            await self._gain(number, wanted)
            await self._hand_over(wanted.key)
        # Another change may have been learned of just now: then that one is under way, and nothing is settled.
        if self._wanted and self._wanted.key == wanted.key:
            self._end("completed")
            self.settled.set()

    # Gaining

    async def _gain(self, number: int, wanted: Wanted) -> None:
        """Serve all that the key gives, beside all that is held already."""
        base = self._holding or self._begun
        holding = base.towards(wanted.key) if base else await self._first(number, wanted)
        if holding == self._holding:
            return
        self._begun = holding
        if self._holding is None or holding.gains:
            await self._serving.serve(holding, covered=self._covered)
        else:
            self._serving.hold(holding)

    async def _first(self, number: int, wanted: Wanted) -> Holding:
        """What to hold after a start. A handover may be under way: then the part by the earlier key is this shard's, too."""
        answers = await self._others.ask(other for other in wanted.key.numbers if other != number)
        views = [answer for answer in answers.values() if isinstance(answer, View)]
        served = dict.fromkeys(key for view in views for key in (*view.serves, *view.keeps))
        others = [key for key in served if key != wanted.key and key.uid == wanted.key.uid]
        # A new shard: to show a part of what the others serve still would only double it.
        self._covered = bool(others) and not any(number in key.numbers for key in others)
        before: Holding | None = None
        for key in others:
            if number in key.numbers:
                before = Holding(number, key, before)
        return Holding(number, wanted.key, before).after([view.number for view in views if view.takes_over(wanted)])

    # Letting go

    async def _hand_over(self, key: Key) -> None:
        """Let go of what others are to serve, as soon as they do. Where another change comes in between, nothing more is dropped."""
        often_until = self._clock() + OFTEN
        newest: Mapping[str, str] = {}
        while (holding := self._holding) and holding.waits_for and (wanted := self._wanted):
            serving = await self._served_by(holding.waits_for - holding.passing, wanted, {})
            if serving and self._overlap:
                await asyncio.sleep(self._overlap)
                serving = await self._served_by(serving, wanted, {})
            # What was asked about may be out of date by now, and the others may have been told of something newer.
            if self._wants_another(key):
                return
            if serving:
                # Each in one step with what the others are told.
                holding = holding.passing_to(serving)
                self._serving.hold(holding)
                newest = await self._serving.passing()
            seen = await self._served_by(holding.passing, wanted, newest)
            if self._wants_another(key):
                return
            if seen:
                self._serving.hold(holding.after(seen))
                await self._serving.let_go()
            elif not serving:
                await asyncio.sleep(LOOK_EVERY if self._clock() < often_until else LATER_LOOK_EVERY)
        if holding and holding.before:
            self._serving.hold(holding.after(()))
            await self._serving.let_go()

    def _wants_another(self, key: Key) -> bool:
        return self._wanted is None or self._wanted.key != key

    async def _served_by(self, numbers: Collection[int], wanted: Wanted, newest: Mapping[str, str]) -> Collection[int]:
        """Which of these shards serve what they are to, up to the newest versions of some feeds."""
        answers = await self._others.ask(numbers)
        return [number for number, answer in answers.items() if await self._serves(number, answer, wanted, newest)]

    async def _serves(self, number: int, answer: Answer, wanted: Wanted, newest: Mapping[str, str]) -> bool:
        if isinstance(answer, View):
            self._out_of_reach.pop(number, None)
            return answer.takes_over(wanted, self._serving.lacks) and answer.has_seen(newest)
        # One that was a shard before has been Ready all along, which says nothing.
        if not (self._is_new(number) and await self._others.is_ready(number)):
            self._out_of_reach.pop(number, None)
            return False
        # Of one that has just crashed, or when the API is back, an old "Ready" may be read.
        return answer == "silent" or self._clock() >= self._out_of_reach.setdefault(number, self._clock()) + PATIENCE

    def _is_new(self, number: int) -> bool:
        before = self._holding.before if self._holding else None
        while before:
            if number in before.key.numbers:
                return False
            before = before.before
        return True

    # What is said of it

    def _begin(self) -> None:
        self._end("superseded")
        self.settled.clear()
        self._out_of_reach.clear()
        if self._holding:
            self._began = self._clock()
            self._alarm = asyncio.get_running_loop().call_later(STUCK_AFTER, self._tell_stuck)

    def _end(self, result: Literal["completed", "superseded"]) -> None:
        if self._alarm:
            self._alarm.cancel()
            self._alarm = None
            self._observer.stuck(is_stuck=False)
        if self._began is not None:
            self._observer.ended(result, self._clock() - self._began)
            self._began = None

    def _tell_stuck(self) -> None:
        waits_for = sorted(self._holding.waits_for) if self._holding else []
        log.warning("handover stuck: serving what others are to take over", waits_for=waits_for)
        self._observer.stuck(is_stuck=True)
