"""An HTTP client that costs next to nothing, so that the machine's cores are the measured program's.

Answers are read from the socket into one buffer that is used again and again. Nothing is parsed before the time is taken.
"""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass
from typing import Final

from launcher.process import HOST

from yardstick.errors import BenchError

TIMEOUT: Final = 120.0
SMALL_WINDOW: Final = 32 * 1024
"""Bytes of receive buffer for looking at the beginning of an answer: the program can't write much more than is read."""
_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3})")


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. seconds: from connecting to its last byte. body: without framing, encoded as it was sent."""

    status: int
    seconds: float
    body: bytes


class Client:
    """Requests to one port."""

    def __init__(self, port: int) -> None:
        self._address = (HOST, port)
        self._buffer = bytearray(1 << 20)

    def get(self, path: str, *, gzip: bool = False) -> Answer:
        """GET over a connection of its own. Raises OSError where nobody listens, BenchError for what is no answer."""
        encoding = "gzip" if gzip else "identity"
        request = f"GET {path} HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: {encoding}\r\nConnection: close\r\n\r\n"
        started = time.perf_counter()
        with socket.create_connection(self._address, TIMEOUT) as connection:
            connection.sendall(request.encode())
            size = self._read_all(connection)
        seconds = time.perf_counter() - started
        return _answer(bytes(memoryview(self._buffer)[:size]), seconds)

    def _read_all(self, connection: socket.socket) -> int:
        size = 0
        while True:
            if size == len(self._buffer):
                self._buffer.extend(bytes(size))
            with memoryview(self._buffer) as view:
                received = connection.recv_into(view[size:])
            if not received:
                return size
            size += received

    def first_lines(self, family: str) -> int:
        """How many samples `/metrics` has of a family that comes early. Hangs up as soon as it ends.

        HTTP/1.0, so that there is no framing between the lines. Raises OSError as `get`.
        """
        sample = f"\n{family}{{".encode()
        with socket.socket() as connection:
            connection.settimeout(TIMEOUT)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_WINDOW)
            connection.connect(self._address)
            connection.sendall(b"GET /metrics HTTP/1.0\r\nHost: bench\r\n\r\n")
            text = b""
            while piece := connection.recv(SMALL_WINDOW):
                text += piece
                begin = text.find(sample)
                if begin >= 0 and text.find(b"\n# ", begin) >= 0:
                    break
        return text.count(sample)


def _answer(wire: bytes, seconds: float) -> Answer:
    head, end, body = wire.partition(b"\r\n\r\n")
    status = _STATUS.match(head)
    if not end or not status:
        raise BenchError(f"this is no HTTP answer: {wire[:80]!r}")
    if b"transfer-encoding: chunked" in head.lower():
        body = unframed(body)
    return Answer(int(status[1]), seconds, body)


def unframed(body: bytes) -> bytes:
    """The data of all chunks (RFC 9112, section 7.1). Raises BenchError when the last one is missing."""
    chunks: list[bytes] = []
    place = 0
    while True:
        end = body.find(b"\r\n", place)
        if end < 0:
            raise BenchError("an answer broke off")
        size = int(body[place:end], 16)
        if size == 0:
            return b"".join(chunks)
        chunks.append(body[end + 2 : end + 2 + size])
        place = end + 2 + size + 2
