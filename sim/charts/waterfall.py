"""From one scenario to another step by step: what each group of differing inputs adds to a figure."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from sim.analysis.waterfall import SHAPLEY, Waterfall
from sim.charts.chart import ANALYSIS_CHARTS, Chart
from sim.charts.page import PAGE, SMALL, Caption, Form, Panel
from sim.charts.rows import draw_scale
from sim.charts.style import INK, NEUTRAL, NEUTRAL_PALE, SOFT
from sim.charts.text import LINE, clean, listed, text_width, wrap
from sim.results.format import decimals, digits_of_mean, number

LABEL, SCALE, VALUE = 3.1, 3.6, 1.7  # inches: names of inputs, bars, figures
ROW, AXIS, THICK = 0.14, 0.46, 0.2  # inches


def _draw_bars(axes: Axes, subject: Waterfall, rows: Sequence[dict[Any, Any]], heights: Sequence[float]) -> None:
    """One bar a row, steps from where the one before ended; one unit of y is an inch."""
    spans = _spans(rows)
    levels = [row[key] for row in rows if row["kind"] != "step" for key in ("low", "high")]
    ends = [end for end in (*levels, *(end for span in spans for end in span)) if not math.isnan(end)]
    low, high = min(0.0, *ends), max(0.0, *ends) or 1.0
    unit = 100 if subject.figure.kind == "share" else 1
    ticks = [tick for tick in MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(low, high) if low <= tick <= high]
    step = unit * (ticks[1] - ticks[0]) if len(ticks) > 1 else 1.0
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    limits = (low - 0.02 * (high - low) * (low < 0), high + 0.03 * (high - low))
    texts = [f"{unit * tick:.{digits}f}" for tick in ticks]
    name = "per cent of runs" if unit == 100 else subject.figure.label
    draw_scale(axes, limits, sum(heights), ticks, texts, name, ("left", "bottom"))
    y, before = 0.0, None
    for row, (start, end), height in zip(rows, spans, heights, strict=True):
        middle = y + height / 2
        fill = NEUTRAL if row["kind"] != "step" else NEUTRAL_PALE
        hatch = "/////" if row["kind"] == "step" and end < start else None  # hatched: also distinct without colour
        bar = Rectangle((min(start, end), middle - THICK / 2), abs(end - start), THICK, facecolor=fill, hatch=hatch,
                        edgecolor=SOFT, linewidth=0.6, zorder=2)  # fmt: skip
        axes.add_patch(bar)
        if before is not None:
            here = start if row["kind"] == "step" else end
            axes.vlines(here, before, middle + THICK / 2, color=SOFT, linewidth=0.7, zorder=1)
        if not math.isnan(row["low"]):
            shift = start if row["kind"] == "step" else 0.0
            axes.hlines(middle, row["low"] + shift, row["high"] + shift, color=INK, linewidth=1.0, zorder=3)
        y, before = y + height, middle - THICK / 2


def _spans(rows: Sequence[dict[Any, Any]]) -> list[tuple[float, float]]:
    """Return both ends of the bar of each row."""
    spans, at = [], 0.0
    for row in rows:
        start = at if row["kind"] == "step" else 0.0
        at = start + row["value"]
        spans.append((start, at))
    return spans


def _lines(subject: Waterfall, row: dict[Any, Any]) -> list[str]:
    """Return the title of an end, in bold, or the path of a step, broken at its dots."""
    room = LABEL - 0.15
    if row["kind"] != "step":
        return wrap(clean(subject.first if row["kind"] == "start" else subject.second, 160), room, SMALL, bold=True)
    lines = [""]
    for part in re.findall(r"[^.]*\.?", clean(row["label"], 160)):
        if lines[-1] and text_width(lines[-1] + part, SMALL) > room:
            lines.append("")
        lines[-1] += part
    return [short for line in lines for short in wrap(line, room, SMALL)]


def _figure(subject: Waterfall, row: dict[Any, Any]) -> str:
    """Format a level, or a signed step, with the digits that its interval allows."""
    unit, mark = (100, " %") if subject.figure.kind == "share" else (1, "")
    value, low, high = (unit * row[key] for key in ("value", "low", "high"))
    step = row["kind"] == "step"
    if math.isnan(low) or (low == high == 0):
        return number(value, 0 if unit == 100 else 3, step) + (" points" if unit == 100 and step else mark)
    digits = decimals(low, high) if unit == 100 else digits_of_mean(low, high)
    return number(value, digits, step) + (" points" if unit == 100 and step else mark)


@dataclass(frozen=True)
class Rows:
    """Start, steps and end, each with the lines of its name, and its height in inches."""

    records: list[dict[Any, Any]]
    lines: list[list[str]]
    heights: list[float]


def _merged(subject: Waterfall, most: int) -> list[dict[Any, Any]]:
    """Return start, at most so many steps, and end; what is beyond, the smallest or the last, is one."""
    start, *steps, end = subject.rows.to_dict("records")
    if len(steps) <= most:
        return [start, *steps, end]
    ranked = sorted(steps, key=lambda row: -abs(row["value"])) if subject.method == SHAPLEY else steps
    shown = ranked[: most - 1]
    left = [row for row in steps if not any(row is each for each in shown)]
    value = sum(row["value"] for row in left)
    rest = left[0] | {"label": f"and {len(left)} more inputs", "value": value, "low": math.nan, "high": math.nan}
    return [start, *(row for row in steps if any(row is each for each in shown)), rest, end]


@ANALYSIS_CHARTS.register
class WaterfallChart(Chart[Waterfall, Rows]):
    """The start, what each step adds, and the end, on one scale that begins at 0."""

    name = "waterfall"
    about = "what each group of differing inputs adds to a figure, from one scenario to another"
    intervals = "lines: 95 % intervals"
    of = Waterfall

    def kicker(self, subject: Waterfall) -> str:
        return f"{clean(subject.first)} → {clean(subject.second)}"

    def footer(self, subject: Waterfall) -> str:
        return f"n = {subject.n:,} runs of each of {subject.mixtures:,} scenarios · seed {subject.seed}"

    def stem(self, subject: Waterfall) -> str:
        return f"waterfall-{subject.figure.name}"

    def frame(self, subjects: Sequence[Waterfall], form: Form = PAGE) -> Rows:
        rows = _merged(subjects[0], max(1, form.rows - 2))
        lines = [_lines(subjects[0], row) for row in rows]
        return Rows(rows, lines, [max(len(each) * SMALL * LINE, THICK) + ROW for each in lines])

    def size(self, subject: Waterfall, shared: Rows) -> tuple[float, float]:
        return LABEL + SCALE + VALUE, sum(shared.heights) + AXIS

    def draw(self, panel: Panel, subject: Waterfall, shared: Rows) -> None:
        y = 0.0
        for row, label, height in zip(shared.records, shared.lines, shared.heights, strict=True):
            panel.rule(0, y, panel.width, linewidth=0.5)
            bold: dict[str, Any] = {} if row["kind"] == "step" else {"weight": "bold"}
            panel.lines(0, y + (height - len(label) * SMALL * LINE) / 2 + 0.02, label, SMALL, **bold)
            value = _figure(subject, row)
            panel.text(panel.width, y + height / 2, value, SMALL, va="center_baseline", ha="right", **bold)
            y += height
        _draw_bars(panel.axes(LABEL, 0, SCALE, sum(shared.heights)), subject, shared.records, shared.heights)

    def table(self, subject: Waterfall) -> pd.DataFrame:
        """Return the numbers drawn: `figure, method`, the rows of the waterfall, and `n`."""
        table = subject.rows.assign(n=subject.n)
        table.insert(0, "figure", subject.figure.name)
        table.insert(1, "method", subject.method)
        return table

    def caption(self, subject: Waterfall, shared: Rows) -> Caption:
        rows = shared.records
        steps = [row for row in rows if row["kind"] == "step"]
        way = (
            "What a step adds is its mean over all orders in which the inputs can be taken over (Shapley value)."
            if subject.method == SHAPLEY
            else "Inputs are taken over from top to bottom; in another order steps would add other amounts."
        )
        largest = max(steps, key=lambda row: abs(row["value"]))
        finding = f"Largest step: {clean(largest['label'], 120)}, {_figure(subject, largest)}."
        steps_text = [f"{clean(row['label'], 80)} {_figure(subject, row)}" for row in steps]
        ends = {row["kind"]: _figure(subject, row) for row in rows}
        return Caption(
            f"Where the difference comes from: {subject.figure.label}",
            f"All scenarios on the way are played on the same runs. {way}",
            finding,
            f"Waterfall from {ends['start']} to {ends['end']}: {listed(steps_text)}.",
            ("Lines: 95 % intervals, over runs. Hatched: the step takes away.",),
            self._headline(subject, ends, largest),
        )

    def _headline(self, subject: Waterfall, ends: Mapping[str, str], largest: Mapping[Any, Any]) -> str:
        label = subject.figure.label
        way = f"{label[0].upper()}{label[1:]} goes from {ends['start']} to {ends['end']}"
        if not largest["value"]:
            return f"{way}: no input that differs changes it"
        return f"{way}; the largest step is {clean(largest['label'], 60)}, {_figure(subject, dict(largest))}"
