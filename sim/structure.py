"""What is fixed in all draws of a scenario: packages, signatures, red lines and linkages over them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sim.issues import NO_DEAL, Bools, Condition, Ints, Issue, PackageSpace, Rule, package_space
from sim.knowledge import Knowledge, Regard, positions_worth, regard
from sim.scenario import Scenario
from sim.stability import NOBODY
from sim.utility import EVERYBODY, Floats, Lines, lines_over, package_utility


@dataclass(frozen=True)
class LinkageSite:
    """Where a linkage holds: party index, dotted path of its worth, and the packages."""

    party: int
    path: str
    packages: Ints


@dataclass(frozen=True, eq=False)
class Structure:
    """The table as the file lays it: everything but the numbers.

    Attributes:
        space: The consistent packages.
        parties: Names, sorted: the party axis of all arrays.
        signs: Whose consent a package needs, shape (N, P).
        lines: The red lines over the packages.
        linkages: Where linkages hold, sorted by party and id: the order in which their worth is added.
        central_points: Points of options at their values, divided by 100, shape (N, I, O).
        owner: The party that controls each issue alone, `NOBODY` if none does, shape (I,).
        leaning: What a party (row) divides the known shares of the others (columns) by when it weighs them against
            each other, shape (N, N): above 1 for whom it leans toward, 1 everywhere but for a mediator with a bias.
    """

    space: PackageSpace
    parties: tuple[str, ...]
    signs: Bools
    lines: Lines
    linkages: tuple[LinkageSite, ...]
    central_points: Floats
    owner: Ints
    leaning: Floats

    def __repr__(self) -> str:
        return f"Structure({', '.join(self.parties)}; {self.space!r}; {len(self.lines.names)} red lines)"

    @property
    def option_names(self) -> list[str]:
        """`issue.option` of all options, in name order."""
        return [f"{issue.name}.{option}" for issue in self.space.issues for option in issue.options]

    @cached_property
    def positions(self) -> Knowledge:
        """What everybody knows from positions alone: no weights, no no-deal worth, the same in all draws."""
        sizes = np.array([len(issue.options) for issue in self.space.issues])
        worth = positions_worth(self.central_points, sizes)[None]
        weights = np.full((1, len(self.parties), len(sizes)), 1 / len(sizes))
        utility = package_utility(self.space, weights, worth)
        return Knowledge(utility, utility.max(axis=2), np.zeros((1, len(self.parties))))

    @cached_property
    def nothing_known(self) -> Knowledge:
        """What everybody knows where nothing is known: all packages are alike."""
        alike = np.ones((1, len(self.parties), len(self.space)))
        return Knowledge(alike, np.ones((1, len(self.parties))), np.zeros((1, len(self.parties))))

    @cached_property
    def regard_by_positions(self) -> tuple[Regard, ...]:
        """How each party ranks packages where positions are known."""
        return self.regards(self.positions)

    @cached_property
    def regard_knowing_nothing(self) -> tuple[Regard, ...]:
        """How each party ranks packages where nothing is known of the others."""
        return self.regards(self.nothing_known)

    def regards(self, known: Knowledge) -> tuple[Regard, ...]:
        """How each party ranks packages by what they do for the others, given what is known."""
        return tuple(
            regard(n, known, self.signs, self.space.tie_rank, self.lines, leaning)
            for n, leaning in enumerate(self.leaning)
        )

    def package_of(self, options: dict[str, str]) -> int:
        """Index of a package, `NO_DEAL` if it is not consistent."""
        return self.space.index_of(options) if options else NO_DEAL


def structure(scenario: Scenario) -> Structure:
    """Lay out what the numbers of a scenario are about.

    Raises:
        ValueError: if no package is consistent, or there are too many raw ones.
    """
    space = package_space(
        [Issue(name, tuple(sorted(issue.options))) for name, issue in scenario.issues.items()],
        [Rule(rule.id, rule.if_, rule.then) for rule in scenario.consistency],
    )
    if not len(space):
        raise ValueError("no package is consistent")
    parties = tuple(sorted(scenario.parties))
    signs = np.array([space.holds(scenario.parties[name].signs) for name in parties])
    return Structure(
        space=space,
        parties=parties,
        signs=signs,
        lines=_lines(scenario, space, parties, signs),
        linkages=tuple(_linkages(scenario, space, parties)),
        central_points=_central_points(scenario, space, parties),
        owner=_owner(scenario, space, parties),
        leaning=_leaning(scenario, parties),
    )


def _lines(scenario: Scenario, space: PackageSpace, parties: tuple[str, ...], signs: Bools) -> Lines:
    names, owners, forbids = [], [], []
    for index, name in enumerate(parties):
        for line in sorted(scenario.parties[name].red_lines, key=lambda line: line.id):
            names.append(f"{name}.{line.id}")
            owners.append(index)
            forbids.append(space.holds(line.never) & ~space.holds(line.unless) & signs[index])
    for event in sorted(scenario.events, key=lambda event: event.id):
        if event.removes:
            names.append(f"events.{event.id}")
            owners.append(EVERYBODY)
            removed = Condition(tuple({issue: frozenset(options)} for issue, options in event.removes.items()))
            forbids.append(space.holds(removed))
    return lines_over(names, owners, np.array(forbids).reshape(len(names), len(space)))


def _linkages(scenario: Scenario, space: PackageSpace, parties: tuple[str, ...]) -> list[LinkageSite]:
    sites = []
    for index, name in enumerate(parties):
        for linkage in sorted(scenario.parties[name].linkages, key=lambda linkage: linkage.id):
            path = f"parties.{name}.linkages.{linkage.id}.adds"
            sites.append(LinkageSite(index, path, np.flatnonzero(space.holds(linkage.when))))
    return sites


def _central_points(scenario: Scenario, space: PackageSpace, parties: tuple[str, ...]) -> Floats:
    widest = max(len(issue.options) for issue in space.issues)
    points = np.zeros((len(parties), len(space.issues), widest))
    for n, name in enumerate(parties):
        for i, issue in enumerate(space.issues):
            for o, option in enumerate(issue.options):
                points[n, i, o] = scenario.parties[name].values[issue.name][option].value / 100
    return points


def _owner(scenario: Scenario, space: PackageSpace, parties: tuple[str, ...]) -> Ints:
    controlled = [scenario.issues[issue.name].controlled_by for issue in space.issues]
    return np.array([parties.index(by[0]) if len(by) == 1 else NOBODY for by in controlled], np.int64)


def _leaning(scenario: Scenario, parties: tuple[str, ...]) -> Floats:
    leaning = np.ones((len(parties), len(parties)))
    mediation = scenario.mediation
    if mediation is not None and mediation.bias is not None:
        bias, by = mediation.bias, float(mediation.bias.by)
        mediator = leaning[parties.index(mediation.mediator)]
        mediator[parties.index(bias.toward)] = 1 + by
        mediator[[parties.index(name) for name in bias.away_from]] = 1 - by
    return leaning
