"""What is fixed in all draws of a scenario: packages, signatures, red lines and linkages over them."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from sim.core.cache import Cache
from sim.core.exact import Floats
from sim.core.opponent_model import Knowledge, Regard, positions_worth, regard
from sim.core.packages import (
    ALWAYS,
    NEVER,
    NO_DEAL,
    Bools,
    Condition,
    Ints,
    Issue,
    PackageSpace,
    Rule,
    frozen,
    package_space,
)
from sim.core.stability import NOBODY
from sim.core.utility import EVERYBODY, Lines, lines_over, package_utility
from sim.scenario import Scenario

ROOM = 1_000_000  # packages times parties of all cached structures, some 35 bytes each


@dataclass(frozen=True)
class LinkageSite:
    """A linkage: party index, dotted path of its utility, and its packages."""

    party: int
    path: str
    packages: Ints


@dataclass(frozen=True, eq=False)
class Structure:
    """The table as the file lays it: everything but the numbers."""

    space: PackageSpace  # the consistent packages
    parties: tuple[str, ...]  # names, sorted: the party axis of all arrays
    signs: Bools  # whose consent a package needs, shape (N, P)
    lines: Lines  # the red lines over the packages
    # linkages, sorted by party and id: the order in which their utilities are added
    linkages: tuple[LinkageSite, ...]
    central_points: Floats  # points of options at their values, divided by 100, shape (N, I, O)
    owner: Ints  # the party that controls each issue alone, `NOBODY` if none does, shape (I,)
    # what a party (row) divides the known shares of the others (columns) by when it weighs them against each other,
    # shape (N, N): above 1 for whom it leans toward, 1 everywhere but for a mediator with a bias
    leaning: Floats

    def __repr__(self) -> str:
        return f"Structure({', '.join(self.parties)}; {self.space!r}; {len(self.lines.names)} red lines)"

    @property
    def option_names(self) -> list[str]:
        """`issue.option` of all options, in name order."""
        return [f"{issue.name}.{option}" for issue in self.space.issues for option in issue.options]

    @cached_property
    def first_options(self) -> Ints:
        """The number of each issue's first option among all options in name order, shape (I,)."""
        sizes = [len(issue.options) for issue in self.space.issues]
        return np.cumsum([0, *sizes[:-1]])

    @cached_property
    def positions(self) -> Knowledge:
        """Common knowledge from positions alone: no weights, no reservation values, the same in all draws."""
        sizes = np.array([len(issue.options) for issue in self.space.issues])
        worth = positions_worth(self.central_points, sizes)[None]
        weights = np.full((1, len(self.parties), len(sizes)), 1 / len(sizes))
        utility = package_utility(self.space, weights, worth)
        return Knowledge(utility, utility.max(axis=2), np.zeros((1, len(self.parties))))

    @cached_property
    def nothing_known(self) -> Knowledge:
        """Common knowledge where nothing is known: all packages are alike."""
        alike = np.ones((1, len(self.parties), len(self.space)))
        return Knowledge(alike, np.ones((1, len(self.parties))), np.zeros((1, len(self.parties))))

    @cached_property
    def regard_by_positions(self) -> tuple[Regard, ...]:
        return self.regards(self.positions)

    @cached_property
    def regard_knowing_nothing(self) -> tuple[Regard, ...]:
        return self.regards(self.nothing_known)

    def regards(self, known: Knowledge) -> tuple[Regard, ...]:
        """Rank packages for each party by their value to the others, given common knowledge."""
        return tuple(
            regard(n, known, self.signs, self.space.tie_rank, self.lines, leaning)
            for n, leaning in enumerate(self.leaning)
        )

    def package_of(self, options: dict[str, str]) -> int:
        """Index of a package, `NO_DEAL` if it is not consistent."""
        return self.space.index_of(options) if options else NO_DEAL


@dataclass(frozen=True)
class _Laid:
    """The parts of a scenario that its structure depends on: no weights, reservation values or hardness."""

    issues: tuple[Issue, ...]
    rules: tuple[Rule, ...]
    parties: tuple[str, ...]
    signs: tuple[Condition, ...]  # of each party, in name order
    # full name, owner, what is never signed, and what lifts the line
    red_lines: tuple[tuple[str, int, Condition, Condition], ...]
    linkages: tuple[tuple[int, str, Condition], ...]  # party, dotted path of the utility, and its packages
    # points, owner, leaning: as in `Structure`
    points: Floats
    owner: Ints
    leaning: Floats
    only: Condition = ALWAYS  # packages that are laid out

    @property
    def key(self) -> Hashable:
        """A key equal for two that make the same structure, to the last bit."""
        return (
            self.issues,
            tuple(rule.key for rule in self.rules),
            self.parties,
            tuple(condition.key for condition in self.signs),
            tuple((name, owner, never.key, unless.key) for name, owner, never, unless in self.red_lines),
            tuple((party, path, when.key) for party, path, when in self.linkages),
            self.only.key,
            *(array.tobytes() for array in (self.points, self.owner, self.leaning)),
        )


_structures = Cache[Structure](ROOM)


def structure(scenario: Scenario, only: Condition | None = None) -> Structure:
    """Lay out what the numbers of a scenario are about.

    Scenarios that differ in numbers which move no structure, such as weights, get the same object while it is cached.

    Args:
        only: Packages that meet this condition alone; ties between them have no order.

    Raises:
        ValueError: if no package is consistent, or there are too many raw ones.
    """
    laid = _laid(scenario)
    if only is not None:
        laid = replace(laid, only=only)
    return _structures.get(laid.key, lambda: _structure(laid), lambda made: len(made.space) * len(made.parties))


def _structure(laid: _Laid) -> Structure:
    space = package_space(laid.issues, laid.rules)
    if laid.only is not ALWAYS:
        space = space.of(np.flatnonzero(space.holds(laid.only)))
    if not len(space):
        raise ValueError("no package is consistent")
    signs = frozen(np.array([space.holds(condition) for condition in laid.signs]))
    return Structure(
        space=space,
        parties=laid.parties,
        signs=signs,
        lines=_lines(laid, space, signs),
        linkages=tuple(
            LinkageSite(party, path, frozen(np.flatnonzero(space.holds(when)))) for party, path, when in laid.linkages
        ),
        central_points=laid.points,
        owner=laid.owner,
        leaning=laid.leaning,
    )


def _lines(laid: _Laid, space: PackageSpace, signs: Bools) -> Lines:
    names, owners, forbids = [], [], []
    for name, owner, never, unless in laid.red_lines:
        forbidden = space.holds(never) & ~space.holds(unless)
        names.append(name)
        owners.append(owner)
        forbids.append(forbidden if owner == EVERYBODY else forbidden & signs[owner])
    return lines_over(names, owners, np.array(forbids).reshape(len(names), len(space)))


def _laid(scenario: Scenario) -> _Laid:
    issues = tuple(sorted(
        (Issue(name, tuple(sorted(issue.options))) for name, issue in scenario.issues.items()),
        key=lambda issue: issue.name,
    ))  # fmt: skip
    parties = tuple(sorted(scenario.parties))
    return _Laid(
        issues=issues,
        rules=tuple(Rule(rule.id, rule.if_, rule.then) for rule in scenario.consistency),
        parties=parties,
        signs=tuple(scenario.parties[name].signs for name in parties),
        red_lines=tuple(red_lines(scenario, parties)),
        linkages=tuple(_linkages(scenario, parties)),
        points=frozen(_central_points(scenario, issues, parties)),
        owner=frozen(_owner(scenario, issues, parties)),
        leaning=frozen(_leaning(scenario, parties)),
    )


def red_lines(scenario: Scenario, parties: tuple[str, ...]) -> Iterator[tuple[str, int, Condition, Condition]]:
    """Full name, owner, what is never signed and what lifts it: of lines, and of what events and stages forbid all."""
    for index, name in enumerate(parties):
        for line in sorted(scenario.parties[name].red_lines, key=lambda line: line.id):
            yield f"{name}.{line.id}", index, line.never, line.unless
    for event in sorted(scenario.events, key=lambda event: event.id):
        if event.removes:
            removed = Condition(tuple({issue: frozenset(options)} for issue, options in event.removes.items()))
            yield f"events.{event.id}", EVERYBODY, removed, NEVER
    for stage in sorted(scenario.stages, key=lambda stage: stage.id):
        if stage.settles:
            others = (
                {issue: frozenset(scenario.issues[issue].options) - {option}} for issue, option in stage.settles.items()
            )
            yield f"stages.{stage.id}", EVERYBODY, Condition(tuple(others)), NEVER


def _linkages(scenario: Scenario, parties: tuple[str, ...]) -> Iterator[tuple[int, str, Condition]]:
    for index, name in enumerate(parties):
        for linkage in sorted(scenario.parties[name].linkages, key=lambda linkage: linkage.id):
            yield index, f"parties.{name}.linkages.{linkage.id}.adds", linkage.when


def _central_points(scenario: Scenario, issues: tuple[Issue, ...], parties: tuple[str, ...]) -> Floats:
    widest = max(len(issue.options) for issue in issues)
    points = np.zeros((len(parties), len(issues), widest))
    for n, name in enumerate(parties):
        for i, issue in enumerate(issues):
            for o, option in enumerate(issue.options):
                points[n, i, o] = scenario.parties[name].values[issue.name][option].value / 100
    return points


def _owner(scenario: Scenario, issues: tuple[Issue, ...], parties: tuple[str, ...]) -> Ints:
    controlled = [scenario.issues[issue.name].controlled_by for issue in issues]
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
