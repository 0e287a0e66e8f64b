"""A change of some numbers, tried out: the same runs played with it and without."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from sim.analysis.compare import Mean, paired_difference
from sim.analysis.parameters import Change, Parameter, Turn
from sim.analysis.reasons import Share
from sim.core.numbers import DEFAULT_LAW, MIDDLE_LAWS
from sim.results.figures import STAGES
from sim.results.results import Results, run
from sim.scenario import ScenarioError

SHOWN = ("zone_first", "zone_ever", "signed", "in_force")


@dataclass(frozen=True)
class Stage:
    """How many runs got somewhere before and after a change, and the paired difference with its 95 % interval."""

    name: str
    before: Share
    after: Share
    difference: Mean


@dataclass(frozen=True)
class Counterfactual:
    """What a change does to the runs.

    Attributes:
        change: Which numbers are turned.
        sets: The same as `PATH=VALUE`, for `--set`.
        n: Runs played with it, and compared with the same without.
        stages: `zone_first`, `zone_ever`, `signed` and `in_force`; none if the change cannot be made.
        fault: Why it cannot be made: the scenario would not hold together. Empty if it can.
    """

    change: Change
    sets: tuple[str, ...]
    n: int
    stages: tuple[Stage, ...]
    fault: str = ""


def tried(results: Results, change: Change, most: int) -> Counterfactual:
    """Play the first `most` runs of some results again with a change, each number moved together with its range."""
    n, sets = min(results.n, most), settings(change.turns)
    try:
        scenario = results.scenario.with_sets(sets)
    except ScenarioError as error:
        return Counterfactual(change, tuple(sets), 0, (), str(error).splitlines()[0])
    before, after = results.head(n), run(scenario, n, results.seed).draws
    return Counterfactual(change, tuple(sets), n, tuple(_stages(before, after)))


def _stages(before: pd.DataFrame, after: pd.DataFrame) -> Iterator[Stage]:
    for name in SHOWN:
        flags = (STAGES[name].flags(draws).astype(float) for draws in (before, after))
        first, second = (column.set_axis(draws["draw"]) for column, draws in zip(flags, (before, after), strict=True))
        counts = [Share(name, int(column.sum()), len(column)) for column in (first, second)]
        yield Stage(name, counts[0], counts[1], paired_difference(first, second)[0])


def settings(turns: Sequence[Turn]) -> list[str]:
    """Turns as `PATH=VALUE`: a stated range moves with its value and keeps its width, cut off where its scale ends."""
    texts = []
    for turn in turns:
        parameter, value = turn.parameter, turn.rounded
        paths = [parameter.path, *(parameter.others if parameter.kind == "hardness" else ())]
        texts += [f"{path}={_moved(parameter, value)}" for path in paths]
    return texts


def _moved(parameter: Parameter, value: float) -> str:
    number = parameter.number
    if not number.uncertain:
        return f"{value:.10g}"
    assert number.low is not None and number.high is not None
    by = value - parameter.value
    low, high = max(parameter.low, number.low + by), min(parameter.high, number.high + by)
    if number.law in MIDDLE_LAWS:
        half = min(value - low, high - value)
        low, high = value - half, value + half
    law = "" if number.law == DEFAULT_LAW else f", law: {number.law}"
    return f"{{value: {value:.10g}, range: [{low:.10g}, {high:.10g}]{law}}}"
