"""Content negotiation."""

from __future__ import annotations

import pytest

from evergauge.exposition.negotiate import Format, accepts_gzip, negotiate

TEXT, OPENMETRICS = Format.TEXT, Format.OPENMETRICS
PROMETHEUS_2 = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PROMETHEUS_3_PROTOBUF = (
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
    "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)
PROMETHEUS_3_TEXT_ONLY = "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, TEXT),
        ("", TEXT),
        ("*/*", TEXT),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", TEXT),
        (PROMETHEUS_2, OPENMETRICS),
        (PROMETHEUS_3, OPENMETRICS),
        (PROMETHEUS_3_PROTOBUF, OPENMETRICS),
        (PROMETHEUS_3_TEXT_ONLY, TEXT),
        ("text/plain;version=0.0.4;q=0.5,application/openmetrics-text;q=0.3", TEXT),
        ("text/plain;q=0.3,application/openmetrics-text;q=0.5", OPENMETRICS),
        ("application/openmetrics-text", OPENMETRICS),
        ("Application/OpenMetrics-Text; Version=1.0.0", OPENMETRICS),
        ('application/openmetrics-text; version="1.0.0"; charset="a,b;c"', OPENMETRICS),
        ("application/openmetrics-text; version=0.0.1", TEXT),
        ("application/openmetrics-text; version=2.0.0", TEXT),
        ("application/openmetrics-text;q=0", TEXT),
        ("application/openmetrics-text;q=0.000, */*", TEXT),
        ("application/openmetrics-text, text/plain", OPENMETRICS),
        ("text/plain, application/openmetrics-text", TEXT),
        ("*/*, application/openmetrics-text", OPENMETRICS),
        ("*/*, application/openmetrics-text;q=0.9", TEXT),
        ("text/*;q=0.2, */*;q=0.9, application/openmetrics-text;q=0.5", OPENMETRICS),
        ("application/openmetrics-text;q=junk", OPENMETRICS),
        (",;q=1,, ", TEXT),
    ],
)
def test_format(accept: str | None, chosen: Format) -> None:
    assert negotiate(accept) is chosen


@pytest.mark.parametrize(
    ("accept_encoding", "compress"),
    [
        (None, False),
        ("", False),
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("deflate, gzip;q=0.5", True),
        ("gzip, deflate, br, zstd", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0, *", False),
        ("*", True),
        ("*;q=0", False),
        ("identity", False),
        ("identity, gzip;q=0.5", False),
        ("identity;q=0.5, gzip", True),
        ("deflate", False),
        ("gzipped", False),
    ],
)
def test_gzip(accept_encoding: str | None, *, compress: bool) -> None:
    assert accepts_gzip(accept_encoding) is compress


def test_content_types() -> None:
    assert TEXT.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert OPENMETRICS.content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8"
