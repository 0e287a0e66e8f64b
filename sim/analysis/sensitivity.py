"""Which inputs move a figure of the results: one table a method, over finished runs or over runs of a design."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.compare import mean_interval
from sim.analysis.designs import REST, Design, DesignStore, chosen, play, sobol_design
from sim.analysis.drawn_inputs import REAL, Drawn, inputs_of, sampled_runs
from sim.analysis.figures import NoAnswer, figure_named
from sim.analysis.morris import morris_design, morris_effects, trajectories_of
from sim.analysis.pawn import pawn
from sim.analysis.rendered import Rendered
from sim.analysis.sobol import dummy_indices, sobol_indices
from sim.analysis.tornado import Sample, sample, tornado
from sim.core.exact import Floats
from sim.results.figures import Figure
from sim.results.results import Results, share_interval

FINISHED = {"tornado": tornado, "pawn": pawn}  # methods that need no runs but those that are there
DESIGNED = {"sobol": 256, "morris": 32}  # methods with runs of their own: points, or trajectories, if not told


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity(Rendered):
    """What moves a figure.

    Attributes:
        n: Finished runs that have it.
        value, low, high: Its mean over these, with a 95 % interval.
        tables: One table a method, as the module of the method tells.
        designs: Of each method that played runs of its own: `runs`, `points`, `inputs`, the `identity` of these runs.
        note: Why there is no table, empty if there is one.
    """

    results: Results = field(repr=False)
    drawn: Drawn = field(repr=False)
    asked: Figure
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
        return f"What moves: {self.asked.label}", tables[0] if tables else pd.DataFrame({"note": [self.note]})


@dataclass(frozen=True)
class Plan:
    """What runs of a design are for.

    Attributes:
        inputs: Paths of the inputs; none for those that the tornado puts first.
        points: Base points of `sobol`, a power of two; trajectories of `morris`; None for 256 and 32.
    """

    inputs: Sequence[str] = ()
    top: int = 8
    points: int | None = None


def sensitivity(
    results: Results, of: str = "signed", methods: Sequence[str] = ("tornado",), plan: Plan | None = None
) -> Sensitivity:  # fmt: skip
    """What moves a figure.

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
    """What moves a figure, from finished runs alone; arguments and errors as of `sensitivity`."""
    asked, drawn = figure_named([results], of), inputs_of(results)
    found = sample(asked, sampled_runs(results), drawn)
    value, low, high = figure_with_interval(found)
    note = why_nothing(found)
    tables = {} if note else {method: FINISHED[method](found) for method in methods}
    return Sensitivity(results, drawn, asked, found.n, value, low, high, len(drawn.paths), tables, note=note)


def design_of(result: Sensitivity, method: str, plan: Plan) -> Design:
    """The runs that a method takes, by the inputs that are named or that go with the largest differences.

    Raises:
        NoAnswer: if an input that is named does not differ, or the number of points does not do.
    """
    results, drawn = result.results, result.drawn
    found = sample(result.asked, sampled_runs(results), drawn)
    if found.n < len(found.has):
        raise NoAnswer(
            f"{result.asked.label}: {len(found.has) - found.n:,} of {len(found.has):,} runs have none, and {method} "
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
    result: Sensitivity, method: str, design: Design, tell: Callable[[int], None] = lambda runs: None,
    store: DesignStore | None = None,
) -> Sensitivity:  # fmt: skip
    """The same with the table of a method whose runs are played now, or were kept; see `play` for the last two."""
    figure = play(design, result.results, result.asked, tell, store)
    table = {"sobol": _sobol_table, "morris": _morris_table}[method](design, figure, result.results.seed)
    facts = {
        "runs": design.runs, "points": len(design.sheets[0].uniforms), "inputs": list(design.paths),
        "identity": design.identity(result.results),
    }  # fmt: skip
    return replace(result, tables={**result.tables, method: table}, designs={**result.designs, method: facts})


def _sobol_table(design: Design, figure: Mapping[str, Floats], seed: int) -> pd.DataFrame:
    """A row an input, the largest total first; then all that is not in the design, and a dummy."""
    names = [*design.paths, REST]
    table = sobol_indices(figure["A"], figure["B"], np.array([figure[name] for name in names]), seed)
    table = _with_inputs(design, table, names)
    table.loc[table["input"] == REST, "kind"] = "rest"
    table = table.sort_values(
        ["kind", "total", "input"], ascending=[True, False, True],
        key=lambda by: by == "rest" if by.name == "kind" else by,
    )  # fmt: skip
    dummy = {"input": "", "together": (), "kind": "dummy", **dummy_indices(figure["A"], figure["B"], seed)}
    return pd.concat([table, pd.DataFrame([dummy])], ignore_index=True)


def _morris_table(design: Design, figure: Mapping[str, Floats], seed: int) -> pd.DataFrame:
    by_trajectory = np.array([figure[sheet.name] for sheet in design.sheets]).T.reshape(-1)
    table = morris_effects(design.paths, trajectories_of(design), by_trajectory, seed, design.sided)
    table = _with_inputs(design, table, design.paths)
    return table.sort_values(["mean", "input"], ascending=[False, True], ignore_index=True)


def _with_inputs(design: Design, table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    table.insert(0, "input", list(names))
    table.insert(1, "together", [design.together.get(name, ()) for name in names])
    table.insert(2, "kind", ["lot" if name.endswith(REAL) else "number" for name in names])
    return table


def figure_with_interval(found: Sample) -> tuple[float, float, float]:
    """The mean of a figure with its 95 % interval: of a share Wilson's."""
    value, low, high = mean_interval(pd.Series(found.values))
    if found.asked.is_share:
        low, high = share_interval(int(found.values.sum()), found.n)
    return value, low, high


def why_nothing(found: Sample) -> str:
    """Why no input can be told to move a figure; empty if one can."""
    if not found.drawn.paths:
        return "No number of the file has a range, so no input differs from run to run."
    if found.is_constant:
        every = found.values[0]
        if found.asked.is_share:
            none = "All" if every else "None"
            return f"{none} of the {found.n:,} runs {found.asked.does}, so no input moves that within its range."
        return f"{found.asked.label}: {every:.3g} in all {found.n:,} runs, so no input moves it within its range."
    return ""
