"""Label values, help texts and numbers as the text format writes them.

All of it stands on the hot path: each function is called some fifty times an object.
"""

from __future__ import annotations

from functools import lru_cache
from math import inf

_LABEL_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
_HELP_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n"})

READY: dict[float, str] = {n: str(n) for n in range(-1, 2048)} | {inf: "+Inf", -inf: "-Inf"}
"""Texts of the numbers that most samples have. 1.0, True and 1 are the same key, -0.0 is 0 (as KSM writes it)."""
_FIRST_LARGE = 10**6
"""From here on Go's format `g` uses an exponent."""
_FIRST_ROUNDED = 2**53
"""From here on a float64 doesn't hold every integer."""
_EXPONENTS = [f"e+{digits - 1:02}" for digits in range(18)]
"""The exponent by the number of digits before the point."""


def escape(value: str) -> str:
    """A label value: backslash, quote and newline escaped."""
    # Three scans beat one translate by far on the clean strings that nearly all values are.
    if "\\" in value or '"' in value or "\n" in value:
        return value.translate(_LABEL_ESCAPES)
    return value


def needs_escape(text: str) -> bool:
    """Whether `escape` would change a text. Many values joined are looked at in the time of one."""
    return "\\" in text or '"' in text or "\n" in text


def escape_help(text: str, *, openmetrics: bool) -> str:
    """A HELP text: backslash and newline escaped, in OpenMetrics the quote too."""
    return text.translate(_LABEL_ESCAPES if openmetrics else _HELP_ESCAPES)


def number(value: float) -> str:
    """A sample's value as Go's `FormatFloat(v, 'g', -1, 64)` writes it: shortest digits, exponent form outside 1e-4 to 1e6.

    Integers are taken as float64, which rounds them from 2^53 on.
    """
    return READY.get(value) or _number(value)


@lru_cache(maxsize=4096)
def _number(value: float) -> str:
    if value < 0:
        return "-" + number(-value).lstrip("+")
    if isinstance(value, int):
        return _whole_number(value)
    text = repr(value)
    if value < _FIRST_LARGE:
        return text.removesuffix(".0")
    if text == "nan":
        return "NaN"
    # Python uses the exponent from 1e16 on, and writes it as Go does.
    return text if "e" in text else _with_exponent(*text.split("."))


def _whole_number(value: int) -> str:
    if value < _FIRST_LARGE:
        return str(value)
    if value < _FIRST_ROUNDED:
        return _with_exponent(str(value))
    try:
        return number(float(value))
    except OverflowError:
        return number(inf)


def _with_exponent(whole: str, fraction: str = "") -> str:
    """Digits before and after the point, at least two before, as `d.ddde+XX`."""
    mantissa = (whole + fraction).rstrip("0")
    exponent = _EXPONENTS[len(whole)]
    return f"{mantissa[0]}.{mantissa[1:]}{exponent}" if len(mantissa) > 1 else mantissa + exponent
