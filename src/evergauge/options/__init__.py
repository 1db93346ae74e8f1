"""Options and their command line: one table, and what is made from it."""

from evergauge.options.parse import parse
from evergauge.options.table import FLAGS, Options

__all__ = ["FLAGS", "Options", "parse"]
