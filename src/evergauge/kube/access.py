"""The way to the API server as it is at the moment: changed files, expired and refused credentials, TLS."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import structlog

from evergauge.errors import ClusterError, NoCredential
from evergauge.kube.tls import new_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from evergauge.kube.cluster import Cluster
    from evergauge.kube.credentials import Credential
    from evergauge.kube.tls import ClientCertificate

log = structlog.get_logger(__name__)

LOOK_EVERY = 60.0
"""Seconds after which files are looked at for changes; a service account's token lives for an hour and is replaced at 80 %."""


@dataclass(frozen=True, slots=True)
class Way:
    """How one request goes out. tls: the context, or True (aiohttp's default) where the server has no TLS."""

    cluster: Cluster
    credential: Credential
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    tls: ssl.SSLContext | bool


class Access:
    """The cluster of the moment. Its server stays: versions of one server mean nothing to another."""

    def __init__(self, cluster: Cluster, clock: Callable[[], float]) -> None:
        """clock: seconds since 1970."""
        self.cluster = cluster
        self._clock = clock
        self._looked = clock()
        self._tls: tuple[ClientCertificate | None, ssl.SSLContext] | None = None
        _warn(cluster)

    async def way(self) -> Way:
        """The way for a request. Raises NoCredential."""
        now = self._clock()
        if now - self._looked >= LOOK_EVERY:
            await self._look(now)
        credential = await self.cluster.credentials.get(now)
        own = (("Authorization", credential.authorization),) if credential.authorization else ()
        return Way(self.cluster, credential, (*self.cluster.headers, *own), self._context(credential.certificate))

    async def renew(self, refused: Way) -> bool:
        """The API server answered 401: whether there is another credential now. Raises NoCredential."""
        now = self._clock()
        await self._look(now)
        return await self.cluster.credentials.renew(refused.credential, now)

    async def close(self) -> None:
        """Stop a plugin that is running."""
        await self.cluster.credentials.close()

    def _context(self, certificate: ClientCertificate | None) -> ssl.SSLContext | bool:
        """The TLS context of a way, made anew only for another certificate."""
        if not self.cluster.server.startswith("https:"):
            return True
        if self._tls is None or self._tls[0] != certificate:
            try:
                self._tls = certificate, new_context(self.cluster.trust, certificate)
            except ClusterError as error:
                raise NoCredential(str(error)) from None
        return self._tls[1]

    async def _look(self, now: float) -> None:
        """Read everything anew if a file has changed. What can't be read then is kept as it was, and looked at again."""
        self._looked = now
        if self.cluster.again is None or not self.cluster.files.changed():
            return
        try:
            fresh = self.cluster.again()
        except ClusterError as error:
            log.warning("the changed credentials can't be used; keeping the old ones", error=str(error))
            return
        await self._take(fresh)

    async def _take(self, fresh: Cluster) -> None:
        old = self.cluster
        if fresh.server != old.server:
            # Its credentials are for another server, too.
            log.warning("the API server's URL has changed; restart to follow", server=old.server, new=fresh.server)
            self.cluster = replace(old, files=fresh.files)
            return
        if fresh.credentials == old.credentials:
            fresh = replace(fresh, credentials=old.credentials)
        else:
            await old.credentials.close()
            log.info("credentials have changed", using=fresh.credentials.name)
        if fresh.trust != old.trust:
            self._tls = None
            _warn(fresh)
        self.cluster = fresh


def _warn(cluster: Cluster) -> None:
    if cluster.trust.insecure and cluster.server.startswith("https:"):
        log.warning("the API server's certificate is not checked (insecure-skip-tls-verify)", server=cluster.server)
