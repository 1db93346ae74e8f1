"""Keys, tokens and kubeconfigs of one control plane."""

from __future__ import annotations

import base64
import json
import secrets
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ADMIN: Final = "admin"
# Users without any right of their own: what they may do, tests grant through RBAC.
PLAIN_USERS: Final = ("reader", "scraper", "stranger")
_GROUPS: Final[Mapping[str, str]] = {ADMIN: "system:masters"}

# RFC 5915: SEQUENCE { version 1, privateKey OCTET STRING (32), [0] OID prime256v1 }. Readers derive the public half.
_EC_KEY_HEAD: Final = bytes.fromhex("30310201010420")
_EC_KEY_TAIL: Final = bytes.fromhex("a00a06082a8648ce3d030107")


def write_signing_key(path: Path) -> None:
    """Write a fresh P-256 private key as PEM, with which the API server signs service accounts' tokens.

    A P-256 private key is any number below the curve's order: unlike an RSA key it needs no tool to be made.
    """
    scalar = bytearray(secrets.token_bytes(32))
    scalar[0] = (scalar[0] & 0x7F) | 0x01  # below the order, which starts with 0xff…, and never zero
    body = base64.b64encode(_EC_KEY_HEAD + scalar + _EC_KEY_TAIL).decode()
    lines = [body[start : start + 64] for start in range(0, len(body), 64)]
    _write_private(path, "\n".join(["-----BEGIN EC PRIVATE KEY-----", *lines, "-----END EC PRIVATE KEY-----", ""]))


def new_tokens() -> dict[str, str]:
    """A fresh token for each user."""
    return {user: secrets.token_hex(20) for user in (ADMIN, *PLAIN_USERS)}


def write_token_file(path: Path, tokens: Mapping[str, str]) -> None:
    """Write the file for `--token-auth-file`: lines of token, user name, user ID and an optional group."""
    lines = [",".join(filter(None, (token, user, user, _GROUPS.get(user)))) for user, token in tokens.items()]
    _write_private(path, "\n".join([*lines, ""]))


def write_kubeconfig(path: Path, *, url: str, ca_file: Path, user: str, token: str) -> None:
    """Write a kubeconfig with one context. It is JSON, which every reader of YAML takes."""
    authority = base64.b64encode(ca_file.read_bytes()).decode()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "local", "cluster": {"server": url, "certificate-authority-data": authority}}],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [{"name": "local", "context": {"cluster": "local", "user": user}}],
        "current-context": "local",
    }
    _write_private(path, json.dumps(config, indent=2) + "\n")


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
