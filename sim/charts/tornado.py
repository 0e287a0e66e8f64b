"""Differences of a figure between low and high values of each input, the largest first, and a dummy below."""

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from sim.analysis.sensitivity import Sensitivity
from sim.charts.chart import ANALYSIS_CHARTS
from sim.charts.indices import HEAD, Rows, SensitivityChart, room_for
from sim.charts.page import PAGE, SMALL, Caption, Form, Panel
from sim.charts.rows import draw_columns, draw_scale, draw_whisker
from sim.charts.style import INK, NEUTRAL, NEUTRAL_PALE
from sim.charts.text import LINE, clean, listed, text_width, wrap
from sim.charts.wording import difference_text, end_texts, figure_text, row_label, sensitivity_opening, top_rows
from sim.core.wording import counted
from sim.results.labels import input_label

MOST = 15  # inputs drawn
LABEL, SCALE, GAP, AIR, AXIS = 3.1, 3.0, 0.25, 0.13, 0.5  # inches
BAR = 0.13  # inches, half the height of a bar
ENDS = "Where it is low, and high"
STANDS_OUT = {"facecolor": NEUTRAL, "edgecolor": NEUTRAL}  # not a party's colour
DOES_NOT = {"facecolor": "white", "edgecolor": NEUTRAL}


def _ends(subject: Sensitivity, row: dict[Any, Any]) -> list[str]:
    """`58 % below 0.40` and `16 % above 0.56`, below each other."""
    low, high = end_texts(subject, row)
    return [
        f"{figure_text(subject, row['where_low'], row['n_low'])} {low}",
        f"{figure_text(subject, row['where_high'], row['n_high'])} {high}",
    ]


def _draw_bars(axes: Axes, subject: Sensitivity, rows: Sequence[dict[Any, Any]], heights: Sequence[float]) -> None:
    """Draw bars from 0 with their intervals, on the band of the dummy; one unit of y is an inch."""
    unit = 100 if subject.figure.is_share else 1
    ends = [unit * row[key] for row in rows for key in ("low", "high")] + [unit * row["noise"] for row in rows]
    most = 1.06 * max([abs(end) for end in ends if not math.isnan(end)] or [1])
    ticks = [tick for tick in MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(-most, most) if abs(tick) <= most]
    texts = [f"{tick:+g}" if tick else "0" for tick in ticks]
    name = "points of 100 of the runs" if unit == 100 else "in the figure's unit"
    draw_scale(axes, (-most, most), sum(heights), ticks, texts, name, ("left", "bottom"))
    axes.vlines(0, 0, sum(heights), color=INK, linewidth=0.9, zorder=4)
    y = 0.0
    for row, height in zip(rows, heights, strict=True):
        band = unit * row["noise"]
        axes.add_patch(Rectangle((-band, y), 2 * band, height, facecolor=NEUTRAL_PALE, linewidth=0, zorder=-1))
        middle, value = y + height / 2, unit * row["difference"]
        style: dict[str, Any] = STANDS_OUT if row["stands_out"] else DOES_NOT
        axes.barh(middle, value, 2 * BAR, left=0, linewidth=0.9, zorder=2, **style)
        draw_whisker(axes, unit * row["low"], unit * row["high"], middle, 0.04)
        y += height


@ANALYSIS_CHARTS.register
class TornadoChart(SensitivityChart):
    """The differences between the runs where an input is low and where it is high."""

    name = "tornado"
    about = "which input goes with the largest change of a figure"

    def input_text(self, subject: Sensitivity, row: dict[Any, Any]) -> str:
        return input_label(subject.results.scenario, row["input"]) if row["input"] else ""

    def frame(self, subjects: Sequence[Sensitivity], form: Form = PAGE) -> Rows:
        (subject,) = subjects
        rows = top_rows(subject.tables[self.name], room_for(subject.tables[self.name], MOST, form))
        labels = [wrap(row_label(subject, row), LABEL, SMALL) for row in rows]
        heights = [max(len(lines), 2) * SMALL * LINE + AIR for lines in labels]
        return Rows(rows, labels, [_ends(subject, row) for row in rows], heights)

    def _widths(self, subject: Sensitivity, shared: Rows) -> tuple[float, float]:
        """Return inches for the ends and for the differences."""
        ends = [text_width(text, SMALL) for pair in shared.values for text in pair]
        room = max(text_width(ENDS, SMALL, True), *ends) + 0.1
        return room, max(text_width(difference_text(subject, row), SMALL) for row in shared.records) + 0.05

    def size(self, subject: Sensitivity, shared: Rows) -> tuple[float, float]:
        return LABEL + GAP + SCALE + 2 * GAP + sum(self._widths(subject, shared)), HEAD + shared.height + AXIS

    def draw(self, panel: Panel, subject: Sensitivity, shared: Rows) -> None:
        left, room = LABEL + GAP, self._widths(subject, shared)[0]
        differences = [[difference_text(subject, row)] for row in shared.records]
        columns = (
            (0.0, "Input", shared.labels),
            (left, ENDS, shared.values),
            (left + room + GAP + SCALE + GAP, "Difference", differences),
        )
        draw_columns(panel, HEAD, shared.heights, columns)
        axes = panel.axes(left + room + GAP, HEAD, SCALE, shared.height)
        _draw_bars(axes, subject, shared.records, shared.heights)

    def caption(self, subject: Sensitivity, shared: Rows) -> Caption:
        found = subject.tables["tornado"]
        inputs = int(found["kind"].isin(["number", "lot"]).sum())
        stand_out = int(found["stands_out"].sum())
        drawn = sum(row["kind"] in ("number", "lot") for row in shared.records)
        largest = [
            f"{row_label(subject, row)}: {' and '.join(_ends(subject, row))}, "
            f"difference {difference_text(subject, row)}"
            for row in shared.records[:3]
        ]
        finding = (
            f"{sensitivity_opening(subject)} Of {inputs:,} inputs {stand_out:,} stand out from what does nothing"
            f"{f'; the first {drawn} are shown' if drawn < inputs else ''}."
        )
        figure = subject.figure.does if subject.figure.is_share else subject.figure.label
        return Caption(
            f"Which inputs go with more or {'fewer runs that' if subject.figure.is_share else 'less'} {figure}",
            "Runs are sorted by one input at a time; the fifth with its lowest values is set beside the fifth with its "
            "highest. Of a red line, the runs in which it is not real beside those in which it is. To the right: more "
            "where the input is high.",
            finding,
            f"Bars of differences, the largest first. {finding} {'. '.join(map(clean, largest))}.",
            (
                "Filled bars stand out. Pale band: what the largest of so many inputs that do nothing stays within in "
                "19 of 20 cases. Dark: 95 % interval of the difference, from the number of runs alone.",
                "One input at a time, while all others vary over their ranges: what two of them do together is not "
                f"seen, and what goes with an input need not come of it. Figure: {listed([subject.figure.label])}.",
            ),
            self._headline(subject, shared, figure, stand_out),
            f"and {counted(inputs - drawn, 'more input')}" if drawn < inputs else "",
        )

    def _headline(self, subject: Sensitivity, shared: Rows, figure: str, stand_out: int) -> str:
        first = shared.records[0]
        share = f"The share of runs that {figure}" if subject.figure.is_share else f"{figure[0].upper()}{figure[1:]}"
        if not stand_out:
            return f"{share} differs with no input by more than with one that does nothing"
        return f"{share} differs most with {row_label(subject, first)}: {', '.join(_ends(subject, first))}"
