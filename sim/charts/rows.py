"""Rows of a chart: text in columns, a scale beside them on which one unit of y is an inch, bars and whiskers."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from sim.charts.page import SMALL, Panel
from sim.charts.style import INK, RULE, SOFT
from sim.charts.text import LINE, share_text
from sim.results.results import share_interval

BAR = 0.16  # inches, thickness
ROW = 0.1  # inches of padding in a row
SPACE, VALUE, AXIS = 0.22, 1.12, 0.42  # inches between columns, right of bars for figures, below bars

Column = tuple[float, str, Sequence[Sequence[str]]]  # position in inches, heading, lines of each row


def nice_scale(highest: float) -> tuple[float, float]:
    """Return step and end of a scale of shares from 0 to `highest` or above, in at most five steps."""
    for step in (0.01, 0.02, 0.05, 0.1, 0.2):
        steps = max(1, math.ceil(highest / step - 1e-9))
        if steps <= 5:
            return step, steps * step
    return 0.25, 1.0


def draw_columns(panel: Panel, top: float, heights: Sequence[float], columns: Iterable[Column]) -> None:
    """Draw text in columns: headings, then rows with a rule above each, their lines centred."""
    columns = list(columns)
    for x, heading, _ in columns:
        panel.text(x, 0, heading, SMALL, weight="bold")
    y = top
    for row, height in enumerate(heights):
        panel.rule(0, y, panel.width, linewidth=0.5)
        for x, _, texts in columns:
            panel.lines(x, y + (height - len(texts[row]) * SMALL * LINE) / 2 + 0.02, texts[row], SMALL)
        y += height


def draw_scale(
    axes: Axes, limits: tuple[float, float], tall: float, ticks: Sequence[float], texts: Sequence[str], unit: str,
    hidden: Sequence[str] = ("bottom",),
) -> None:  # fmt: skip
    """Draw a scale below rows, with a pale line at each tick; one unit of y is an inch, downwards."""
    axes.set_xlim(*limits)
    axes.set_ylim(tall, 0)
    axes.set_xticks(ticks, texts)
    axes.set_yticks([])
    axes.tick_params(axis="x", length=0)
    axes.set_xlabel(unit, fontsize=SMALL, color=SOFT)
    for side in hidden:
        axes.spines[side].set_visible(False)
    ruled = ticks if "left" in hidden else [tick for tick in ticks if tick != limits[0]]
    axes.vlines(ruled, 0, tall, color=RULE, linewidth=0.6, zorder=0)


def draw_share_scale(axes: Axes, tall: float, step: float, limit: float, unit: str) -> None:
    """Draw a scale of shares from 0, in per cent."""
    ticks = [k * step for k in range(round(limit / step) + 1)]
    draw_scale(axes, (0, limit), tall, ticks, [f"{100 * tick:.0f}" for tick in ticks], unit)


def draw_whisker(
    axes: Axes, low: float, high: float, middle: float, half: float = 0.035, width: float = 1.1, zorder: float = 3
) -> None:
    """Draw an interval with ends that are twice `half` inches tall."""
    axes.hlines(middle, low, high, color=INK, linewidth=width, zorder=zorder)
    axes.vlines([low, high], middle - half, middle + half, color=INK, linewidth=width, zorder=zorder)


def draw_edged_whisker(axes: Axes, low: float, high: float, middle: float, half: float = 0.035) -> None:
    """Draw an interval with a pale edge, visible on its own bar."""
    for width, colour in ((2.4, "white"), (1.1, INK)):
        axes.hlines(middle, low, high, color=colour, linewidth=width, zorder=3)
        axes.vlines([low, high], middle - half, middle + half, color=colour, linewidth=width, zorder=3)


def draw_share(axes: Axes, middle: float, count: int, n: int, inch: float, fill: Mapping[str, Any]) -> None:
    """Draw a share as a bar from 0, its interval as a whisker, and both as text; `inch` is one on the scale."""
    share, (low, high) = count / n, share_interval(count, n)
    axes.barh(middle, share, BAR, left=0, linewidth=0.8, zorder=2, **fill)
    draw_whisker(axes, low, high, middle)
    draw_value(axes, max(share, high) + 0.06 * inch, middle, share_text(count, n))


def draw_value(axes: Axes, x: float, middle: float, text: str) -> None:
    """Draw a value as text right of a bar, on white."""
    label = axes.text(x, middle, text, va="center_baseline", fontsize=SMALL)
    label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.8})
