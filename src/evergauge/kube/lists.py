"""The two ways to list: by a watch that starts with everything there is (KEP-3157), and by pages of 500."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergauge.errors import BookmarkMissing, ConnectionLost
from evergauge.kube.items import Bookmark, read_event, read_page
from evergauge.kube.turns import Turns
from evergauge.kube.watches import open_watch

if TYPE_CHECKING:
    from evergauge.kube.client import ApiClient
    from evergauge.kube.sink import Build
    from evergauge.kube.source import Source

PAGE = 500
"""Objects a page."""
PAGE_TIMEOUT = 60.0
"""Seconds a page; the API server's own limit for a request is as long."""
_LONGEST_WATCH = "3600"


async def list_by_watch(client: ApiClient, source: Source, build: Build, *, at_least: str, silence: float) -> str:
    """Put all objects into `build`, and return their version.

    at_least: a version that the objects must not be older than, "" for the present state. silence: seconds without a byte until
    it is given up. Raises BookmarkMissing, Invalid where the server doesn't know this way, and other ApiErrors.
    """
    query = {
        "sendInitialEvents": "true",
        "resourceVersionMatch": "NotOlderThan",
        "timeoutSeconds": _LONGEST_WATCH,
        **({"resourceVersion": at_least} if at_least else {}),
    }
    turns, seen = Turns(), 0
    async with open_watch(client, source, query, silence=silence) as watch:
        while True:
            try:
                lines = await watch.read()
            except ConnectionLost as error:
                if error.silent and seen:
                    raise BookmarkMissing(f"no bookmark after {seen} initial events: {error}") from None
                raise
            if lines is None:
                raise ConnectionLost(f"listing {source}: the watch ended before its initial events were complete")
            for line in lines:
                event = read_event(line)
                if isinstance(event, Bookmark):
                    if event.ends_initial:
                        return event.version
                elif event.type != "ADDED":
                    raise BookmarkMissing(
                        f"{event.type} after {seen} initial events, without the bookmark between them"
                    )
                else:
                    build.put(event.item)
                    seen += 1
                if turns.due():
                    await turns.rest()


async def list_by_pages(client: ApiClient, source: Source, build: Build, *, at_least: str, most: int = 0) -> str:
    """Put all objects into `build`, and return their version. most: stop after so many, 0 for all. Raises ApiError."""
    query = {**source.query, "limit": str(min(PAGE, most or PAGE))}
    if at_least:
        query["resourceVersion"] = at_least
        # Version 0 is whatever the server has at hand; it takes no rule about which.
        if at_least != "0":
            query["resourceVersionMatch"] = "NotOlderThan"
    turns, seen = Turns(), 0
    while True:
        body = await client.get(source.path, query, accept=source.accept_list, timeout=PAGE_TIMEOUT)
        page = read_page(body)
        for item in page.items[: most - seen if most else None]:
            build.put(item)
            if turns.due():
                await turns.rest()
        seen += len(page.items)
        if not page.following or (most and seen >= most):
            return page.version
        query = {**source.query, "limit": query["limit"], "continue": page.following}
