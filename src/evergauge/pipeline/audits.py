"""The audits of all feeds: each in its turn, seldom and evenly spread; what they find is counted, named and healed."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import structlog

from evergauge.errors import ApiError, AuditError, AuditInterrupted
from evergauge.pipeline.audit import Audit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from random import Random

    from evergauge.kube.client import ApiClient
    from evergauge.kube.source import Source
    from evergauge.pipeline.audit import Drift, DriftKind, Found, Numbers
    from evergauge.pipeline.feed_store import Served

log = structlog.get_logger(__name__)

COMPARE_EVERY = 36
"""Turns of a feed, all but one of which only count."""
HEALING = 90.0
"""Seconds that an interval keeps for what follows when numbers differ: two looks and a list. Of a short one it is half."""
APART = 1.0
"""Seconds at least between two turns, so very many feeds wait longer for theirs than the interval."""
EXAMPLES = 5

Result = Literal["clean", "drift", "failed"]


class AuditCounter(Protocol):
    """Who counts."""

    def audited(self, resource: str, result: Result) -> None:
        """An audit of one feed has ended."""

    def drifted(self, resource: str, drift: DriftKind, objects: int) -> None:
        """So many objects were not as the API server had them."""


@dataclass(slots=True)
class _Course:
    """The audits of one source. turns: since the last comparison; excused: numbers that differed, and a comparison found nothing."""

    turns: int
    excused: Numbers | None = None
    running: bool = False


class Audits:
    """See the module."""

    def __init__(
        self,
        client: ApiClient,
        served: Callable[[], Sequence[Served]],
        counter: AuditCounter,
        rng: Random,
        clock: Callable[[], float],
        *,
        interval: float,
    ) -> None:
        """served: what is in service at the moment. clock: that of the feeds. interval: seconds within which each feed has its turn."""
        self._client = client
        self._served = served
        self._counter = counter
        self._rng = rng
        self._clock = clock
        self._period = interval - min(interval / 2, HEALING)
        self._courses: dict[Source, _Course] = {}
        self._comparing = asyncio.Lock()

    async def run(self) -> None:
        """Give each feed its turn, for ever."""
        number = 0
        async with asyncio.TaskGroup() as turns:
            while True:
                pause = max(APART, self._period / max(1, len(self._served())))
                await asyncio.sleep(pause * self._rng.uniform(0.9, 1.0))
                if served := self._served():
                    turns.create_task(self._turn(served[number % len(served)]))
                    number += 1

    async def _turn(self, audited: Served) -> None:
        source = audited.feed.source
        course = self._courses.setdefault(source, _Course(self._rng.randrange(COMPARE_EVERY)))
        if course.running or audited.feed.state not in ("live", "suspect"):
            return
        course.running = True
        try:
            await self._audit(audited, course)
        except AuditInterrupted as why:
            log.debug("audit interrupted", why=str(why))
        except (ApiError, AuditError) as error:
            if audited in self._served():
                log.info("audit failed", **source.named, error=str(error))
                self._counter.audited(source.resource, "failed")
        finally:
            course.running = False

    async def _audit(self, audited: Served, course: _Course) -> None:
        course.turns += 1
        audit, numbers = Audit(self._client, audited, self._clock), None
        if course.turns < COMPARE_EVERY:
            numbers = await audit.count()
            if numbers.agree or numbers == course.excused:
                if numbers.source is not None:
                    self._counter.audited(audited.feed.source.resource, "clean")
                return
            log.info("audit: numbers differ; comparing all objects", **audited.feed.source.named, **numbers._asdict())
            # Should the comparison fail, the next turn is one.
            course.turns = COMPARE_EVERY
        async with self._comparing:
            found = await audit.compare()
        if audited in self._served():
            self._conclude(audited, found)
            # What was healed is looked at again in the next turn.
            course.turns = COMPARE_EVERY if found.drift else 0
            course.excused = None if found.drift else numbers

    def _conclude(self, audited: Served, found: Found) -> None:
        source = audited.feed.source
        self._counter.audited(source.resource, "drift" if found.drift else "clean")
        if not found.drift:
            return
        objects: Counter[DriftKind] = Counter(drift.kind for drift in found.drift.values())
        for kind, many in objects.items():
            self._counter.drifted(source.resource, kind, many)
        log.warning(
            "audit: what is served is not what the API server has; listing anew",
            **source.named,
            objects=dict(objects),
            examples=examples(found.drift),
        )
        audited.feed.relist("audit", found.version)


def examples(drift: Mapping[str, Drift]) -> Sequence[str]:
    """Some objects by kind of drift, name and UID, for the log."""
    some = list(drift.items())[:EXAMPLES]
    return [f"{each.kind}: {each.name} ({uid})" if each.name else f"{each.kind}: {uid}" for uid, each in some]
