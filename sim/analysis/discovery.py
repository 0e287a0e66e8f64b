"""Scenario discovery: boxes of conditions that make an outcome typical, found on half of the runs, tested on others."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from sim.analysis.boxes import LEAST_CASES, Box, Factors, Found, find_boxes
from sim.analysis.drawn_inputs import inputs_of, sampled_runs
from sim.analysis.figures import NoAnswer, figure_named
from sim.analysis.rendered import Rendered
from sim.core.packages import Bools
from sim.results.figures import Figure
from sim.results.results import Results

MOST_SEARCHED = 20_000  # maximum runs of a search: more would take minutes and find the same


@dataclass(frozen=True)
class Question:
    """The cases of interest: a figure, whether runs without it count instead, and for a mean the bound."""

    figure: Figure
    turned: bool = False
    above: float | None = None
    below: float | None = None

    def cases(self, draws: pd.DataFrame) -> np.ndarray:
        """1 for a run of interest, 0 for another, NaN where a run has no such figure, shape (n,)."""
        values = self.figure.values(draws)
        if not self.figure.is_share:
            inside = np.ones(len(values), bool)
            inside &= values > self.above if self.above is not None else True
            inside &= values < self.below if self.below is not None else True
            values = np.where(np.isnan(values), np.nan, inside)
        return 1 - values if self.turned else values


@dataclass(frozen=True, eq=False, repr=False)
class Discovery(Rendered):
    """Conditions under which an outcome is typical.

    Attributes:
        n, cases: Runs that count, and those of interest.
        searched: Runs on which boxes were found; they are tested on `tested` others.
        boxes: Found one after the other, each among the runs outside of those before.
        together: Paths of the inputs that are drawn together, by the first of them.
        density: The minimum requested; None for a balance of coverage and density.
        note: Why there is no box, empty if there is one.
    """

    results: Results = field(repr=False)
    question: Question
    factors: Factors = field(repr=False)
    of_signed: bool
    n: int
    cases: int
    searched: int
    tested: int
    boxes: tuple[Found, ...]
    together: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    density: float | None = None
    note: str = ""

    def overview(self) -> tuple[str, pd.DataFrame]:
        boxes = [{"box": number, "runs": box.tested.n, "coverage": box.tested.coverage, "density": box.tested.density}
                 for number, box in enumerate(self.boxes, 1)]  # fmt: skip
        title = f"Conditions under which runs {self.question.figure.does}"
        return title, pd.DataFrame(boxes) if boxes else pd.DataFrame({"note": [self.note]})

    def range_of(self, column: int) -> tuple[float, float]:
        values = self.factors.values[:, column]
        return float(values.min()), float(values.max())

    def left_out(self, box: Box, column: int) -> list[str]:
        name, codes = self.factors.names[column], sorted(box.out.get(column, ()))
        issue = self.results.scenario.issues.get(name)
        known = ["not real", "real"] if issue is None else list(issue.options)
        return [known[code] for code in codes]


def discover(
    results: Results, question: Question | str = "signed", most_inputs: int = 3, most_boxes: int = 3,
    density: float | None = None,
) -> Discovery:  # fmt: skip
    """Search for conditions on inputs under which runs are of interest much more often than overall.

    Boxes are found on every other run and tested on the rest: a search over hundreds of conditions overfits, and only
    other runs show how good a box is. Of what happens after signing, only signed runs count, and conditions may be on
    the options of the package too.

    Args:
        question: The cases of interest; a name for runs that have the share of this name.
        density: Minimum share of the runs in a box that are of interest; left out: the box with the largest harmonic
            mean of coverage and density is taken.

    Raises:
        NoAnswer: if there is no such figure.
    """
    question = Question(figure_named([results], question)) if isinstance(question, str) else question
    limited = question.above is not None or question.below is not None
    if question.figure.is_share and limited:
        raise NoAnswer(f"{question.figure.name} takes no --above or --below: a run has it or not")
    if not question.figure.is_share and not limited:
        raise NoAnswer(
            f"{question.figure.name} is a number: say which runs are of interest, with --above or --below"
        )
    of_signed = question.figure.of_text
    draws = sampled_runs(results)
    draws = draws[draws["package"].notna()] if of_signed else draws
    cases = question.cases(draws)
    draws, cases = draws[~np.isnan(cases)], cases[~np.isnan(cases)] > 0
    draws, cases = draws.head(MOST_SEARCHED), cases[:MOST_SEARCHED]
    factors = factors_of(results, draws, options=of_signed)
    note = _why_nothing(factors, cases, of_signed)
    half = np.arange(len(cases)) % 2 == 0
    boxes = [] if note else find_boxes(factors, cases, half, most_inputs, most_boxes, density)
    if not boxes and not note:
        note = "No conditions on the inputs were found under which this is more frequent than over all."
        if cases.mean() > 0.5 and not question.turned:
            note += " Most runs are so: --not asks when they are not."
    n, searched = len(cases), int(half.sum())
    return Discovery(
        results, question, factors, of_signed, n, int(cases.sum()), searched, n - searched, tuple(boxes),
        inputs_of(results).together, density, note,
    )


def factors_of(results: Results, draws: pd.DataFrame, options: bool) -> Factors:
    """Factors of conditions: inputs that differ, those drawn together once; with `options` the package's issues.

    Issues are named as in the file, inputs by path; options are coded by their position in the file.
    """
    drawn = inputs_of(results)
    found = [
        (path, drawn.columns[path].loc[draws.index].to_numpy(float), 2 if drawn.is_binary(path) else 0)
        for path in drawn.paths
    ]
    if options and len(draws):
        texts = draws["package"].str.split("/", expand=True)
        for place, (issue, spec) in enumerate(results.scenario.issues.items()):
            codes = {option: code for code, option in enumerate(spec.options)}
            found.append((issue, texts[place].map(codes).to_numpy(float), len(codes)))
    found = [each for each in found if (each[1] != each[1][:1]).any()]
    values = np.array([column for _, column, _ in found], float).T if found else np.zeros((len(draws), 0))
    return Factors(tuple(name for name, _, _ in found), values, tuple(count for _, _, count in found))


def _why_nothing(factors: Factors, cases: Bools, of_signed: bool) -> str:
    n, of_interest = len(cases), int(cases.sum())
    which = "runs that signed a text" if of_signed else "runs"
    if not n:
        return "No run signed a text, so there is nothing to tell apart."
    if of_interest in (0, n):
        return f"{'All' if of_interest else 'None'} of the {n:,} {which} are so, so nothing tells them apart."
    if of_interest < LEAST_CASES or n - of_interest < LEAST_CASES:
        return (
            f"{of_interest:,} of {n:,} {which} are so. To tell such runs from others takes at least {LEAST_CASES} of "
            "both kinds: ask for more runs with -n, or for another figure with --of."
        )
    if not factors.names:
        return "No number of the file has a range, so there is nothing to set conditions on."
    return ""
