"""A few live series: read from the exposition as Prometheus would, and put into words."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Sample(NamedTuple):
    """One sample of a family. labels: escaped as in the text."""

    labels: Mapping[str, str]
    value: float


Samples = dict[str, list[Sample]]
"""By family, those that are exposed; samples that are 0 are left out."""


class Reader:
    """Takes an exposition in pieces and keeps the samples of some families."""

    def __init__(self, families: Iterable[str]) -> None:
        names = "|".join(families)
        self.samples: Samples = {}
        self._type = re.compile(rf"^# TYPE ({names}) ".encode(), re.MULTILINE)
        self._sample = re.compile(rf"^({names})\{{(.*)\}} (?!0$|0\.0$)(\S+)$".encode(), re.MULTILINE)
        self._rest = b""

    def feed(self, piece: bytes) -> None:
        """The next piece, of any length."""
        lines, _, self._rest = (self._rest + piece).rpartition(b"\n")
        for family in self._type.findall(lines):
            self.samples[family.decode()] = []
        for family, labels, value in self._sample.findall(lines):
            self.samples[family.decode()].append(Sample(dict(_LABEL.findall(labels.decode())), float(value)))


class Series(NamedTuple):
    """One line. families: what it is made of, all of which must be exposed; words: what their samples say."""

    title: str
    families: Sequence[str]
    words: Callable[..., str]

    def text(self, samples: Samples) -> str | None:
        """What is to be said of the samples; None when a family isn't exposed."""
        if not all(family in samples for family in self.families):
            return None
        return self.words(*(samples[family] for family in self.families))


# Words


def counts(pairs: Iterable[tuple[str, int]], nothing: str = "none") -> str:
    """`Running 989, Pending 11`, the most first."""
    return (
        ", ".join(f"{name} {count:,}" for name, count in sorted(pairs, key=lambda pair: (-pair[1], pair[0]))) or nothing
    )


def by_label(label: str) -> Callable[[Sequence[Sample]], str]:
    """Words: how many samples there are of each text of a label."""
    return lambda samples: counts(Counter(sample.labels[label] for sample in samples).items())


def _restarts(samples: Sequence[Sample]) -> str:
    return f"{sum(sample.value for sample in samples):,.0f}"


def _rolling(wanted: Sequence[Sample], updated: Sequence[Sample], present: Sequence[Sample]) -> str:
    new, there = _by_deployment(updated), _by_deployment(present)
    rolling = [
        f"{name[1]} {new.get(name, 0):.0f}/{count:.0f}"
        for name, count in _by_deployment(wanted).items()
        if not new.get(name, 0) == there.get(name, 0) == count
    ]
    return f"{len(rolling)} of {len(wanted):,}{': ' if rolling else ''}{', '.join(rolling)}"


def _by_deployment(samples: Sequence[Sample]) -> dict[tuple[str, str], float]:
    return {(sample.labels["namespace"], sample.labels["deployment"]): sample.value for sample in samples}


def _nodes(samples: Sequence[Sample]) -> str:
    ready = {sample.labels["node"]: sample.labels["status"] == "true" for sample in samples if _is_ready(sample)}
    silent = [node for node, is_ready in ready.items() if not is_ready]
    return f"{len(ready) - len(silent):,} of {len(ready):,} ready{'; not: ' if silent else ''}{', '.join(silent)}"


def _is_ready(sample: Sample) -> bool:
    return sample.labels["condition"] == "Ready"


def _feeds(samples: Sequence[Sample]) -> str:
    """`live 20; lost 1: pods`: those that aren't live by name."""
    named: dict[str, list[str]] = {}
    for sample in samples:
        named.setdefault(sample.labels["state"], []).append(sample.labels["resource"])
    live = len(named.pop("live", ()))
    return "; ".join([f"live {live}", *(f"{state} {len(them)}: {', '.join(them)}" for state, them in named.items())])


OF_OBJECTS = (
    Series("pods by phase", ("kube_pod_status_phase",), by_label("phase")),
    Series("containers waiting", ("kube_pod_container_status_waiting_reason",), by_label("reason")),
    Series("container restarts", ("kube_pod_container_status_restarts_total",), _restarts),
    Series(
        "deployments rolling",
        ("kube_deployment_spec_replicas", "kube_deployment_status_replicas_updated", "kube_deployment_status_replicas"),
        _rolling,
    ),
    Series("nodes", ("kube_node_status_condition",), _nodes),
)
"""Of the metrics port. They need `RESOURCES` only."""
RESOURCES = ("deployments", "nodes", "pods")

OF_EVERGAUGE = (Series("feeds", ("evergauge_feed_state",), _feeds),)
"""Of the telemetry port."""


def families(series: Iterable[Series]) -> list[str]:
    """The families that these series are made of."""
    return [family for each in series for family in each.families]


def told(series: Iterable[Series], samples: Samples) -> Iterator[tuple[Series, str]]:
    """Series with what is to be said of them; those that aren't exposed are left out."""
    for each in series:
        text = each.text(samples)
        if text is not None:
            yield each, text
