"""A tournament of strategies: each one's results, with intervals, and its utility against each other."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from sim.analysis.tournament import Tournament
from sim.analysis.tournament_games import SHARES
from sim.charts.chart import ANALYSIS_CHARTS, Chart
from sim.charts.page import BODY, PAGE, SMALL, Caption, Form, Panel
from sim.charts.pairs import SHADES
from sim.charts.rows import draw_scale, draw_whisker
from sim.charts.style import INK, NEUTRAL_PALE, SOFT, ink_on
from sim.charts.text import DASH, LINE, clean, listed, text_width, wrap
from sim.core.wording import counted
from sim.results.format import decimals

LABEL = 2.5  # maximum inches of a strategy's label
LABEL_LENGTH = 160  # maximum characters of it; the table has all of it
LETTER = 0.3  # inches for its number
SCALE, VALUE = 1.45, 0.72  # inches of a figure's scale, and of the figure as text
GAP = 0.22
ROW = 0.12  # inches of padding in a row
AXIS = 0.46  # inches below the scales
BETWEEN = 0.3  # inches between the two halves
CELL = 0.56  # inches, width
MOST_LINES = 2  # of a label in the lower half; the upper half has all of it
MOST_MET = 12  # maximum strategies side by side in the lower half
HEADS = {
    "own": ("Own utility", ""),
    "joint": ("Joint utility, share of the possible", "per cent"),
    "agreement": ("Agreement signed", "per cent of runs"),
    "in_force": ("Agreement in force", "per cent of runs"),
}
LEAST_SPAN = {"own": 0.02, "joint": 0.05, "agreement": 0.05, "in_force": 0.05}  # of a scale
INTERVALS = (
    "Dotted: the mean of all strategies. Dark: 95 % interval of the difference from it, taken run by run; where it "
    "does not reach the dotted line, the strategy differs from the mean of all. Pale: 95 % interval of the figure "
    "itself, over runs."
)


@dataclass(frozen=True)
class Rows:
    """The strategies, from top to bottom: lines of each label, and heights; inches."""

    labels: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    heights: tuple[float, ...]
    room: float

    @property
    def height(self) -> float:
        return sum(self.heights)


def _rows(tournament: Tournament, most: int = PAGE.rows, count: int = PAGE.rows) -> Rows:
    """Return the first strategies in rows, each label in at most so many lines."""
    texts = [clean(label, LABEL_LENGTH) for label in tournament.labels[:count]]
    room = min(LABEL, max(0.6, *(text_width(text, SMALL) for text in texts)) + 0.05)
    lines = [tuple(wrap(text, room, SMALL, most)) for text in texts]
    heights = tuple(len(each) * SMALL * LINE + ROW + 0.06 for each in lines)
    return Rows(tuple(texts), tuple(lines), heights, room)


def _draw_labels(panel: Panel, rows: Rows, top: float, width: float) -> None:
    """Numbers and labels below each other, with a line above each."""
    y = top
    for number, (lines, height) in enumerate(zip(rows.lines, rows.heights, strict=True), 1):
        panel.rule(0, y, width, linewidth=0.5)
        place = y + (height - len(lines) * SMALL * LINE) / 2 + 0.02
        panel.text(0, place, str(number), SMALL, color=SOFT)
        panel.lines(LETTER, place, lines, SMALL)
        y += height


def _draw_figure(axes: Axes, tournament: Tournament, name: str, rows: Rows) -> None:
    """Dots with intervals; one unit of y is an inch."""
    found = _of(tournament, name)[: len(rows.labels)]
    limits, ticks, digits = _scale(found, name)
    unit = 1 if name == "own" else 100
    texts = [f"{unit * tick:.{digits}f}" for tick in ticks]
    draw_scale(axes, limits, rows.height, ticks, texts, HEADS[name][1], ("left", "bottom"))
    field = np.mean([row["value"] for row in found])
    if not math.isnan(field):
        axes.vlines(field, 0, rows.height, color=SOFT, linewidth=0.9, linestyle=(0, (1.2, 1.8)), zorder=1)
    y = 0.0
    for row, height in zip(found, rows.heights, strict=True):
        middle = y + height / 2
        y += height
        if math.isnan(row["value"]):
            continue
        if not math.isnan(row["low"]):
            axes.add_patch(
                Rectangle((row["low"], middle - 0.05), row["high"] - row["low"], 0.1, facecolor=NEUTRAL_PALE, zorder=2)
            )
        if not math.isnan(row["difference_low"]):
            draw_whisker(axes, *_between_strategies(row), middle, 0.04, 1.2)
        axes.plot([row["value"]], [middle], marker="o", markersize=4.5, color=INK, zorder=4, clip_on=False)


def _between_strategies(row: dict[Any, Any]) -> tuple[float, float]:
    """Draw the interval of the difference from the field, centred on the mean."""
    shift = row["value"] - row["difference"]
    return row["difference_low"] + shift, row["difference_high"] + shift


def _scale(found: Sequence[dict[Any, Any]], name: str) -> tuple[tuple[float, float], list[float], int]:
    """Return limits that contain all intervals, ticks between them, and digits of these."""
    ends = [row[key] for row in found for key in ("value", "low", "high")]
    ends += [end for row in found if not math.isnan(row["difference_low"]) for end in _between_strategies(row)]
    known = [end for end in ends if not math.isnan(end)] or [0.0, 1.0]
    low, high = min(known), max(known)
    spread = max(high - low, LEAST_SPAN[name])
    middle = (low + high) / 2
    low, high = middle - 0.58 * spread, middle + 0.58 * spread
    if name in SHARES and high > 1:  # shares end at 0 and 1; leave space for a dot there
        low, high = min(low, 1 - spread), 1 + 0.06 * spread
    if name in SHARES and low < 0:
        low, high = -0.06 * spread, max(high, spread)
    ticks = [tick for tick in MaxNLocator(3, steps=[1, 2, 5, 10]).tick_values(low, high) if low <= tick <= high]
    ticks = [tick for tick in ticks if name not in SHARES or -1e-9 <= tick <= 1 + 1e-9]
    step = (ticks[1] - ticks[0] if len(ticks) > 1 else spread) * (1 if name == "own" else 100)
    return (low, high), ticks, max(0, -math.floor(math.log10(step) + 1e-9))


def _draw_values(panel: Panel, tournament: Tournament, name: str, rows: Rows, x: float, top: float) -> None:
    y = top
    for row, height in zip(_of(tournament, name), rows.heights, strict=False):
        panel.text(x + VALUE - 0.08, y + height / 2, _value(row, name), SMALL, va="center_baseline", ha="right")
        y += height


def _value(row: dict[Any, Any], name: str) -> str:
    """Format a figure with the digits that its interval between strategies allows, one more than its standard error."""
    unit, sign = (1, "") if name == "own" else (100, " %")
    if math.isnan(row["value"]):
        return DASH
    ends = unit * row["difference_low"], unit * row["difference_high"]
    digits = (2 if unit == 1 else 0) if math.isnan(ends[0]) else min(3 if unit == 1 else 1, decimals(*ends) + 1)
    return f"{unit * row['value']:.{digits}f}{sign}"


def _draw_meetings(panel: Panel, tournament: Tournament, rows: Rows, top: float) -> None:
    """Draw the lower half: a cell for each pair, darker for more."""
    panel.text(0, top, "Own utility of the strategy at the left where another party plays the one above", BODY,
               weight="bold")  # fmt: skip
    head = top + 3 * BODY * LINE
    left, count = LETTER + rows.room + GAP, len(rows.labels)
    for number in range(count):
        place = left + (number + 0.5) * CELL
        panel.text(place, head - 0.05, str(number + 1), SMALL, va="bottom", ha="center", color=SOFT)
    _draw_labels(panel, rows, head, left - GAP / 2)
    axes = panel.canvas(left, head, count * CELL, rows.height, (count, -rows.height))
    worth = {(row["label"], row["other"]): row for row in tournament.meetings.to_dict("records")}
    values = [row["value"] for row in worth.values()]
    least, most = min(values), max(values)
    digits = 3 if most - least < 0.1 else 2
    y = 0.0
    for label, height in zip(tournament.labels, rows.heights, strict=True):
        for column, other in enumerate(tournament.labels):
            value = worth[label, other]["value"]
            shade = SHADES(0.08 + 0.84 * (value - least) / max(most - least, LEAST_SPAN["own"]))
            axes.add_patch(Rectangle((column, y), 1, height, facecolor=shade, edgecolor="white", linewidth=1))
            centred: dict[str, Any] = {"ha": "center", "va": "center_baseline", "fontsize": SMALL}
            axes.text(column + 0.5, y + height / 2, f"{value:.{digits}f}", color=ink_on(shade), **centred)
        y += height


def _of(tournament: Tournament, name: str) -> list[dict[Any, Any]]:
    """Return the rows of a figure, in the order of the strategies."""
    return tournament.figures[tournament.figures["figure"] == name].to_dict("records")


def _party(tournament: Tournament, name: str) -> str:
    return clean(tournament.scenario.parties[name].label, 60)


def _finding(tournament: Tournament) -> str:
    """Describe the equilibria."""
    found, points = tournament.equilibria, len(tournament.points)
    if not len(found):
        return "In every assignment some party's mean utility rises if it alone changes."
    if len(found) > 1:
        return f"In {len(found):,} of {points:,} assignments no party's mean utility rises if it alone changes."
    row = found.iloc[0]
    plays = [f"{_party(tournament, name)} plays {clean(row[f'plays_{name}'], 60)}" for name in tournament.parties]
    return f"No party's mean utility rises if it alone changes where {listed(plays)}; nowhere else."


@dataclass(frozen=True)
class Places:
    """The layout: rows of the upper and of the lower half, headings of figures, and heights in inches."""

    upper: Rows
    lower: Rows | None
    heads: dict[str, list[str]]
    head: float


@ANALYSIS_CHARTS.register
class TournamentChart(Chart[Tournament, Places]):
    """Results of each strategy, and below them its utility against each other."""

    name = "tournament"
    about = "strategies against strategies: figures of each, and own utility in each pairing"
    of = Tournament
    intervals = "lines: 95 % intervals"

    def kicker(self, tournament: Tournament) -> str:
        settings = ", ".join(f"{path}={value}" for path, value in tournament.settings.items())
        return clean(tournament.scenario.title + (f" ({settings})" if settings else ""))

    def footer(self, tournament: Tournament) -> str:
        points = f"{len(tournament.points):,} assignments of strategies to parties"
        return f"n = {tournament.n:,} runs of each of {points} · seed {tournament.seed}"

    def frame(self, subjects: Sequence[Tournament], form: Form = PAGE) -> Places:
        (tournament,) = subjects
        rows = _rows(tournament, count=form.rows)
        room = (form.width - LETTER - rows.room) / (GAP + SCALE + VALUE)
        shown = [name for place, name in enumerate(tournament.shown) if place + 1 <= room]
        heads = {name: wrap(HEADS[name][0], SCALE + VALUE - 0.1, SMALL, 3, bold=True) for name in shown}
        is_met = form is PAGE and len(tournament.meetings) and len(tournament.labels) <= MOST_MET
        lower = _rows(tournament, MOST_LINES) if is_met else None
        return Places(rows, lower, heads, max(map(len, heads.values())) * SMALL * LINE + 0.06)

    def size(self, tournament: Tournament, shared: Places) -> tuple[float, float]:
        rows = shared.upper
        width = LETTER + rows.room + len(shared.heads) * (GAP + SCALE + VALUE)
        height = shared.head + rows.height + AXIS
        if shared.lower is None:
            return width, height
        below = BETWEEN + 3 * BODY * LINE + shared.lower.height
        return max(width, LETTER + rows.room + GAP + CELL * len(rows.labels)), height + below

    def draw(self, panel: Panel, tournament: Tournament, shared: Places) -> None:
        rows, head = shared.upper, shared.head
        _draw_labels(panel, rows, head, panel.width)
        for place, (name, lines) in enumerate(shared.heads.items()):
            x = LETTER + rows.room + GAP + place * (GAP + SCALE + VALUE)
            panel.lines(x, head - 0.05 - len(lines) * SMALL * LINE, lines, SMALL, weight="bold")
            _draw_figure(panel.axes(x, head, SCALE, rows.height), tournament, name, rows)
            _draw_values(panel, tournament, name, rows, x + SCALE, head)
        if shared.lower is not None:
            _draw_meetings(panel, tournament, shared.lower, head + rows.height + AXIS + BETWEEN)

    def table(self, tournament: Tournament) -> pd.DataFrame:
        """`kind` (`strategy` or `meeting`), `label, other, figure, value, low, high, n`.

        Then `difference, difference_low, difference_high` from the mean of all strategies, and `strategy`.
        """
        strategies = tournament.strategies.set_index("label")["strategy"]
        upper = tournament.figures.assign(kind="strategy", other=None)
        lower = tournament.meetings.assign(kind="meeting", figure="own")
        both = pd.concat([part for part in (upper, lower) if len(part)], ignore_index=True)
        both["strategy"] = both["label"].map(strategies)
        columns = ["kind", "label", "other", "figure", "value", "low", "high", "n"]
        return both[[*columns, "difference", "difference_low", "difference_high", "strategy"]]

    def caption(self, tournament: Tournament, shared: Places) -> Caption:
        met, left = shared.lower is not None, len(tournament.labels) - len(shared.upper.labels)
        who = listed([_party(tournament, name) for name in tournament.parties])
        joint = int(tournament.figures[tournament.figures["figure"] == "joint"]["n"].min())
        darker = " In the lower half darker is more." if met else ""
        notes = [
            INTERVALS if tournament.n >= 30 else "With fewer than 30 runs there are no intervals.",
            f"Joint utility is over the {joint:,} runs in which somebody could gain; 100 %: the package of the first "
            "round's zone with the largest sum of the parties' gains, each as a share of its own largest gain there.",
        ]
        if not met and len(tournament.labels) > MOST_MET:
            notes.append("What strategies got against each other is in the table of the chart: there are too many to "
            "draw.")
        best = tournament.labels[0]
        own = [f"{clean(row['label'], 60)}: {row['value']:.3f}" for row in _of(tournament, "own")[:MOST_MET]]
        return Caption(
            f"Strategies against each other, played by {who}",
            "Every assignment of the strategies to these parties is played on the same runs. A strategy's figures are "
            "means over all parties that play it and all that the others play. Own utility is each party's own scale, "
            f"from 0 to 1 but for linkages.{darker}",
            _finding(tournament),
            f"Dots with intervals, and a map of pairs. Most own utility in the mean: {clean(best, 60)}. Own utility by "
            f"strategy: {listed(own)}. {_finding(tournament)}",
            tuple(notes),
            _finding(tournament).split("; ")[0].rstrip("."),
            f"and {counted(left, 'more strategy', 'more strategies')}" if left else "",
        )
