"""Scenario discovery: boxes of input conditions under which an outcome is typical, and coverage against density."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from sim.analysis.discovery import Discovery
from sim.charts.chart import ANALYSIS_CHARTS, Chart
from sim.charts.page import BODY, PAGE, SMALL, Caption, Form, Panel
from sim.charts.style import BLACK, INK, NEUTRAL, NEUTRAL_PALE, RULE, SOFT
from sim.charts.text import LINE, interval_note, wrap
from sim.charts.wording import box_sentence, condition_texts, discovery_opening, does, lines_named, population
from sim.core.wording import counted
from sim.results.format import percent
from sim.results.labels import value_label
from sim.results.results import Results, share_interval

TEXT, GAP, SCATTER = 5.2, 0.55, 3.3  # inches: text at the left, coverage and density at the right
BAR, BARS = 0.16, 1.5  # inches: height of a range, width of all of it
AIR = 0.24
MOST_LINES = 4  # red lines explained below the picture
MARKERS = ("o", "s", "^", "D", "P")  # by the number of inputs with a condition, the last for more
NUMBERS = [
    *("kind", "box", "input", "words", "low", "high", "without", "n", "cases"),
    *("density", "density_low", "density_high", "coverage", "coverage_low", "coverage_high"),
    *("told_coverage", "told_density", "inputs", "mass", "chosen"),
]


def _draw_boxes(panel: Panel | None, subject: Discovery, most: int) -> float:
    """Draw the sentence of each of the first boxes with the ranges of its inputs below; returns their height."""
    y = 0.0
    for place, found in enumerate(subject.boxes[:most]):
        lines = wrap(box_sentence(subject, place), TEXT, BODY)
        if panel is not None:
            panel.text(0, y, f"Box {place + 1}", BODY, weight="bold")
            panel.lines(0, y + BODY * LINE, lines, BODY)
        y += (1 + len(lines)) * BODY * LINE + 0.1
        for column, text in condition_texts(subject, found.box).items():
            texts = wrap(text + _range_text(subject, column), TEXT - BARS - 0.3, SMALL)
            tall = max(len(texts) * SMALL * LINE, 2 * BAR)
            if panel is not None:
                panel.lines(0.15, y, texts, SMALL, color=SOFT)
                _draw_range(panel.axes(TEXT - BARS, y, BARS, BAR), subject, found.box, column)
            y += tall + 0.08
        y += AIR
    return y


def _range_text(subject: Discovery, column: int) -> str:
    """Format the range of a number in all runs, empty for categories."""
    if subject.factors.categories[column]:
        return ""
    low, high = subject.range_of(column)
    return f" (range {value_label(low, low, high)} to {value_label(high, low, high)})"


def _draw_range(axes: Axes, subject: Discovery, box: Any, column: int) -> None:
    """Draw the part of an input's range inside the box, dark on the whole range; for categories those inside."""
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    count = subject.factors.categories[column]
    if count:
        for code in range(count):
            inside = code not in box.out.get(column, ())
            fill: dict[str, Any] = {"facecolor": NEUTRAL if inside else "white", "edgecolor": NEUTRAL, "linewidth": 0.8}
            axes.barh(0.5, 0.94 / count, 0.9, left=code / count, **fill)
        return
    low, high = subject.range_of(column)
    start, end = ((box_end - low) / (high - low) for box_end in (box.low.get(column, low), box.high.get(column, high)))
    axes.barh(0.5, 1, 0.4, facecolor=NEUTRAL_PALE, linewidth=0)
    axes.barh(0.5, end - start, 0.9, left=start, facecolor=NEUTRAL, linewidth=0)


def _draw_tradeoff(axes: Axes, subject: Discovery) -> None:
    steps = subject.boxes[0].tradeoff
    axes.set_xlim(0, 1.03)
    axes.set_ylim(0, 1.03)
    ticks = [0, 0.2, 0.4, 0.6, 0.8, 1]
    for setter in (axes.set_xticks, axes.set_yticks):
        setter(ticks, [f"{100 * tick:.0f}" for tick in ticks])
    axes.set_xlabel("coverage: % of all such runs that are inside", fontsize=SMALL, color=SOFT)
    axes.set_ylabel("density: % of the runs inside that are such", fontsize=SMALL, color=SOFT)
    axes.hlines(ticks[1:], 0, 1, color=RULE, linewidth=0.6, zorder=0)
    axes.vlines(ticks[1:], 0, 1, color=RULE, linewidth=0.6, zorder=0)
    axes.plot(steps["coverage"], steps["density"], color=NEUTRAL, linewidth=1, linestyle=(0, (1.2, 1.8)), zorder=1)
    for row in steps.dropna(subset=["told_density"]).to_dict("records"):
        mark: dict[str, Any] = {"marker": _marker(row["inputs"]), "color": BLACK, "markersize": 4, "zorder": 3}
        edge: dict[str, Any] = {"markeredgecolor": "white", "markeredgewidth": 0.4, "clip_on": False}
        axes.plot([row["told_coverage"]], [row["told_density"]], **mark, **edge)
    for found in subject.boxes[:1]:
        ring: dict[str, Any] = {"marker": "o", "markerfacecolor": "none", "color": INK, "markersize": 12, "zorder": 4}
        axes.plot([found.tested.coverage], [found.tested.density], clip_on=False, **ring)


def _marker(inputs: int) -> str:
    return MARKERS[min(inputs, len(MARKERS) - 1)]


def _draw_key(panel: Panel, subject: Discovery, top: float) -> None:
    counts = sorted(set(subject.boxes[0].tradeoff["inputs"]))
    marks = {_marker(count): f"{count or 'no'} input{'s' * (count != 1)} with a condition" for count in counts}
    y = top
    for marker, text in marks.items():
        axes = panel.axes(0.45, y, 0.2, 0.16)
        axes.set_axis_off()
        axes.plot([0], [0], marker=marker, color=BLACK, markersize=4.5)
        panel.text(0.72, y, text, SMALL)
        y += SMALL * LINE + 0.02
    finding = "Ring: box 1. Dotted: the runs the search was made on."
    panel.lines(0.45, y, wrap(finding, panel.width - 0.45, SMALL), SMALL)


@dataclass(frozen=True)
class Boxes:
    """Why there is no box, in lines, none where there is one; the boxes drawn; inches of the picture beside them."""

    note: tuple[str, ...]
    most: int
    side: float


@ANALYSIS_CHARTS.register
class DiscoveryChart(Chart[Discovery, Boxes]):
    """Boxes in sentences, the part of each input's range inside, and the trade-off they were chosen from."""

    name = "discovery"
    about = "under which conditions runs end a certain way, and coverage against density"
    of = Discovery

    def results(self, subject: Discovery) -> Results:
        return subject.results

    def frame(self, subjects: Sequence[Discovery], form: Form = PAGE) -> Boxes:
        note, most = subjects[0].note, 0
        for box in subjects[0].boxes:  # a row is a condition
            form = replace(form, rows=form.rows - len(box.box.columns))
            most += form.rows >= 0 or not most
        side = min(SCATTER, form.height - 0.6 - 6 * SMALL * LINE)
        return Boxes(tuple(wrap(note, TEXT + GAP + SCATTER, BODY) if note else ()), most, side)

    def size(self, subject: Discovery, shared: Boxes) -> tuple[float, float]:
        if shared.note:
            return TEXT + GAP + SCATTER, len(shared.note) * BODY * LINE + 0.2
        tall = shared.side + 0.6 + 6 * SMALL * LINE
        return TEXT + GAP + SCATTER, max(_draw_boxes(None, subject, shared.most), tall)

    def draw(self, panel: Panel, subject: Discovery, shared: Boxes) -> None:
        if shared.note:
            panel.lines(0, 0.1, shared.note, BODY)
            return
        _draw_boxes(panel, subject, shared.most)
        part, side = panel.part(TEXT + GAP, 0, SCATTER, panel.height), shared.side
        part.text(0, 0, "Coverage and density of the first box", BODY, weight="bold")
        _draw_tradeoff(part.axes(0.45, 0.35, side - 0.5, side - 0.5), subject)
        _draw_key(part, subject, side + 0.45)

    def table(self, subject: Discovery) -> pd.DataFrame:
        """Return one row a condition (`kind` `condition`), and one a candidate box (`tradeoff`)."""
        rows: list[dict[str, Any]] = []
        for number, found in enumerate(subject.boxes, 1):
            density = share_interval(found.tested.cases, found.tested.n)
            coverage = share_interval(found.tested.cases, found.tested.all_cases)
            shares = {
                "n": found.tested.n, "cases": found.tested.cases,
                "density": found.tested.density, "density_low": density[0], "density_high": density[1],
                "coverage": found.tested.coverage, "coverage_low": coverage[0], "coverage_high": coverage[1],
            }  # fmt: skip
            for column, words in condition_texts(subject, found.box).items():
                limits = {"low": found.box.low.get(column), "high": found.box.high.get(column)}
                of_it = {"input": subject.factors.names[column], "words": words, **limits,
                         "without": " ".join(subject.left_out(found.box, column))}  # fmt: skip
                rows.append({"kind": "condition", "box": number, **of_it, **shares})
            for row in found.tradeoff.to_dict("records"):
                rows.append({"kind": "tradeoff", "box": number} | {str(key): value for key, value in row.items()})
        return pd.DataFrame(rows, columns=NUMBERS)

    def caption(self, subject: Discovery, shared: Boxes) -> Caption:
        finding, left = discovery_opening(subject), len(subject.boxes) - shared.most
        sentences: Sequence[str] = [box_sentence(subject, place) for place in range(len(subject.boxes))]
        text = " ".join([finding, *(sentences or [subject.note])])
        return Caption(
            f"Under which conditions {population(subject)} {does(subject)}",
            "A box is a few conditions that hold together, found by peeling away slices of the runs where it helps "
            "most. Dark in a bar: the part of an input's range that is inside.",
            finding,
            f"Conditions in words, and a picture of coverage against density. {text}",
            (
                "Conditions are found on every other run and tested on the rest, which the search has not seen. "
                "Conditions that tell nothing are left out (quasi-p above 0.05).",
                interval_note(subject.tested),
                *(f"{text[0].upper()}{text[1:]}" for text in lines_named(subject)[:MOST_LINES]),
            ),
            self._headline(subject),
            f"and {counted(left, 'more box', 'more boxes')}" if left > 0 else "",
        )

    def _headline(self, subject: Discovery) -> str:
        share = percent(subject.cases / subject.n, subject.n)
        every = f"{share} of {subject.n:,} {population(subject)} {does(subject)}"
        if not subject.boxes:
            return every
        first = subject.boxes[0].tested
        return f"{every}; inside box 1, {percent(first.density, first.n)}"
