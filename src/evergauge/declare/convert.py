"""From a field's value to text, for the generated code. One function a conversion; the compiler calls them by name."""

from functools import lru_cache

from evergauge.exposition.labels import label_pairs
from evergauge.exposition.text import escape, number
from evergauge.values.quantities import to_float
from evergauge.values.times import seconds_text

ZERO_TIME_TEXT = "-6.21355968e+10"
"""Go's zero time (year 1) in Unix seconds, which KSM shows where a time that isn't a pointer is absent."""


def time_text(text: str) -> str:
    """RFC 3339 text as a sample's value; Go's zero time for an empty one. Raises ValueError for junk."""
    return seconds_text(text) or ZERO_TIME_TEXT


def is_set_time(text: str | None) -> bool:
    """Whether a time is there and isn't Go's zero time (`metav1.Time.IsZero`)."""
    return seconds_text(text) is not None


@lru_cache(maxsize=4096)
def quantity_text(quantity: str | float) -> str:
    """A `resource.Quantity` as a sample's value. Cached: a cluster has few distinct quantities. Raises ValueError for junk."""
    return number(to_float(quantity))


def map_labels(prefix: str, allowed: tuple[str, ...], values: dict[str, str] | None) -> str:
    """The labels made of a string map as text: a comma before each, sanitised names, escaped values. No map: no text."""
    if not values:
        return ""
    pairs = label_pairs(prefix, allowed, values)
    return "".join(f',{name}="{escape(value)}"' for name, value in pairs)
