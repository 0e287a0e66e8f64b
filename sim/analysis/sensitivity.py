"""Sensitivity of a figure to the inputs: one table a method, over finished runs or over runs of a design."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from sim.analysis.compare import figure_interval
from sim.analysis.designs import (
    Design,
    DesignStore,
    Player,
    chosen,
    morris_design,
    morris_table,
    play,
    sobol_design,
    sobol_table,
)
from sim.analysis.drawn_inputs import Drawn, inputs_of, sampled_runs
from sim.analysis.figures import NoAnswer, figure_named
from sim.analysis.rendered import Rendered
from sim.analysis.tornado import Sample, pawn, sample, tornado
from sim.results.figures import Figure
from sim.results.results import Results

FINISHED = {"tornado": tornado, "pawn": pawn}  # methods on finished runs
DESIGNED = {"sobol": 256, "morris": 32}  # methods with runs of their own: points, or trajectories, by default


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity(Rendered):
    """A sensitivity analysis of a figure.

    Attributes:
        n: Finished runs that have it.
        value, low, high: Its mean over these, with a 95 % interval.
        tables: One table a method, as the function of the method describes it.
        designs: Of each method that played runs of its own: `runs`, `points`, `inputs`, the `identity` of these runs.
        note: Why there is no table, empty if there is one.
    """

    results: Results = field(repr=False)
    drawn: Drawn = field(repr=False)
    figure: Figure
    n: int
    value: float
    low: float
    high: float
    inputs: int
    tables: Mapping[str, pd.DataFrame]
    designs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    note: str = ""

    def overview(self) -> tuple[str, pd.DataFrame]:
        tables = [table.drop(columns="together") for table in self.tables.values()]
        return f"What moves: {self.figure.label}", tables[0] if tables else pd.DataFrame({"note": [self.note]})


@dataclass(frozen=True)
class Plan:
    """The settings of a design."""

    inputs: Sequence[str] = ()  # paths of the inputs; empty for those ranked first by the tornado
    top: int = 8
    points: int | None = None  # base points of `sobol`, a power of two; trajectories of `morris`; None for 256 and 32


def sensitivity(
    results: Results, of: str = "signed", methods: Sequence[str] = ("tornado",), plan: Plan | None = None
) -> Sensitivity:  # fmt: skip
    """Analyse the sensitivity of a figure.

    Args:
        methods: Of `FINISHED`, from these runs alone, and of `DESIGNED`, which play runs of their own.
        plan: Of those.

    Raises:
        NoAnswer: if there is no such figure, too few runs have it, or a design cannot be made.
    """
    result = from_finished(results, of, [method for method in methods if method in FINISHED])
    for method in methods:
        if method in DESIGNED and not result.note:
            result = from_design(result, method, design_of(result, method, plan or Plan()))
    return result


def from_finished(results: Results, of: str, methods: Sequence[str]) -> Sensitivity:
    """Analyse a figure from finished runs alone; arguments and errors as of `sensitivity`."""
    figure, drawn = figure_named([results], of), inputs_of(results)
    found = sample(figure, sampled_runs(results), drawn)
    value, low, high = figure_interval(figure.kind, pd.Series(found.values))
    note = _why_nothing(found)
    tables = {} if note else {method: FINISHED[method](found) for method in methods}
    return Sensitivity(results, drawn, figure, found.n, value, low, high, len(drawn.paths), tables, note=note)


def design_of(result: Sensitivity, method: str, plan: Plan) -> Design:
    """Return the runs of a method, by the inputs that are named or have the largest differences.

    Raises:
        NoAnswer: if a named input does not differ, or the number of points is invalid.
    """
    results, drawn = result.results, result.drawn
    found = sample(result.figure, sampled_runs(results), drawn)
    if found.n < len(found.has):
        raise NoAnswer(
            f"{result.figure.label}: {len(found.has) - found.n:,} of {len(found.has):,} runs have none, and {method} "
            "needs one of every run: ask for a figure of all runs, such as signed, in_force or worth_PARTY"
        )
    ranked = [] if plan.inputs else [path for path in tornado(found)["input"] if path]
    paths = chosen(drawn, plan.inputs, ranked, plan.top)
    points = plan.points or DESIGNED[method]
    if method == "morris":
        return morris_design(results, drawn, paths, points)
    if points & (points - 1):
        near = 1 << (points.bit_length() - 1)
        raise NoAnswer(f"sobol takes a power of two of points: {near:,} or {2 * near:,}, not {points:,}")
    return sobol_design(results, drawn, paths, points)


def from_design(
    result: Sensitivity, method: str, design: Design, advance: Callable[[int], None] = lambda runs: None,
    store: DesignStore | None = None, player: Player | None = None,
) -> Sensitivity:  # fmt: skip
    """Add the table of a method whose runs are played now, or were stored; see `play` for the last three arguments."""
    figure = play(design, result.results, result.figure, advance, store, player)
    facts = {
        "runs": design.runs, "points": len(design.sheets[0].uniforms), "inputs": list(design.paths),
        "identity": design.identity(result.results),
    }  # fmt: skip
    table = {"sobol": sobol_table, "morris": morris_table}[method](design, figure, result.results.seed)
    return replace(result, tables={**result.tables, method: table}, designs={**result.designs, method: facts})


def _why_nothing(found: Sample) -> str:
    if not found.drawn.paths:
        return "No number of the file has a range, so no input differs from run to run."
    if found.is_constant:
        every = found.values[0]
        if found.figure.is_share:
            none = "All" if every else "None"
            return f"{none} of the {found.n:,} runs {found.figure.does}, so no input moves that within its range."
        return f"{found.figure.label}: {every:.3g} in all {found.n:,} runs, so no input moves it within its range."
    return ""
