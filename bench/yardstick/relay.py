"""A TCP relay in front of an API server, which counts the bytes that a program receives; TLS passes through it as it is."""

from __future__ import annotations

import socket
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from launcher.process import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE: Final = 1 << 18


class Relay:
    """received: bytes of all answers so far, as they are on the wire."""

    def __init__(self, server: tuple[str, int]) -> None:
        """Listen on a free port. server: host and port of the API server."""
        self.received = 0
        self._server = server
        self._lock = Lock()
        self._listener = socket.create_server((HOST, 0))
        self._open: set[socket.socket] = set()
        Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def close(self) -> None:
        """Listen no more, and cut what is open."""
        # Closing a socket does not wake the thread that accepts from it.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in list(self._open):
            _end(each)

    def _accept(self) -> None:
        with suppress(OSError):  # closed: that is the end
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                self._open |= {client, server}
                Thread(target=self._pump, args=(client, server, False), daemon=True).start()
                Thread(target=self._pump, args=(server, client, True), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, counted: bool) -> None:  # noqa: FBT001 (a thread's)
        buffer = bytearray(PIECE)
        view = memoryview(buffer)
        with suppress(OSError):  # cut by one side, which the other one learns
            while size := source.recv_into(buffer):
                target.sendall(view[:size])
                if counted:
                    with self._lock:
                        self.received += size
        _end(source)
        _end(target)
        self._open -= {source, target}


def _end(connection: socket.socket) -> None:
    with suppress(OSError):  # ended already
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


@contextmanager
def relayed(url: str, kubeconfig: Path) -> Iterator[tuple[Relay, Path]]:
    """A relay in front of the server at `url`, and a kubeconfig that leads to it, all else being as in `kubeconfig`."""
    parts = urlsplit(url)
    relay = Relay((str(parts.hostname), int(parts.port or 443)))
    text = kubeconfig.read_text(encoding="utf-8").replace(url, f"{parts.scheme}://{HOST}:{relay.port}")
    try:
        with tempfile.NamedTemporaryFile("w", prefix="bench-", suffix=".kubeconfig") as file:
            file.write(text)
            file.flush()
            yield relay, Path(file.name)
    finally:
        relay.close()
