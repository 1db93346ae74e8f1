"""Cost against size as SVG: two series on logarithmic axes. Decision 0018 says why no library draws it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

WIDTH: Final = 460
HEIGHT: Final = 280
LEFT, RIGHT, TOP, BOTTOM = 58, 136, 34, 40
COLOURS: Final = ("#1668c4", "#c4561a", "#3f8f3f", "#7a4fb5")
"""Told apart by colour-blind readers, and legible on white and on dark grounds."""
GREY: Final = "#808890"
APART: Final = 14
"""Between two names."""


class Series(NamedTuple):
    """Points in order of x, all positive."""

    name: str
    points: Sequence[tuple[float, float]]


class Plot(NamedTuple):
    """unit: of y, shown beside the title."""

    title: str
    unit: str
    series: Sequence[Series]


class Axis:
    """A logarithmic one, from whole powers of ten to whole powers of ten."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        """start, end: where it begins and ends in the picture."""
        self._low = math.floor(math.log10(min(values)))
        self._high = max(math.ceil(math.log10(max(values))), self._low + 1)
        self._start, self._end = start, end

    def at(self, value: float) -> float:
        """The place of a value."""
        share = (math.log10(value) - self._low) / (self._high - self._low)
        return self._start + share * (self._end - self._start)

    def marks(self) -> Iterator[float]:
        """The powers of ten."""
        return (10.0**power for power in range(self._low, self._high + 1))


def drawn(plot: Plot) -> str:
    """The picture as an SVG document."""
    points = [point for series in plot.series for point in series.points]
    x = Axis([point[0] for point in points], LEFT, WIDTH - RIGHT)
    y = Axis([point[1] for point in points], HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">',
        f'<g font-family="sans-serif" font-size="11" fill="{GREY}">',
        f'<text x="{LEFT}" y="18" font-size="13" font-weight="bold">{plot.title}, {plot.unit}</text>',
        *_grid(x, y),
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">pods</text>',
    ]
    for series, colour in zip(plot.series, COLOURS, strict=False):
        parts += _line(series, colour, x, y)
    parts += _names(plot.series, x, y)
    return "\n".join([*parts, "</g>", "</svg>", ""])


def short(value: float) -> str:
    """A power of ten as an axis shows it: `10k`, `0.01`."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def _grid(x: Axis, y: Axis) -> Iterator[str]:
    line = f'stroke="{GREY}" stroke-opacity="0.25"'
    for mark in y.marks():
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y.at(mark):.1f}" y2="{y.at(mark):.1f}" {line}/>'
        yield f'<text x="{LEFT - 6}" y="{y.at(mark) + 4:.1f}" text-anchor="end">{short(mark)}</text>'
    for mark in x.marks():
        yield f'<line x1="{x.at(mark):.1f}" x2="{x.at(mark):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" {line}/>'
        yield f'<text x="{x.at(mark):.1f}" y="{HEIGHT - BOTTOM + 15}" text-anchor="middle">{short(mark)}</text>'


def _line(series: Series, colour: str, x: Axis, y: Axis) -> Iterator[str]:
    places = [(x.at(pods), y.at(value)) for pods, value in series.points]
    way = " ".join(f"{across:.1f},{down:.1f}" for across, down in places)
    yield f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="2"/>'
    for (across, down), (pods, value) in zip(places, series.points, strict=True):
        yield f'<circle cx="{across:.1f}" cy="{down:.1f}" r="3" fill="{colour}"><title>{pods:g} pods: {value:.3g}</title></circle>'


def _names(lines: Sequence[Series], x: Axis, y: Axis) -> Iterator[str]:
    """Beside the last points, from the top down and apart."""
    named = [(line.points[-1], line.name, colour) for line, colour in zip(lines, COLOURS, strict=False)]
    free = 0.0
    for (pods, value), name, colour in sorted(named, key=lambda each: -each[0][1]):
        across, down = x.at(pods), y.at(value)
        place = max(down, free)
        free = place + APART
        yield f'<text x="{across + 8:.1f}" y="{place + 4:.1f}" fill="{colour}">{name}</text>'


def plots(
    runs: Mapping[int, Mapping[str, Mapping[str, float]]], names: Mapping[str, str]
) -> Iterator[tuple[str, Plot]]:
    """File names and plots. runs: figures by pods, program and name, as in a result's `medians`. names: of the programs as they are shown."""
    for figure, title, unit in (
        ("served_seconds", "Until all pods are served", "seconds"),
        ("served_cpu", "CPU until then", "seconds"),
        ("resident", "Resident memory", "MiB"),
        ("gzip_seconds", "One gzip scrape", "seconds"),
    ):
        series = [
            Series(shown, [(pods, run[program][figure]) for pods, run in sorted(runs.items()) if run.get(program)])
            for program, shown in names.items()
        ]
        yield f"{figure.replace('_', '-')}.svg", Plot(title, unit, [each for each in series if each.points])
