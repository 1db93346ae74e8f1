"""Kubernetes' IntOrString where it is a number or a share of a total, such as `maxSurge: 25%`."""

from __future__ import annotations

import re
from math import ceil, floor

_PERCENTAGE = re.compile(r"([+-]?\d+)%", re.ASCII)


def scaled(value: int | str, total: int, *, round_up: bool) -> int:
    """The number itself, or the percentage of `total` in whole units (apimachinery, `GetScaledValueFromIntOrPercent`).

    Raises ValueError for a text that is no percentage.
    """
    if isinstance(value, int):
        return value
    percentage = _PERCENTAGE.fullmatch(value)
    if not percentage:
        raise ValueError(f"neither a number nor a percentage: {value!r}")
    # In floating point, as the API server and its controllers compute it.
    share = float(int(percentage[1])) * float(total) / 100
    return ceil(share) if round_up else floor(share)
