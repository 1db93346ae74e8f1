"""Each family has one header, each series one sample: where it hasn't, Prometheus takes one of them and says nothing."""

from __future__ import annotations

from collections import Counter

from support.foreign import parse_openmetrics, parse_text


def nothing_stands_twice(exposition: str, *, openmetrics: bool) -> None:
    """Asserts it of an exposition."""
    headers = Counter(line for line in exposition.splitlines() if line.startswith("# TYPE "))
    assert headers
    assert [line for line, count in headers.items() if count > 1] == []
    families = parse_openmetrics(exposition) if openmetrics else parse_text(exposition)
    series = Counter((s.name, frozenset(s.labels.items())) for family in families for s in family.samples)
    assert [each for each, count in series.items() if count > 1] == []
