"""Indices of inputs with their intervals, one row an input: PAWN, Sobol's first and total order, Morris's effects."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from sim.analysis.sensitivity import Sensitivity
from sim.charts.page import BODY, SMALL, Panel, Picture, Words, provenance, sheet
from sim.charts.style import INK, NEUTRAL, NEUTRAL_PALE, RULE, SOFT
from sim.charts.text import LINE, clean, text_width, wrap
from sim.charts.wording import (
    READING_MORRIS,
    READING_PAWN,
    READING_SOBOL,
    design_words,
    index_text,
    row_words,
    sensitivity_opening,
    shown_rows,
)

MOST = 20  # inputs drawn
LABEL, SCALE, GAP, AIR, AXIS, KEY = 3.3, 3.2, 0.25, 0.16, 0.5, 0.32  # inches


@dataclass(frozen=True)
class Mark:
    """One index of a method.

    Attributes:
        key, low, high: Columns of the table; the last two empty where there is no interval.
        name: In words.
        filled: Whether its dot is.
    """

    key: str
    low: str
    high: str
    name: str
    filled: bool


@dataclass(frozen=True)
class Kind:
    """How the indices of a method are drawn."""

    marks: tuple[Mark, ...]
    title: str
    axis: str
    reading: str


KINDS = {
    "pawn": Kind((Mark("index", "low", "high", "PAWN index", True),), "Which inputs move the distribution",
                 "distance of distributions, 0 to 1", f"{READING_PAWN} Here the pale band is the noise."),
    "sobol": Kind(
        (Mark("first", "first_low", "first_high", "alone", True),
         Mark("total", "total_low", "total_high", "in all", False)),
        "Which inputs the variance goes with", "share of the figure's variance", READING_SOBOL),
    "morris": Kind(
        (Mark("mean", "mean_low", "mean_high", "size (mu*)", True), Mark("sigma", "", "", "spread (sigma)", False)),
        "What the way from low to high of an input does", "change of the figure from low to high", READING_MORRIS),
}  # fmt: skip


def index_chart(told: Sensitivity, method: str) -> Picture:
    """Draw the indices of a method: dots with intervals, one row an input, the largest first."""
    kind, rows = KINDS[method], shown_rows(told.tables[method], MOST)
    labels = [wrap(row_words(told, row), LABEL, SMALL) for row in rows]
    said = [[_value(mark, row) for mark in kind.marks] for row in rows]
    heights = [max(len(lines), len(kind.marks)) * SMALL * LINE + AIR for lines in labels]
    values_head = " and ".join(mark.name for mark in kind.marks)
    wide = max(text_width(values_head, SMALL, True), *(text_width(text, SMALL) for texts in said for text in texts))
    key = KEY if len(kind.marks) > 1 else 0.0
    head = BODY * LINE + 0.06

    def draw(panel: Panel) -> None:
        values = LABEL + GAP + SCALE + GAP
        panel.text(0, 0, "Input", SMALL, weight="bold")
        panel.text(values, 0, values_head, SMALL, weight="bold")
        y = head
        for lines, texts, height in zip(labels, said, heights, strict=True):
            panel.rule(0, y, panel.width, linewidth=0.5)
            for cells, x in ((lines, 0.0), (texts, values)):
                panel.lines(x, y + (height - len(cells) * SMALL * LINE) / 2 + 0.02, cells, SMALL)
            y += height
        _draw_marks(panel.axes(LABEL + GAP, head, SCALE, y - head), kind, rows, heights)
        _draw_key(panel, kind, y + AXIS)

    size = (LABEL + GAP + SCALE + GAP + wide + 0.1, head + sum(heights) + AXIS + key)
    footer = provenance(told.results)
    if method in told.designs:
        facts = told.designs[method]
        footer += f" · {facts['runs']:,} runs of design {facts['identity'][:12]}"
    return sheet(clean(told.results.scenario.title), _words(told, method, rows), [footer], size, draw)


def index_numbers(told: Sensitivity, method: str) -> pd.DataFrame:
    """The table of a method with each input in words; inputs drawn together joined by a space."""
    table = told.tables[method].copy()
    table.insert(1, "words", [row_words(told, row) for row in table.to_dict("records")])
    return table.assign(together=[" ".join(paths) for paths in table["together"]])


def _value(mark: Mark, row: dict[Any, Any]) -> str:
    if row["kind"] == "dummy" and mark.key == "total":
        return ""
    return index_text(row, mark.key, mark.low, mark.high) if mark.low else f"{row[mark.key]:.2f}"


def _draw_marks(axes: Axes, kind: Kind, rows: Sequence[dict[Any, Any]], heights: Sequence[float]) -> None:
    """Dots with intervals, on the band of what does nothing where the table has one; one unit of y is an inch."""
    keys = [key for mark in kind.marks for key in (mark.key, mark.low, mark.high) if key]
    ends = [row[key] for row in rows for key in keys if not math.isnan(row[key])]
    low, high = min(0.0, *ends), max(ends)
    room = 0.05 * (high - low or 1)
    axes.set_xlim(low - (room if low < 0 else 0), high + room)
    axes.set_ylim(sum(heights), 0)
    axes.set_yticks([])
    marks = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(low, high)
    ticks = [tick for tick in marks if low - room <= tick <= high + room]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.tick_params(axis="x", length=0)
    axes.set_xlabel(kind.axis, fontsize=SMALL, color=SOFT)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.vlines(ticks, 0, sum(heights), color=RULE, linewidth=0.6, zorder=0)
    axes.vlines(0, 0, sum(heights), color=INK, linewidth=0.9, zorder=1)
    y = 0.0
    for row, height in zip(rows, heights, strict=True):
        if "noise" in row:
            axes.add_patch(Rectangle((0, y), row["noise"], height, facecolor=NEUTRAL_PALE, linewidth=0, zorder=0.5))
        for place, mark in enumerate(kind.marks):
            if row["kind"] == "dummy" and mark.key == "total":
                continue
            middle = y + height * (place + 1) / (len(kind.marks) + 1)
            if mark.low:
                axes.hlines(middle, row[mark.low], row[mark.high], color=INK, linewidth=1.1, zorder=2)
            _draw_dot(axes, row[mark.key], middle, mark)
        y += height


def _draw_dot(axes: Axes, x: float, y: float, mark: Mark) -> None:
    look: dict[str, Any] = {"markerfacecolor": NEUTRAL if mark.filled else "white", "color": INK, "markersize": 5.5}
    axes.plot([x], [y], marker="o" if mark.filled else "D", linestyle="none", zorder=3, clip_on=False, **look)


def _draw_key(panel: Panel, kind: Kind, top: float) -> None:
    x = LABEL + GAP
    for mark in kind.marks if len(kind.marks) > 1 else ():
        axes = panel.axes(x, top, 0.2, 0.16)
        axes.set_axis_off()
        axes.set_xlim(-1, 1)
        axes.set_ylim(-1, 1)
        _draw_dot(axes, 0, 0, mark)
        panel.text(x + 0.25, top, mark.name, SMALL)
        x += 0.25 + text_width(mark.name, SMALL) + 0.3


def _words(told: Sensitivity, method: str, rows: Sequence[dict[Any, Any]]) -> Words:
    kind = KINDS[method]
    said = sensitivity_opening(told) + (f" {design_words(told, method)}" if method in told.designs else "")
    first = [f"{row_words(told, row)}: {', '.join(_value(mark, row) for mark in kind.marks)}" for row in rows[:3]]
    return Words(
        f"{kind.title}: {told.asked.label}",
        "One row an input, the largest first. Line: 95 % interval.",
        said,
        f"Dots with intervals. {said} {'. '.join(map(clean, first))}.",
        (kind.reading,),
    )

