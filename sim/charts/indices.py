"""Sensitivity indices with their intervals, one row an input: PAWN, Sobol's first and total order, Morris's effects."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from sim.analysis.sensitivity import Sensitivity
from sim.charts.chart import ANALYSIS_CHARTS, Chart
from sim.charts.page import BODY, PAGE, SMALL, Caption, Form, Panel, provenance
from sim.charts.rows import draw_columns, draw_scale
from sim.charts.style import INK, NEUTRAL, NEUTRAL_PALE
from sim.charts.text import LINE, clean, text_width, wrap
from sim.charts.wording import (
    READING_MORRIS,
    READING_PAWN,
    READING_SOBOL,
    design_text,
    index_text,
    row_label,
    sensitivity_opening,
    top_rows,
)
from sim.core.wording import counted
from sim.results.results import Results

MOST = 20  # inputs drawn
LABEL, SCALE, GAP, AIR, AXIS, KEY = 3.3, 3.2, 0.25, 0.16, 0.5, 0.32  # inches
HEAD = BODY * LINE + 0.06  # inches above the rows


@dataclass(frozen=True)
class Mark:
    """One index of a method.

    Attributes:
        key, low, high: Columns of the table; the last two empty without an interval.
        name: Label.
        filled: Whether its dot is filled.
    """

    key: str
    low: str
    high: str
    name: str
    filled: bool


@dataclass(frozen=True)
class Rows:
    """Inputs from top to bottom: rows of the table, lines at the left, figures as text, heights in inches."""

    records: list[dict[Any, Any]]
    labels: list[list[str]]
    values: list[list[str]]
    heights: list[float]

    @property
    def height(self) -> float:
        return sum(self.heights)


def room_for(found: pd.DataFrame, most: int, form: Form) -> int:
    """Return how many inputs have a row of the form, beside the rows of dummies."""
    others = int((~found["kind"].isin(["number", "lot"])).sum())
    return max(1, min(most, form.rows - others))


class SensitivityChart(Chart[Sensitivity, Rows]):
    """One method, a row an input, the largest first; its name is the method."""

    of = Sensitivity

    def applies(self, subject: Sensitivity) -> bool:
        return self.name in subject.tables

    def results(self, subject: Sensitivity) -> Results:
        return subject.results

    def table(self, subject: Sensitivity) -> pd.DataFrame:
        """Return the table of the method with each input's label; inputs drawn together joined by a space."""
        table = subject.tables[self.name].copy()
        table.insert(1, "words", [self.input_text(subject, row) for row in table.to_dict("records")])
        return table.assign(together=[" ".join(paths) for paths in table["together"]])

    def input_text(self, subject: Sensitivity, row: dict[Any, Any]) -> str:
        return row_label(subject, row)


class IndexChart(SensitivityChart):
    """Dots with intervals, one row an input.

    Attributes:
        marks: The indices of the method.
        title, axis, reading: Title, label of the scale, how to read it.
        ranked_by: Key of the index by which inputs are ranked.
    """

    marks: tuple[Mark, ...]
    title: str
    axis: str
    reading: str
    ranked_by: str  # key of the index by which inputs are ranked

    @property
    def head(self) -> str:
        return " and ".join(mark.name for mark in self.marks)

    def footer(self, subject: Sensitivity) -> str:
        footer = provenance(subject.results)
        if self.name in subject.designs:
            facts = subject.designs[self.name]
            footer += f" · {facts['runs']:,} runs of design {facts['identity'][:12]}"
        return footer

    def frame(self, subjects: Sequence[Sensitivity], form: Form = PAGE) -> Rows:
        (subject,) = subjects
        rows = top_rows(subject.tables[self.name], room_for(subject.tables[self.name], MOST, form))
        labels = [wrap(row_label(subject, row), LABEL, SMALL) for row in rows]
        heights = [max(len(lines), len(self.marks)) * SMALL * LINE + AIR for lines in labels]
        return Rows(rows, labels, [[_value(mark, row) for mark in self.marks] for row in rows], heights)

    def size(self, subject: Sensitivity, shared: Rows) -> tuple[float, float]:
        texts = [text_width(text, SMALL) for texts in shared.values for text in texts]
        wide = max(text_width(self.head, SMALL, True), *texts)
        key = KEY if len(self.marks) > 1 else 0.0
        return LABEL + GAP + SCALE + GAP + wide + 0.1, HEAD + shared.height + AXIS + key

    def draw(self, panel: Panel, subject: Sensitivity, shared: Rows) -> None:
        columns = ((0.0, "Input", shared.labels), (LABEL + GAP + SCALE + GAP, self.head, shared.values))
        draw_columns(panel, HEAD, shared.heights, columns)
        _draw_marks(panel.axes(LABEL + GAP, HEAD, SCALE, shared.height), self, shared)
        _draw_key(panel, self.marks, HEAD + shared.height + AXIS)

    def caption(self, subject: Sensitivity, shared: Rows) -> Caption:
        design = f" {design_text(subject, self.name)}" if self.name in subject.designs else ""
        finding = sensitivity_opening(subject) + design
        rows = shared.records[:3]
        left = len(subject.tables[self.name]) - len(shared.records)
        first = [f"{row_label(subject, row)}: {', '.join(_value(mark, row) for mark in self.marks)}" for row in rows]
        return Caption(
            f"{self.title}: {subject.figure.label}",
            "One row an input, the largest first. Line: 95 % interval.",
            finding,
            f"Dots with intervals. {finding} {'. '.join(map(clean, first))}.",
            (self.reading,),
            self._headline(subject, shared.records[0]),
            f"and {counted(left, 'more input')}" if left else "",
        )


    def _headline(self, subject: Sensitivity, first: dict[Any, Any]) -> str:
        """Name the first input, unless its interval reaches down to what an input does that does nothing."""
        mark = next(mark for mark in self.marks if mark.key == self.ranked_by)
        if first[mark.low] <= first.get("noise", 0.0):
            return f"No input stands out from one that does nothing, for this figure: {subject.figure.label}"
        label = row_label(subject, first)
        return f"{label[0].upper()}{label[1:]} ranks first for this figure; {mark.name}: {_value(mark, first)}"


@ANALYSIS_CHARTS.register
class PawnChart(IndexChart):
    """PAWN indices."""

    name = "pawn"
    about = "PAWN: which inputs move the distribution of a figure"
    marks = (Mark("index", "low", "high", "PAWN index", True),)
    title = "Which inputs move the distribution"
    axis = "distance of distributions, 0 to 1"
    ranked_by = "index"
    reading = f"{READING_PAWN} Here the pale band is the noise."


@ANALYSIS_CHARTS.register
class SobolChart(IndexChart):
    """Sobol's indices of first and total order."""

    name = "sobol"
    about = "Sobol: which inputs the variance of a figure goes with, alone and in all"
    marks = (
        Mark("first", "first_low", "first_high", "alone", True),
        Mark("total", "total_low", "total_high", "in all", False),
    )
    title = "Which inputs the variance goes with"
    axis = "share of the figure's variance"
    ranked_by = "total"
    reading = READING_SOBOL


@ANALYSIS_CHARTS.register
class MorrisChart(IndexChart):
    """Morris's elementary effects."""

    name = "morris"
    about = "Morris: what the way from low to high of an input does to a figure"
    marks = (
        Mark("mean", "mean_low", "mean_high", "size (mu*)", True),
        Mark("sigma", "", "", "spread (sigma)", False),
    )
    title = "What the way from low to high of an input does"
    axis = "change of the figure from low to high"
    ranked_by = "mean"
    reading = READING_MORRIS


def _value(mark: Mark, row: dict[Any, Any]) -> str:
    if row["kind"] == "dummy" and mark.key == "total":
        return ""
    return index_text(row, mark.key) if mark.low else f"{row[mark.key]:.2f}"


def _draw_marks(axes: Axes, kind: IndexChart, shared: Rows) -> None:
    """Draw dots with intervals, on the band of the dummy if the table has one; one unit of y is an inch."""
    rows, tall = shared.records, shared.height
    keys = [key for mark in kind.marks for key in (mark.key, mark.low, mark.high) if key]
    ends = [row[key] for row in rows for key in keys if not math.isnan(row[key])]
    low, high = min(0.0, *ends), max(ends)
    high = high if high > low else low + 1
    room = 0.05 * (high - low)
    marks = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(low, high)
    ticks = [tick for tick in marks if low - room <= tick <= high + room]
    limits = (low - (room if low < 0 else 0), high + room)
    draw_scale(axes, limits, tall, ticks, [f"{tick:g}" for tick in ticks], kind.axis, ("left", "bottom"))
    axes.vlines(0, 0, tall, color=INK, linewidth=0.9, zorder=1)
    y = 0.0
    for row, height in zip(rows, shared.heights, strict=True):
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
    style: dict[str, Any] = {"markerfacecolor": NEUTRAL if mark.filled else "white", "color": INK, "markersize": 5.5}
    axes.plot([x], [y], marker="o" if mark.filled else "D", linestyle="none", zorder=3, clip_on=False, **style)


def _draw_key(panel: Panel, marks: Sequence[Mark], top: float) -> None:
    x = LABEL + GAP
    for mark in marks if len(marks) > 1 else ():
        axes = panel.axes(x, top, 0.2, 0.16)
        axes.set_axis_off()
        axes.set_xlim(-1, 1)
        axes.set_ylim(-1, 1)
        _draw_dot(axes, 0, 0, mark)
        panel.text(x + 0.25, top, mark.name, SMALL)
        x += 0.25 + text_width(mark.name, SMALL) + 0.3
