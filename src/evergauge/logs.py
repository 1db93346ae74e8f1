"""Logging: structlog to standard error, as text for a terminal and as JSON otherwise. Other libraries' records join in."""

import logging
from collections.abc import Mapping
from typing import Any, Literal, TextIO

import structlog

DEBUG_FROM = 4
"""The verbosity (`-v`) from which on debugging is logged; klog's own convention."""

Format = Literal["auto", "text", "json"]


def configure(log_format: str, verbosity: int, *, stream: TextIO, environ: Mapping[str, str]) -> None:
    """Set up logging for the process.

    log_format: `auto`, `text` or `json`; verbosity: of `-v`; environ: NO_COLOR (https://no-color.org) turns colours off.
    """
    terminal = stream.isatty()
    level = logging.DEBUG if verbosity >= DEBUG_FROM else logging.INFO
    as_text = log_format == "text" or (log_format == "auto" and terminal)
    colours = terminal and not environ.get("NO_COLOR")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            *(_text(colours=colours) if as_text else _json()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _Forward)]:
        root.removeHandler(handler)
    root.addHandler(_Forward())
    root.setLevel(logging.DEBUG if verbosity > DEBUG_FROM else logging.WARNING)


def _text(*, colours: bool) -> list[structlog.typing.Processor]:
    renderer = structlog.dev.ConsoleRenderer(
        colors=colours, timestamp_key="time", exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
    )
    return [structlog.processors.StackInfoRenderer(), renderer]


def _json() -> list[structlog.typing.Processor]:
    return [
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _in_order,
        structlog.processors.JSONRenderer(),
    ]


def _in_order(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Time, level and message first, so that lines read well without a tool."""
    first = {"time": event.pop("time"), "level": event.pop("level"), "message": event.pop("event")}
    return {**first, **event}


class _Forward(logging.Handler):
    """Hands the records of libraries that use `logging` (aiohttp, asyncio) to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, Any] = {"logger": record.name}
        if record.exc_info:
            fields["exc_info"] = record.exc_info
        structlog.get_logger().log(record.levelno, record.getMessage(), **fields)
