"""Rows of a chart: words in columns, a scale beside them on which one unit of y is an inch, bars and whiskers."""

from collections.abc import Iterable, Sequence

from sim.charts.page import SMALL, Panel
from sim.charts.text import LINE

Column = tuple[float, str, Sequence[Sequence[str]]]  # place in inches, heading, lines of each row


def draw_columns(panel: Panel, top: float, heights: Sequence[float], columns: Iterable[Column]) -> None:
    """Draw words in columns: headings, then rows with a rule above each, their lines centred."""
    columns = list(columns)
    for x, heading, _ in columns:
        panel.text(x, 0, heading, SMALL, weight="bold")
    y = top
    for row, height in enumerate(heights):
        panel.rule(0, y, panel.width, linewidth=0.5)
        for x, _, texts in columns:
            panel.lines(x, y + (height - len(texts[row]) * SMALL * LINE) / 2 + 0.02, texts[row], SMALL)
        y += height
