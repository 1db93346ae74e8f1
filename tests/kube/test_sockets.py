"""The options of the client's sockets, as the kernel tells them."""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

from evergauge.kube import sockets as module
from evergauge.kube.cluster import Cluster
from evergauge.kube.sockets import open_socket
from evergauge.kube.tls import Trust
from kube.answering import ENOUGH, answering, client_of
from kube.certificates import Authority, authority

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from aiohappyeyeballs import AddrInfoType

__all__ = ["authority"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have other options")

WANTED = {
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE): 1,
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE): 4,
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL): 2,
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT): 3,
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT): 10_000,
}


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
@pytest.mark.parametrize("tls", [False, True])
def test_a_connection_notices_a_dead_peer(
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    tls: bool,  # noqa: FBT001
    run: Callable[[Coroutine[Any, Any, None]], None],
) -> None:
    opened: list[socket.socket] = []

    def open_and_note(address: AddrInfoType) -> socket.socket:
        opened.append(open_socket(address))
        return opened[-1]

    async def get() -> None:
        context = authority.server_context() if tls else None
        async with answering(tls=context) as server, client_of(Cluster(server.url, Trust(authority.pem))) as client:
            await client.get("/", {}, timeout=ENOUGH)
            connected = opened[-1]
            assert connected.getpeername()[1] == int(server.url.rpartition(":")[2])
            assert {option: connected.getsockopt(*option) for option in WANTED} == WANTED

    monkeypatch.setattr(module, "open_socket", open_and_note)
    run(get())
