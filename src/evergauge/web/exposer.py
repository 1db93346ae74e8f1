"""What the web needs of the rest: something to expose, and whether it is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergauge.store.body import Body


class Exposer(Protocol):
    """The kinds in service.

    resources: their names. scrape: one response body, which holds every change seen before the call.
    """

    @property
    def resources(self) -> Sequence[str]: ...

    async def scrape(
        self, *, resources: frozenset[str] | None, exclude: frozenset[str], openmetrics: bool, gzip: bool
    ) -> Body:
        """The kinds named in `resources` (None: all) without those in `exclude`. Names that no kind has choose nothing."""
        ...


class Liveness(Protocol):
    """Whether this process works. Whether the API server does is no part of it: an outage there must not restart anything here."""

    def troubles(self) -> Sequence[str]:
        """What is broken in a way that only a restart mends; nothing in good times."""
        ...


class Readiness(Protocol):
    """Whether all that is to be served has synced."""

    def ready(self) -> tuple[bool, Sequence[str]]:
        """The verdict, and the kinds that are waited for."""
        ...
