"""Who Evergauge is to the API server."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from evergauge.kube.tls import ClientCertificate


@dataclass(frozen=True, slots=True)
class Credential:
    """What goes with a request. authorization: the header's value, empty for none. Nothing of it shows in its repr."""

    authorization: str = field(default="", repr=False)
    certificate: ClientCertificate | None = field(default=None, repr=False)


class Credentials(Protocol):
    """Gives the credential of the moment. Times are seconds since 1970."""

    @property
    def name(self) -> str:
        """What it is and where it comes from, for messages; never a secret."""
        ...

    async def get(self, now: float) -> Credential:
        """The credential for a request. Raises NoCredential."""
        ...

    async def renew(self, refused: Credential, now: float) -> bool:
        """The API server refused this one: whether there is another now, to try once more. Raises NoCredential."""
        ...

    async def close(self) -> None:
        """Stop whatever is under way."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """One credential, or none."""

    credential: Credential = Credential()
    name: str = "no credential"

    async def get(self, now: float) -> Credential:  # noqa: ARG002 (the protocol's)
        """See Credentials, as what follows."""
        return self.credential

    async def renew(self, refused: Credential, now: float) -> bool:  # noqa: ARG002
        return refused != self.credential

    async def close(self) -> None:
        """There is nothing to stop."""


NOBODY = Fixed()


def bearer(token: str) -> str:
    """The header for a token (RFC 6750). Raises ValueError, without the token, for what can't stand in a header."""
    stripped = token.strip()
    if not stripped:
        raise ValueError("the token is empty")
    if not (stripped.isascii() and stripped.isprintable()):
        raise ValueError("the token has characters that can't stand in a header")
    return f"Bearer {stripped}"


def basic(username: str, password: str) -> str:
    """The header for a user name and password (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
