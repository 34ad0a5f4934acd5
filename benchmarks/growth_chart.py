"""The chart of growth: what a file takes, and the peak of memory, over the number of files, as plain SVG."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 880
HEIGHT: Final = 360
PLOT: Final = 300
"""Width of each of the two plots."""
LEFT: Final = (60, 430)
TOP: Final = 70
BOTTOM: Final = 310
LEGEND: Final = 750
COLOURS: Final = ("#1f6feb", "#8250df", "#2da44e", "#bf3989", "#bc4c00", "#57606a")


@dataclass(frozen=True)
class Curve:
    """A workload: numbers of files, each with CPU microseconds for one of them and the peak in megabytes."""

    title: str
    points: tuple[tuple[int, float, float], ...]

    def relative(self) -> list[tuple[int, float]]:
        """Return what a file takes, as a share of what it takes with the fewest files."""
        return [(count, cpu / self.points[0][1]) for count, cpu, _ in self.points]

    def peaks(self) -> list[tuple[int, float]]:
        return [(count, peak) for count, _, peak in self.points]


def draw(curves: Sequence[Curve]) -> str:
    """Return the chart."""
    counts = sorted({count for curve in curves for count, _, _ in curve.points})
    title = "Growth with the number of files"
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    plots = (
        _Plot(LEFT[0], "CPU time of a file, as a share", counts, [curve.relative() for curve in curves], 1.5, "{:.2f}"),
        _Plot(LEFT[1], "peak memory, MB", counts, [curve.peaks() for curve in curves], 50, "{:.0f}"),
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="system-ui, sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        _text(16, 26, title, 'font-size="15" font-weight="600"'),
        *(part for plot in plots for part in plot.parts()),
        *(
            part
            for number, curve in enumerate(curves)
            for part in (
                f'<rect x="{LEGEND}" y="{TOP + 22 * number}" width="11" height="11" fill="{_colour(number)}"/>',
                _text(LEGEND + 17, TOP + 22 * number + 10, curve.title),
            )
        ),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


@dataclass(frozen=True)
class _Plot:
    left: int
    title: str
    counts: Sequence[int]
    lines: Sequence[Sequence[tuple[int, float]]]
    least_top: float
    """The least that the highest line of the grid stands for."""
    layout: str

    def parts(self) -> Iterator[str]:
        top = max([self.least_top, *(1.1 * value for line in self.lines for _, value in line)])
        yield _text(self.left, TOP - 16, self.title, 'font-weight="600"')
        for share in (0, 0.25, 0.5, 0.75, 1):
            y = _y(share)
            yield f'<path d="M{self.left} {y}h{PLOT}" stroke="#d0d7de"/>'
            yield _text(self.left - 6, y + 4, self.layout.format(share * top), 'text-anchor="end" font-size="10"')
        for count in self.counts:
            yield _text(self._x(count), BOTTOM + 18, f"{count:,}", 'text-anchor="middle" font-size="10"')
        for number, line in enumerate(self.lines):
            points = [(self._x(count), _y(value / top)) for count, value in line]
            path = "L".join(f"{x} {y}" for x, y in points)
            yield f'<path d="M{path}" fill="none" stroke="{_colour(number)}" stroke-width="2"/>'
            yield from (f'<circle cx="{x}" cy="{y}" r="3" fill="{_colour(number)}"/>' for x, y in points)

    def _x(self, count: int) -> int:
        first, last = math.log(self.counts[0]), math.log(self.counts[-1])
        share = (math.log(count) - first) / (last - first) if last > first else 0
        return round(self.left + 24 + share * (PLOT - 48))


def _y(share: float) -> int:
    return round(BOTTOM - share * (BOTTOM - TOP))


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _text(x: int, y: int, text: str, attributes: str = "") -> str:
    return f'<text x="{x}" y="{y}" {attributes}>{escape(text)}</text>'
