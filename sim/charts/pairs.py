"""Heat maps of option pairs, one for each two headline issues, in a triangular layout with one colour scale."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from sim.charts.chart import CHARTS, Chart
from sim.charts.packages import headline_issues, same_issues
from sim.charts.page import BODY, PAGE, SMALL, Caption, Form, Panel, draw_key, key_height
from sim.charts.rows import nice_scale
from sim.charts.style import INK, RULE, SOFT, agreement_sentence, ink_on
from sim.charts.text import (
    LINE,
    OptionTexts,
    clean,
    interval_note,
    key_entries,
    listed,
    option_texts,
    percent,
    share_text,
    text_width,
    wrap,
)
from sim.core.wording import counted
from sim.results.format import LEAST_GROUP, of_hundred
from sim.results.labels import issue_short, option_short
from sim.results.results import Results, share_interval
from sim.results.stages import reached

MOST_ISSUES = 4  # six maps; more are not legible
NAMES = 1.72  # inches for the options at the left
CELL, SMALL_CELL = (0.48, 0.345), (0.8, 0.23)  # inches, on a page and on a slide
BELOW = 1.5  # inches at most for the options below, which are rotated
LEGEND = 0.4  # inches above the maps for the scale of colour
REMARK = 0.22  # inches for a note below it
GAP = 0.2  # inches between maps
HEAD = 0.34  # inches above each row of maps for the issue's label
EACH_CELL = "That of each cell is in the table of the chart."
SHADES = LinearSegmentedColormap.from_list("shares", ["#FFFFFF", "#C6D0D9", "#7C8FA3", "#2B3A4A"])

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """Issues and colour scale that several results share."""

    issues: tuple[str, ...]  # at most four, in the order of `headline`
    left_out: tuple[str, ...]  # headline issues without a map
    limit: float  # share of runs with the darkest colour
    cell: tuple[float, float] = CELL  # inches
    explained: bool = True  # whether the scale of colour stands above, and short names below


class PairsChart(Chart[Results, Pairs]):
    """Heat maps of option pairs; each subclass defines what is counted."""

    title: str
    how: str
    does: str  # of runs that are counted, before two options
    intervals = "cells: per cent of all runs"

    def counts(self, results: Results) -> Counts:
        """Return counts by option and option, options in name order, shape (C, C)."""
        raise NotImplementedError

    def finding(self, results: Results) -> str:
        """Describe how many runs had anything to count."""
        raise NotImplementedError

    def compares(self, subjects: Sequence[Results]) -> bool:
        return same_issues(subjects)

    def frame(self, subjects: Sequence[Results], form: Form = PAGE) -> Pairs:
        """Return the first headline issues, and a colour scale up to the largest share of any option."""
        issues = headline_issues(subjects[0])
        sizes = [len(subjects[0].scenario.issues[issue].options) for issue in issues]
        shown = [k for k in range(1, MOST_ISSUES + 1) if k == 1 or 1 + sum(sizes[1:k]) <= form.rows]
        issues, left_out = issues[: shown[-1]], issues[shown[-1] :]
        largest = max(float(self.counts(one).max(initial=0)) / one.n for one in subjects)
        limit, on_page = nice_scale(max(largest, 0.01))[1], form is PAGE
        return Pairs(issues, left_out, limit, CELL if on_page else SMALL_CELL, on_page)

    def size(self, subject: Results, shared: Pairs) -> tuple[float, float]:
        return pairs_size(subject, shared)

    def draw(self, panel: Panel, subject: Results, shared: Pairs) -> None:
        counts = self.counts(subject)
        draw_pairs(panel, subject, shared, counts, "" if counts.any() else self.finding(subject))

    def caption(self, subject: Results, shared: Pairs) -> Caption:
        finding = self.finding(subject)
        largest = pair_sentence(subject, largest_pair(subject, shared, self.counts(subject)))
        alt = f"Heat maps of option pairs. {finding} {largest}".strip()
        more = f"and {counted(len(shared.left_out), 'more headline issue')}" if shared.left_out else ""
        headline = self._headline(subject, shared)
        return Caption(self.title, self.how, finding, alt, notes(subject, shared), headline, more)

    def _headline(self, subject: Results, shared: Pairs) -> str:
        top = largest_pair(subject, shared, self.counts(subject))
        if top is None or top["count"] < LEAST_GROUP:
            return self.finding(subject).rstrip(".")
        scenario = subject.scenario
        sides = [side for side in ("a", "b") if top[f"issue_{side}"]]
        options = listed([f"“{option_short(scenario, top[f'issue_{k}'], top[f'option_{k}'])}”" for k in sides])
        most = "the most of any two options" if len(sides) > 1 else "the most of any option"
        return f"In {of_hundred(top['count'], subject.n)} runs {self.does} {options}, {most}"

    def table(self, subject: Results) -> pd.DataFrame:
        return pairs_table(subject, self.frame([subject]), self.counts(subject))


def _texts(results: Results, frame: Pairs) -> list[OptionTexts]:
    return [option_texts(results.scenario, issue, min(NAMES, BELOW) - 0.12, SMALL) for issue in frame.issues]


def _key(results: Results, frame: Pairs) -> list[tuple[str, str]]:
    return key_entries(_texts(results, frame)) if frame.explained else []


def _places(results: Results, frame: Pairs) -> tuple[list[float], list[float], float]:
    """Return left edges of columns, upper edges of rows (the first of both for single options), and the lower end."""
    sizes = [len(results.scenario.issues[issue].options) for issue in frame.issues]
    columns = [NAMES, NAMES + frame.cell[0] + GAP]
    for size in sizes[:-1]:
        columns.append(columns[-1] + size * frame.cell[0] + GAP)
    top = LEGEND + REMARK if frame.explained else 0.0
    if len(sizes) == 1:
        return columns, [top + HEAD - 0.2], top + HEAD - 0.2 + sizes[0] * frame.cell[1]
    rows = [top, top + frame.cell[1] + HEAD]
    for size in sizes[1:]:
        rows.append(rows[-1] + size * frame.cell[1] + HEAD)
    return columns, rows[:-1], rows[-1] - HEAD


def pairs_size(results: Results, frame: Pairs) -> tuple[float, float]:
    """Width and height of the picture, inches."""
    columns, _, bottom = _places(results, frame)
    width = max(columns[-1] - GAP, 6.6)
    key = key_height(_key(results, frame), width)
    headings = max((len(lines) for lines in _column_headings(results, frame)), default=1)
    return width, bottom + _below(results, frame) + headings * SMALL * LINE + 0.1 + (key + 0.15 if key else 0.0)


def _below(results: Results, frame: Pairs) -> float:
    """Return the inches of the rotated options, with padding."""
    texts = [text for its in _texts(results, frame)[:-1] for text in its.texts.values()]
    lines = [line for text in texts for line in wrap(text, BELOW - 0.12, SMALL, 2)]
    return 0.16 + max(text_width(line, SMALL) for line in ["option alone", *lines])


def _column_headings(results: Results, frame: Pairs) -> list[list[str]]:
    headings = [["any"]]
    for issue in frame.issues[:-1]:
        spec = results.scenario.issues[issue]
        label = issue_short(results.scenario, issue)
        headings.append(wrap(label, max(len(spec.options) * frame.cell[0] + GAP - 0.1, 0.9), SMALL, 4, bold=True))
    return headings


def draw_pairs(panel: Panel, results: Results, frame: Pairs, counts: Counts, remark: str) -> None:
    """Draw the triangle of maps of counts by option and option, options in name order, shape (C, C)."""
    columns, rows, bottom = _places(results, frame)
    texts, possible = _texts(results, frame), possible_pairs(results)
    drawing = (panel, results, counts, possible, frame)
    for row, (issue, top) in enumerate(zip(frame.issues, rows, strict=True)):
        if not row and len(rows) > 1:
            panel.text(NAMES - 0.08, top + frame.cell[1] / 2, "option alone", SMALL, ha="right", va="center")
            _draw_map(*drawing, (columns[1], top), None, issue)
            continue
        panel.lines(0, top - 0.2, wrap(texts[row].heading, panel.width, BODY, 1, bold=True), BODY, weight="bold")
        for place, text in enumerate(texts[row].texts.values()):
            lines = wrap(text, NAMES - 0.12, SMALL, 2)
            y = top + (place + 0.5) * frame.cell[1] - len(lines) * SMALL * LINE / 2 + 0.015
            panel.lines(NAMES - 0.08, y, lines, SMALL, ha="right")
        for column, other in enumerate([None, *frame.issues[:row]]):
            _draw_map(*drawing, (columns[column], top), issue, other)
    for column, heading in enumerate(_column_headings(results, frame)):
        if column:
            for place, text in enumerate(texts[column - 1].texts.values()):
                lines = wrap(text, BELOW - 0.12, SMALL, 2)
                x = columns[column] + (place + 0.5) * frame.cell[0] - len(lines) * SMALL * LINE / 2 + 0.02
                for number, line in enumerate(lines):
                    panel.text(x + number * SMALL * LINE, bottom + 0.06, line, SMALL, rotation=90)
            panel.lines(columns[column], bottom + _below(results, frame), heading, SMALL, weight="bold")
        else:
            panel.text(columns[0] + frame.cell[0] / 2, bottom + 0.06, "option alone", SMALL, rotation=90, ha="center")
    if frame.explained:
        _draw_scale(panel, frame.limit, _any_impossible(results, frame, possible))
        panel.lines(0, LEGEND, wrap(remark, panel.width, BODY, 1), BODY)
    key = _key(results, frame)
    draw_key(panel, key, panel.width, panel.height - key_height(key, panel.width))


def _draw_map(
    panel: Panel, results: Results, counts: Counts, possible: npt.NDArray[np.bool_], frame: Pairs,
    place: tuple[float, float], downwards: str | None, across: str | None,
) -> None:  # fmt: skip
    """Draw one map: options of one issue downwards, of another to the right; without one, single options."""
    down = _indices(results, downwards) if downwards else [-1]
    right = _indices(results, across) if across else [-1]
    axes = panel.canvas(*place, len(right) * frame.cell[0], len(down) * frame.cell[1], (len(right), -len(down)))
    edge: dict[str, Any] = {"edgecolor": RULE, "linewidth": 0.6, "clip_on": False}
    for i, j in product(range(len(down)), range(len(right))):
        pair = (down[i] if downwards else right[j], right[j] if across else down[i])
        if not possible[pair]:
            axes.add_patch(Rectangle((j, i), 1, 1, facecolor="white", hatch="////", **edge))
            continue
        share = int(counts[pair]) / results.n
        shade = SHADES(min(1.0, share / frame.limit))
        axes.add_patch(Rectangle((j, i), 1, 1, facecolor=shade, **edge))
        colour = ink_on(shade, INK if counts[pair] else SOFT)
        shown = percent(int(counts[pair]), results.n, sign="")
        axes.text(j + 0.5, i + 0.5, shown, ha="center", va="center_baseline", fontsize=SMALL, color=colour)


def _draw_scale(panel: Panel, limit: float, with_gaps: bool) -> None:
    steps, width, title = 24, 2.0, "per cent of all runs"
    x = text_width(title, SMALL) + 0.15
    panel.text(0, 0.0, title, SMALL, color=SOFT)
    axes = panel.axes(x, 0.0, width, 0.15)
    axes.set_xlim(0, limit)
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    for step in range(steps):
        left, shade = limit * step / steps, SHADES((step + 0.5) / steps)
        axes.add_patch(Rectangle((left, 0), limit / steps, 1, facecolor=shade, linewidth=0))
    axes.set_xticks([0, limit / 2, limit], [f"{100 * tick:g}" for tick in (0, limit / 2, limit)])
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_color(RULE)
    if with_gaps:
        box = panel.axes(x + width + 0.5, 0.0, 0.3, 0.15)
        box.set_axis_off()
        box.add_patch(Rectangle((0, 0), 1, 1, facecolor="white", edgecolor=RULE, hatch="////", linewidth=0.6))
        panel.text(x + width + 0.9, 0.0, "no package has both options", SMALL, color=SOFT)


def _any_impossible(results: Results, frame: Pairs, possible: npt.NDArray[np.bool_]) -> bool:
    """Return whether some cell shown is of options that no package combines."""
    shown = [_indices(results, issue) for issue in frame.issues]
    return any(not possible[np.ix_(a, b)].all() for row, a in enumerate(shown) for b in shown[:row])


def possible_pairs(results: Results) -> npt.NDArray[np.bool_]:
    """Return whether some consistent package has both of two options, shape (C, C), options in name order."""
    space = results.structure.space
    sizes = [len(issue.options) for issue in space.issues]
    starts = np.cumsum([0, *sizes[:-1]])
    possible = np.zeros((sum(sizes), sum(sizes)), bool)
    for first in range(len(sizes)):
        for second in range(first, len(sizes)):
            both = space.packages[:, first].astype(np.int64) * sizes[second] + space.packages[:, second]
            seen = np.bincount(both, minlength=sizes[first] * sizes[second]).reshape(sizes[first], sizes[second]) > 0
            down, right = starts[first], starts[second]
            possible[down : down + sizes[first], right : right + sizes[second]] = seen
    return possible | possible.T


def _indices(results: Results, issue: str) -> list[int]:
    """Return the positions of an issue's options, in the order of the file, on the option axes of tallies."""
    names = results.option_names
    return [names.index(f"{issue}.{option}") for option in results.scenario.issues[issue].options]


def pairs_table(results: Results, frame: Pairs, counts: Counts) -> pd.DataFrame:
    """Return one row a cell: single options (`issue_b` empty) and pairs.

    `issue_a`, `option_a`, `label_a`, the same for b, `possible`, `count`, `share`, `low`, `high`, `n`.
    """
    possible, rows = possible_pairs(results), []
    for row, issue in enumerate(frame.issues):
        for other in (None, *frame.issues[:row]):
            for a, option_a in zip(_indices(results, issue), results.scenario.issues[issue].options, strict=True):
                partners = [(a, "")] if other is None else list(
                    zip(_indices(results, other), results.scenario.issues[other].options, strict=True)
                )
                for b, option_b in partners:
                    count = int(counts[a, b])
                    low, high = share_interval(count, results.n)
                    rows.append({
                        "issue_a": issue,
                        "option_a": option_a,
                        "label_a": clean(results.scenario.issues[issue].options[option_a]),
                        "issue_b": other or "",
                        "option_b": option_b,
                        "label_b": clean(results.scenario.issues[other].options[option_b]) if other else "",
                        "possible": bool(possible[a, b]),
                        "count": count,
                        "share": count / results.n,
                        "low": low,
                        "high": high,
                        "n": results.n,
                    })
    return pd.DataFrame(rows)


def largest_pair(results: Results, frame: Pairs, counts: Counts) -> dict[Hashable, Any] | None:
    """Return the row of `pairs_table` of the most frequent pair of options; None if none occurs."""
    table = pairs_table(results, frame, counts)
    pairs = table[table["issue_b"] != ""] if len(frame.issues) > 1 else table
    top = pairs.sort_values(["count", "option_a", "option_b"], ascending=[False, True, True]).head(1)
    return top.to_dict("records")[0] if len(top) and top["count"].iloc[0] else None


def pair_sentence(results: Results, row: Mapping[Hashable, Any] | None) -> str:
    """Describe the most frequent pair of options; empty if there is none."""
    if row is None:
        return ""
    options = [
        f"{clean(results.scenario.issues[row[f'issue_{side}']].label, 80)}: {clean(row[f'label_{side}'], 120)}"
        for side in ("a", "b")
        if row[f"issue_{side}"]
    ]
    return f"Most often: {listed(options)}, in {percent(int(row['count']), results.n)} of runs."


def notes(results: Results, frame: Pairs) -> tuple[str, ...]:
    """Note how wide intervals are, and which headline issues have no map."""
    cells = f"{interval_note(results.n)} {EACH_CELL}"
    if not frame.left_out:
        return (cells,)
    drawn = len(frame.issues)
    headline = drawn + len(frame.left_out)
    return cells, f"The first {drawn} of {headline} headline issues; their order in the file chooses them."


@CHARTS.register
class ConcessionsChart(PairsChart):
    """Runs whose agreement has both of two options."""

    name = "concessions"
    about = "where agreement happens: how often two options are signed together"
    group = "packages"
    title = "Where agreement happens: options signed together"
    does = "a package is signed with"
    how = (
        "Each cell: share of all runs, in per cent, that end with an agreement holding both options, whatever it says "
        "on other issues."
    )

    def counts(self, results: Results) -> Counts:
        return results.tallies.agreed

    def finding(self, results: Results) -> str:
        return agreement_sentence(results, share_text(results.agreements, results.n))


@CHARTS.register
class ZoneChart(PairsChart):
    """Runs in which some package acceptable to all who must sign it has both of two options."""

    name = "zone"
    about = "what all sides could accept: how often some acceptable package has two options"
    group = "talks"
    title = "What all sides could accept, option by option"
    does = "all could accept a package with"
    how = (
        "Each cell: share of all runs, in per cent, in which some package with both options is worth no deal or more "
        "to all who must sign it and crosses no red line that is real in the run."
    )

    def counts(self, results: Results) -> Counts:
        return results.tallies.zone

    def finding(self, results: Results) -> str:
        found = reached(results)["zone_first"]
        if not found:
            return "In no run was any package acceptable to all who must sign it."
        return f"Some package was acceptable to all who must sign it in {share_text(found, results.n)} of runs."
