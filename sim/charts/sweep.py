"""Results of a sweep: curves over one path that varies, maps over two."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from sim.analysis.sweep_table import SweepTable
from sim.charts.chart import ANALYSIS_CHARTS, Chart
from sim.charts.page import BODY, PAGE, SMALL, Caption, Form, Panel
from sim.charts.pairs import SHADES
from sim.charts.rows import nice_scale
from sim.charts.style import INK, NEUTRAL_PALE, RULE, SOFT, ink_on
from sim.charts.text import clean, listed, percent, text_width, wrap
from sim.core.wording import counted
from sim.results.figures import STAGES

MAP, GAP, TOP, BELOW = 2.9, 0.5, 0.5, 0.62  # inches: a map's side, between maps, headings, names of the path below
WIDE, HIGH = 3.4, 2.3  # inches: a curve
MOST_MAPS, MOST_ON_SLIDE = 4, 2
MOST_CELLS = 9  # cells along a side, with figures in them
HALF = 0.5  # share of runs at which a contour is drawn
OPEN = "Outlined: at central numbers some package is acceptable to all, every red line real."
CONTOUR = "Dark line: half of the runs, between points interpolated."


def _stages(table: SweepTable) -> list[str]:
    """Return at most four stages, one of the two zone stages where they are equal."""
    stages = list(table.stages)
    if "zone_first" in stages and "zone_ever" in stages:
        same = (table.points["zone_first"] == table.points["zone_ever"]).all()
        stages.remove("zone_ever" if same else "zone_first")
    if len(stages) > MOST_MAPS:
        stages.remove("held_12")
    return stages


def _draw_curve(axes: Axes, table: SweepTable, stage: str, limit: float) -> None:
    """Shares with their intervals over one path, in its order where it is a number."""
    path = table.paths[0]
    rows = table.points.sort_values(path, kind="stable") if table.numeric(path) else table.points
    x = rows[path].to_numpy(float) if table.numeric(path) else np.arange(len(rows), dtype=float)
    axes.vlines(x, rows[f"{stage}_low"], rows[f"{stage}_high"], color=NEUTRAL_PALE, linewidth=4)
    axes.plot(x, rows[stage], color=INK, linewidth=1.2, marker="o", markersize=4, clip_on=False, zorder=3)
    axes.set_ylim(0, limit)
    step = nice_scale(limit)[0]
    ticks = [step * k for k in range(round(limit / step) + 1)]
    axes.set_yticks(ticks, [f"{100 * tick:.0f} %" for tick in ticks])
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    if not table.numeric(path):
        axes.set_xticks(x, [_short(str(value)) for value in rows[path]])
    axes.set_xlabel(clean(path, 70), fontsize=SMALL, color=SOFT)


# Maps


def _left(table: SweepTable) -> float:
    """Return inches for the values and the name of the path at the left."""
    values = [_value(value) for value in table.points[table.paths[0]].unique()]
    return 0.35 + min(1.2, max(text_width(text, SMALL) for text in values[:50]))


def _draw_map(panel: Panel, table: SweepTable, stage: str, x: float, first: bool) -> None:
    panel.lines(x, 0, wrap(STAGES[stage].heading, MAP, BODY, 2, bold=True), BODY, weight="bold")
    axes = panel.axes(x, TOP, MAP, MAP)
    limit = nice_scale(float(table.points[stage].max()))[1]
    if table.design is not None and all(map(table.numeric, table.paths[:2])):
        _draw_points(axes, table, stage, limit)
    else:
        _draw_cells(axes, table, stage, limit)
    down, across = table.paths[:2]
    axes.set_xlabel(clean(across, 60), fontsize=SMALL, color=SOFT)
    if first:
        axes.set_ylabel(clean(down, 60), fontsize=SMALL, color=SOFT)
    else:
        axes.set_yticklabels([])


def _draw_cells(axes: Axes, table: SweepTable, stage: str, limit: float) -> None:
    """Draw a grid: a cell a pair of values, the mean over the other paths."""
    down, across = table.paths[:2]
    means = cells(table, stage)
    rows, columns = means.index, means.columns
    few = max(len(rows), len(columns)) <= MOST_CELLS
    opened = table.points.groupby([down, across], sort=False)["zone_central"].max()
    for r, one in enumerate(rows):
        for c, other in enumerate(columns):
            share = means.loc[one, other]
            if pd.isna(share):
                continue
            shade = SHADES(0.04 + 0.9 * share / limit)
            axes.add_patch(Rectangle((c, r), 1, 1, facecolor=shade, edgecolor="white", linewidth=0.8))
            if few:
                place: dict[str, Any] = {"ha": "center", "va": "center_baseline", "fontsize": SMALL, "zorder": 4}
                text = percent(round(share * table.n), table.n, "")
                axes.text(c + 0.5, r + 0.5, text, color=ink_on(shade), **place)
            if opened.get((one, other), 0) > 0:
                axes.add_patch(Rectangle((c + 0.04, r + 0.04), 0.92, 0.92, fill=False, edgecolor=INK, linewidth=1.1))
    _draw_contour(axes, table, means)
    axes.set_xlim(0, len(columns))
    axes.set_ylim(0, len(rows))
    _name_values(axes.xaxis, columns.tolist())
    _name_values(axes.yaxis, rows.tolist())
    axes.tick_params(length=0)


def cells(table: SweepTable, stage: str) -> pd.DataFrame:
    """Return shares by the values of the first path (down) and the second (across), the mean over the other paths."""
    down, across = table.paths[:2]
    means = table.points.groupby([down, across], sort=False)[stage].mean().unstack(across)
    return means.reindex(index=_ordered(table, down), columns=_ordered(table, across))


def _ordered(table: SweepTable, path: str) -> list[Any]:
    """Return the values of a path: numbers sorted, names in file order."""
    values = table.points[path].drop_duplicates().tolist()
    return sorted(values) if table.numeric(path) else values


def _draw_contour(axes: Axes, table: SweepTable, means: pd.DataFrame) -> None:
    """Draw the contour of one half, interpolated between cell centres; only over numbers."""
    values = means.to_numpy(float)
    if min(values.shape) < 2 or np.isnan(values).any() or not all(map(table.numeric, table.paths[:2])):
        return
    if values.min() < HALF < values.max():
        x, y = np.arange(values.shape[1]) + 0.5, np.arange(values.shape[0]) + 0.5
        axes.contour(x, y, values, levels=[HALF], colors=[INK], linewidths=1.6)


def _draw_points(axes: Axes, table: SweepTable, stage: str, limit: float) -> None:
    """Draw a design: a dot a point, darker for more; ringed where the zone is open at central numbers."""
    down, across = table.paths[:2]
    x, y = table.points[across].to_numpy(float), table.points[down].to_numpy(float)
    shares = table.points[stage].to_numpy(float)
    if len(table.paths) == 2 and len(x) >= 8 and shares.min() < HALF < shares.max():
        axes.tricontour(x, y, shares, levels=[HALF], colors=[INK], linewidths=1.6)
    opened = [bool(packages) for packages in table.points["zone_central"]]
    rings, edges = [1.4 if each else 0.5 for each in opened], [INK if each else SOFT for each in opened]
    axes.scatter(x, y, c=SHADES(0.04 + 0.9 * shares / limit), s=42, linewidths=rings, edgecolors=edges, zorder=3)
    for limits, values in ((axes.set_xlim, x), (axes.set_ylim, y)):
        room = 0.06 * ((values.max() - values.min()) or 1.0)
        limits(values.min() - room, values.max() + room)
    axes.grid(color=RULE, linewidth=0.6)


def _name_values(axis: Any, values: Sequence[Any]) -> None:
    """Label the centres of the cells; with many, evenly spaced ones."""
    named = range(0, len(values), math.ceil(len(values) / MOST_CELLS))
    axis.set_ticks([k + 0.5 for k in named], [_value(values[k]) for k in named])


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, (int, float, np.number)) else _short(str(value))


def _short(text: str) -> str:
    return clean(text, 18)


@ANALYSIS_CHARTS.register
class SweepChart(Chart[SweepTable, list[str]]):
    """The stages, as curves over the first path or as maps over the first two."""

    name = "sweep"
    about = "what came of every point of a sweep: curves over one path, maps over two"
    of = SweepTable
    intervals = "pale lines: 95 % intervals"

    def kicker(self, table: SweepTable) -> str:
        return clean(table.title)

    def footer(self, table: SweepTable) -> str:
        return f"n = {table.n:,} runs of each of {len(table.points):,} points · seed {table.seed}"

    def frame(self, subjects: Sequence[SweepTable], form: Form = PAGE) -> list[str]:
        return _stages(subjects[0])[-(MOST_MAPS if form is PAGE else MOST_ON_SLIDE) :]

    def size(self, table: SweepTable, shared: list[str]) -> tuple[float, float]:
        if len(table.paths) > 1:
            return len(shared) * (MAP + GAP) - GAP + _left(table), TOP + MAP + BELOW
        columns = min(2, len(shared))
        return columns * (WIDE + GAP) - GAP, math.ceil(len(shared) / columns) * (TOP + HIGH + BELOW)

    def draw(self, panel: Panel, table: SweepTable, shared: list[str]) -> None:
        if len(table.paths) > 1:
            for place, stage in enumerate(shared):
                _draw_map(panel, table, stage, _left(table) + place * (MAP + GAP), place == 0)
            return
        left, columns = 0.5, min(2, len(shared))
        limit = nice_scale(float(table.points[[f"{stage}_high" for stage in shared]].to_numpy().max()))[1]
        for place, stage in enumerate(shared):
            x, y = place % columns * (WIDE + GAP), place // columns * (TOP + HIGH + BELOW)
            heading = wrap(STAGES[stage].heading, WIDE - left, BODY, 2, bold=True)
            panel.lines(x + left, y, heading, BODY, weight="bold")
            _draw_curve(panel.axes(x + left, y + TOP, WIDE - left, HIGH), table, stage, limit)

    def table(self, table: SweepTable) -> pd.DataFrame:
        return table.points

    def caption(self, table: SweepTable, shared: list[str]) -> Caption:
        rows, last = table.points.to_dict("records"), shared[-1]
        least, most = (end(rows, key=lambda row: row[last]) for end in (min, max))

        def level(row: Any) -> str:
            where = listed([f"{clean(path, 60)} = {_value(row[path])}" for path in table.paths])
            return f"{percent(round(row[last] * table.n), table.n)} at {where}"

        finding = f"{STAGES[last].heading}: from {level(least)} to {level(most)}."
        notes = []
        if len(table.paths) > 1:
            spread = table.design is not None
            notes = [OPEN.replace("Outlined", "Ringed") if spread else OPEN, CONTOUR]
        if len(table.paths) > 2:
            others = listed([clean(path, 60) for path in table.paths[2:]])
            shown = "all points are shown." if table.design else "cells are means over them."
            notes.append(f"{others} {'vary' if len(table.paths) > 3 else 'varies'} as well: {shown}")
        one = len(table.paths) == 1
        how = "Shares of runs in per cent; every point is played on the same draws. "
        how += "Pale: 95 % interval." if one else "Darker is more, each map with its own scale."
        varied = listed([clean(path, 60) for path in table.paths])
        title = f"Outcomes as {varied} {'varies' if one else 'vary'}"
        left = len(_stages(table)) - len(shared)
        headline = f"{STAGES[last].heading} goes from {level(least)} to {level(most)}"
        more = f"and {counted(left, 'earlier stage')}" if left else ""
        return Caption(title, how, finding, finding, tuple(notes), headline, more)
