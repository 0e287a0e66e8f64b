"""Concessions by issue and party, in points and share of runs; and red lines given up."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes

from sim.analysis.ledger import GivenUp, Movement, lines_given_up, movements
from sim.charts.chart import CHARTS, Chart
from sim.charts.page import BODY, PAGE, SMALL, Caption, Form, Panel
from sim.charts.rows import AXIS, ROW, draw_edged_whisker, draw_scale, draw_share_scale, draw_value, nice_scale
from sim.charts.style import SOFT, PartyStyle, agreement_sentence, party_styles, signed_of
from sim.charts.text import LINE, clean, listed, share_text, wrap
from sim.core.wording import counted
from sim.results.format import LEAST_GROUP, too_few
from sim.results.labels import line_short
from sim.results.results import Results, share_interval

ISSUE, PARTY, MOVE, FIGURES, SHARE = 2.0, 1.6, 2.7, 1.55, 1.3  # inches: text, text, points, figures, bars
VALUE, SLIDE_VALUE = 1.5, 1.25  # inches right of the bars, on a page and on a slide
LEFT = ISSUE + PARTY  # left edge of the points
MARK = 0.2  # inches left of a party's name
HEAD, LOW_HEAD, BETWEEN = 0.36, 0.24, 0.2  # inches above points and shares, above red lines, between the two
TIGHT = 0.05  # inches between the parties of an issue
BAR = 0.12  # inches, thickness
HEADINGS = (
    (0.0, ISSUE, "Issue"),
    (ISSUE, PARTY, "Party"),
    (LEFT, MOVE + FIGURES, "Points from opening to text: mean (10th to 90th percentile)"),
    (LEFT + MOVE + FIGURES, SHARE + VALUE, "Runs in which it moved on the issue"),
)
NO_LINES = "No party has a red line."


@dataclass(frozen=True)
class Scales:
    """What several results share: ends and step of points, end and step of shares of runs, and of red lines."""

    low: float
    high: float
    step: float
    share: tuple[float, float]
    lines: tuple[float, float]
    rows: int = PAGE.rows  # at most, of points and of red lines together


@dataclass(frozen=True)
class Row:
    """A line of the picture: its party, label, height in inches, and data."""

    party: str
    label: list[str]
    height: float
    record: Movement | GivenUp


def is_drawn(results: Results) -> bool:
    """Return whether enough runs signed for means and percentiles."""
    return has_movements(results) and results.agreements >= LEAST_GROUP


def has_movements(results: Results) -> bool:
    """Return whether some run signed, and openings are known."""
    return bool(results.agreements) and bool(movements(results))


def figure(number: float) -> str:
    """Format points with one decimal, whole ones without."""
    text = f"{number:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def label_of(results: Results, party: str) -> str:
    return clean(results.scenario.parties[party].label)


def _groups(results: Results, shared: Scales) -> list[tuple[list[str], list[Row], float]]:
    """Return each issue, its rows, and the height of all; a party without a run keeps its row."""
    groups = []
    for issue, spec in results.scenario.issues.items():
        rows = []
        for found in movements(results):
            if found.issue == issue:
                label = wrap(label_of(results, found.party), PARTY - MARK - 0.12, SMALL, 2)
                rows.append(Row(found.party, label, len(label) * SMALL * LINE + TIGHT, found))
        lines = wrap(clean(spec.label), ISSUE - 0.15, SMALL, max(4, len(rows)), bold=True)
        groups.append((lines, rows, max(len(lines) * SMALL * LINE, sum(row.height for row in rows)) + ROW))
    moved = {issue: max((found.moved for found in movements(results) if found.issue == issue), default=0)
             for issue in results.scenario.issues}  # fmt: skip
    most = max(1, shared.rows // max(1, max(len(rows) for _, rows, _ in groups)))
    shown = sorted(moved, key=lambda issue: -moved[issue])[:most]
    return [group for issue, group in zip(moved, groups, strict=True) if issue in shown]


def _line_label(results: Results, line: GivenUp) -> str:
    return f"{label_of(results, line.party)}: {line_short(results.scenario, f'{line.party}.{line.line}')}"


def _line_rows(results: Results, shared: Scales) -> list[Row]:
    rows, lines = [], lines_given_up(results)
    ranked = sorted(lines, key=lambda line: -line.fell)[: shared.rows]
    for line in [each for each in lines if each in ranked]:
        label = wrap(_line_label(results, line), LEFT - MARK - 0.15, SMALL, 2)
        rows.append(Row(line.party, label, len(label) * SMALL * LINE + ROW, line))
    return rows


def _moves_height(results: Results, shared: Scales) -> float:
    if not is_drawn(results):
        return 0.35
    return HEAD + sum(height for *_, height in _groups(results, shared)) + AXIS


def _has_lines(results: Results, shared: Scales) -> bool:
    """Return whether red lines are drawn: on a slide where there are no points."""
    return "lines_fallen" in results.columns and (shared.rows == PAGE.rows or not is_drawn(results))


def _lines_height(results: Results, shared: Scales) -> float:
    if not _has_lines(results, shared):
        return 0.0
    rows = _line_rows(results, shared)
    return BETWEEN + LOW_HEAD + (sum(row.height for row in rows) + AXIS if rows else 0.2)


def _draw_moves(panel: Panel, results: Results, shared: Scales) -> None:
    groups, styles = _groups(results, shared), party_styles(results.scenario)
    tall = sum(height for *_, height in groups)
    for x, room, text in HEADINGS:
        lines = wrap(text, room - 0.1, SMALL, 2, bold=True)
        panel.lines(x, HEAD - 0.05 - len(lines) * SMALL * LINE, lines, SMALL, weight="bold")
    marks, points, bars = _three_axes(panel, tall, shared)
    y = 0.0
    for lines, rows, height in groups:
        panel.rule(0, HEAD + y, panel.width, linewidth=0.5)
        panel.lines(0, HEAD + y + ROW / 2 + 0.02, lines, SMALL, weight="bold")
        top = y + ROW / 2
        for row in rows:
            middle = top + row.height / 2
            _draw_party(panel, marks, row, ISSUE, HEAD, middle, styles[row.party])
            assert isinstance(row.record, Movement)
            _draw_movement(panel, points, row.record, middle, styles[row.party])
            _draw_share(bars, row.record.moved, row.record.n, middle, styles[row.party], shared.share[1] / SHARE)
            top += row.height
        y += height


def _three_axes(panel: Panel, tall: float, shared: Scales) -> tuple[Axes, Axes, Axes]:
    """Make axes for markers, points and shares; one unit of y is an inch in all three."""
    marks = panel.canvas(ISSUE, HEAD, MARK, tall, (MARK, -tall))
    points = panel.axes(LEFT, HEAD, MOVE, tall)
    count = round((shared.high - shared.low) / shared.step)
    ticks = [shared.low + k * shared.step for k in range(count + 1)]
    hidden = ("bottom",) if shared.low == 0 else ("bottom", "left")
    texts = [f"{tick:g}" for tick in ticks]
    draw_scale(points, (ticks[0], ticks[-1]), tall, ticks, texts, "points of its own values", hidden)
    points.axvline(0, color=SOFT, linewidth=1, zorder=0.5)
    bars = panel.axes(LEFT + MOVE + FIGURES, HEAD, SHARE, tall)
    draw_share_scale(bars, tall, *shared.share, "per cent of runs")
    return marks, points, bars


def _draw_party(panel: Panel, marks: Axes, row: Row, x: float, top: float, middle: float, style: PartyStyle) -> None:
    marks.plot([0.07], [middle], style.marker, color=style.colour, markersize=5.5, clip_on=False)
    tall = len(row.label) * SMALL * LINE
    panel.lines(x + MARK, top + middle - tall / 2 + 0.015, row.label, SMALL)


def _draw_movement(panel: Panel, axes: Axes, found: Movement, middle: float, style: PartyStyle) -> None:
    """Mean as a marker, 10-90 % as a whisker, both in figures."""
    if found.n < LEAST_GROUP:
        few = f"{found.n} runs, fewer than {LEAST_GROUP}" if found.n else "no run"
        panel.text(LEFT + MOVE + 0.1, HEAD + middle, few, SMALL, va="center_baseline", color=SOFT)
        return
    axes.hlines(middle, found.low, found.high, color=style.colour, linewidth=1.6, zorder=2)
    axes.vlines([found.low, found.high], middle - 0.04, middle + 0.04, color=style.colour, linewidth=1.6, zorder=2)
    axes.plot([found.mean], [middle], style.marker, color=style.colour, markersize=6, markeredgecolor="white",
              markeredgewidth=0.7, zorder=3, clip_on=False)  # fmt: skip
    text = f"{found.mean + 0.0:.1f} ({figure(found.low)} to {figure(found.high)})"
    panel.text(LEFT + MOVE + 0.1, HEAD + middle, text, SMALL, va="center_baseline")


def _draw_share(axes: Axes, count: int, n: int, middle: float, style: PartyStyle, inch: float) -> None:
    """A share as a bar from 0, its interval as a whisker, both in figures."""
    if n < LEAST_GROUP:
        return
    share, (low, high) = count / n, share_interval(count, n)
    axes.barh(middle, share, BAR, left=0, linewidth=0.8, zorder=2, facecolor=style.colour, edgecolor=style.colour)
    draw_edged_whisker(axes, low, high, middle)
    draw_value(axes, max(share, high) + 0.06 * inch, middle, share_text(count, n))


def _draw_lines(panel: Panel, results: Results, shared: Scales) -> None:
    """Red lines at the left, the share of all runs in which each fell at the right."""
    panel.lines(0, 0, ["Red lines given up, by share of all runs"], BODY, weight="bold")
    rows, styles = _line_rows(results, shared), party_styles(results.scenario)
    if not rows:
        panel.text(0, LOW_HEAD, NO_LINES, SMALL, color=SOFT)
        return
    tall = sum(row.height for row in rows)
    marks = panel.canvas(0, LOW_HEAD, MARK, tall, (MARK, -tall))
    bars = panel.axes(LEFT, LOW_HEAD, MOVE, tall)
    draw_share_scale(bars, tall, *shared.lines, "per cent of all runs")
    y = 0.0
    for row in rows:
        panel.rule(0, LOW_HEAD + y, panel.width, linewidth=0.5)
        middle = y + row.height / 2
        _draw_party(panel, marks, row, 0.0, LOW_HEAD, middle, styles[row.party])
        assert isinstance(row.record, GivenUp)
        _draw_share(bars, row.record.fell, results.n, middle, styles[row.party], shared.lines[1] / MOVE)
        text = f"real at the start in {row.record.real:,} of {results.n:,}"
        panel.text(LEFT + MOVE + FIGURES, LOW_HEAD + middle, text, SMALL, va="center_baseline", color=SOFT)
        y += row.height


COLUMNS = [
    "kind", "issue", "party", "line", "n", "mean", "low", "high", "count", "share", "share_low", "share_high",
]  # fmt: skip


def points_scale(lowest: float, highest: float) -> tuple[float, float, float]:
    """Return step and ends of a scale of points that includes 0 and both, in at most six steps."""
    for step in (1, 2, 5, 10, 20, 25, 50):
        low, high = math.floor(lowest / step + 1e-9), max(1, math.ceil(highest / step - 1e-9))
        if high - low <= 6:
            break
    return step, step * low, step * high


def _sentence(results: Results) -> str:
    """Describe how many runs signed, and on how many issues the package differs from each party's opening."""
    finding = agreement_sentence(results, share_text(results.agreements, results.n))
    found, each = movements(results), []
    for party in results.scenario.parties:
        own = [one for one in found if one.party == party and one.n >= LEAST_GROUP]
        if own:
            each.append(f"{clean(label_of(results, party), 60)} {sum(one.moved / one.n for one in own):.1f}")
    if not each:
        return finding
    count = len(results.scenario.issues)
    moved = f"Issues, of {count}, on which the text differs from a party's opening, on average: {listed(each)}."
    return f"{finding} {moved}"


def _share(count: int, n: int) -> tuple[int, float, float, float]:
    return count, count / n if n else math.nan, *share_interval(count, n)


@CHARTS.register
class LedgerChart(Chart[Results, Scales]):
    """How far each party moved from opening to signed package, by issue, and which red lines were given up."""

    name = "ledger"
    intervals = "points: 10th to 90th percentile; shares: 95 % intervals"
    about = "who moved how far from opening to text, by issue, and which red lines were given up"
    group = "talks"

    def applies(self, subject: Results) -> bool:
        return has_movements(subject)

    def frame(self, results: Sequence[Results], form: Form = PAGE) -> Scales:
        ends, shares, lines = [0.0], [0.0], [0.0]
        for one in results:
            for found in movements(one):
                if found.n >= LEAST_GROUP:
                    ends += [found.low, found.high, found.mean]
                    shares.append(share_interval(found.moved, found.n)[1])
            lines += [share_interval(line.fell, one.n)[1] for line in lines_given_up(one)]
        step, low, high = points_scale(min(ends), max(ends))
        return Scales(low, high, step, nice_scale(max(shares)), nice_scale(max(lines)), form.rows)

    def size(self, results: Results, shared: Scales) -> tuple[float, float]:
        right = VALUE if shared.rows == PAGE.rows else SLIDE_VALUE
        return LEFT + MOVE + FIGURES + SHARE + right, _moves_height(results, shared) + _lines_height(results, shared)

    def draw(self, panel: Panel, results: Results, shared: Scales) -> None:
        tall = _moves_height(results, shared)
        if is_drawn(results):
            _draw_moves(panel.part(0, 0, panel.width, tall), results, shared)
        elif has_movements(results):
            panel.lines(0, 0.1, [f"Agreements signed, {too_few(results.agreements, results.n)}"], BODY)
        else:
            panel.lines(0, 0.1, ["No agreement was signed in any run, so there is no movement to show."], BODY)
        if _has_lines(results, shared):
            below = tall + BETWEEN
            _draw_lines(panel.part(0, below, panel.width, panel.height - below), results, shared)

    def caption(self, results: Results, shared: Scales) -> Caption:
        finding, notes = _sentence(results), []
        alt = f"Points with whiskers by issue and party, from opening to text. {finding}"
        if is_drawn(results):
            undelivered = "; a chance that an option cannot be delivered is not in them" * any(
                issue.deliverable for issue in results.scenario.issues.values()
            )
            runs = {found.party: found.n for found in movements(results)}
            of_each = listed([f"{clean(label_of(results, party), 60)} {n:,}" for party, n in runs.items()])
            notes.append(
                "Opening: the first package that the party itself put on the table. Markers: mean of the runs; "
                "whiskers and figures in brackets: 10th to 90th percentile of the runs. Points are the values in the "
                f"file, the same in all runs{undelivered}."
            )
            notes.append(
                "Shares: runs in which the text has another option than the opening, with 95 % interval (Wilson), from "
                f"the number of runs alone. Runs with a text and an opening: {of_each}."
            )
        lines = lines_given_up(results)
        if lines:
            fell = [f"{_line_label(results, one)}, {share_text(one.fell, results.n)}" for one in lines]
            alt += f" Red lines given up, share of all runs: {'; '.join(fell)}."
            notes.append(
                "Red lines: share of all runs in which the line was real at the start and fell, whether or not a text "
                "was signed."
            )
        return Caption(
            "From opening to text: how far each party moved",
            "Only runs that signed a text. Right of 0 the text is worth less to the party, on that issue, than its own "
            "opening; left of 0 it is worth more. Points are on each party's own scale, 0 to 100: those of two parties "
            "do not compare.",
            finding,
            alt,
            tuple(notes),
            self._headline(results),
            self._more(results, shared),
        )

    def _headline(self, results: Results) -> str:
        count, found = len(results.scenario.issues), movements(results)
        if not is_drawn(results):
            return signed_of(results)
        each = []
        for party in results.scenario.parties:
            own = [one for one in found if one.party == party and one.n >= LEAST_GROUP]
            if own:
                each.append(f"{sum(one.moved / one.n for one in own):.1f} for {clean(label_of(results, party), 40)}")
        return f"On average the signed text differs from the opening on this many of {count} issues: {listed(each)}"

    def _more(self, results: Results, shared: Scales) -> str:
        if is_drawn(results):
            issues = len(results.scenario.issues) - len(_groups(results, shared))
            return f"and {counted(issues, 'more issue')}, on which fewer runs moved" if issues else ""
        lines = len(lines_given_up(results)) - len(_line_rows(results, shared))
        return f"and {counted(lines, 'more red line')}, given up in fewer runs" if lines > 0 else ""

    def table(self, results: Results) -> pd.DataFrame:
        """One row a marker or bar.

        Returns:
            `kind` (`movement` or `red_line`), `issue` (empty for red lines), `party`, `line` (empty for movement), `n`
            (of how many runs), `mean, low, high` (points, 10th and 90th percentile), `count, share, share_low,
            share_high` (runs in which it moved, or the line fell).
        """
        rows: list[tuple[object, ...]] = []
        for found in movements(results) if has_movements(results) else ():
            spread = (found.mean, found.low, found.high)
            rows.append(("movement", found.issue, found.party, "", found.n, *spread, *_share(found.moved, found.n)))
        for line in lines_given_up(results):
            nothing = (math.nan,) * 3
            rows.append(("red_line", "", line.party, line.line, results.n, *nothing, *_share(line.fell, results.n)))
        return pd.DataFrame(rows, columns=COLUMNS)
