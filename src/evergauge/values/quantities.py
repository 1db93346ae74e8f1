"""Kubernetes' `resource.Quantity` as float64, as KSM and its library (apimachinery's `pkg/api/resource`) turn it into one.

Also where they lose digits: amounts beyond int64 come out as they do there, for a drop-in shows the same figure.
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import inf
from typing import NamedTuple

_QUANTITY = re.compile(r"([+-]?)(\d*)\.?(\d*)(\D.*)?", re.ASCII)
_EXPONENT = re.compile(r"[eE]([-+]?\d{1,18})", re.ASCII)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}

_NANO = -9
"""The smallest unit: what is finer is rounded up to it."""
_MILLI = -3
_SAFE_DIGITS = 18
"""So many digits fit into an int64, whatever they are."""
_MAX_INT64 = 2**63 - 1
_MAX_MILLI_VALUE = _MAX_INT64 // 1000
_WRAPPING = frozenset({1, 2, 3, 6, 9})
"""Shifts by which the library multiplies an int64 at once, so that it wraps; others go digit by digit and give up."""
_FAR = 1000
"""Exponents further out make no difference: the amount is out of float64's range, and a multiple of 2^64."""


class _Amount(NamedTuple):
    """`unscaled` times ten to the power of `scale`. big: a decimal of any size, else `unscaled` fits into an int64."""

    unscaled: int
    scale: int
    big: bool = False

    def at(self, scale: int) -> int:
        """In units of ten to the power of `scale`, rounded up, as int64: what doesn't fit gives its low 64 bits, or 0."""
        shift = self.scale - scale
        result = _shifted(self.unscaled, shift)
        if abs(result) <= _MAX_INT64:
            return result
        return (result + 2**63) % 2**64 - 2**63 if self.big or shift in _WRAPPING else 0


@lru_cache(maxsize=4096)
def value(quantity: str | float) -> float:
    """In whole units, rounded up (`Value()`): bytes and counts. Raises ValueError for junk."""
    return float(_parse(quantity).at(0))


@lru_cache(maxsize=4096)
def to_float(quantity: str | float) -> float:
    """In thousandths, rounded up, or in whole units where thousandths don't fit (KSM's `convertValueToFloat64`).

    Raises ValueError for junk.
    """
    amount = _parse(quantity)
    whole = amount.at(0)
    return float(whole) if whole > _MAX_MILLI_VALUE else float(amount.at(_MILLI)) / 1000


milli_value = to_float


@lru_cache(maxsize=4096)
def approximate(quantity: str | float) -> float:
    """The nearest float64 or one beside it (`AsApproximateFloat64`): ratios such as tolerances. Raises ValueError for junk."""
    amount = _parse(quantity)
    try:
        return float(amount.unscaled) * float(f"1e{amount.scale}")
    except OverflowError:
        return inf if amount.unscaled > 0 else -inf


def _parse(quantity: str | float) -> _Amount:
    parts = _QUANTITY.fullmatch(str(quantity).strip())
    if not parts or not (parts[2] or parts[3]):
        raise ValueError(f"not a quantity: {quantity!r}")
    sign, whole, fraction, suffix = parts[1], parts[2].lstrip("0") or "0", parts[3], parts[4] or ""
    unscaled = int(sign + whole + fraction)
    if suffix in _BINARY:
        return _binary(unscaled, len(whole), len(fraction), _BINARY[suffix])
    scale = _exponent(suffix) - len(fraction)
    if len(whole) + len(fraction) <= _SAFE_DIGITS and scale >= _NANO:
        return _Amount(unscaled, scale)
    return _decimal(unscaled, scale)


def _exponent(suffix: str) -> int:
    if suffix in _DECIMAL:
        return _DECIMAL[suffix]
    exponent = _EXPONENT.fullmatch(suffix)
    if not exponent:
        raise ValueError(f"not a quantity's suffix: {suffix!r}")
    return max(-_FAR, min(_FAR, int(exponent[1])))


def _binary(unscaled: int, whole_digits: int, fraction_digits: int, exponent: int) -> _Amount:
    amount = unscaled << exponent
    # The library's estimate of whether the digits fit, which leaves a margin.
    fits = whole_digits + exponent * 3 // 10 < 15
    if fits and not fraction_digits:
        return _Amount(amount, 0)
    big = _decimal(amount, -fraction_digits)
    if abs(big.unscaled) > _MAX_INT64 * 10**9:
        return _Amount(_MAX_INT64 if unscaled > 0 else -_MAX_INT64, 0, big=True)
    return big


def _decimal(unscaled: int, scale: int) -> _Amount:
    """A big amount, in billionths."""
    return _Amount(_shifted(unscaled, scale - _NANO), _NANO, big=True)


def _shifted(number: int, places: int) -> int:
    """A number times ten to the power of `places`, rounded away from zero."""
    power: int = 10 ** abs(places)
    if places >= 0:
        return number * power
    return -(-number // power) if number > 0 else number // power
