"""Survival of agreements: the share still holding, month by month, and the number at risk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from sim.charts.chart import CHARTS, Chart
from sim.charts.page import BODY, PAGE, SMALL, Caption, Form, Panel
from sim.charts.style import (
    BLACK,
    INK,
    NEUTRAL,
    RULE,
    SOFT,
    PartyStyle,
    agreement_sentence,
    begun,
    in_force_or_signed,
    signed_of,
)
from sim.charts.text import LINE, clean, share_text, wrap
from sim.core.exact import Floats
from sim.core.packages import Ints
from sim.core.wording import counted
from sim.results.figures import in_force
from sim.results.format import LEAST_GROUP, parts_of_hundred, too_few
from sim.results.results import Results, remembered, share_interval
from sim.results.stages import has_durability, is_voted_on, runs_in_force

MONTHS = 120  # shown; every agreement is followed for longer
EVERY = 12  # months between two counts below the picture
MARKS = (12, 60)  # months at which the share is given in figures
MOST_GROUPS = 4  # lines that can be distinguished
LEFT, WIDE, TALL, GAP, LIST = 0.62, 6.0, 3.2, 0.3, 2.6  # inches
AXIS, HEAD, SAMPLE = 0.62, 0.24, 0.45  # inches
GROUP_STYLES = (  # not a party's colours
    PartyStyle(BLACK, (0, (1, 1.2)), "o"),
    PartyStyle(SOFT, (0, (6, 2)), "s"),
    PartyStyle(NEUTRAL, "-", "^"),
    PartyStyle(BLACK, (0, (6, 1.5, 1, 1.5)), "D"),
)
NO_NUMBERS = "The scenario has no numbers on how long agreements hold, so nothing is shown here."


@dataclass(frozen=True)
class Curves:
    """What several results share: the issue and the options with a line of their own; none if too many."""

    issue: str
    options: tuple[str, ...]
    tall: float = TALL  # inches of the picture


@dataclass(frozen=True, eq=False)
class Lasting:
    """The durations of some agreements in force."""

    marks: Ints  # agreements by the number of whole months, 0 to 120, that they hold, shape (122,)

    def __len__(self) -> int:
        return int(self.marks.sum())

    def holding(self, month: int) -> int:
        """Return the number of agreements that have not broken by a month."""
        return int(self.marks[month + 1 :].sum())

    def __add__(self, other: "Lasting") -> "Lasting":
        return Lasting(self.marks + other.marks)


@remembered
def lasting_by_option(results: Results) -> dict[str, Lasting]:
    """Return durations of agreements in force by the option of `_issue`, in the order of the file."""
    issue = _issue(results)
    place, options = list(results.scenario.issues).index(issue), list(results.scenario.issues[issue].options)
    marks = np.zeros((len(options), MONTHS + 2), np.int64)
    for piece in results.pieces("outcome", "package", "break_month"):
        force = piece[in_force(piece)]
        codes, packages = pd.factorize(force["package"])
        chosen = np.array([options.index(str(package).split("/")[place]) for package in packages], np.int64)[codes]
        held = np.ceil(np.clip(force["break_month"].to_numpy(float), 0, MONTHS + 1)).astype(np.int64)
        np.add.at(marks, (chosen, held), 1)
    return {option: Lasting(row) for option, row in zip(options, marks, strict=True)}


def lasting(results: Results) -> Lasting:
    """Return durations of all agreements in force."""
    return sum(lasting_by_option(results).values(), Lasting(np.zeros(MONTHS + 2, np.int64)))


def fewest(results: Results) -> int:
    """Return the minimum runs in force for a line of its own: 30, and a twentieth of them."""
    return max(LEAST_GROUP, runs_in_force(results) // 20)


def _issue(results: Results) -> str:
    """The issue of guarantees, else the first headline issue."""
    aftermath = getattr(results.scenario, "aftermath", None)
    credibility = getattr(aftermath, "credibility", None)
    if credibility is not None:
        return str(credibility.issue)
    return (results.scenario.headline or tuple(results.scenario.issues))[0]


def _lines(results: Results, shared: Curves) -> dict[str, Lasting]:
    """Return agreements in force by option, in the order of the file; "" is all of them together."""
    by_option = lasting_by_option(results) if shared.options else {}
    enough = {name for name in shared.options if len(by_option.get(name, ())) >= fewest(results)}
    return {"": lasting(results)} | {name: broken for name, broken in by_option.items() if name in enough}


def _is_empty(results: Results) -> bool:
    return not has_durability(results) or runs_in_force(results) < LEAST_GROUP


def _prepare(axes: Axes) -> None:
    axes.set_xlim(0, MONTHS)
    axes.set_ylim(0, 1.02)
    axes.set_xticks(range(0, MONTHS + 1, EVERY))
    axes.set_yticks(np.linspace(0, 1, 6), [f"{share}" for share in range(0, 101, 20)])
    axes.set_ylabel("% of them still holding", fontsize=SMALL, color=SOFT)
    axes.hlines(np.linspace(0.2, 1, 5), 0, MONTHS, color=RULE, linewidth=0.6, zorder=0)
    axes.tick_params(length=3)


def _styles(shared: Curves) -> dict[str, PartyStyle]:
    return dict(zip(shared.options, GROUP_STYLES, strict=False))


def _draw_thin(axes: Axes, months: Sequence[int], shares: Floats, style: PartyStyle) -> None:
    mark: dict[str, Any] = {"marker": style.marker, "markersize": 4, "markevery": (6, 24)}
    line: dict[str, Any] = {"color": style.colour, "linestyle": style.dash, "linewidth": 1.1, "zorder": 3}
    axes.plot(months, shares, drawstyle="steps-post", markerfacecolor="white", **line, **mark)


def _draw_marks(axes: Axes, broken: Lasting) -> None:
    """Draw the share at 12 and at 60 months in figures, with its interval as a whisker."""
    for month in MARKS:
        count, n = broken.holding(month), len(broken)
        share, (low, high) = count / n, share_interval(count, n)
        axes.vlines(month, 0, 1, color=SOFT, linewidth=0.8, linestyle=":", zorder=0.5)
        axes.vlines(month, low, high, color=INK, linewidth=1.3, zorder=5)
        axes.plot([month], [share], "o", markersize=6, color=INK, zorder=5, clip_on=False)
        place = (month + 2, min(share + 0.05, 0.97)) if share < 0.9 else (month + 2, share - 0.05)
        label = axes.text(*place, share_text(count, n), va="bottom" if share < 0.9 else "top", fontsize=SMALL, zorder=6)
        label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1.2, "alpha": 0.85})


def _draw_counts(panel: Panel, lines: Mapping[str, Lasting], shared: Curves) -> None:
    """Draw the number of agreements still holding at each tick, one row a line of the picture."""
    y = shared.tall + AXIS
    panel.lines(0, y, ["Number still holding"], SMALL, weight="bold")
    y += HEAD
    for option, broken in lines.items():
        _draw_sample(panel, 0.02, y, option, shared)
        for month in range(0, MONTHS + 1, EVERY):
            x = LEFT + WIDE * month / MONTHS
            panel.text(x, y, f"{broken.holding(month):,}", SMALL, ha="center", color=SOFT)
        y += SMALL * LINE


def _draw_sample(panel: Panel, x: float, y: float, option: str, shared: Curves) -> None:
    axes = panel.canvas(x, y, 0.34, 0.13, (2, 1))
    if option:
        _draw_thin(axes, range(3), np.full(3, 0.5), _styles(shared)[option])
        style = _styles(shared)[option]
        axes.plot([1], [0.5], style.marker, markersize=4, color=style.colour, markerfacecolor="white", zorder=4)
    else:
        axes.plot([0, 2], [0.5, 0.5], color=INK, linewidth=2.2)


def _draw_list(panel: Panel | None, results: Results, shared: Curves) -> float:
    """Draw the legend with each line's shares at 12 and 60 months; returns its height."""
    x, y, room = LEFT + WIDE + GAP, 0.05, LIST - SAMPLE
    lines = _lines(results, shared)
    for place, (option, broken) in enumerate(lines.items()):
        if place == 1:
            head = wrap(clean(results.scenario.issues[shared.issue].label), LIST, SMALL, 3, bold=True)
            if panel is not None:
                panel.lines(x, y + 0.06, head, SMALL, weight="bold")
            y += len(head) * SMALL * LINE + 0.12
        label = clean(results.scenario.issues[shared.issue].options[option]) if option else "All, with 95 % interval"
        finding = [f"{month} months: {share_text(broken.holding(month), len(broken))}" for month in MARKS]
        texts = wrap(label, room, SMALL, 3)
        if panel is not None:
            _draw_sample(panel, x, y, option, shared)
            panel.lines(x + SAMPLE, y, texts, SMALL)
            panel.lines(x + SAMPLE, y + len(texts) * SMALL * LINE, finding, SMALL, color=SOFT)
        y += (len(texts) + len(finding)) * SMALL * LINE + 0.1
    return y


def _nothing(results: Results) -> str:
    if not has_durability(results):
        return NO_NUMBERS
    force, state = runs_in_force(results), in_force_or_signed(results)
    return f"Agreements {state}, {too_few(force, results.n)}" if force else f"No agreement was {state} in any run."


def _sentence(results: Results) -> str:
    """Describe how many agreements there were, and how many held."""
    signed = agreement_sentence(results, share_text(results.agreements, results.n))
    if _is_empty(results):
        return signed
    broken, n = lasting(results), results.n
    force = f" It came into force in {share_text(len(broken), n)} of all runs." if is_voted_on(results) else ""
    held = [f"{share_text(broken.holding(month), len(broken))} after {month} months" for month in MARKS]
    agreements = f"{len(broken):,} agreement{'s' * (len(broken) != 1)} {in_force_or_signed(results)}"
    return f"{signed}{force} Of {agreements}, {held[0]} and {held[1]} still held."


def _headline(results: Results) -> str:
    force, state = runs_in_force(results), in_force_or_signed(results)
    if _is_empty(results):
        are = "is" if force == 1 else "are"
        return f"{counted(force, 'agreement')} {are} {state}: too few for a curve" if force else signed_of(results)
    held = [f"{parts_of_hundred(lasting(results).holding(month), force)} after {month}" for month in MARKS]
    return f"Of 100 agreements {state}, {held[0]} months and {held[1]} still hold"


@CHARTS.register
class SurvivalChart(Chart[Results, Curves]):
    """How long agreements hold: the share still holding, by month."""

    name = "survival"
    about = "how long agreements hold: the share still holding, by month"
    group = "after"

    def applies(self, subject: Results) -> bool:
        return has_durability(subject)

    def frame(self, results: Sequence[Results], form: Form = PAGE) -> Curves:
        """Return the options of one issue if two to four have enough runs, and the issue is the same in all results."""
        tall = min(TALL, form.height - AXIS - HEAD - (1 + MOST_GROUPS) * SMALL * LINE)
        none, followed = Curves("", (), tall), [one for one in results if has_durability(one)]
        issues = {_issue(one) for one in followed}
        if len(issues) != 1 or len({tuple(one.scenario.issues[next(iter(issues))].options) for one in followed}) != 1:
            return none
        (issue,) = issues
        enough = {
            option
            for one in followed
            for option, broken in lasting_by_option(one).items()
            if len(broken) >= fewest(one)
        }
        options = [option for option in followed[0].scenario.issues[issue].options if option in enough]
        return Curves(issue, tuple(options), tall) if 2 <= len(options) <= MOST_GROUPS else none

    def size(self, results: Results, shared: Curves) -> tuple[float, float]:
        if _is_empty(results):
            return LEFT + WIDE, 0.6
        counts = AXIS + HEAD + len(_lines(results, shared)) * SMALL * LINE
        return LEFT + WIDE + GAP + LIST, max(shared.tall + counts, _draw_list(None, results, shared))

    def draw(self, panel: Panel, results: Results, shared: Curves) -> None:
        if _is_empty(results):
            panel.lines(0, 0.1, wrap(_nothing(results), LEFT + WIDE, BODY), BODY)
            return
        axes, lines = panel.axes(LEFT, 0.05, WIDE, shared.tall), _lines(results, shared)
        _prepare(axes)
        months = list(range(MONTHS + 1))
        for option, broken in lines.items():
            shares = np.array([broken.holding(month) for month in months]) / len(broken)
            if option:
                _draw_thin(axes, months, shares, _styles(shared)[option])
            else:
                ends = np.array([share_interval(broken.holding(month), len(broken)) for month in months])
                band: dict[str, Any] = {"color": NEUTRAL, "alpha": 0.28, "linewidth": 0}
                axes.fill_between(months, ends[:, 0], ends[:, 1], step="post", zorder=1, **band)
                axes.plot(months, shares, color=INK, linewidth=2.2, drawstyle="steps-post", zorder=4)
        _draw_marks(axes, lines[""])
        panel.text(LEFT + WIDE / 2, shared.tall + 0.3, f"Months since {begun(results)}", BODY, ha="center")
        _draw_counts(panel, lines, shared)
        _draw_list(panel, results, shared)

    def caption(self, results: Results, shared: Curves) -> Caption:
        finding, notes = _sentence(results), []
        over = f"by months since {begun(results)}, 0 to {MONTHS}"
        alt = f"Curve of the share of agreements that still hold, {over}. {finding}"
        if _is_empty(results):
            alt = f"No curve. {_nothing(results)} {finding}"
        else:
            notes = [
                "Band, whiskers and figures in brackets: 95 % interval of the share (Wilson), month by month, from the "
                "number of runs alone. A break is a return to war or a finding of major breach, not a shooting "
                "incident.",
                "How fast agreements break follows from the hazard in the file and its ranges; the interval does not "
                "say how sure these are.",
            ]
            if len(_lines(results, shared)) > 1:
                notes.append(f"An option has a line if at least {fewest(results):,} runs in force have it. Lines "
                "differ in "
                             "more than that option: they are no measure of what it does.")  # fmt: skip
        return Caption(
            "How long agreements hold",
            f"Of the runs with an agreement {in_force_or_signed(results)}, the share in which it still holds. All are "
            "followed to the end of the scale; runs without an agreement are not in this picture.",
            finding,
            alt,
            tuple(notes),
            _headline(results),
        )

    def table(self, results: Results) -> pd.DataFrame:
        """One row a month and line: `month, issue, option` (empty for all), `n` (in force), `holding, share, low, "
        "high`."""
        rows: list[tuple[object, ...]] = []
        if not _is_empty(results):
            shared = self.frame([results])
            for option, broken in _lines(results, shared).items():
                for month in range(MONTHS + 1):
                    count, n = broken.holding(month), len(broken)
                    low, high = share_interval(count, n)
                    rows.append((month, shared.issue if option else "", option, n, count, count / n, low, high))
        return pd.DataFrame(rows, columns=["month", "issue", "option", "n", "holding", "share", "low", "high"])
