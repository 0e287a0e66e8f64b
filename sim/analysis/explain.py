"""Explanation of the outcomes of results, with the smallest change that opens a zone, tested on the same runs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from sim.analysis.compare import Mean, paired_difference
from sim.analysis.gaps import RESERVATION_VALUE
from sim.analysis.ledger import Movement, movements
from sim.analysis.parameters import Change, Parameter, ParameterChange, parameters
from sim.analysis.reasons import Reasons, Satisfaction, Share, reasons, satisfactions
from sim.analysis.rendered import Rendered
from sim.analysis.replays import Aside, Replayed, replayed, set_aside
from sim.analysis.smallest_change import CentralTable, Opening, opening
from sim.analysis.weight_flips import WeightFlips, weight_flips
from sim.core.numbers import DEFAULT_LAW, MIDDLE_LAWS
from sim.results.drivers import Mover, moved_by
from sim.results.figures import STAGES
from sim.results.results import Results, run
from sim.scenario import ScenarioError

LOOK = 300  # runs that are played again
REPLAYED = 2  # maximum inputs that are set to both ends of their ranges
SHOWN = ("zone_first", "zone_ever", "signed", "in_force")


@dataclass(frozen=True)
class Stage:
    """How many runs reached a stage before and after a change, and the paired difference with its 95 % interval."""

    name: str
    before: Share
    after: Share
    difference: Mean

    @property
    def is_moved(self) -> bool:
        """Whether the change moves it: the interval excludes zero."""
        return self.difference[1] > 0 or self.difference[2] < 0

    @classmethod
    def of(cls, name: str, *runs: pd.DataFrame) -> "Stage":
        """Compare the same runs before and after a change."""
        first, second = (STAGES[name].flags(draws).astype(float).set_axis(draws["draw"]) for draws in runs)
        before, after = (Share(name, int(column.sum()), len(column)) for column in (first, second))
        return cls(name, before, after, paired_difference(first, second)[0])


@dataclass(frozen=True)
class Counterfactual:
    """A change of some numbers, tested on runs."""

    change: Change
    sets: tuple[str, ...]  # the same as `PATH=VALUE`, for `--set`
    n: int  # runs played with it, and compared with the same without
    stages: tuple[Stage, ...]  # `SHOWN`; empty if the change cannot be made
    fault: str = ""  # why it cannot be made: the scenario would be invalid


@dataclass(frozen=True, eq=False)
class Explanation(Rendered):
    """The reasons for the outcomes of some results.

    Attributes:
        replayed: The first runs, those without a deal played again.
        moved_by: For each stage, the uncertain number with the largest difference; None where none stands out or the
            runs are too few. An association in the runs as drawn.
        ends: By stage, the same number at the low end of its range (before) and at the high end (after), on the first
            runs, all else as drawn: whether it is a cause.
        weights: Which single weight changes the package signed most often.
    """

    results: Results = field(repr=False)
    reasons: Reasons
    satisfactions: tuple[Satisfaction, ...]
    movements: tuple[Movement, ...] = field(repr=False)
    hardness: tuple[Parameter, ...] = field(repr=False)
    opening: Opening = field(repr=False)
    replayed: Replayed = field(repr=False)
    asides: tuple[Aside, ...] = field(repr=False)
    moved_by: Mapping[str, Mover | None] = field(repr=False)
    ends: Mapping[str, Stage] = field(repr=False)
    tried: tuple[Counterfactual, ...] = field(repr=False)
    weights: WeightFlips = field(repr=False)


def explain(results: Results, look: int = LOOK) -> Explanation:
    """Explain results by their columns, and by playing the first `look` runs again.

    Raises:
        ValueError: if `look` is below 1.
    """
    if look < 1:
        raise ValueError(f"at least 1 run must be looked at, not {look}")
    table, why = CentralTable(results.scenario, results.structure), reasons(results)
    found, again = opening(table), replayed(results, look)
    asides = set_aside(results.scenario, why, again)
    drivers = {stage: mover if mover and mover.stands_out else None for stage, mover in moved_by(results).items()}
    return Explanation(
        results=results,
        reasons=why,
        satisfactions=satisfactions(results),
        movements=movements(results),
        hardness=table.hardness,
        opening=found,
        replayed=again,
        asides=asides,
        moved_by=drivers,
        ends=dict(at_both_ends(results, {stage: drivers.get(stage) for stage in SHOWN}, look)),
        tried=tuple(counterfactual(results, change, look) for change in _candidates(results, found, asides)),
        weights=weight_flips(results, table),
    )


def _candidates(results: Results, found: Opening, asides: tuple[Aside, ...]) -> list[Change]:
    """Return the cheapest change of all and those of one number of equal cost; else the two cheapest of two.

    With a zone at central numbers: the no-deal value that opens most runs, lowered by the median of what that needs.
    """
    if found.best is not None:
        most = found.best.cost * (1 + 1e-9)
        return [change for change in (*found.one, *found.two) if change.cost <= most][:2]
    own = {each.party: each for each in parameters(results.scenario) if each.kind == RESERVATION_VALUE}
    for aside in asides:
        party, _, what = aside.name.partition(".")
        if what == RESERVATION_VALUE and aside.falls is not None:
            parameter = own[party]
            return [Change((ParameterChange(parameter, max(parameter.low, parameter.value - aside.falls[1])),), -1, 0)]
    return []


def at_both_ends(results: Results, movers: Mapping[str, Mover | None], most: int) -> Iterator[tuple[str, Stage]]:
    """Play the first `most` runs again with each number at the low and at the high end of its range.

    Yields:
        Stages with their results; none for a number that the file does not state or that cannot be set alone.
    """
    n, played = min(results.n, most), dict[tuple[str, ...], tuple[pd.DataFrame, pd.DataFrame] | None]()
    for stage, mover in movers.items():
        if mover is None or (mover.paths not in played and len(played) == REPLAYED):
            continue
        if mover.paths not in played:
            played[mover.paths] = _played_at_ends(results, mover.paths, n)
        pair = played[mover.paths]
        if pair is not None:
            yield stage, Stage.of(stage, *pair)


def _played_at_ends(results: Results, paths: Sequence[str], n: int) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    scenario = results.scenario
    ranges: dict[str, Any] = {each.path: each.stated for each in parameters(scenario) if each.kind == "points"}
    ranges |= {path: number.range for path, number in scenario.numbers().items() if number.range is not None}
    ends = [(path, *pair) for path in paths if (pair := ranges.get(path)) is not None]
    if len(ends) < len(paths):
        return None
    try:
        low = run(scenario.with_sets([f"{path}={least:.10g}" for path, least, _ in ends]), n, results.seed)
        high = run(scenario.with_sets([f"{path}={most:.10g}" for path, _, most in ends]), n, results.seed)
    except ScenarioError:
        return None
    return low.draws, high.draws


def counterfactual(results: Results, change: Change, most: int) -> Counterfactual:
    """Play the first `most` runs of some results again with a change, each number moved together with its range."""
    n, sets = min(results.n, most), tuple(settings(change.turns))
    try:
        scenario = results.scenario.with_sets(sets)
    except ScenarioError as error:
        return Counterfactual(change, sets, 0, (), str(error).splitlines()[0])
    runs = results.head(n), run(scenario, n, results.seed).draws
    return Counterfactual(change, sets, n, tuple(Stage.of(name, *runs) for name in SHOWN))


def settings(turns: Sequence[ParameterChange]) -> list[str]:
    """Format changes as `PATH=VALUE`: a stated range moves with its value, clipped to the scale."""
    texts = []
    for turn in turns:
        parameter, number, value = turn.parameter, turn.parameter.number, turn.rounded
        text = f"{value:.10g}"
        if number.low is not None and number.high is not None and number.uncertain:
            by = value - parameter.value
            low, high = max(parameter.low, number.low + by), min(parameter.high, number.high + by)
            if number.law in MIDDLE_LAWS:
                half = min(value - low, high - value)
                low, high = value - half, value + half
            law = "" if number.law == DEFAULT_LAW else f", law: {number.law}"
            text = f"{{value: {text}, range: [{low:.10g}, {high:.10g}]{law}}}"
        paths = (parameter.path, *(parameter.others if parameter.kind == "hardness" else ()))
        texts += [f"{path}={text}" for path in paths]
    return texts
