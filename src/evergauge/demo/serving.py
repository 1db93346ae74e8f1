"""How Evergauge serves in the demo: options that leave something to look at, and a log that says what matters."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, TextIO, cast

import structlog

from evergauge.errors import UsageError
from evergauge.kinds import KINDS
from evergauge.logs import configure
from evergauge.options.resources import DEFAULT_RESOURCES, not_served_yet
from evergauge.pipeline.selection import compile_kinds

if TYPE_CHECKING:
    from evergauge.demo.screen import Screen
    from evergauge.options import Options


def prepare(options: Options, screen: Screen) -> None:
    """Check the options and set up logging. Raises UsageError where there would be nothing to serve."""
    resources = [kind.resource for kind in KINDS]
    if not compile_kinds(options, KINDS):
        raise UsageError(f"these flags leave nothing to expose; this version exposes {', '.join(resources)}")
    _start_logging(options, screen)
    missing = "" if options.resources == DEFAULT_RESOURCES else not_served_yet(options.resources, resources)
    screen.say(*filter(None, (*options.notes, missing)))


def _start_logging(options: Options, screen: Screen) -> None:
    """The log goes to standard error; on a terminal it must not run into what is drawn there. Errors only, unless `-v`
    asks for all: the states of the feeds are among the live series.
    """
    stream = screen if screen.terminal and sys.stderr.isatty() else sys.stderr
    # The log needs no more of a stream than what a screen can do.
    configure(options.log_format, options.v, stream=cast("TextIO", stream), environ=os.environ)
    if options.v <= 0:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
