"""Proxies on the way to the API server, chosen by the environment as Go does (package golang.org/x/net/http/httpproxy)."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from evergauge.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PORTS = {"http": 80, "https": 443}


def proxy_of_environment(server: str, environ: Mapping[str, str]) -> str:
    """The URL of the proxy for requests to `server`, a URL; empty for none. Raises ClusterError for one that can't be used.

    HTTPS_PROXY or HTTP_PROXY by the server's scheme, NO_PROXY for exceptions, each in upper or lower case. This host itself
    is never asked through a proxy.
    """
    url = urlsplit(server)
    variable = f"{url.scheme}_proxy"
    proxy = _variable(environ, variable)
    host, port = (url.hostname or "").rstrip("."), url.port or _PORTS.get(url.scheme, 0)
    if not proxy or _is_local(host) or _is_exempt(host, port, _variable(environ, "no_proxy")):
        return ""
    return check_proxy(proxy if "://" in proxy else f"http://{proxy}", variable.upper())


def check_proxy(proxy: str, origin: str) -> str:
    """The proxy's URL as it is. origin: where it was given, for the message. Raises ClusterError."""
    try:
        url = urlsplit(proxy)
        usable = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        raise ClusterError(f"{origin}: not a URL") from None
    if url.scheme.startswith("socks"):
        raise ClusterError(f"{origin}: {url.scheme} proxies are not supported; use an http or https one")
    if not usable:
        raise ClusterError(f"{origin}: not the URL of an http or https proxy")
    return proxy


def _variable(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name.upper()) or environ.get(name) or ""


def _is_local(host: str) -> bool:
    address = _address(host)
    return host == "localhost" or bool(address and address.is_loopback)


def _is_exempt(host: str, port: int, exceptions: str) -> bool:
    return any(_matches(entry.strip().lower(), host, port) for entry in exceptions.split(",") if entry.strip())


def _matches(entry: str, host: str, port: int) -> bool:
    """Whether one entry of NO_PROXY is about a host: `*`, an address or network, a domain, these two also with a port."""
    if entry == "*":
        return True
    address = _address(host)
    if "/" in entry:
        return bool(address) and address in _network(entry)
    name, _, its_port = entry.rpartition(":") if _has_port(entry) else (entry, "", "")
    if its_port and its_port != str(port):
        return False
    name = name.strip("[]")
    if excepted := _address(name):
        return excepted == address
    domain = name.removeprefix("*")
    return host.endswith(domain if domain.startswith(".") else f".{domain}") or host == domain


def _has_port(entry: str) -> bool:
    return entry.count(":") == 1 or "]:" in entry


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """The network, or the empty one for what is none: Go ignores such an entry."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return ipaddress.ip_network("0.0.0.0/32")
