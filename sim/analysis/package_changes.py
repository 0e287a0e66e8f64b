"""What lies around a package at central numbers: neighbours that cost nobody anything, the nearest acceptable one."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from sim.analysis.one_package import OnePackage
from sim.analysis.package_bench import Bench
from sim.analysis.parameters import SLACK, Turn
from sim.analysis.portrait import LINES_OFF, LINES_REAL
from sim.core.exact import TOLERANCE
from sim.core.packages import NO_DEAL, Bools, Condition, Ints
from sim.model.domain import Structure
from sim.scenario import Scenario
from sim.scenario.parts import Rule

SLOPE = 1e-12  # below which worth does not move with a number
MOST_TURNS = 3  # cheapest changes told of each party


@dataclass(frozen=True)
class Lacks:
    """What one signatory would have to be given, or to give up, at central numbers, before it signed the package.

    Attributes:
        missing: By how much the package is worth less to it than no deal; 0 if it is not.
        lines: Red lines of its own that stand in the way.
        turns: The cheapest changes of one number each after which it is worth no deal to it; empty where nothing is
            missing, or no single number does it.
    """

    party: str
    missing: float
    lines: tuple[str, ...]
    turns: tuple[Turn, ...]


def lacks(there: Bench, found: OnePackage) -> tuple[Lacks, ...]:
    """What stands between the package and those who would not sign it at central numbers, in the order of the file."""
    answers = []
    for each in found.signatories:
        if not each.signs or each.would_sign:
            continue
        lines = tuple(line.name for line in each.crossed if line.counts)
        margin = each.foreseen - each.no_deal
        turns = () if each.willing else tuple(_turns(there, found.package, each.party, margin))
        answers.append(Lacks(each.party, max(-margin, 0.0) if not each.willing else 0.0, lines, turns))
    return tuple(answers)


def _turns(there: Bench, package: int, party: str, margin: float) -> list[Turn]:
    """Each number of a party turned until the package is worth no deal to it; the cheapest first.

    Worth is affine in each number, so the value is a quotient.
    """
    found, one, n = [], np.array([package]), there.parties.index(party)
    for parameter in there.central.parameters:
        if parameter.party != party or parameter.far == parameter.value:
            continue
        gained = float(there.central.margins_of(one, parameter.at(parameter.far), (parameter.kind,))[n, 0]) - margin
        slope = gained / (parameter.far - parameter.value)
        if abs(slope) <= SLOPE:
            continue
        value = parameter.value - margin / slope
        if parameter.low - SLACK <= value <= parameter.high + SLACK:
            turn = Turn(parameter, float(np.clip(value, parameter.low, parameter.high)))
            if _borne_out(there, one, turn, n):
                found.append(turn)
    return sorted(found, key=lambda turn: (round(turn.cost, 12), turn.parameter.path))[:MOST_TURNS]


def _borne_out(there: Bench, one: Ints, turn: Turn, n: int) -> bool:
    """Whether the package is then worth no deal to the party, worked out anew: the will of a guarantor may jump."""
    margin = there.central.margins_of(one, turn.parameter.at(turn.value), (turn.parameter.kind,))[n, 0]
    return bool(margin >= -TOLERANCE)


COUNTED = "lines above 1/2 real"  # as in the search for a smallest change


@dataclass(frozen=True)
class Neighbour:
    """A package that differs in one issue, is worse for none who sign it and better for at least one.

    Attributes:
        gains: What it is worth more, by party in the order of the file; negative only for parties that do not sign it.
    """

    package: int
    issue: str
    before: str
    after: str
    gains: tuple[float, ...]
    signs: tuple[bool, ...]
    all_gain: bool


@dataclass(frozen=True)
class Nearest:
    """The package, of those that enough signatories could sign, that differs in the fewest issues.

    Attributes:
        reading: Which red lines count as real.
        zone: How many such packages there are.
        package: The nearest, `NO_DEAL` if there is none; of several the one that comes first by the tie rank.
        as_near: How many differ in as few.
    """

    reading: str
    zone: int
    package: int
    away: int
    as_near: int
    changes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Place:
    """Where a package stands among all consistent ones over the solution parties, by worth as `peacesim show` has it.

    Attributes:
        parties: Over whom, in the order of the file.
        dominated_by: Packages that are worse for none of them and better for one; 0: it is on the Pareto frontier.
        of_zone: Those of these that cross no red line and are worth no deal or more to all who sign them.
        least_gain: The most that every one of them could gain at once; 0 if some package is not better for all.
    """

    parties: tuple[str, ...]
    dominated_by: int
    of_zone: int
    least_gain: float


def neighbours(there: Bench, package: int) -> tuple[Neighbour, ...]:
    """All of them: those in which the party that gains least gains most come first."""
    found = sorted(
        _neighbours(there, package),
        key=lambda each: (-round(min(_of_signatories(each)), 9), -round(sum(_of_signatories(each)), 9),
                          int(there.structure.space.tie_rank[each.package])),
    )  # fmt: skip
    return tuple(found)


def _of_signatories(each: Neighbour) -> list[float]:
    return [gain for gain, signs in zip(each.gains, each.signs, strict=True) if signs]


def _neighbours(there: Bench, package: int) -> Iterator[Neighbour]:
    """Behind no line that counts at central numbers and that the package itself does not cross."""
    space, table, now = there.structure.space, there.structure, there.central.now
    here, order = there.crossed(package), [there.parties.index(name) for name in there.scenario.parties]
    before = there.options(package)
    for other in np.flatnonzero(issues_apart(there, package) == 1).tolist():
        gain, signs = now.margin[:, other] - now.margin[:, package], table.signs[:, other]
        if not signs.any() or (gain[signs] < -TOLERANCE).any() or not (gain[signs] > TOLERANCE).any():
            continue
        if (there.crossed(other) & there.central.real & ~here).any():
            continue
        after = space.options_of(other)
        issue = next(name for name in before if before[name] != after[name])
        yield Neighbour(
            package=other,
            issue=issue,
            before=before[issue],
            after=after[issue],
            gains=tuple(float(gain[n]) for n in order),
            signs=tuple(bool(signs[n]) for n in order),
            all_gain=bool((gain[signs] > TOLERANCE).all()),
        )


def issues_apart(there: Bench, package: int) -> Ints:
    """In how many issues each package differs from one, shape (P,)."""
    packages = there.structure.space.packages
    apart: Ints = (packages != packages[package]).sum(axis=1)
    return apart


def nearest(there: Bench, package: int) -> tuple[Nearest, ...]:
    """By three readings: no line real, those with a hardness above one half, all of them."""
    zones = there.portrait.candidates
    readings = {LINES_OFF: zones[LINES_OFF], COUNTED: there.central.now.zone, LINES_REAL: zones[LINES_REAL]}
    return tuple(_nearest(there, package, reading, zone) for reading, zone in readings.items())


def _nearest(there: Bench, package: int, reading: str, zone: Bools) -> Nearest:
    inside = np.flatnonzero(zone)
    if not len(inside):
        return Nearest(reading, 0, NO_DEAL, 0, 0, ())
    apart = issues_apart(there, package)[inside]
    tied = inside[apart == apart.min()]
    best = int(tied[there.structure.space.tie_rank[tied].argmin()])
    before, after = there.options(package), there.options(best)
    changes = tuple((issue, before[issue], after[issue]) for issue in before if before[issue] != after[issue])
    return Nearest(reading, len(inside), best, int(apart.min()), len(tied), changes)


def place(there: Bench, package: int) -> Place:
    """Compared on the grid of the Pareto frontier."""
    shown = there.portrait
    counting = [there.parties.index(name) for name in shown.solution_parties]
    steps = np.rint(shown.utility[counting] / TOLERANCE)
    gain = steps - steps[:, [package]]
    better = (gain >= 0).all(axis=0) & (gain > 0).any(axis=0)
    zone = shown.candidates[LINES_REAL]
    return Place(
        parties=shown.solution_parties,
        dominated_by=int(better.sum()),
        of_zone=int((better & zone).sum()),
        least_gain=float(max(gain.min(axis=0).max(), 0.0)) * TOLERANCE,
    )


MOST_REPAIRS = 4


@dataclass(frozen=True)
class Repair:
    """A package that contradicts no rule, by what differs: issue, option before, option after."""

    changes: tuple[tuple[str, str, str], ...]
    options: dict[str, str]


def meets(condition: Condition, options: Mapping[str, str]) -> bool:
    """Whether a whole text meets a condition."""
    return any(all(options[issue] in meant for issue, meant in clause.items()) for clause in condition.clauses)


def broken_rules(scenario: Scenario, options: Mapping[str, str]) -> list[Rule]:
    """The rules of the file that a whole text contradicts, in its order."""
    return [rule for rule in scenario.consistency if meets(rule.if_, options) and not meets(rule.then, options)]


def goes_with(scenario: Scenario, options: Mapping[str, str]) -> dict[str, dict[str, list[str]]]:
    """For each issue and option, the ids of the rules that the text would contradict if it had this option instead."""
    return {
        issue: {
            option: [rule.id for rule in broken_rules(scenario, {**options, issue: option})] for option in spec.options
        }
        for issue, spec in scenario.issues.items()
    }


def repairs(
    scenario: Scenario, table: Structure, options: Mapping[str, str], kept: Collection[str] = ()
) -> list[Repair]:
    """The consistent packages that differ in the fewest issues, at most four, ties by rank.

    Args:
        kept: Issues that are left as they are, if there is a consistent package with them.
    """
    space = table.space
    chosen = np.array([issue.options.index(options[issue.name]) for issue in space.issues])
    differs = space.packages != chosen
    candidates = np.arange(len(space))
    if kept:
        columns = [i for i, issue in enumerate(space.issues) if issue.name in kept]
        same = np.flatnonzero(~differs[:, columns].any(axis=1))
        candidates = same if len(same) else candidates
    apart = differs[candidates].sum(axis=1)
    tied = candidates[apart == apart.min()]
    nearest = tied[np.argsort(space.tie_rank[tied], kind="stable")][:MOST_REPAIRS]
    found = []
    for package in nearest.tolist():
        after = space.options_of(package)
        ordered = {issue: after[issue] for issue in scenario.issues}
        changes = tuple(
            (issue, options[issue], ordered[issue]) for issue in ordered if options[issue] != ordered[issue]
        )
        found.append(Repair(changes, ordered))
    return found
