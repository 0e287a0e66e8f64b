"""Which input goes with the largest change of a figure: bars of differences, the largest first, and a dummy below."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from sim.analysis.sensitivity import Sensitivity
from sim.charts.page import BODY, SMALL, Panel, Picture, Words, provenance, sheet
from sim.charts.style import INK, NEUTRAL, NEUTRAL_PALE, RULE, SOFT
from sim.charts.text import LINE, clean, listed, text_width, wrap
from sim.charts.wording import difference_text, end_texts, figure_text, row_words, sensitivity_opening, shown_rows
from sim.results.labels import input_words

MOST = 15  # inputs drawn
LABEL, SCALE, GAP, AIR, AXIS = 3.1, 3.0, 0.25, 0.13, 0.5  # inches
BAR = 0.13  # inches, half the height of a bar
STANDS_OUT = {"facecolor": NEUTRAL, "edgecolor": NEUTRAL}  # no party's colour: an input belongs to no side of a figure
DOES_NOT = {"facecolor": "white", "edgecolor": NEUTRAL}


def tornado_chart(told: Sensitivity) -> Picture:
    """Draw the differences between the runs where an input is low and where it is high."""
    heads = ("Input", "Where it is low, and high", "Difference")
    rows = shown_rows(told.tables["tornado"], MOST)
    labels = [wrap(row_words(told, row), LABEL, SMALL) for row in rows]
    ends = [_ends(told, row) for row in rows]
    heights = [len(lines) * SMALL * LINE + AIR for lines in labels]
    heights = [max(height, 2 * SMALL * LINE + AIR) for height in heights]
    room = max(text_width(heads[1], SMALL, True), *(text_width(text, SMALL) for pair in ends for text in pair)) + 0.1
    said = [difference_text(told, row) for row in rows]
    wide = max(text_width(text, SMALL) for text in said) + 0.05
    head = BODY * LINE + 0.06

    def draw(panel: Panel) -> None:
        places = (0.0, LABEL + GAP, LABEL + GAP + room + GAP + SCALE + GAP)
        for text, x in zip(heads, places, strict=True):
            panel.text(x, 0, text, SMALL, weight="bold")
        y = head
        for lines, pair, difference, height in zip(labels, ends, said, heights, strict=True):
            panel.rule(0, y, panel.width, linewidth=0.5)
            for texts, x in ((lines, places[0]), (pair, places[1]), ([difference], places[2])):
                panel.lines(x, y + (height - len(texts) * SMALL * LINE) / 2 + 0.02, texts, SMALL)
            y += height
        axes = panel.axes(places[1] + room + GAP, head, SCALE, sum(heights))
        _draw_bars(axes, told, rows, heights)

    width = LABEL + GAP + room + GAP + SCALE + GAP + wide
    title = clean(told.results.scenario.title)
    return sheet(title, _words(told, rows), [provenance(told.results)], (width, head + sum(heights) + AXIS), draw)


def tornado_numbers(told: Sensitivity) -> pd.DataFrame:
    """The table of the method with each input in words; inputs drawn together joined by a space."""
    table = told.tables["tornado"].copy()
    words = [input_words(told.results.scenario, path) if path else "" for path in table["input"]]
    table.insert(1, "words", words)
    return table.assign(together=[" ".join(paths) for paths in table["together"]])


def _ends(told: Sensitivity, row: dict[Any, Any]) -> list[str]:
    """`58 % below 0.40` and `16 % above 0.56`, below each other."""
    low, high = end_texts(told, row)
    return [
        f"{figure_text(told, row['where_low'], row['n_low'])} {low}",
        f"{figure_text(told, row['where_high'], row['n_high'])} {high}",
    ]


def _draw_bars(axes: Axes, told: Sensitivity, rows: Sequence[dict[Any, Any]], heights: Sequence[float]) -> None:
    """Bars from 0 with their intervals, on the band of what does nothing; one unit of y is an inch."""
    unit = 100 if told.asked.is_share else 1
    ends = [unit * row[key] for row in rows for key in ("low", "high")] + [unit * row["noise"] for row in rows]
    most = 1.06 * max([abs(end) for end in ends if not math.isnan(end)] or [1])
    axes.set_xlim(-most, most)
    axes.set_ylim(sum(heights), 0)
    axes.set_yticks([])
    ticks = [tick for tick in MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(-most, most) if abs(tick) <= most]
    axes.set_xticks(ticks, [f"{tick:+g}" if tick else "0" for tick in ticks])
    axes.tick_params(axis="x", length=0)
    axes.set_xlabel("points of 100 of the runs" if unit == 100 else "in the figure's unit", fontsize=SMALL, color=SOFT)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.vlines(ticks, 0, sum(heights), color=RULE, linewidth=0.6, zorder=1)
    axes.vlines(0, 0, sum(heights), color=INK, linewidth=0.9, zorder=4)
    y = 0.0
    for row, height in zip(rows, heights, strict=True):
        band = unit * row["noise"]
        axes.add_patch(Rectangle((-band, y), 2 * band, height, facecolor=NEUTRAL_PALE, linewidth=0, zorder=0))
        middle, value = y + height / 2, unit * row["difference"]
        look: dict[str, Any] = STANDS_OUT if row["stands_out"] else DOES_NOT
        axes.barh(middle, value, 2 * BAR, left=0, linewidth=0.9, zorder=2, **look)
        low, high = unit * row["low"], unit * row["high"]
        axes.hlines(middle, low, high, color=INK, linewidth=1.1, zorder=3)
        axes.vlines([low, high], middle - 0.04, middle + 0.04, color=INK, linewidth=1.1, zorder=3)
        y += height


def _words(told: Sensitivity, rows: Sequence[dict[Any, Any]]) -> Words:
    found = told.tables["tornado"]
    inputs = int(found["kind"].isin(["number", "lot"]).sum())
    stand_out = int(found["stands_out"].sum())
    drawn = min(inputs, MOST)
    largest = [
        f"{row_words(told, row)}: {' and '.join(_ends(told, row))}, difference {difference_text(told, row)}"
        for row in rows[:3]
    ]
    said = (
        f"{sensitivity_opening(told)} Of {inputs:,} inputs {stand_out:,} stand out from what does nothing"
        f"{f'; the first {drawn} are shown' if drawn < inputs else ''}."
    )
    figure = told.asked.does if told.asked.is_share else told.asked.label
    return Words(
        f"Which inputs go with more or {'fewer runs that' if told.asked.is_share else 'less'} {figure}",
        "Runs are sorted by one input at a time; the fifth with its lowest values is set beside the fifth with its "
        "highest. Of a red line, the runs in which it is not real beside those in which it is. To the right: more "
        "where the input is high.",
        said,
        f"Bars of differences, the largest first. {said} {'. '.join(map(clean, largest))}.",
        (
            "Filled bars stand out. Pale band: what the largest of so many inputs that do nothing stays within in 19 "
            "of 20 cases. Dark: 95 % interval of the difference, from the number of runs alone.",
            "One input at a time, while all others vary over their ranges: what two of them do together is not seen, "
            f"and what goes with an input need not come of it. Figure: {listed([told.asked.label])}.",
        ),
    )
