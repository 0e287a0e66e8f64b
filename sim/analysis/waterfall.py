"""Decomposition of the difference between two scenarios by the inputs that differ.

Each step applies one group of inputs that differ. Between two scenarios there are as many mixtures as subsets of the
steps; all are played on the same runs, so the effect of a step is a difference run by run.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd

from sim.analysis.compare import figure_interval, mean_interval
from sim.analysis.figures import column_of, figures
from sim.results.figures import Figure
from sim.results.notebook import Notebook
from sim.results.results import Results, run
from sim.scenario import Scenario, ScenarioError
from sim.scenario.mixing import differing_paths, mixed
from sim.scenario.paths import Path

MOST_STEPS = 8
MOST_SHARED_OUT = 4  # steps: 16 mixtures
SHAPLEY, ORDERED = "shapley", "ordered"
METHODS = (SHAPLEY, ORDERED)
COLUMNS = ["kind", "label", "where", "value", "low", "high"]

Subset = frozenset[int]
Values = Mapping[Subset, np.ndarray]
Group = tuple[Path, tuple[Path, ...]]  # common part of its paths, and the paths


@dataclass(frozen=True)
class Step:
    """Inputs that are applied together."""

    name: str  # common part of their paths, or all paths
    paths: tuple[Path, ...]  # of `differing_paths`
    where: str  # `file:line:column` of the first of them in the second scenario

    @property
    def label(self) -> str:
        return self.name if len(self.paths) == 1 else f"{self.name} ({len(self.paths)} inputs)"


@dataclass(frozen=True, eq=False)
class Waterfall(Notebook):
    """The effect of each group of differing inputs on a figure from one scenario to another.

    Attributes:
        figure: A share of runs, or a mean over all of them.
        method: `shapley`: the mean effect of a step over all orders of the steps. `ordered`: its effect in the order of
        the rows. rows: The start, each step, and the end: `kind` (`start`, `step` or `end`), `label, where`, `value`
            (of the figure at the start and end, the effect of a step), `low` and `high` (95 %).
    """

    first: str
    second: str
    figure: Figure = field(repr=False)
    method: str
    n: int
    seed: int
    mixtures: int
    rows: pd.DataFrame = field(repr=False)

    def overview(self) -> tuple[str, pd.DataFrame]:
        return f"Where the difference comes from: {self.figure.label}", self.rows.drop(columns="where")


def waterfall(
    first: Scenario, second: Scenario, figure: str = "signed", draws: int = 1000, seed: int = 1,
    method: str | None = None,
) -> Waterfall:  # fmt: skip
    """Decompose the difference between two scenarios by the inputs that differ.

    Args:
        figure: Name of a figure that every run has, as listed by `compare`.
        method: Of `METHODS`; by default `shapley` for up to four steps (16 mixtures) that go in any order, else
            `ordered`.

    Raises:
        ValueError: if nothing differs, there is no such figure or method, or a run may lack the figure.

    Source: Shapley (1953), the value of a player in a game: players are steps, and the value of a coalition is the
        figure of its mixture.
    """
    if method is not None and method not in METHODS:
        raise ValueError(f"no method is called {method!r}; {' or '.join(METHODS)} would do")
    if not differing_paths(first, second):
        raise ValueError("the scenarios do not differ in any input, so there is nothing to share out")
    steps, mixtures, method = _steps(first, second, method)
    values = {each: run(mixtures[each], draws, seed) for each in (frozenset(), frozenset(range(len(steps))))}
    wanted = _figure(figure, list(values.values()))
    columns = {
        subset: column_of(wanted, values[subset] if subset in values else run(scenario, draws, seed)).to_numpy()
        for subset, scenario in mixtures.items()
    }
    added = shapley(columns, len(steps)) if method == SHAPLEY else one_by_one(columns, len(steps))
    start, end = (figure_interval(wanted.kind, pd.Series(columns[each])) for each in values)
    middle = [
        ("step", step.label, step.where, *mean_interval(pd.Series(column)))
        for step, column in zip(steps, added, strict=True)
    ]
    rows = [("start", wanted.label, "", *start), *middle, ("end", wanted.label, "", *end)]
    names = (first.title, second.title)
    if first.title == second.title:
        names = (f"A: {first.title}", f"B: {second.title}")
    return Waterfall(*names, wanted, method, draws, seed, len(mixtures), pd.DataFrame(rows, columns=COLUMNS))


def shapley(values: Values, steps: int) -> list[np.ndarray]:
    """Return each step's mean effect over all orders of the steps, run by run.

    Returns:
        One array a step, shape (n,); they sum to the difference between all steps and none.
    """
    added = []
    for step in range(steps):
        others, total = [each for each in range(steps) if each != step], np.zeros_like(values[frozenset()])
        for size in range(steps):
            weight = factorial(size) * factorial(steps - size - 1) / factorial(steps)
            for before in map(frozenset, combinations(others, size)):
                total = total + weight * (values[before | {step}] - values[before])
        added.append(total)
    return added


def one_by_one(values: Values, steps: int) -> list[np.ndarray]:
    """Return each step's effect after those before it, run by run."""
    return [values[frozenset(range(step + 1))] - values[frozenset(range(step))] for step in range(steps)]


def _steps(first: Scenario, second: Scenario, method: str | None) -> tuple[list[Step], dict[Subset, Scenario], str]:
    """Steps fine enough to be useful and coarse enough that every mixture is a valid scenario, and the mixtures."""
    groups: list[Group] = [(path, (path,)) for path in differing_paths(first, second)]
    while len(groups) > MOST_STEPS:
        groups = _coarser(groups, max(range(len(groups)), key=lambda place: len(groups[place][0])))
    made: dict[tuple[Path, ...], Scenario | None] = {}

    def mixture(*parts: Group) -> Scenario | None:
        paths = tuple(sorted(path for _, below in parts for path in below))
        if paths not in made:
            try:
                made[paths] = mixed(first, second, paths)
            except ScenarioError:
                made[paths] = None
        return made[paths]

    if method is None:
        whole = len(groups) <= MOST_SHARED_OUT and all(
            mixture(*(groups[place] for place in subset)) for subset in _subsets(len(groups), SHAPLEY)
        )
        method = SHAPLEY if whole else ORDERED
    groups = _all_free(groups, mixture) if method == SHAPLEY else _in_order(groups, mixture)
    mixtures = {}
    for subset in _subsets(len(groups), method):
        scenario = mixture(*(groups[place] for place in subset))
        assert scenario is not None
        mixtures[subset] = scenario
    steps = [Step(".".join(name), paths, second.where(".".join(paths[0]))) for name, paths in groups]
    return steps, mixtures, method


Mixture = Callable[..., Scenario | None]


def _all_free(groups: list[Group], mixture: Mixture) -> list[Group]:
    """Return groups of which any may be applied without the others; inseparable ones are merged."""
    while True:
        bad = next((each for each in _subsets(len(groups), SHAPLEY) if not mixture(*(groups[k] for k in each))), None)
        if bad is None:
            return groups
        inside = sorted(bad)
        others = [place for place in range(len(groups)) if place not in bad]
        needed = next((one for one in others if mixture(*(groups[k] for k in (*inside, one)))), others[0])
        groups = _joined(groups, inside[-1], needed)


def _in_order(groups: list[Group], mixture: Mixture) -> list[Group]:
    """Return the groups in file order as far as possible: one that needs others comes after them or with them."""
    done: list[Group] = []
    left = list(groups)
    while left:
        fits = next((group for group in left if mixture(*done, group)), None)
        if fits is None:  # the first two inseparable ones, else all that is left
            pairs = combinations(range(len(left)), 2)
            pair = next((pair for pair in pairs if mixture(*done, *(left[place] for place in pair))), None)
            rest = (_common(left), tuple(path for _, below in left for path in below))
            left = _joined(left, *pair) if pair else [rest]
            continue
        done.append(fits)
        left.remove(fits)
    return done


def _joined(groups: list[Group], one: int, other: int) -> list[Group]:
    """Merge two of the groups, in the place of the earlier."""
    early, late = sorted((one, other))
    both = (_common([groups[early], groups[late]]), (*groups[early][1], *groups[late][1]))
    return [both if place == early else group for place, group in enumerate(groups) if place != late]


def _common(groups: Sequence[Group]) -> Path:
    """Return the common beginning of all groups' paths; if there is none, all their names with a sign between."""
    names = [name for name, _ in groups]
    shared = names[0]
    for name in names:
        shared = shared[: next((k for k, part in enumerate(shared) if name[k : k + 1] != (part,)), len(shared))]
    return shared or (" + ".join(".".join(name) for name in names),)


def _coarser(groups: list[Group], place: int) -> list[Group]:
    """Return the groups with one path a part shorter, merged with all below it."""
    cut = groups[place][0][:-1]
    inside = [group for group in groups if group[0][: len(cut)] == cut]
    joined = (cut, tuple(path for _, paths in inside for path in paths))
    first = groups.index(inside[0])
    return [joined if k == first else group for k, group in enumerate(groups) if k == first or group not in inside]


def _subsets(steps: int, method: str) -> Iterator[Subset]:
    for size in range(steps + 1):
        yield from map(frozenset, [range(size)] if method == ORDERED else combinations(range(steps), size))


def _figure(name: str, ends: Sequence[Results]) -> Figure:
    there = [each for each in figures(ends) if each.listed or name in each.names]
    usable = [each.name for each in there if all(column_of(each, one).notna().all() for one in ends)]
    found = next((each for each in there if name in each.names), None)
    if found is None:
        raise ValueError(f"no figure is called {name!r}; there are {', '.join(usable)}")
    if found.name not in usable:
        raise ValueError(f"{name} is there only in some runs, so it cannot be shared out; {', '.join(usable)} can be")
    return found
