"""Rows of packages and outcomes, each with its share of runs as a bar; one column of bars a result, on one scale."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from sim.charts.page import BODY, SMALL, Panel, draw_key, key_height
from sim.charts.rows import draw_share, draw_share_scale
from sim.charts.style import INK, NEUTRAL, NEUTRAL_PALE, OUTCOME_WORDS, SOFT, outcome_label, without_agreement
from sim.charts.text import (
    LINE,
    OptionTexts,
    key_entries,
    option_texts,
    readable,
    text_width,
    wrap,
    wrap_items,
)
from sim.results.results import Results, share_interval

TOP = 12  # packages shown one by one
MOST_COLUMNS = 5  # issues that still fit side by side; more are told in running text
MATRIX = 6.0  # inches for the packages in words
SPACE = 0.22  # inches between columns
ROW = 0.1  # inches of air in a row
VALUE = 1.12  # inches right of the bars for the share in figures
AXIS = 0.42  # inches below the bars

FILLS: dict[str, dict[str, Any]] = {
    "package": {"facecolor": NEUTRAL, "edgecolor": NEUTRAL},
    "total": {"facecolor": SOFT, "edgecolor": SOFT},
    "other": {"facecolor": NEUTRAL_PALE, "edgecolor": NEUTRAL, "hatch": "\\\\\\"},
    "outcome": {"facecolor": "white", "edgecolor": SOFT, "hatch": "/////"},
}


@dataclass(frozen=True)
class Row:
    """A line of the chart.

    Attributes:
        kind: `package`, `other`, `outcome` or `total`, which have bars; `heading` or `remark`, which have none.
        name: Package or outcome; the text of headings and remarks.
        options: Of a package, in the order of the issues shown.
    """

    kind: str
    name: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ranking:
    """Rows and scale that several results share.

    Attributes:
        issues: By which packages are grouped.
        rows: From top to bottom.
        others: Number of packages told together as other packages.
        limit: Right end of the scale of shares.
        step: Between two marks on it.
    """

    issues: tuple[str, ...]
    rows: tuple[Row, ...]
    others: int
    limit: float
    step: float


def headline_issues(results: Results) -> tuple[str, ...]:
    """The issues by which results are told first."""
    return tuple(results.scenario.headline or results.scenario.issues)


def same_issues(results: Sequence[Results]) -> bool:
    """Whether packages by headline issues mean the same in all results."""
    issues = headline_issues(results[0])
    options = [{name: set(one.scenario.issues[name].options) for name in headline_issues(one)} for one in results]
    return all(headline_issues(one) == issues for one in results) and all(each == options[0] for each in options)


def package_rows(results: Sequence[Results], issues: Sequence[str]) -> tuple[list[Row], int]:
    """The packages most often signed, by the mean of their shares, and how many there are besides."""
    shares: dict[str, float] = {}
    options: dict[str, tuple[str, ...]] = {}
    for one in results:
        table = one.packages(issues)
        for name, share, chosen in zip(table["package"], table["share"], table[list(issues)].to_numpy(), strict=True):
            shares[name] = shares.get(name, 0.0) + share
            options[name] = tuple(chosen)
    ranked = sorted(shares, key=lambda name: (-shares[name], name))
    if len(ranked) == TOP + 1:  # one package more takes no more room than a row for others
        return [Row("package", name, options[name]) for name in ranked], 0
    rows = [Row("package", name, options[name]) for name in ranked[:TOP]]
    others = len(ranked) - len(rows)
    return [*rows, *([Row("other", "other")] if others else [])], others


def outcome_rows(results: Sequence[Results]) -> list[Row]:
    """Outcomes without agreement that occur in some result."""
    found = [without_agreement(one) for one in results]
    return [Row("outcome", name) for name in OUTCOME_WORDS if any(name in counts for counts in found)]


def ranking(results: Sequence[Results], issues: Sequence[str], rows: Sequence[Row], others: int) -> Ranking:
    """Put rows on one scale, wide enough for the upper ends of all intervals."""
    highs = [0.0]
    for one in results:
        counts = row_counts(one, issues, rows)
        highs += [share_interval(count, one.n)[1] for count in counts if count is not None]
    step, limit = nice_scale(max(highs))
    return Ranking(tuple(issues), tuple(rows), others, limit, step)


def nice_scale(highest: float) -> tuple[float, float]:
    """Step and end of a scale of shares from 0 that holds `highest`, in at most five steps."""
    for step in (0.01, 0.02, 0.05, 0.1, 0.2):
        steps = max(1, math.ceil(highest / step - 1e-9))
        if steps <= 5:
            return step, steps * step
    return 0.25, 1.0


def row_counts(results: Results, issues: Sequence[str], rows: Sequence[Row]) -> list[int | None]:
    """Runs of each row; None for headings and remarks."""
    table = results.packages(issues) if issues else results.packages()
    packages = {str(name): int(count) for name, count in zip(table["package"], table["count"], strict=True)}
    shown = {row.name for row in rows if row.kind == "package"}
    outcomes = without_agreement(results)
    agreed = results.agreements
    counts: list[int | None] = []
    for row in rows:
        if row.kind == "package":
            counts.append(packages.get(row.name, 0))
        elif row.kind == "other":
            counts.append(sum(count for name, count in packages.items() if name not in shown))
        elif row.kind == "outcome":
            counts.append(outcomes.get(row.name, 0))
        else:
            counts.append(agreed if row.kind == "total" else None)
    return counts


@dataclass(frozen=True)
class Layout:
    """Where the words stand: for each row its cells, for each cell its lines; inches."""

    heads: tuple[tuple[str, ...], ...]
    cells: tuple[tuple[tuple[str, ...], ...], ...]
    places: tuple[float, ...]
    width: float
    head_height: float
    heights: tuple[float, ...]
    key: tuple[tuple[str, str], ...]

    @property
    def height(self) -> float:
        return sum(self.heights)


def layout(results: Results, frame: Ranking, count: int = 1, labels: Sequence[str] = ()) -> Layout:
    """Break the words of all rows into lines, for `count` columns of bars with these headings."""
    packages = [row for row in frame.rows if row.kind == "package"]
    columns = _columns(results, frame, packages)
    if columns:
        heads, widths, texts = columns
    else:
        heads, widths, texts = ["Package"] if packages else [], [MATRIX], []
    places = [sum(widths[:k]) + SPACE * k for k in range(len(widths))]
    width = max(sum(widths) + SPACE * (len(widths) - 1), 3.6 if len(packages) else 4.6)
    cells = []
    for row in frame.rows:
        if row.kind == "package" and columns:
            places_of = zip(texts, row.options, widths, strict=True)
            cells.append(tuple(tuple(wrap(its.texts[option], room, SMALL)) for its, option, room in places_of))
        elif row.kind == "package":
            chosen = zip(frame.issues, row.options, strict=True)
            items = [f"{readable(issue)}: {readable(option)}" for issue, option in chosen]
            cells.append((tuple(wrap_items(items, width, SMALL)),))
        else:
            bold = row.kind == "heading"
            cells.append((tuple(wrap(_row_text(results, frame, row), width, BODY if bold else SMALL, bold=bold)),))
    heights = [
        max(len(lines) for lines in row_cells) * SMALL * LINE + ROW + (0.14 if row.kind == "heading" else 0)
        for row, row_cells in zip(frame.rows, cells, strict=True)
    ]
    wrapped = tuple(tuple(wrap(head, room, SMALL, 4, bold=True)) for head, room in zip(heads, widths, strict=False))
    over_bars = [_bar_heading(label, count) for label in labels]
    tallest = max((len(lines) for lines in (*wrapped, *over_bars)), default=0)
    head_height = tallest * SMALL * LINE + 0.08 if tallest else 0.0
    return Layout(
        wrapped, tuple(cells), tuple(places), width, head_height, tuple(heights), tuple(key_entries(texts))
    )


def _columns(
    results: Results, frame: Ranking, packages: Sequence[Row]
) -> tuple[list[str], list[float], list[OptionTexts]] | None:
    """Headings, widths and texts of one column an issue; None where there is nothing to show or too much."""
    count = len(frame.issues)
    if not packages or count > MOST_COLUMNS:
        return None
    room = min(2.7, (MATRIX - SPACE * (count - 1)) / count)
    texts, widths = [], []
    for place, issue in enumerate(frame.issues):
        used = [row.options[place] for row in packages]
        its = option_texts(results.scenario, issue, room, SMALL, used=used)
        lines = [line for text in its.texts.values() for line in wrap(text, room, SMALL)]
        heads = wrap(its.heading, max(0.95, room * 0.9), SMALL, 4, bold=True)
        texts.append(its)
        widths.append(max(*(text_width(line, SMALL) for line in lines), *(text_width(h, SMALL, True) for h in heads)))
    return [its.heading for its in texts], [width + 0.02 for width in widths], texts


def _row_text(results: Results, frame: Ranking, row: Row) -> str:
    if row.kind == "outcome":
        return outcome_label(results, row.name)
    if row.kind == "other":
        return f"{frame.others:,} other packages together"
    if row.kind == "total":
        return "Agreement signed, any package"
    return row.name


def ranking_size(
    results: Results, frame: Ranking, count: int = 1, labels: Sequence[str] = ()
) -> tuple[float, float]:
    """Width and height of the picture with `count` columns of bars, inches."""
    words = layout(results, frame, count, labels)
    width = words.width + count * (SPACE + bar_width(count) + VALUE)
    key = key_height(words.key, width)
    return width, words.head_height + words.height + AXIS + (key + 0.12 if key else 0.0)


def _bar_heading(label: str, count: int) -> list[str]:
    return wrap(label, bar_width(count) + VALUE - 0.1, SMALL, 4, bold=True)


def bar_width(count: int) -> float:
    return max(1.1, 2.9 - 0.75 * (count - 1))


def draw_ranking(panel: Panel, results: Sequence[Results], frame: Ranking, labels: Sequence[str] = ()) -> None:
    """Draw words at the left and a column of bars for each result."""
    words = layout(results[0], frame, len(results), labels)
    for lines, x in zip(words.heads, words.places, strict=False):
        panel.lines(x, words.head_height - 0.06 - len(lines) * SMALL * LINE, lines, SMALL, weight="bold")
    y = words.head_height
    for row, cells, height in zip(frame.rows, words.cells, words.heights, strict=True):
        if row.kind == "heading":
            panel.lines(0, y + 0.14 + ROW / 2, cells[0], BODY, weight="bold")
        else:
            panel.rule(0, y, panel.width, linewidth=0.5)
            for lines, x in zip(cells, words.places, strict=False):
                room = height - ROW - len(lines) * SMALL * LINE
                panel.lines(x, y + ROW / 2 + room / 2 + 0.02, lines, SMALL, color=SOFT if row.kind == "remark" else INK)
        y += height
    wide = bar_width(len(results))
    for place, one in enumerate(results):
        x = words.width + SPACE + place * (SPACE + wide + VALUE)
        above = _bar_heading(labels[place] if labels else "Share of runs", len(results))
        if words.heads or labels:
            panel.lines(x, words.head_height - 0.06 - len(above) * SMALL * LINE, above, SMALL, weight="bold")
        axes = panel.axes(x, words.head_height, wide, words.height)
        _draw_bars(axes, one, frame, words.heights)
    draw_key(panel, words.key, panel.width, y + AXIS + 0.12)


def _draw_bars(axes: Axes, results: Results, frame: Ranking, heights: Sequence[float]) -> None:
    """Bars from 0 with the interval as a whisker and the share in figures; one unit of y is an inch."""
    draw_share_scale(axes, sum(heights), frame.step, frame.limit, "per cent of all runs")
    y, inch = 0.0, frame.limit / axes.bbox.width * axes.figure.dpi
    for row, count, height in zip(frame.rows, row_counts(results, frame.issues, frame.rows), heights, strict=True):
        middle = y + height / 2
        y += height
        if count is not None:
            draw_share(axes, middle, count, results.n, inch, FILLS[row.kind])
