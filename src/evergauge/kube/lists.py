"""The three ways to list: whole, as one answer that goes on (KEP-5116); by a watch that starts with everything there is (KEP-3157); and
by pages of 500. Which one is taken when: docs/decisions/0021-lists-are-streamed.md.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from evergauge.errors import BookmarkMissing, ConnectionLost, CutShort, MalformedAnswer
from evergauge.kube.forms import read_page
from evergauge.kube.items import Bookmark
from evergauge.kube.tally import CHANGES
from evergauge.kube.turns import Turns
from evergauge.kube.watches import open_watch, read_within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergauge.kube.client import ApiClient, Verb
    from evergauge.kube.items import Event, Item
    from evergauge.kube.sink import Build
    from evergauge.kube.source import Source

PAGE = 500
"""Objects a page."""
CATCH_UP = 10.0
"""Seconds after the first change among the initial events within which their bookmark must come. Where the API server's cache
lagged, what it has caught up with since comes before the bookmark, changes and deletions included. So long, too, a page's worth of
events may take: pages are no slower, and what trickles may be new objects after a bookmark that was lost."""
_LONGEST_WATCH = "3600"


class Listed(NamedTuple):
    """A complete list. objects: how many there were."""

    version: str
    objects: int


async def list_by_watch(
    client: ApiClient, source: Source, build: Build, *, at_least: str, patience: float, silence: float
) -> Listed:
    """Put all objects into `build`.

    at_least: a version that the objects must not be older than, "" for the present state. patience: seconds until it must have
    begun. silence: seconds without a byte after that. Raises BookmarkMissing, Invalid where the server doesn't know this way, and
    other ApiErrors.
    """
    query = {
        "sendInitialEvents": "true",
        "resourceVersionMatch": "NotOlderThan",
        "timeoutSeconds": _LONGEST_WATCH,
        **({"resourceVersion": at_least} if at_least else {}),
    }
    turns, initial = Turns(), _Initial(build)
    async with open_watch(client, source, query, connect=patience, silence=silence, verb="list") as watch:
        while True:
            try:
                sent = await watch.read()
            except ConnectionLost as error:
                if error.silent:
                    raise BookmarkMissing(
                        f"listing {source}: no bookmark after {initial.events} events: {error}"
                    ) from None
                raise
            if sent is None:
                raise CutShort(f"listing {source}: the watch ended before its initial events were complete")
            for each in sent:
                if version := initial.take(watch.read_event(each)):
                    return Listed(version, initial.objects)
                if turns.due():
                    await turns.rest()


async def list_whole(
    client: ApiClient, source: Source, build: Build, *, at_least: str, patience: float, silence: float
) -> Listed:
    """Put all objects into `build`, from one answer that is read while it comes: for servers that also write it so.

    at_least, patience, silence: as above. Raises CutShort when it ends too soon, as after the server's time for a request (a minute,
    usually), and other ApiErrors.
    """
    turns, seen = Turns(), 0
    async with client.stream(
        source.path,
        {**source.query, **_no_older_than(at_least)},
        accept=source.accept_list,
        connect_timeout=patience,
        resource=source.resource,
        verb="list",
    ) as stream:
        reader = stream.form.page_reader(build.read)
        try:
            while chunk := await read_within(silence, stream, f"listing {source}"):
                items = reader.take(chunk)
                seen += len(items)
                await _put(items, build, turns)
            page = reader.finish()
        except (ConnectionLost, MalformedAnswer) as error:
            if not seen or (isinstance(error, ConnectionLost) and error.silent):
                raise
            raise CutShort(f"listing {source}: {error}") from None
    await _put(page.items, build, turns)
    return Listed(page.version, seen + len(page.items))


async def _put(items: Sequence[Item | None], build: Build, turns: Turns) -> None:
    for item in items:
        build.put(item)
        if turns.due():
            await turns.rest()


def _no_older_than(version: str) -> dict[str, str]:
    """The query for a state no older than a version; the present state where there is none."""
    if not version:
        return {}
    # Version 0 is whatever the server has at hand; it takes no rule about which.
    return {"resourceVersion": version} | ({} if version == "0" else {"resourceVersionMatch": "NotOlderThan"})


class _Initial:
    """The initial events of a watch, up to the bookmark that ends them. events, objects: how many there were."""

    def __init__(self, build: Build) -> None:
        self.events = self.objects = 0
        self._build = build
        self._deadline: float | None = None
        self._counted = 0, asyncio.get_running_loop().time()

    def take(self, event: Event | Bookmark) -> str:
        """Keep one; the version when it is the bookmark, else empty. Raises BookmarkMissing when that is overdue."""
        if isinstance(event, Bookmark):
            return event.version if event.ends_initial else ""
        self.events += 1
        self.objects += CHANGES.get(event.type, 0)
        if event.type == "DELETED":
            self._build.remove(event.item)
        else:
            self._build.put(event.item)
        now = asyncio.get_running_loop().time()
        if event.type != "ADDED":
            self._check_changes(now)
        self._check_pace(now)
        return ""

    def _check_changes(self, now: float) -> None:
        if self._deadline is None:
            self._deadline = now + CATCH_UP
        elif now > self._deadline:
            raise BookmarkMissing(f"changes have come for {CATCH_UP:g} s, and no bookmark after {self.events} events")

    def _check_pace(self, now: float) -> None:
        events, since = self._counted
        if now - since > CATCH_UP:
            if self.events - events < PAGE:
                raise BookmarkMissing(f"events trickle, and no bookmark after {self.events} of them")
            self._counted = self.events, now


async def list_by_pages(
    client: ApiClient,
    source: Source,
    build: Build,
    *,
    at_least: str,
    patience: float,
    most: int = 0,
    verb: Verb = "list",
) -> Listed:
    """Put all objects into `build`. at_least: as above. Raises ApiError.

    patience: seconds for a page. most: stop after so many objects, 0 for all.
    """
    query = {**source.query, "limit": str(min(PAGE, most or PAGE)), **_no_older_than(at_least)}
    turns, seen = Turns(), 0
    while True:
        body = await client.get(
            source.path, query, accept=source.accept_list, timeout=patience, resource=source.resource, verb=verb
        )
        page = read_page(body)
        await _put(page.items[: most - seen if most else None], build, turns)
        seen += len(page.items)
        if not page.following or (most and seen >= most):
            return Listed(page.version, min(seen, most or seen))
        query = {**source.query, "limit": query["limit"], "continue": page.following}


async def count(client: ApiClient, source: Source, *, patience: float) -> Listed | None:
    """How many objects there are now, by a consistent read of one. None where the server doesn't say; it may be an estimate.

    patience: seconds for the answer. Raises ApiError.
    """
    query = {**source.query, "limit": "1"}
    body = await client.get(
        source.path, query, accept=source.accept_list, timeout=patience, resource=source.resource, verb="audit"
    )
    page = read_page(body)
    if page.following and page.remaining is None:
        return None
    return Listed(page.version, len(page.items) + (page.remaining or 0))
