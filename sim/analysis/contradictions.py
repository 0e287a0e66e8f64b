"""Why some options do not go together, and the least that would have to change."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from sim.issues import Condition
from sim.scenario import Scenario
from sim.scenario.parts import Rule
from sim.structure import Structure

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
        scenario: Of the text.
        table: Its packages.
        options: The text.
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
