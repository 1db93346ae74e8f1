"""What an API server can do, as its version says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
import structlog

from evergauge.errors import ApiError
from evergauge.kube.client import PROBE

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergauge.kube.client import ApiClient

log = structlog.get_logger(__name__)

STREAMS_LISTS = (1, 34)
"""The first version that always encodes a list item by item while it sends it (KEP-5116), and answers it from its cache."""
BELIEVED = 600.0
"""Seconds for which an answer holds: servers are upgraded."""


class _Version(msgspec.Struct):
    major: str
    minor: str


_VERSION = msgspec.json.Decoder(_Version)


class Abilities:
    """See the module. Asks when it is asked, and remembers the answer for a while."""

    def __init__(self, client: ApiClient, clock: Callable[[], float]) -> None:
        """clock: monotonic seconds."""
        self._client = client
        self._clock = clock
        self._version: tuple[int, int] | None = None
        self._asked = clock()

    async def streams_lists(self) -> bool:
        """Whether a list of any length comes without having been put together first. False where it isn't known."""
        if self._version is None or self._clock() - self._asked > BELIEVED:
            self._version, self._asked = await self._ask(), self._clock()
        return self._version is not None and self._version >= STREAMS_LISTS

    async def _ask(self) -> tuple[int, int] | None:
        """The version; None where the server doesn't say, which is the next request's to tell if it is a failure."""
        try:
            said = _VERSION.decode(await self._client.get("/version", {}, timeout=PROBE, resource="version"))
        except (ApiError, msgspec.DecodeError) as error:
            log.debug("the API server's version isn't known", error=str(error))
            return None
        # Some have more than a number: `34+`.
        numbers = [re.match(r"\d+", text) for text in (said.major, said.minor)]
        return (int(numbers[0][0]), int(numbers[1][0])) if numbers[0] and numbers[1] else None
