"""The chart: how much time and memory this package takes of what the other takes, as plain SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from cases import Figure
from report import Row

WIDTH: Final = 880
LABELS: Final = 290
UNIT: Final = 480
"""Width of a ratio of 1."""
LONGEST: Final = 1.1
HEAD: Final = 84
LINE: Final = 32
BAR: Final = 11
COLOURS: Final[dict[Figure, str]] = {"cpu": "#1f6feb", "wall": "#8250df", "peak": "#9aa4b2"}
NAMES: Final[dict[Figure, str]] = {"cpu": "CPU time", "wall": "elapsed time", "peak": "peak memory"}


def draw(rows: Sequence[Row]) -> str:
    """Return the chart of the rows, as ratios to the second subject."""
    first, reference = list(rows[0].results)[:2]
    height, end = HEAD + LINE * len(rows) + 12, LABELS + UNIT
    title = f"{first} as a share of {reference}; shorter is better"
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="system-ui, sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        _text(16, 26, title, 'font-size="15" font-weight="600"'),
        *_legend(),
        *(part for number, row in enumerate(rows) for part in _row(row, reference, HEAD + LINE * number)),
        f'<path d="M{end} {HEAD - 8}V{height - 8}" stroke="#57606a" stroke-dasharray="3 3"/>',
        _text(end, HEAD - 14, reference, 'text-anchor="middle"'),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _legend() -> Iterator[str]:
    for number, (figure, name) in enumerate(NAMES.items()):
        x = LABELS + 120 * number
        yield _bar(x, 42, BAR, figure)
        yield _text(x + BAR + 6, 42 + BAR - 1, name)


def _row(row: Row, reference: str, top: int) -> Iterator[str]:
    yield _text(LABELS - 10, top + BAR + 4, row.case.title, 'text-anchor="end"')
    for number, figure in enumerate((row.case.figure, "peak")):
        ratio, y = row.ratio(reference, figure), top + number * (BAR + 2)
        width = round(UNIT * min(ratio, LONGEST))
        yield _bar(LABELS, y, width, figure)
        yield _text(LABELS + width + 5, y + BAR - 2, f"{ratio:.2f}", 'font-size="10"')


def _bar(x: int, y: int, width: int, figure: Figure) -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{BAR}" fill="{COLOURS[figure]}"/>'


def _text(x: int, y: int, text: str, attributes: str = "") -> str:
    return f'<text x="{x}" y="{y}" {attributes}>{escape(text)}</text>'
