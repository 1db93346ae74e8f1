"""What a client accepts: text or OpenMetrics, gzip or plain (RFC 9110, section 12.5)."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_ELEMENT = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
_PARAMETER = re.compile(r';\s*([^\s=;]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;]*)')
_QUALITY = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.ASCII)


class Format(Enum):
    """The two formats, by the content type of a response."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    @property
    def content_type(self) -> str:
        """The header's value."""
        return self.value


class _Choice(NamedTuple):
    """One element of an Accept header. quality: 0 (not acceptable) to 1."""

    name: str
    parameters: dict[str, str]
    quality: float


def negotiate(accept: str | None) -> Format:
    """The format of the response to a request with this Accept header, None without.

    OpenMetrics must be asked for by name. At equal quality the format named first is chosen, and a named one before a
    wildcard. A client that accepts neither gets the text format, as from KSM.
    """
    text: tuple[float, int] | None = None
    openmetrics: tuple[float, int] | None = None
    wildcards: dict[str, float] = {}
    for position, (name, parameters, quality) in enumerate(_choices(accept or "")):
        rank = (quality, -position)
        if name == "application/openmetrics-text" and parameters.get("version", "1.0.0") == "1.0.0":
            openmetrics = max(rank, openmetrics or rank)
        elif name == "text/plain" and parameters.get("version", "0.0.4") == "0.0.4":
            text = max(rank, text or rank)
        elif name in {"text/*", "*/*"}:
            wildcards[name] = quality
    if openmetrics is None or openmetrics[0] == 0:
        return Format.TEXT
    if text is None:
        text = (wildcards.get("text/*", wildcards.get("*/*", 0.0)), openmetrics[1] - 1)
    return Format.OPENMETRICS if openmetrics > text else Format.TEXT


def accepts_gzip(accept_encoding: str | None) -> bool:
    """Whether to compress the response to a request with this Accept-Encoding header, None without.

    Only when the client says that it takes gzip (or anything), and likes it no less than the plain text.
    """
    qualities = {name: quality for name, _, quality in _choices(accept_encoding or "")}
    gzip = qualities.get("gzip", qualities.get("x-gzip", qualities.get("*", 0.0)))
    return gzip > 0 and gzip >= qualities.get("identity", 0.0)


def _choices(header: str) -> Iterator[_Choice]:
    """The elements of a header, names and parameter names in lower case. A quality that can't be read is taken for 1."""
    for element in _ELEMENT.findall(header):
        name, _, rest = element.partition(";")
        parameters = {key.lower(): value.strip('"') for key, value in _PARAMETER.findall(f";{rest}")}
        quality = parameters.pop("q", "1")
        if name.strip():
            yield _Choice(name.strip().lower(), parameters, float(quality) if _QUALITY.fullmatch(quality) else 1.0)
