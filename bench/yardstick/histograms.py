"""Self-metrics that are histograms: what they counted between two looks, and quantiles of it."""

from __future__ import annotations

import re
from math import inf, isinf
from typing import TYPE_CHECKING, NamedTuple, Self

from yardstick.client import Client

if TYPE_CHECKING:
    from collections.abc import Sequence

    from yardstick.program import Program


class Histogram(NamedTuple):
    """bounds: of the buckets, the last one infinite. counts: of each bucket by itself. sum: of all observations."""

    bounds: Sequence[float]
    counts: Sequence[float]
    sum: float

    def since(self, before: Self) -> Histogram:
        """What came after an earlier look."""
        counts = [now - then for now, then in zip(self.counts, before.counts, strict=True)]
        return Histogram(self.bounds, counts, self.sum - before.sum)

    @property
    def observations(self) -> float:
        """How many."""
        return sum(self.counts)

    def above(self, bound: float) -> float:
        """Observations above a bound, which must be that of a bucket."""
        return sum(self.counts[self.bounds.index(bound) + 1 :])

    def quantile(self, share: float) -> float:
        """As Prometheus estimates it: evenly spread within a bucket, and never more than the last finite bound; 0 of nothing."""
        rank, seen, lower = share * self.observations, 0.0, 0.0
        for bound, count in zip(self.bounds, self.counts, strict=True):
            if count and seen + count >= rank:
                return lower if isinf(bound) else lower + (bound - lower) * (rank - seen) / count
            seen += count
            lower = lower if isinf(bound) else bound
        return lower


def read_histogram(text: str, name: str) -> Histogram:
    """The histogram without labels of that name in an exposition."""
    found = re.findall(rf'^{name}_bucket{{le="([^"]+)"}} (\S+)$', text, re.MULTILINE)
    bounds = [inf if bound == "+Inf" else float(bound) for bound, _ in found]
    totals = [float(total) for _, total in found]
    total = re.search(rf"^{name}_sum (\S+)$", text, re.MULTILINE)
    counts = [now - before for now, before in zip(totals, [0.0, *totals], strict=False)]
    return Histogram(bounds, counts, float(total[1]) if total else 0.0)


def self_metrics(program: Program) -> str:
    """All of a program's telemetry port."""
    return Client(program.telemetry_port).get("/metrics").body.decode()
