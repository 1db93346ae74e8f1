"""Listening sockets of our own making: asyncio's take no IPv4 on `::`, where Go's do."""

from __future__ import annotations

import errno
import os
import socket
from typing import TYPE_CHECKING

from evergauge.errors import ListenError

if TYPE_CHECKING:
    from collections.abc import Callable

BACKLOG = 128
_ANY = frozenset({"", "::"})
_NO_IPV6 = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT})


def listen(
    host: str,
    port: int,
    *,
    flags: tuple[str, str],
    open_socket: Callable[[int, int], socket.socket] = socket.socket,
) -> socket.socket:
    """A listening TCP socket.

    host: a name or address; `::` or "" takes IPv6 and IPv4, or only IPv4 where there is no IPv6. port: 0 for any free one,
    which `url` then tells. flags: those of host and port, for the message. Raises ListenError.
    """
    try:
        if host not in _ANY:
            return _bound(*_resolve(host, port), open_socket)
        try:
            return _bound(socket.AF_INET6, ("::", port), open_socket)
        except OSError as error:
            if error.errno not in _NO_IPV6:
                raise
            return _bound(socket.AF_INET, ("0.0.0.0", port), open_socket)  # noqa: S104 (what the flag's default asks for)
    except OSError as error:
        raise ListenError(_reason(host, port, flags, error)) from error


def url(listening: socket.socket, scheme: str = "http") -> str:
    """Where a socket listens, as a URL that opens on this host: `http://127.0.0.1:8080`."""
    host, port = listening.getsockname()[:2]
    if host in {"::", "0.0.0.0"}:  # noqa: S104 (compared only)
        host = "127.0.0.1"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _resolve(host: str, port: int) -> tuple[int, tuple[str, int]]:
    """The first address of a host. Of a name that has both kinds the IPv4 one, as Go does."""
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return family, address  # type: ignore[return-value]  # an IPv6 one has two more fields, which bind takes


def _bound(family: int, address: tuple[str, int], open_socket: Callable[[int, int], socket.socket]) -> socket.socket:
    listening = open_socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and address[0] == "::":
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listening.bind(address)
        listening.listen(BACKLOG)
        listening.settimeout(0)
    except OSError:
        listening.close()
        raise
    return listening


def _reason(host: str, port: int, flags: tuple[str, str], error: OSError) -> str:
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    # An error of name resolution has a number of its own kind; its text is in strerror.
    reason = error.strerror or os.strerror(error.errno or 0)
    advice = f"; choose another port with {flags[1]}" if error.errno == errno.EADDRINUSE else ""
    return f"cannot listen on {place} ({flags[0]}, {flags[1]}): {reason}{advice}"
