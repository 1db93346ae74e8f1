"""Sockets to the API server that notice a dead peer within seconds: without these options Linux takes hours or, with unsent data, 15 minutes."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohappyeyeballs import AddrInfoType

KEEPALIVE_IDLE = 5
"""Seconds of silence until the peer is asked whether it is there."""
KEEPALIVE_INTERVAL = 2
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


def open_socket(address: AddrInfoType) -> socket.socket:
    """A socket for an address that is about to be connected to; what aiohttp calls a socket factory."""
    family, kind, protocol, _, _ = address
    opened = socket.socket(family, kind, protocol)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _OPTIONS:
        if hasattr(socket, name):
            opened.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return opened
