"""Packages signed, as rows with bars, on one scale for several results; and a comparison of several results."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from sim.charts.chart import CHARTS, Chart, result_labels, slide_footer, too_few_slide
from sim.charts.page import (
    BODY,
    PAGE,
    SMALL,
    Caption,
    Form,
    Panel,
    Picture,
    draw_key,
    key_height,
    provenance,
    sheet,
    slide,
)
from sim.charts.rows import AXIS, ROW, SPACE, VALUE, draw_share, draw_share_scale, nice_scale
from sim.charts.style import (
    INK,
    NEUTRAL,
    NEUTRAL_PALE,
    OUTCOME_WORDS,
    SOFT,
    agreement_sentence,
    outcome_label,
    signed_of,
    without_agreement,
)
from sim.charts.text import (
    LINE,
    OptionTexts,
    clean,
    key_entries,
    listed,
    option_texts,
    share_text,
    text_width,
    wrap,
    wrap_items,
)
from sim.core.wording import counted
from sim.results.format import LEAST_GROUP, of_hundred, parts_of_hundred
from sim.results.labels import issue_short, option_short
from sim.results.results import Results, share_interval

INTERVAL_NOTE = "Whiskers and figures in brackets: 95 % interval of the share (Wilson), from the number of runs alone."
OTHER_ISSUES = "The scenarios differ in headline issues or options, so their packages are not compared."
TOP = 12  # packages shown one by one
MOST_COLUMNS = 5  # issues that fit side by side; more are in running text
LEAST_COLUMN, LEAST_BAR = 0.8, 1.1  # inches
MOST_BESIDE = 2  # results side by side on a slide
MATRIX = 6.0  # inches for the packages as text

FILLS: dict[str, dict[str, Any]] = {
    "package": {"facecolor": NEUTRAL, "edgecolor": NEUTRAL},
    "total": {"facecolor": SOFT, "edgecolor": SOFT},
    "other": {"facecolor": NEUTRAL_PALE, "edgecolor": NEUTRAL, "hatch": "\\\\\\"},
    "outcome": {"facecolor": "white", "edgecolor": SOFT, "hatch": "/////"},
}


@dataclass(frozen=True)
class Row:
    """A line of the chart."""

    kind: str  # `package`, `other`, `outcome` or `total`, with bars; `heading` or `remark`, without
    name: str  # package or outcome; the text of headings and remarks
    options: tuple[str, ...] = ()  # of a package, in the order of the issues shown


@dataclass(frozen=True)
class Ranking:
    """Rows and scale that several results share."""

    issues: tuple[str, ...]  # by which packages are grouped
    rows: tuple[Row, ...]  # from top to bottom
    others: int  # number of other packages, merged in one row
    limit: float  # right end of the scale of shares
    step: float  # between two marks on it
    room: float = MATRIX  # inches for the packages as text
    bar: float = 2.9  # inches of a column of bars


def headline_issues(results: Results) -> tuple[str, ...]:
    """Return the issues by which packages are grouped: those of the headline, else all."""
    return tuple(results.scenario.headline or results.scenario.issues)


def same_issues(results: Sequence[Results]) -> bool:
    """Return whether packages by headline issues mean the same in all results."""
    issues = headline_issues(results[0])
    options = [{name: set(one.scenario.issues[name].options) for name in headline_issues(one)} for one in results]
    return all(headline_issues(one) == issues for one in results) and all(each == options[0] for each in options)


def package_rows(results: Sequence[Results], issues: Sequence[str], most: int = TOP) -> tuple[list[Row], int]:
    """Return at most so many packages signed most often, by the mean of their shares, and the number of others."""
    shares: dict[str, float] = {}
    options: dict[str, tuple[str, ...]] = {}
    for one in results:
        table = one.packages(issues)
        for name, share, chosen in zip(table["package"], table["share"], table[list(issues)].to_numpy(), strict=True):
            shares[name] = shares.get(name, 0.0) + share
            options[name] = tuple(chosen)
    ranked = sorted(shares, key=lambda name: (-shares[name], name))
    if len(ranked) == most + 1:  # one more package needs no more space than a row for others
        return [Row("package", name, options[name]) for name in ranked], 0
    rows = [Row("package", name, options[name]) for name in ranked[:most]]
    others = len(ranked) - len(rows)
    return [*rows, *([Row("other", "other")] if others else [])], others


def outcome_rows(results: Sequence[Results]) -> list[Row]:
    """Return outcomes without agreement that occur in some result."""
    found = [without_agreement(one) for one in results]
    return [Row("outcome", name) for name in OUTCOME_WORDS if any(name in counts for counts in found)]


def ranking(results: Sequence[Results], issues: Sequence[str], rows: Sequence[Row], others: int) -> Ranking:
    """Make the rows and their scale, wide enough for the upper ends of all intervals."""
    highs = [0.0]
    for one in results:
        counts = row_counts(one, issues, rows)
        highs += [share_interval(count, one.n)[1] for count in counts if count is not None]
    step, limit = nice_scale(max(highs))
    return Ranking(tuple(issues), tuple(rows), others, limit, step)


def row_counts(results: Results, issues: Sequence[str], rows: Sequence[Row]) -> list[int | None]:
    """Return the runs of each row; None for headings and remarks."""
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
    """The text layout: for each row its cells, for each cell its lines; inches."""

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
    """Break the text of all rows into lines, for `count` columns of bars with these headings."""
    packages = [row for row in frame.rows if row.kind == "package"]
    columns = _columns(results, frame, packages)
    if columns:
        heads, widths, texts = columns
    else:
        heads, widths, texts = ["Package"] if packages else [], [frame.room], []
    places = [sum(widths[:k]) + SPACE * k for k in range(len(widths))]
    width = max(sum(widths) + SPACE * (len(widths) - 1), min(frame.room, 3.6 if len(packages) else 4.6))
    cells = []
    for row in frame.rows:
        if row.kind == "package" and columns:
            places_of = zip(texts, row.options, widths, strict=True)
            cells.append(tuple(tuple(wrap(its.texts[option], room, SMALL)) for its, option, room in places_of))
        elif row.kind == "package":
            chosen = zip(frame.issues, row.options, strict=True)
            items = list(_named(results, dict(chosen)))
            cells.append((tuple(wrap_items(items, width, SMALL)),))
        else:
            bold = row.kind == "heading"
            cells.append((tuple(wrap(_row_text(results, frame, row), width, BODY if bold else SMALL, bold=bold)),))
    heights = [
        max(len(lines) for lines in row_cells) * SMALL * LINE + ROW + (0.14 if row.kind == "heading" else 0)
        for row, row_cells in zip(frame.rows, cells, strict=True)
    ]
    wrapped = tuple(tuple(wrap(head, room, SMALL, 4, bold=True)) for head, room in zip(heads, widths, strict=False))
    over_bars = [_bar_heading(label, frame) for label in labels]
    tallest = max((len(lines) for lines in (*wrapped, *over_bars)), default=0)
    head_height = tallest * SMALL * LINE + 0.08 if tallest else 0.0
    return Layout(
        wrapped, tuple(cells), tuple(places), width, head_height, tuple(heights), tuple(key_entries(texts))
    )


def _named(results: Results, options: Mapping[str, str]) -> Iterator[str]:
    """Return short labels of options with their issues."""
    scenario = results.scenario
    return (f"{issue_short(scenario, issue)}: {option_short(scenario, issue, options[issue])}" for issue in options)


def _columns(
    results: Results, frame: Ranking, packages: Sequence[Row]
) -> tuple[list[str], list[float], list[OptionTexts]] | None:
    """Return headings, widths and labels of one column an issue; None where there is nothing to show or too much."""
    count = len(frame.issues)
    room = min(2.7, (frame.room - SPACE * (count - 1)) / max(count, 1))
    if not packages or count > MOST_COLUMNS or room < LEAST_COLUMN:
        return None
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
    width = words.width + count * (SPACE + frame.bar + VALUE)
    key = key_height(words.key, width)
    return width, words.head_height + words.height + AXIS + (key + 0.12 if key else 0.0)


def _bar_heading(label: str, frame: Ranking) -> list[str]:
    return wrap(label, frame.bar + VALUE - 0.1, SMALL, 4, bold=True)


def draw_ranking(panel: Panel, results: Sequence[Results], frame: Ranking, labels: Sequence[str] = ()) -> None:
    """Draw text at the left and a column of bars for each result."""
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
    wide = frame.bar
    for place, one in enumerate(results):
        x = words.width + SPACE + place * (SPACE + wide + VALUE)
        above = _bar_heading(labels[place] if labels else "Share of runs", frame)
        if words.heads or labels:
            panel.lines(x, words.head_height - 0.06 - len(above) * SMALL * LINE, above, SMALL, weight="bold")
        axes = panel.axes(x, words.head_height, wide, words.height)
        _draw_bars(axes, one, frame, words.heights)
    draw_key(panel, words.key, panel.width, y + AXIS + 0.12)


def _draw_bars(axes: Axes, results: Results, frame: Ranking, heights: Sequence[float]) -> None:
    """Draw bars from 0 with the interval as a whisker and the share as text; one unit of y is an inch."""
    draw_share_scale(axes, sum(heights), frame.step, frame.limit, "per cent of all runs")
    y, inch = 0.0, frame.limit / axes.bbox.width * axes.figure.dpi
    for row, count, height in zip(frame.rows, row_counts(results, frame.issues, frame.rows), heights, strict=True):
        middle = y + height / 2
        y += height
        if count is not None:
            draw_share(axes, middle, count, results.n, inch, FILLS[row.kind])


@CHARTS.register
class PackagesChart(Chart[Results, Ranking]):
    """Which packages are signed, ranked by share of runs."""

    name = "packages"
    about = "which packages are signed, ranked by share of runs"
    group = "packages"

    def compares(self, subjects: Sequence[Results]) -> bool:
        return same_issues(subjects)

    def frame(self, results: Sequence[Results], form: Form = PAGE) -> Ranking:
        issues = headline_issues(results[0])
        outcomes = outcome_rows(results)
        rows, others = package_rows(results, issues, max(1, min(TOP, form.rows - len(outcomes) - 1)))
        if not rows:
            rows = [Row("remark", "No package was signed in any run.")]
        rows += [Row("heading", "No agreement signed"), *outcomes]
        return ranking(results, issues, rows, others)

    def size(self, subject: Results, shared: Ranking) -> tuple[float, float]:
        return ranking_size(subject, shared)

    def draw(self, panel: Panel, results: Results, shared: Ranking) -> None:
        draw_ranking(panel, [results], shared)

    def caption(self, results: Results, shared: Ranking) -> Caption:
        table = results.packages()
        agreed = results.agreements
        finding = agreement_sentence(results, share_text(agreed, results.n))
        alt = [f"Bar chart: share of runs by package of headline issues. {finding}"]
        if len(table):
            top = table.iloc[0]
            options = listed([*_named(results, {issue: top[issue] for issue in shared.issues})])
            alt.append(f"Most frequent ({share_text(int(top['count']), results.n)}): {options}.")
        else:
            rows = [row for row in shared.rows if row.kind == "outcome"]
            counts = zip(rows, row_counts(results, shared.issues, rows), strict=True)
            alt += [f"{outcome_label(results, row.name)}: {share_text(each or 0, results.n)}." for row, each in counts]
        grouped = len(shared.issues) < len(results.scenario.issues)
        every = len(results.scenario.issues)
        by = f"Packages are grouped by {len(shared.issues)} of {every} issues. " if grouped else ""
        return Caption(
            "Packages signed, by share of runs" if len(table) else "No package signed: outcomes by share of runs",
            f"{by}Shares are of all runs.",
            finding,
            " ".join(alt),
            (INTERVAL_NOTE,),
            self._headline(results, table),
        )

    def _headline(self, results: Results, table: pd.DataFrame) -> str:
        if results.agreements < LEAST_GROUP:
            return signed_of(results)
        share = of_hundred(int(table["count"].iloc[0]), results.n)
        if len(table) == 1:
            return f"One package is signed, in {share} runs"
        return f"Of {len(table):,} packages that are signed, the most frequent is signed in {share} runs"

    def table(self, results: Results) -> pd.DataFrame:
        """All packages by headline issues, most frequent first, then outcomes without agreement.

        Returns:
            `kind` (package or outcome), `name`, one column an issue with the option's label, `count`, `share`, `low`,
            `high`, `n`.
        """
        issues = headline_issues(results)
        signed = results.packages(issues).rename(columns={"package": "name"})
        signed.insert(0, "kind", "package")
        for issue in issues:
            labels = {name: clean(label) for name, label in results.scenario.issues[issue].options.items()}
            signed[issue] = signed[issue].map(labels)
        rows = outcome_rows([results])
        counts = [count or 0 for count in row_counts(results, issues, rows)]
        ends = [share_interval(count, results.n) for count in counts]
        rest = pd.DataFrame({
            "kind": "outcome",
            "name": [row.name for row in rows],
            **dict.fromkeys(issues, ""),
            "count": counts,
            "share": [count / results.n for count in counts],
            "low": [low for low, _ in ends],
            "high": [high for _, high in ends],
        })
        both = pd.concat([signed, rest], ignore_index=True) if len(signed) else rest
        return both.assign(n=results.n)


def compare(results: Sequence[Results], labels: Sequence[str] | None = None, form: Form = PAGE) -> Picture:
    """Compare outcomes and headline packages of several results, labelled as by `result_labels`.

    A slide has the first `MOST_BESIDE`.
    """
    names, left = result_labels(results, labels), 0
    if form is not PAGE:
        left = max(0, len(results) - MOST_BESIDE)
        results, names = results[:MOST_BESIDE], names[:MOST_BESIDE]
    n = min(one.n for one in results)
    if form is not PAGE and n < LEAST_GROUP:
        return too_few_slide(None, n, slide_footer("Comparison"))
    for rows in range(form.rows, 0, -1):
        shared = _frame(results, replace(form, rows=rows))
        size = ranking_size(results[0], shared, len(results), names)
        if size[1] <= form.height:
            break

    def draw(panel: Panel) -> None:
        draw_ranking(panel, results, shared, names)

    agreed = [f"{name}: {share_text(one.agreements, one.n)}" for name, one in zip(names, results, strict=True)]
    caption = Caption(
        "Outcomes and packages signed, by share of runs",
        "The same scale in all columns. Shares are of all runs of a column.",
        "",
        f"Bar charts side by side. Agreement signed, share of runs with 95 % interval: {listed(agreed)}.",
        (INTERVAL_NOTE,),
        _signed_beside(results, names),
        f"and {counted(left, 'more scenario')}" if left else "",
    )
    if form is not PAGE:
        runs = " and ".join(dict.fromkeys(f"n = {one.n:,}" for one in results))
        return slide(caption, slide_footer(listed(names), runs, PackagesChart.intervals), size, draw)
    footer = [f"{name}: {provenance(one)}" for name, one in zip(names, results, strict=True)]
    return sheet("Comparison", caption, footer, size, draw)


def _signed_beside(results: Sequence[Results], names: Sequence[str]) -> str:
    """Describe in how many runs an agreement is signed in each, as the title of a slide."""
    shares = {name: parts_of_hundred(one.agreements, one.n) for name, one in zip(names, results, strict=True)}
    if len(set(shares.values())) == 1:
        return f"In {next(iter(shares.values()))} of 100 runs of each scenario an agreement is signed"
    ranked = sorted(zip(names, results, strict=True), key=lambda pair: pair[1].agreements / pair[1].n)
    span = f"{shares[ranked[0][0]]} to {shares[ranked[-1][0]]} of 100 runs"
    return f"An agreement is signed in {span}, most often under “{clean(ranked[-1][0], 60)}”"


def compare_table(results: Sequence[Results], labels: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the numbers of `compare`: `result, kind, name, count, share, low, high, n`, one row a bar."""
    names = result_labels(results, labels)
    shared = _frame(results)
    lines = []
    for name, one in zip(names, results, strict=True):
        for row, count in zip(shared.rows, row_counts(one, shared.issues, shared.rows), strict=True):
            if count is not None:
                low, high = share_interval(count, one.n)
                label = outcome_label(one, "in_force") if row.kind == "total" else row.name
                lines.append((name, row.kind, label, count, count / one.n, low, high, one.n))
    return pd.DataFrame(lines, columns=["result", "kind", "name", "count", "share", "low", "high", "n"])


def _frame(results: Sequence[Results], form: Form = PAGE) -> Ranking:
    rows = [Row("heading", "How the runs ended"), Row("total", "signed"), *outcome_rows(results)]
    issues = headline_issues(results[0])
    bar = LEAST_BAR if form is not PAGE else max(LEAST_BAR, 2.9 - 0.75 * (len(results) - 1))
    room = min(MATRIX, form.width - len(results) * (SPACE + bar + VALUE))
    if not same_issues(results):
        return replace(ranking(results, (), [*rows, Row("remark", OTHER_ISSUES)], 0), room=room, bar=bar)
    packages, others = package_rows(results, issues, max(1, min(TOP, form.rows - len(rows))))
    nothing = [] if packages else [Row("remark", "No package was signed in any run.")]
    found = ranking(results, issues, [*rows, Row("heading", "Packages signed"), *packages, *nothing], others)
    return replace(found, room=room, bar=bar)
