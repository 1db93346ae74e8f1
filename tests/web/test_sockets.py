"""Listening sockets."""

from __future__ import annotations

import errno
import re
import socket

import pytest

from evergauge.errors import ListenError
from evergauge.web.sockets import listen, url

FLAGS = ("--host", "--port")


def without_ipv6(family: int, kind: int) -> socket.socket:
    """A host whose kernel has no IPv6."""
    if family == socket.AF_INET6:
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
    return socket.socket(family, kind)


@pytest.mark.parametrize(
    ("host", "reachable_at"),
    [
        ("::", ["127.0.0.1", "::1"]),
        ("", ["127.0.0.1", "::1"]),
        ("127.0.0.1", ["127.0.0.1"]),
        ("0.0.0.0", ["127.0.0.1"]),
        ("::1", ["::1"]),
        ("[::1]", ["::1"]),
        ("localhost", ["127.0.0.1"]),
    ],
)
def test_reachable(host: str, reachable_at: list[str]) -> None:
    with listen(host, 0, flags=FLAGS) as listening:
        port = listening.getsockname()[1]
        for address in ("127.0.0.1", "::1"):
            if address in reachable_at:
                socket.create_connection((address, port), timeout=5).close()
            else:
                with pytest.raises(ConnectionRefusedError):
                    socket.create_connection((address, port), timeout=5)


def test_without_ipv6_the_default_takes_ipv4() -> None:
    with listen("::", 0, flags=FLAGS, open_socket=without_ipv6) as listening:
        assert listening.family == socket.AF_INET
        socket.create_connection(("127.0.0.1", listening.getsockname()[1]), timeout=5).close()


def test_an_ipv6_address_without_ipv6_is_refused() -> None:
    with pytest.raises(ListenError, match=r"cannot listen on \[::1\]:0 \(--host, --port\): Address family"):
        listen("::1", 0, flags=FLAGS, open_socket=without_ipv6)


@pytest.mark.parametrize(("host", "place"), [("::", "[::]"), ("127.0.0.1", "127.0.0.1")])
def test_a_port_that_is_taken(host: str, place: str) -> None:
    with listen(host, 0, flags=FLAGS) as listening:
        port = listening.getsockname()[1]
        expected = f"cannot listen on {place}:{port} (--telemetry-host, --telemetry-port): Address already in use; choose another"
        with pytest.raises(ListenError, match=re.escape(expected)):
            listen(host, port, flags=("--telemetry-host", "--telemetry-port"))


def test_a_host_that_is_not_ours() -> None:
    # TEST-NET-1 (RFC 5737) belongs to nobody.
    with pytest.raises(ListenError, match=r"cannot listen on 192\.0\.2\.1:0 \(--host, --port\): Cannot assign"):
        listen("192.0.2.1", 0, flags=FLAGS)


def test_a_port_just_left_can_be_taken_again() -> None:
    with listen("127.0.0.1", 0, flags=FLAGS) as first:
        address = first.getsockname()
        client = socket.create_connection(address, timeout=5)
        first.settimeout(5)
        server_side, _ = first.accept()
        server_side.close()
        client.close()
    with listen("127.0.0.1", address[1], flags=FLAGS) as second:
        assert second.getsockname() == address


@pytest.mark.parametrize(
    ("host", "shown"), [("::", "127.0.0.1"), ("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("0.0.0.0", "127.0.0.1")]
)
def test_url(host: str, shown: str) -> None:
    with listen(host, 0, flags=FLAGS) as listening:
        assert url(listening) == f"http://{shown}:{listening.getsockname()[1]}"
        assert url(listening, "https").startswith("https://")
