"""TLS towards the API server: what its certificate is checked against, and the certificate that Evergauge shows."""

from __future__ import annotations

import os
import ssl
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evergauge.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORD = 16 * 1024
"""Bytes of a TLS record, at most: RFC 8446, section 5.1."""


class Records(ssl.SSLObject):
    """A connection that makes room for a record where it is asked for more: more never comes at once.

    asyncio asks for 256 KiB each time. That is so much that malloc maps it anew, which takes ten times as long as decrypting an event.
    """

    def read(self, len: int = 1024, buffer: Any = None) -> Any:  # noqa: A002, ANN401 (as it is declared there)
        """See ssl.SSLObject."""
        return super().read(min(len, RECORD), buffer)


@dataclass(frozen=True, slots=True)
class Trust:
    """How the API server's certificate is checked.

    authority: certificates of the accepted authorities as PEM, empty for the system's; origin: where they come from, for
    messages. server_name: expected in the certificate instead of the URL's host. insecure: nothing is checked.
    """

    authority: bytes = field(default=b"", repr=False)
    origin: str = "the system's certificate authorities"
    server_name: str = ""
    insecure: bool = False


SYSTEM = Trust()
_AUTHORITIES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Where OpenSSL is told in what it finds the system's authorities."""


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate (with its chain) and its private key, both PEM. origin: where they come from, for messages."""

    certificate: bytes = field(repr=False)
    key: bytes = field(repr=False)
    origin: str = field(default="the client certificate", compare=False)


@contextmanager
def without_authorities() -> Iterator[None]:
    """Contexts that are made meanwhile know no authority. For the import of aiohttp, which makes two: nobody here uses them, and loading takes 35 ms."""
    before = {name: os.environ.get(name) for name in _AUTHORITIES}
    os.environ.update(dict.fromkeys(_AUTHORITIES, os.devnull))
    try:
        yield
    finally:
        for name, path in before.items():
            if path is None:
                del os.environ[name]
            else:
                os.environ[name] = path


def check_trust(trust: Trust) -> Trust:
    """The same. Raises ClusterError where its authorities can't be read."""
    if trust.authority:
        _load_authority(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), trust)
    return trust


def check_certificate(certificate: ClientCertificate) -> ClientCertificate:
    """The same. Raises ClusterError where certificate and key can't be read or don't fit."""
    _load_certificate(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), certificate)
    return certificate


def new_context(trust: Trust, certificate: ClientCertificate | None) -> ssl.SSLContext:
    """A client's context, TLS 1.2 and later. Takes 1 to 40 ms. Raises ClusterError for what is no certificate or key."""
    # Loading the system's authorities is what takes long; it is left out where others are given or none is asked.
    own = bool(trust.authority) or trust.insecure
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if own else ssl.create_default_context()
    context.sslobject_class = Records
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # As Go, and unlike Python 3.13: clusters' authorities often lack fields that RFC 5280 asks for, and may be intermediate.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.set_alpn_protocols(["http/1.1"])
    if trust.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif trust.authority:
        _load_authority(context, trust)
    if certificate:
        _load_certificate(context, certificate)
    return context


def _load_authority(context: ssl.SSLContext, trust: Trust) -> None:
    try:
        context.load_verify_locations(cadata=trust.authority.decode("ascii"))
    except (ssl.SSLError, ValueError) as error:
        raise ClusterError(f"{trust.origin}: no certificate authority in PEM ({_reason(error)})") from None


def _load_certificate(context: ssl.SSLContext, certificate: ClientCertificate) -> None:
    try:
        with _as_file(certificate.certificate) as chain, _as_file(certificate.key) as key:
            context.load_cert_chain(chain, key, password=_refuse_password)
    except (ssl.SSLError, ValueError) as error:
        raise ClusterError(f"{certificate.origin}: no certificate and key in PEM that fit ({_reason(error)})") from None


def _refuse_password() -> str:
    """Called for an encrypted key. Without it OpenSSL would ask on the terminal, and wait."""
    raise ValueError("the key is encrypted; give it unencrypted")


@contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """A path under which OpenSSL can read `content`: in memory where possible, for file systems may be read-only."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("pem")
        with open(descriptor, "wb") as file:  # noqa: PTH123 (a descriptor, not a path)
            file.write(content)
            file.flush()
            yield f"/proc/self/fd/{descriptor}"
    else:
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            yield file.name


def _reason(error: Exception) -> str:
    return (error.reason or "unreadable").lower().replace("_", " ") if isinstance(error, ssl.SSLError) else str(error)
