"""Logging: text for a terminal, JSON otherwise, levels by -v, records of other libraries."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from evergauge import logs


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def written(log_format: str, verbosity: int = 0, *, stream: io.StringIO, environ: dict[str, str] | None = None) -> str:
    logs.configure(log_format, verbosity, stream=stream, environ=environ or {})
    structlog.get_logger().info("listed", resource="pods", objects=3)
    return stream.getvalue()


def test_json_has_time_level_and_message_first() -> None:
    line = json.loads(written("auto", stream=io.StringIO()))
    assert list(line) == ["time", "level", "message", "resource", "objects"]
    assert line["time"].endswith("Z")
    assert (line["level"], line["message"], line["resource"], line["objects"]) == ("info", "listed", "pods", 3)


@pytest.mark.parametrize(
    ("log_format", "stream", "environ", "as_text", "coloured"),
    [
        ("auto", io.StringIO, {}, False, False),
        ("auto", Terminal, {}, True, True),
        ("auto", Terminal, {"NO_COLOR": "1"}, True, False),
        ("text", io.StringIO, {}, True, False),
        ("json", Terminal, {}, False, False),
    ],
)
def test_the_format_follows_the_stream(
    log_format: str, stream: type[io.StringIO], environ: dict[str, str], *, as_text: bool, coloured: bool
) -> None:
    text = written(log_format, stream=stream(), environ=environ)
    assert text.startswith("{") != as_text
    assert ("\x1b[" in text) == coloured
    assert "resource" in text


@pytest.mark.parametrize(("verbosity", "shown"), [(0, False), (3, False), (4, True), (9, True)])
def test_debugging_shows_from_verbosity_4(verbosity: int, *, shown: bool) -> None:
    stream = io.StringIO()
    written("json", verbosity, stream=stream)
    structlog.get_logger().debug("detail")
    assert ("detail" in stream.getvalue()) == shown


def test_records_of_libraries_join_in_once() -> None:
    stream = io.StringIO()
    written("json", stream=io.StringIO())
    written("json", stream=stream)
    logging.getLogger("aiohttp.server").info("quiet")
    logging.getLogger("aiohttp.server").error("lost %s", "peer")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["message"], line.get("logger")) for line in lines] == [
        ("listed", None),
        ("lost peer", "aiohttp.server"),
    ]


def test_a_traceback_is_one_json_line() -> None:
    stream = io.StringIO()
    logs.configure("json", 0, stream=stream, environ={})
    try:
        int("odd")
    except ValueError:
        structlog.get_logger().exception("failed")
    (line,) = stream.getvalue().splitlines()
    assert "ValueError: invalid literal" in json.loads(line)["exception"]
