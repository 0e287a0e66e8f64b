"""The numbers of a file that affect who could sign what: their values, bounds and units.

Changes of different numbers are compared by the width of their stated ranges: a change of cost 1 is as long as the
range of its number is wide. A number without a range counts by its whole scale.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from sim.core.streams import law_mean
from sim.core.utility import EVERYBODY
from sim.model.domain import Structure
from sim.model.ensemble import line_group
from sim.scenario import Number, Scenario

REAL_ABOVE = 0.5  # at central numbers a line is real if its hardness is above: real in more than half of all draws
POINTS = 100.0  # the scale of points; all else here is from 0 to 1
SLACK = 1e-12  # tolerance for rounding beyond a bound
SLOPE = 1e-12  # smaller slopes count as 0
ONLY_UTILITY = ("weight", "points", "linkage", "delivery")  # kinds that affect only utility


@dataclass(frozen=True)
class Parameter:
    """A number of the file that can be changed, alone or with those that depend on it."""

    kind: str  # `no_deal`, `weight`, `points`, `linkage`, `refusal_cost`, `delivery` or `hardness`
    path: str  # of the number; of a hardness shared by several lines, that of the first by name
    party: str | None
    value: float
    low: float  # low, high: its bounds
    high: float
    unit: float  # width of its stated range; of a number without one, of the whole scale
    stated: tuple[float, float] | None  # its range as the file states it, None if it is certain
    number: Number  # as in the file
    others: Mapping[str, Number]  # weights that are rescaled with it, and hardness of lines that share it, by path
    lines: tuple[int, ...] = ()  # indices of the red lines of a hardness

    def at(self, value: float) -> dict[str, float]:
        """Return the numbers of the file once this one has a value, by path."""
        changes = {self.path: value}
        if self.kind == "hardness":
            return changes | dict.fromkeys(self.others, value)
        left = 1 - self.value
        return changes | {path: other.value * (1 - value) / left for path, other in self.others.items()}

    @property
    def far(self) -> float:
        """Return the more distant end of its scale."""
        return self.low if self.value - self.low > self.high - self.value else self.high


def parameters(scenario: Scenario) -> list[Parameter]:
    """Return all of them but hardness, in the order of the file by party: no-deal value first."""
    return [
        *(each for name in scenario.parties for each in _of_party(scenario, name)),
        *(
            _parameter("delivery", f"issues.{issue}.deliverable.{option}.chance", None, deliverable.chance)
            for issue, spec in scenario.issues.items()
            for option, deliverable in spec.deliverable.items()
        ),
    ]


def _of_party(scenario: Scenario, name: str) -> Iterator[Parameter]:
    party, path = scenario.parties[name], f"parties.{name}"
    yield _parameter("no_deal", f"{path}.no_deal", name, party.no_deal)
    for issue, weight in party.weights.items():
        others = {f"{path}.weights.{each}": other for each, other in party.weights.items() if each != issue}
        if any(other.value for other in others.values()):
            yield _parameter("weight", f"{path}.weights.{issue}", name, weight, others=others)
    for issue, points in party.values.items():
        for option, number in points.items():
            spread = party.values_within or 0.0
            yield _parameter("points", f"{path}.values.{issue}.{option}", name, number, spread)
    for linkage in party.linkages:
        yield _parameter("linkage", f"{path}.linkages.{linkage.id}.adds", name, linkage.adds)
    if party.foresight.value >= REAL_ABOVE:
        yield _parameter("refusal_cost", f"{path}.refusal_cost", name, party.refusal_cost)


def hardness_parameters(scenario: Scenario, table: Structure) -> list[Parameter]:
    """Return the hardness of red lines, one for those that are drawn together, sorted by path of the first."""
    lines = {f"{party}.{line.id}": line for party, spec in scenario.parties.items() for line in spec.red_lines}
    groups: dict[str, list[int]] = {}
    for column, name in enumerate(table.lines.names):
        if table.lines.party[column] != EVERYBODY:
            party, line_id = name.split(".")
            groups.setdefault(line_group(scenario.lines, party, line_id, lines[name].drawn_with), []).append(column)
    found = []
    for columns in groups.values():
        names = [table.lines.names[column].split(".") for column in columns]
        numbers = {f"parties.{p}.red_lines.{line}.hardness": lines[f"{p}.{line}"].hardness for p, line in names}
        first, *rest = sorted(numbers)
        owners = {party for party, _ in names}
        owner, others = owners.pop() if len(owners) == 1 else None, {path: numbers[path] for path in rest}
        found.append(_parameter("hardness", first, owner, numbers[first], others=others, lines=tuple(columns)))
    return found


def mean_hardness(scenario: Scenario) -> dict[str, float]:
    """Return the share of all draws in which each red line is real at the start, by `party.id`."""
    found = {}
    for party, spec in scenario.parties.items():
        for line in spec.red_lines:
            number, mean = line.hardness, line.hardness.value
            if number.low is not None and number.high is not None:
                mean = law_mean(number.law, number.low, number.value, number.high)
            found[f"{party}.{line.id}"] = float(mean)
    return found


def _parameter(
    kind: str, path: str, party: str | None, number: Number, spread: float = 0.0,
    others: Mapping[str, Number] | None = None, lines: tuple[int, ...] = (),
) -> Parameter:  # fmt: skip
    value, scale = float(number.value), POINTS if kind == "points" else 1.0
    low, high = -1.0 if kind == "linkage" else 0.0, scale
    stated = None
    if number.uncertain:
        assert number.low is not None and number.high is not None
        stated = number.low, number.high
    elif spread:
        stated = max(low, number.value - spread), min(high, number.value + spread)
    unit = stated[1] - stated[0] if stated and stated[1] > stated[0] else scale
    low, high = min(low, value), max(high, value)
    return Parameter(kind, path, party, value, low, high, unit, stated, number, dict(others or {}), lines)


@dataclass(frozen=True)
class ParameterChange:
    """A changed number: which, and its value."""

    parameter: Parameter
    value: float

    @property
    def change(self) -> float:
        return self.value - self.parameter.value

    @property
    def rounded(self) -> float:
        """The value with few digits, rounded away from the stated one, so that a zone stays open."""
        step = 10.0 ** -(2 if self.parameter.kind == "points" else 4)
        away = np.ceil if self.change > 0 else np.floor
        return float(np.clip(np.round(away(self.value / step - SLACK * np.sign(self.change)) * step, 10),
                             self.parameter.low, self.parameter.high))

    @property
    def cost(self) -> float:
        """The same in widths of its stated range."""
        return abs(self.change) / self.parameter.unit

    @property
    def within(self) -> bool:
        """Whether it stays in the stated range; False for a number without one."""
        stated = self.parameter.stated
        return stated is not None and stated[0] - SLACK <= self.value <= stated[1] + SLACK


@dataclass(frozen=True)
class Change:
    """One or two changed numbers that open a zone."""

    turns: tuple[ParameterChange, ...]
    package: int  # the package that becomes acceptable
    packages: int  # how many become acceptable, itself included

    @property
    def cost(self) -> float:
        return float(sum(turn.cost for turn in self.turns))

    def values(self) -> dict[str, float]:
        """The numbers of the file that have another value, by path."""
        return {path: value for turn in self.turns for path, value in turn.parameter.at(turn.value).items()}
