"""What went wrong with a request: answers other than 200, and exceptions of aiohttp, as errors of ours."""

from __future__ import annotations

import email.utils
import errno
import os
import re
import socket
import ssl
from typing import TYPE_CHECKING

import aiohttp
import msgspec

from evergauge.errors import ApiError, ConnectionLost, MalformedAnswer, Unreachable, error_of_status
from evergauge.kube.forms import PROTOBUF
from evergauge.kube.in_protobuf import read_status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergauge.kube.access import Way

LONGEST_WAIT = 60.0
"""Seconds: a Retry-After beyond is cut, for it may be anything."""
_QUOTED = re.compile(r":?\s+b?['\"]")
"""Where the HTTP parser goes on to quote bytes: they may be a Secret's."""
_TEXT = 200
"""Characters of others' words in a message."""


def refusal(code: int, headers: Mapping[str, str], body: bytes, *, what: str, way: Way, now: float) -> ApiError:
    """The error of an answer that isn't 200. what: was asked, and of whom; now: seconds since 1970."""
    if 300 <= code < 400:
        return MalformedAnswer(f"{what}: {code}, a redirection, which no API server sends", status=code)
    wait = retry_after(headers.get("Retry-After", ""), now)
    advice = {
        401: f"not accepted: {way.cluster.credentials.name}",
        403: f"grant it by RBAC; asked with {way.cluster.credentials.name}",
    }.get(code, "")
    return error_of_status(code, _status(headers, body), what, retry_after=wait, advice=advice)


def retry_after(value: str, now: float) -> float:
    """Seconds to wait by the header (RFC 9110, 10.2.3: seconds or a date); 0 where it says nothing."""
    if value.isdecimal():
        return min(float(value), LONGEST_WAIT)
    try:
        return min(max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - now), LONGEST_WAIT)
    except ValueError:
        return 0.0


def _status(headers: Mapping[str, str], body: bytes) -> object:
    """The Status object; of an answer that holds none something that reads like one."""
    media_type = headers.get("Content-Type", "").partition(";")[0].strip()
    if media_type == "text/plain":
        return {"message": body.decode(errors="replace")[:_TEXT]}
    try:
        if media_type == PROTOBUF:
            return read_status(body)
        return msgspec.json.decode(body) if body else None
    except ValueError:  # of which msgspec.DecodeError is one
        return {"message": f"a body that is no Status ({media_type or 'without Content-Type'})"}


_NO_ANSWER: Sequence[tuple[type[Exception], str]] = (
    (aiohttp.ClientHttpProxyError, "the proxy refused the connection: {cause}"),
    (aiohttp.ClientProxyConnectionError, "the proxy can't be reached: {cause}"),
    (aiohttp.ClientConnectorDNSError, "the name can't be resolved: {cause}"),
    (aiohttp.ClientConnectorCertificateError, "TLS: {cause} (checked against {trust})"),
    (aiohttp.ClientConnectorSSLError, "TLS: {cause}"),
    (aiohttp.ServerTimeoutError, "no connection in time"),
    (aiohttp.ServerDisconnectedError, "the connection was closed without an answer"),
)


def unreachable(error: Exception, what: str, way: Way) -> ApiError:
    """The error of a request that got no answer."""
    cause = _cause(error)
    if isinstance(error, aiohttp.ClientResponseError) and not isinstance(error, aiohttp.ClientHttpProxyError):
        return MalformedAnswer(f"{what}: what came back is not HTTP/1.1 ({cause})")
    form = next((form for kind, form in _NO_ANSWER if isinstance(error, kind)), "{cause}")
    return Unreachable(f"{what}: {form.format(cause=cause, trust=way.cluster.trust.origin)}")


def lost(error: Exception, what: str) -> ConnectionLost:
    """The error of an answer that broke off."""
    return ConnectionLost(f"{what}: the answer broke off ({_cause(error)})")


def _cause(error: BaseException) -> str:
    """The innermost words, not aiohttp's around them."""
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error.__cause__
    if isinstance(inner, Exception):
        return _cause(inner)
    if isinstance(error, ssl.SSLError):
        return _tls(error)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return _flat(f"{error.status} {error.message}")
    if isinstance(error, aiohttp.ClientResponseError | aiohttp.http_exceptions.HttpProcessingError):
        # Their texts are about an answer of ours, with a code that nobody sent.
        return _flat(_QUOTED.split(error.message, maxsplit=1)[0])
    if (
        isinstance(error, OSError)
        and error.errno is not None
        and error.errno in errno.errorcode
        and not isinstance(error, socket.gaierror)
    ):
        return os.strerror(error.errno)  # asyncio has words of its own, which hide it
    return _flat(getattr(error, "strerror", None) or str(error) or type(error).__name__)


def _tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {_flat(error.verify_message)}"
    words = (error.reason or str(error)).lower().replace("_", " ")
    return f"{words} (does the server speak plain HTTP?)" if error.reason == "WRONG_VERSION_NUMBER" else words


def _flat(text: str) -> str:
    return " ".join(text.split())[:_TEXT]
