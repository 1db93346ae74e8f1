"""Which proxy the environment chooses, as Go does (golang.org/x/net/http/httpproxy and its tests)."""

from __future__ import annotations

import pytest

from evergauge.errors import ClusterError
from evergauge.kube.proxies import proxy_of_environment

PROXY = "http://proxy:3128"
ALL = {"HTTPS_PROXY": PROXY, "HTTP_PROXY": "http://plain:3128"}


@pytest.mark.parametrize(
    ("server", "environ", "proxy"),
    [
        ("https://api.example", {}, ""),
        ("https://api.example", ALL, PROXY),
        ("http://api.example", ALL, "http://plain:3128"),
        ("https://api.example", {"https_proxy": PROXY}, PROXY),
        ("https://api.example", {"https_proxy": "http://other", "HTTPS_PROXY": PROXY}, PROXY),
        ("https://api.example", {"https_proxy": PROXY, "HTTPS_PROXY": ""}, PROXY),
        ("https://api.example", {"HTTPS_PROXY": "proxy:3128"}, PROXY),
        ("https://api.example", {"HTTPS_PROXY": "https://u:p@proxy"}, "https://u:p@proxy"),
        ("https://api.example", {"HTTP_PROXY": PROXY}, ""),
        ("https://localhost:6443", ALL, ""),
        ("https://127.1.2.3:6443", ALL, ""),
        ("https://[::1]:6443", ALL, ""),
    ],
)
def test_a_proxy_is_chosen_by_the_servers_scheme(server: str, environ: dict[str, str], proxy: str) -> None:
    assert proxy_of_environment(server, environ) == proxy


@pytest.mark.parametrize(
    ("exceptions", "server", "direct"),
    [
        ("*", "https://api.example", True),
        ("example", "https://api.example", True),
        ("example", "https://example", True),
        ("example", "https://api.example.org", False),
        ("ample", "https://api.example", False),
        (".example", "https://api.example", True),
        (".example", "https://example", False),
        ("*.example", "https://a.b.example", True),
        ("*.example", "https://example", False),
        ("API.EXAMPLE", "https://api.example.", True),
        (" other , api.example ", "https://api.example", True),
        ("api.example:6443", "https://api.example:6443", True),
        ("api.example:6443", "https://api.example", False),
        ("api.example:443", "https://api.example", True),
        ("10.96.0.1", "https://10.96.0.1", True),
        ("10.96.0.1:443", "https://10.96.0.1", True),
        ("10.96.0.1:80", "https://10.96.0.1", False),
        ("10.96.0.1", "https://10.96.0.10", False),
        ("10.96.0.0/12", "https://10.96.0.1", True),
        ("10.96.0.0/12", "https://10.200.0.1", False),
        ("10.96.0.0/12", "https://api.example", False),
        ("10.96.0.0/99", "https://10.96.0.1", False),
        ("fd00::/8", "https://[fd00::1]", True),
        ("fd00::1", "https://[fd00::1]:6443", True),
        ("[fd00::1]:6443", "https://[fd00::1]:6443", True),
        ("[fd00::1]:443", "https://[fd00::1]:6443", False),
        ("fd00::/8", "https://10.96.0.1", False),
        (",,", "https://api.example", False),
    ],
)
def test_exceptions(exceptions: str, server: str, direct: bool) -> None:  # noqa: FBT001
    for name in ("NO_PROXY", "no_proxy"):
        assert proxy_of_environment(server, {**ALL, name: exceptions}) == ("" if direct else PROXY)


@pytest.mark.parametrize(
    ("proxy", "says"),
    [
        ("socks5://p:1080", "HTTPS_PROXY: socks5 proxies are not supported; use an http or https one"),
        ("socks5h://p:1080", "HTTPS_PROXY: socks5h proxies are not supported; use an http or https one"),
        ("ftp://p", "HTTPS_PROXY: not the URL of an http or https proxy"),
        ("http://", "HTTPS_PROXY: not the URL of an http or https proxy"),
        ("http://p:port", "HTTPS_PROXY: not a URL"),
    ],
)
def test_proxies_that_cannot_be_used(proxy: str, says: str) -> None:
    with pytest.raises(ClusterError) as caught:
        proxy_of_environment("https://api.example", {"HTTPS_PROXY": proxy})
    assert str(caught.value) == says
