"""Certificates for tests, made by the openssl program: authorities, servers, clients."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, PEM files."""

    certificate: Path
    key: Path


class Authority:
    """A certificate authority of one's own."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder = folder
        self.pair = Pair(folder / f"{name}.crt", folder / f"{name}.key")
        _openssl(
            *("req", "-x509", *_NEW_KEY, "-nodes", "-days", "2", "-subj", f"/CN={name}"),
            *("-out", self.pair.certificate, "-keyout", self.pair.key),
        )

    @property
    def pem(self) -> bytes:
        return self.pair.certificate.read_bytes()

    @cached_property
    def server(self) -> Pair:
        """For localhost and 127.0.0.1."""
        return self.issue("server", "subjectAltName=DNS:localhost,IP:127.0.0.1")

    @cached_property
    def client(self) -> Pair:
        return self.issue("client", "extendedKeyUsage=clientAuth")

    def issue(self, name: str, extension: str) -> Pair:
        """A certificate of this authority whose common name is `name`."""
        pair = Pair(self._folder / f"{name}.crt", self._folder / f"{name}.key")
        _openssl(
            *("req", "-x509", *_NEW_KEY, "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", extension),
            *("-addext", "basicConstraints=critical,CA:FALSE"),
            *("-CA", self.pair.certificate, "-CAkey", self.pair.key, "-out", pair.certificate, "-keyout", pair.key),
        )
        return pair

    def server_context(self, pair: Pair | None = None, *, ask_client: bool = False) -> ssl.SSLContext:
        """For a server. ask_client: refuse clients without a certificate of this authority."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        pair = pair or self.server
        context.load_cert_chain(pair.certificate, pair.key)
        if ask_client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.pair.certificate)
        return context


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")


def encrypted(pair: Pair, path: Path) -> Path:
    """The key under a password."""
    _openssl("ec", "-in", pair.key, "-out", path, "-aes256", "-passout", "pass:secret")
    return path


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


def _openssl(*arguments: str | Path) -> None:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"openssl {arguments[0]}: {done.stderr}")
