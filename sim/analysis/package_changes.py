"""Packages near one at central numbers: what it lacks, Pareto-improving neighbours, the nearest acceptable."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from sim.analysis.one_package import Bench, OnePackage
from sim.analysis.parameters import SLACK, SLOPE, ParameterChange
from sim.analysis.portrait import LINES_OFF, LINES_REAL
from sim.core.exact import TOLERANCE
from sim.core.packages import NO_DEAL, Condition, Ints
from sim.model.domain import Structure
from sim.scenario import Scenario
from sim.scenario.parts import Rule

MOST_TURNS = 3  # cheapest changes of each party
MOST_REPAIRS = 4
COUNTED = "lines above 1/2 real"  # as in the search for a smallest change

Changes = tuple[tuple[str, str, str], ...]  # issue, option before, option after


@dataclass(frozen=True)
class Lacks:
    """What one signatory lacks at central numbers to sign the package."""

    party: str
    missing: float  # shortfall of its utility from the reservation value; 0 if there is none
    lines: tuple[str, ...]  # red lines of its own that it crosses
    turns: tuple[ParameterChange, ...]  # the cheapest changes of one number after which its margin is 0; may be empty


def lacks(at: Bench, found: OnePackage) -> tuple[Lacks, ...]:
    """Return what each signatory that would not sign at central numbers lacks, in the order of the file."""
    answers = []
    for each in found.signatories:
        if each.signs and not each.would_sign:
            lines, margin = tuple(line.name for line in each.crossed if line.counts), each.foreseen - each.no_deal
            turns = () if each.willing else tuple(_turns(at, found.package, each.party, margin))
            answers.append(Lacks(each.party, 0.0 if each.willing else max(-margin, 0.0), lines, turns))
    return tuple(answers)


def _turns(at: Bench, package: int, party: str, margin: float) -> list[ParameterChange]:
    """Return each number of a party changed until its margin is 0; the cheapest first.

    Utility is affine in each number, so the value is a quotient; it is evaluated anew, as a guarantor's decision may
    jump.
    """
    found, one, n = [], np.array([package]), at.parties.index(party)
    for parameter in at.central.parameters:
        if parameter.party != party or parameter.far == parameter.value:
            continue
        gained = float(at.central.margins_of(one, parameter.at(parameter.far))[n, 0]) - margin
        slope = gained / (parameter.far - parameter.value)
        value = parameter.value - margin / slope if abs(slope) > SLOPE else np.nan
        if parameter.low - SLACK <= value <= parameter.high + SLACK:
            turn = ParameterChange(parameter, float(np.clip(value, parameter.low, parameter.high)))
            if at.central.margins_of(one, parameter.at(turn.value))[n, 0] >= -TOLERANCE:
                found.append(turn)
    return sorted(found, key=lambda turn: (round(turn.cost, 12), turn.parameter.path))[:MOST_TURNS]


@dataclass(frozen=True)
class Neighbour:
    """A package that differs in one issue, is worse for no signatory and better for at least one."""

    package: int
    issue: str
    before: str
    after: str
    gains: Mapping[str, float]  # gain in utility, by party; negative only for those that do not sign
    signs: Mapping[str, bool]
    all_gain: bool


def neighbours(at: Bench, package: int) -> tuple[Neighbour, ...]:
    """Return all neighbours, sorted by the smallest gain, the largest first."""

    def rank(each: Neighbour) -> tuple[float, float, int]:
        gains = [gain for party, gain in each.gains.items() if each.signs[party]]
        return -round(min(gains), 9), -round(sum(gains), 9), int(at.structure.space.tie_rank[each.package])

    return tuple(sorted(_neighbours(at, package), key=rank))


def _neighbours(at: Bench, package: int) -> Iterator[Neighbour]:
    """Return neighbours that cross no line at central numbers that the package itself does not cross."""
    table, now, here, before = at.structure, at.central.now, at.crossed(package), at.options(package)
    for other in np.flatnonzero(_issues_apart(at, package) == 1).tolist():
        gain, signs = now.margin[:, other] - now.margin[:, package], table.signs[:, other]
        if not signs.any() or (gain[signs] < -TOLERANCE).any() or not (gain[signs] > TOLERANCE).any():
            continue
        if (at.crossed(other) & at.central.real & ~here).any():
            continue
        ((issue, old, new),) = _changes(before, at.options(other))
        yield Neighbour(
            package=other,
            issue=issue,
            before=old,
            after=new,
            gains={name: float(gain[at.parties.index(name)]) for name in at.scenario.parties},
            signs={name: bool(signs[at.parties.index(name)]) for name in at.scenario.parties},
            all_gain=bool((gain[signs] > TOLERANCE).all()),
        )


def _issues_apart(at: Bench, package: int) -> Ints:
    """Return the number of issues in which each package differs from one, shape (P,)."""
    packages = at.structure.space.packages
    return np.asarray((packages != packages[package]).sum(axis=1))


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> Changes:
    return tuple((issue, old, after[issue]) for issue, old in before.items() if old != after[issue])


@dataclass(frozen=True)
class Nearest:
    """The package, of those that enough signatories could sign, that differs in the fewest issues."""

    reading: str  # which red lines count as real
    zone: int  # how many such packages there are
    package: int  # the nearest, the first of several by rank; `NO_DEAL` if there is none
    away: int
    as_near: int  # how many are equally near
    changes: Changes


def nearest(at: Bench, package: int) -> tuple[Nearest, ...]:
    """Return the nearest for three readings: no line real, those with a hardness above one half, all of them."""
    zones = at.portrait.candidates
    readings = {LINES_OFF: zones[LINES_OFF], COUNTED: at.central.now.zone, LINES_REAL: zones[LINES_REAL]}
    found = []
    for reading, zone in readings.items():
        inside = np.flatnonzero(zone)
        if not len(inside):
            found.append(Nearest(reading, 0, NO_DEAL, 0, 0, ()))
            continue
        apart = _issues_apart(at, package)[inside]
        tied = inside[apart == apart.min()]
        best = int(tied[at.structure.space.tie_rank[tied].argmin()])
        changes = _changes(at.options(package), at.options(best))
        found.append(Nearest(reading, len(inside), best, int(apart.min()), len(tied), changes))
    return tuple(found)


@dataclass(frozen=True)
class Place:
    """The position of a package among all consistent ones over the solution parties, without foresight."""

    dominated_by: int  # packages worse for none of them and better for one; 0: it is on the Pareto frontier
    of_zone: int  # those of these that cross no red line and reach the reservation values of all signatories
    least_gain: float  # the largest common gain; 0 if no package is better for all
    better: int  # of these, if possible of those in the zone, the one with the largest smallest gain; `NO_DEAL` if none


def place(at: Bench, package: int) -> Place:
    """Compare on the grid of the Pareto frontier."""
    shown = at.portrait
    counting = [at.parties.index(name) for name in shown.solution_parties]
    steps = np.rint(shown.utility[counting] / TOLERANCE)
    gain = steps - steps[:, [package]]
    better = (gain >= 0).all(axis=0) & (gain > 0).any(axis=0)
    least = float(max(gain.min(axis=0).max(), 0.0)) * TOLERANCE
    inside = better & shown.candidates[LINES_REAL]
    among = np.flatnonzero(inside if inside.any() else better)
    order = np.lexsort((at.structure.space.tie_rank[among], -gain[:, among].sum(axis=0), -gain[:, among].min(axis=0)))
    best = int(among[order[0]]) if len(among) else NO_DEAL
    return Place(int(better.sum()), int(inside.sum()), least, best)


@dataclass(frozen=True)
class Repair:
    """A consistent package, and its differences."""

    changes: Changes
    options: dict[str, str]


def broken_rules(scenario: Scenario, options: Mapping[str, str]) -> list[Rule]:
    """Return the rules of the file that a package contradicts however open issues are completed, in its order."""

    def meets(condition: Condition, where_open: bool) -> bool:
        return any(
            all(options[issue] in allowed if issue in options else where_open for issue, allowed in each.items())
            for each in condition.clauses
        )

    return [rule for rule in scenario.consistency if meets(rule.if_, False) and not meets(rule.then, True)]


def goes_with(scenario: Scenario, options: Mapping[str, str]) -> dict[str, dict[str, list[str]]]:
    """For each issue and option the ids of the rules that the package would contradict with this option instead."""
    return {
        issue: {
            option: [rule.id for rule in broken_rules(scenario, {**options, issue: option})] for option in spec.options
        }
        for issue, spec in scenario.issues.items()
    }


def repairs(
    scenario: Scenario, table: Structure, options: Mapping[str, str], fixed: Collection[str] = ()
) -> list[Repair]:
    """Return the consistent packages that differ in the fewest issues, at most four, ties by rank.

    Issues that are `fixed` stay as they are, if there is a consistent package with them.
    """
    space = table.space
    differs = space.packages != np.array([issue.options.index(options[issue.name]) for issue in space.issues])
    columns = [i for i, issue in enumerate(space.issues) if issue.name in fixed]
    same = np.flatnonzero(~differs[:, columns].any(axis=1))
    candidates = same if len(same) else np.arange(len(space))
    apart = differs[candidates].sum(axis=1)
    tied = candidates[apart == apart.min()]
    found = []
    for package in tied[np.argsort(space.tie_rank[tied], kind="stable")][:MOST_REPAIRS].tolist():
        after = space.options_of(package)
        ordered = {issue: after[issue] for issue in scenario.issues}
        before = {issue: options[issue] for issue in ordered}
        found.append(Repair(_changes(before, ordered), ordered))
    return found
