"""Sockets to the API server. They notice a dead peer within seconds: by itself Linux takes hours or, with unsent data, 15 minutes."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from weakref import WeakSet

if TYPE_CHECKING:
    from aiohappyeyeballs import AddrInfoType

KEEPALIVE_IDLE = 4
"""Seconds of silence until the peer is asked whether it is there."""
KEEPALIVE_INTERVAL = 2
"""Seconds until it is asked again. At the fourth time, after 10 s, the connection is given up."""
KEEPALIVE_PROBES = 3
USER_TIMEOUT = 10
"""Seconds that sent data may stay unacknowledged (RFC 5482)."""

# Systems other than Linux lack some of them, or call them otherwise.
_OPTIONS = (
    ("TCP_KEEPIDLE", KEEPALIVE_IDLE),
    ("TCP_KEEPINTVL", KEEPALIVE_INTERVAL),
    ("TCP_KEEPCNT", KEEPALIVE_PROBES),
    ("TCP_USER_TIMEOUT", USER_TIMEOUT * 1000),
)


class Sockets:
    """What a client's connections are made of. The length is how many are open, those included that are being connected."""

    def __init__(self) -> None:
        self._opened: WeakSet[socket.socket] = WeakSet()

    def open(self, address: AddrInfoType) -> socket.socket:
        """See `open_socket`."""
        opened = open_socket(address)
        self._opened.add(opened)
        return opened

    def __len__(self) -> int:
        # asyncio's transports, those below TLS included, close the very socket that they were given.
        return sum(each.fileno() >= 0 for each in self._opened)


def open_socket(address: AddrInfoType) -> socket.socket:
    """A socket for an address that is about to be connected to; what aiohttp calls a socket factory."""
    family, kind, protocol, _, _ = address
    opened = socket.socket(family, kind, protocol)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _OPTIONS:
        if hasattr(socket, name):
            opened.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return opened
