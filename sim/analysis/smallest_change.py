"""The smallest change of one number, or of two, after which a zone opens at central numbers.

Utility is affine in each number alone: a changed weight rescales the others of its party, so utility is affine in it
too. So for each package the value at which it becomes acceptable is a quotient, and the smallest change is the smallest
of these over all packages.

Two numbers of one party add up, so only the cheaper of them is changed, unless it reaches the end of its scale: then
the other takes over. Two weights, and a weight with points, multiply each other and are no such pair.

The search is exhaustive. Each change found is verified by computing the table anew.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import numpy as np

from sim.analysis import parameters
from sim.analysis.gaps import Table
from sim.analysis.parameters import ONLY_UTILITY, REAL_ABOVE, SLACK, SLOPE, Change, Parameter, ParameterChange
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import Bools, Ints
from sim.model.domain import Structure
from sim.model.ensemble import Ensemble, central, revalued
from sim.model.foresight import foreseen_margins
from sim.scenario import Scenario


class CentralTable:
    """A scenario at central numbers before the first round: no events, no leverage, no movement of the front.

    Utility is as the parties bargain: one has foresight if its probability is a half or more. A line is real if its
    hardness is above one half. `quota` is how many signatories are enough; None for all.
    """

    def __init__(self, scenario: Scenario, structure: Structure) -> None:
        self.scenario, self.structure = scenario, structure
        self._ensemble = _quiet(central(scenario, structure))
        self.quota: int | None = self._ensemble.protocol.quota
        self.parameters = tuple(parameters.parameters(scenario))
        self.hardness = tuple(parameters.hardness_parameters(scenario, structure))

    @cached_property
    def real(self) -> Bools:
        """Red lines that are real at central numbers, shape (L,)."""
        return self._real({})

    @cached_property
    def now(self) -> Table:
        return self.after({})

    def after(self, changes: Mapping[str, float]) -> Table:
        """Return the table once numbers of the file have other values, by path."""
        margins = foreseen_margins(self._changed(changes))[0]
        return Table(self.structure, margins, self._real(changes), self.quota)

    def margins(self, parameter: Parameter, value: float) -> Floats:
        """Return margins once a parameter has a value, shape (N, P)."""
        return self.after(parameter.at(value)).margin

    def margins_of(self, packages: Ints, changes: Mapping[str, float]) -> Floats:
        """Return margins of some packages once numbers of the file have other values, shape (N, K)."""
        return np.asarray(foreseen_margins(self._changed(changes), packages)[0])

    @cached_property
    def _quick(self) -> frozenset[str]:
        """Paths of the numbers that affect only utility, so that nothing else has to be drawn anew."""
        own = (parameter for parameter in self.parameters if parameter.kind in ONLY_UTILITY)
        return frozenset(path for parameter in own for path in (parameter.path, *parameter.others))

    def _changed(self, changes: Mapping[str, float]) -> Ensemble:
        if self._quick.issuperset(changes):
            return revalued(self._ensemble, changes)
        return _quiet(central(self.scenario, self.structure, changes))

    def _real(self, changes: Mapping[str, float]) -> Bools:
        real = np.zeros(len(self.structure.lines.names), bool)
        for parameter in self.hardness:
            real[list(parameter.lines)] = changes.get(parameter.path, parameter.value) > REAL_ABOVE
        return real


def _quiet(ensemble: Ensemble) -> Ensemble:
    """Return the same draw before any event: reservation values are as in the file in all rounds."""
    path = np.broadcast_to(ensemble.reservation_value[:, None], ensemble.world.reservation_value.shape)
    return replace(ensemble, world=replace(ensemble.world, reservation_value=path))


class Search:
    """The searches over one table; `near` are the packages that one number or two could make acceptable."""

    def __init__(self, table: CentralTable) -> None:
        self.table, self.now, self.signs = table, table.now, table.structure.signs
        self.lines = [parameter for parameter in table.hardness if parameter.value > REAL_ABOVE]
        self.party = {name: n for n, name in enumerate(table.structure.parties)}
        asides: list[tuple[int, ...]] = [(), *(parameter.lines for parameter in self.lines)]  # lines set aside
        self.short = {aside: self.now.votes_short(aside) for aside in asides}
        self.clear = {aside: self.now.clear(aside) for aside in asides}
        near = (self.short[()] == 2) | np.logical_or.reduce([short == 1 for short in self.short.values()])
        self.near: Ints = np.flatnonzero(near)
        own = [parameter for parameter in table.parameters if parameter.party is not None]
        self.slope = {parameter.path: self._slope(parameter) for parameter in own}
        self.change = {parameter.path: self._needed(parameter) for parameter in own}

    def _slope(self, parameter: Parameter) -> Floats:
        """Return the gain in utility of each near package for its party by unit of a parameter."""
        n, far = self.party[str(parameter.party)], parameter.far
        if far == parameter.value or not len(self.near):
            return np.zeros(len(self.near))
        gained = self.table.margins(parameter, far)[n, self.near] - self.now.margin[n, self.near]
        return np.asarray(gained / (far - parameter.value))

    def _needed(self, parameter: Parameter) -> Floats:
        """Change of a parameter by which each near package reaches its party's reservation value; NaN if impossible.

        NaN too for a package that already does.
        """
        own, slope = self.now.margin[self.party[str(parameter.party)], self.near], self.slope[parameter.path]
        needed = np.full(len(self.near), np.nan)
        moves = (np.abs(slope) > SLOPE) & (own < -TOLERANCE)
        needed[moves] = -own[moves] / slope[moves]
        value = parameter.value + needed
        needed[(value < parameter.low - SLACK) | (value > parameter.high + SLACK)] = np.nan
        return needed

    def _cheapest(self, packages: Ints, cost: Floats) -> int:
        """Return the place of the smallest cost among packages; ties by rank."""
        tied = np.flatnonzero(cost <= np.nanmin(cost) + SLACK)
        return int(tied[self.table.structure.space.tie_rank[packages[tied]].argmin()])

    def _unwilling(self, n: int, aside: tuple[int, ...]) -> Bools:
        """Return near packages that cross no real line of party n but are below its reservation value."""
        near = self.near
        return np.asarray(self.signs[n, near] & ~self.now.willing[n, near] & self.clear[aside][n, near])

    def _blocked_by(self, n: int, aside: tuple[int, ...]) -> Bools:
        """Return near packages that lack only party n's consent, for want of utility."""
        return np.asarray((self.short[aside][self.near] == 1) & self._unwilling(n, aside))

    def _turned(self, parameter: Parameter, place: int) -> ParameterChange:
        return _turn(parameter, parameter.value + self.change[parameter.path][place])

    # One number.

    def one(self) -> Iterator[Change]:
        yield from self._alone(())
        for parameter in self.lines:
            if self.now.opens(parameter.lines):
                yield self._lines_aside(parameter)
        if self.table.quota is None:
            for parameter in self.table.parameters:
                if parameter.party is None and (change := self._of_all(parameter)) is not None:
                    yield change

    def _alone(self, aside: tuple[int, ...]) -> Iterator[Change]:
        """Return numbers of one party that open a zone, with lines set aside or none."""
        for parameter in self.table.parameters:
            if parameter.party is None:
                continue
            wanted = self._blocked_by(self.party[parameter.party], aside)
            change = np.where(wanted, np.abs(self.change[parameter.path]), np.nan)
            if np.isfinite(change).any():
                place = self._cheapest(self.near, change)
                yield Change((self._turned(parameter, place),), int(self.near[place]), 0)

    def _lines_aside(self, *parameters: Parameter) -> Change:
        aside = tuple(line for parameter in parameters for line in parameter.lines)
        zone = np.flatnonzero(self.now.votes_short(aside) <= 0)
        package = int(zone[self._cheapest(zone, np.zeros(len(zone)))])
        return Change(tuple(ParameterChange(parameter, REAL_ABOVE) for parameter in parameters), package, 0)

    def _of_all(self, parameter: Parameter) -> Change | None:
        """Return the smallest change of a number that affects the utility of all parties alike."""
        now, far, signing = self.now.margin, parameter.far, self.signs
        slope = (self.table.margins(parameter, far) - now) / (far - parameter.value)
        with np.errstate(divide="ignore", invalid="ignore"):
            at = np.where(np.abs(slope) > SLOPE, -now / slope, np.nan)
        stuck = (signing & (np.abs(slope) <= SLOPE) & (now < -TOLERANCE)).any(axis=0)
        least = np.where(signing & (slope > SLOPE), at, -np.inf).max(axis=0)
        most = np.where(signing & (slope < -SLOPE), at, np.inf).min(axis=0)
        turn = np.where(least > 0, least, np.where(most < 0, most, 0.0))
        value = parameter.value + turn
        behind = ~self.clear[()].all(axis=0) | self.now.gone()
        fits = ~behind & ~stuck & (least <= most) & (value >= parameter.low - SLACK) & (value <= parameter.high + SLACK)
        found = np.flatnonzero(fits)
        if not len(found):
            return None
        package = int(found[self._cheapest(found, np.abs(turn[found]))])
        return Change((_turn(parameter, value[package]),), package, 0)

    # Two numbers.

    def two(self) -> Iterator[Change]:
        """Return the cheapest two numbers for each pair of those that must change, for packages that need both."""
        for first, second in combinations(self.party, 2):
            yield from self._two_parties(first, second)
        for party in self.party:
            yield from self._one_party(party)
        for line in self.lines:
            if not self.now.opens(line.lines):
                cheapest: dict[str | None, Change] = {}
                for change in self._alone(line.lines):
                    owner = change.turns[0].parameter.party
                    if owner not in cheapest or change.cost < cheapest[owner].cost:
                        cheapest[owner] = change
                for change in cheapest.values():
                    yield Change((ParameterChange(line, REAL_ABOVE), *change.turns), change.package, 0)
        for one, other in combinations(self.lines, 2):
            alone = any(self.now.opens(parameter.lines) for parameter in (one, other))
            if not alone and self.now.opens((*one.lines, *other.lines)):
                yield self._lines_aside(one, other)

    def _two_parties(self, first: str, second: str) -> Iterator[Change]:
        """Return the cheapest number of each of two parties, for packages that lack the consent of these two alone."""
        n, m = self.party[first], self.party[second]
        wanted = np.flatnonzero((self.short[()][self.near] == 2) & self._unwilling(n, ()) & self._unwilling(m, ()))
        if not len(wanted):
            return
        (own, cost), (others, other_cost) = self._cheapest_of(first, wanted), self._cheapest_of(second, wanted)
        total = cost + other_cost
        if np.isfinite(total).any():
            best = self._cheapest(self.near[wanted], total)
            place = int(wanted[best])
            yield Change((self._turned(own[best], place), self._turned(others[best], place)), int(self.near[place]), 0)

    def _cheapest_of(self, party: str, places: Ints) -> tuple[list[Parameter], Floats]:
        """Return a party's cheapest number for some near packages, and its cost; NaN if there is none."""
        own = [parameter for parameter in self.table.parameters if parameter.party == party]
        costs = np.array([np.abs(self.change[parameter.path][places]) / parameter.unit for parameter in own])
        filled = np.where(np.isnan(costs), np.inf, costs)
        best = filled.argmin(axis=0)
        least = filled[best, np.arange(len(places))]
        return [own[k] for k in best.tolist()], np.where(np.isinf(least), np.nan, least)

    def _one_party(self, party: str) -> Iterator[Change]:
        """Return the cheapest two numbers of one party: one to the end of its scale, and another for the rest."""
        places = np.flatnonzero(self._blocked_by(self.party[party], ()))
        own = [parameter for parameter in self.table.parameters if len(places) and parameter.party == party]
        found = [change for parameter in own for change in self._after_the_end_of(parameter, places)]
        if found:
            yield min(found, key=_order)

    def _after_the_end_of(self, parameter: Parameter, places: Ints) -> Iterator[Change]:
        """A parameter changed to the end of its scale, with each other number that then suffices, at least cost."""
        slope = self.slope[parameter.path][places]
        lack = -self.now.margin[self.party[str(parameter.party)], self.near[places]]
        for end in (parameter.low, parameter.high):
            left = lack - slope * (end - parameter.value)
            to_go = (slope * (end - parameter.value) > SLOPE) & (left > TOLERANCE)
            for other in self.table.parameters:
                if not (to_go.any() and add_up(parameter, other)):
                    continue
                with np.errstate(divide="ignore", invalid="ignore"):
                    turn = np.where(to_go, left / self.slope[other.path][places], np.nan)
                fits = (other.value + turn >= other.low) & (other.value + turn <= other.high)  # False for NaN
                if fits.any():
                    best = int(np.where(fits, np.abs(turn), np.inf).argmin())
                    turns = ParameterChange(parameter, end), ParameterChange(other, float(other.value + turn[best]))
                    yield Change(turns, int(self.near[places[best]]), 0)


def _turn(parameter: Parameter, value: float) -> ParameterChange:
    return ParameterChange(parameter, float(np.clip(value, parameter.low, parameter.high)))


def _order(change: Change) -> tuple[float, tuple[str, ...]]:
    """Sort by cost, ties by path."""
    return round(change.cost, 12), tuple(turn.parameter.path for turn in change.turns)


def add_up(one: Parameter, other: Parameter) -> bool:
    """Return whether the effects of two numbers of one party on its utility add up; else they multiply each other."""
    kinds = {one.kind, other.kind}
    multiply = one.kind == other.kind == "weight" or kinds == {"weight", "points"}
    return one.party == other.party and one.path != other.path and not multiply


@dataclass(frozen=True)
class Opening:
    """What opens a zone at central numbers; where `packages` are acceptable without any change, the rest is empty.

    `unconfirmed` counts changes that the table computed anew does not confirm, and which are not listed: they make a
    guarantor's decision jump.
    """

    packages: int
    one: tuple[Change, ...]  # for every number that opens a zone alone, its smallest change, cheapest first
    two: tuple[Change, ...]  # of two numbers, where cheaper than any one number, cheapest first; see `Search.two`
    unconfirmed: int = 0

    @property
    def best(self) -> Change | None:
        """Return the cheapest change of all; None if a zone is open, or nothing found opens one."""
        return min((*self.one[:1], *self.two[:1]), key=lambda change: change.cost, default=None)


def opening(table: CentralTable) -> Opening:
    """Search all numbers and pairs of them; see the module."""
    count = int(table.now.zone.sum())
    if count:
        return Opening(count, (), ())
    search = Search(table)
    one = sorted(search.one(), key=_order)
    least = min((change.cost for change in one), default=np.inf)
    two = sorted((change for change in search.two() if change.cost < least * (1 - SLACK)), key=_order)
    listed_one, listed_two = tuple(_confirmed(table, one)), tuple(_confirmed(table, two))
    return Opening(0, listed_one, listed_two, len(one) + len(two) - len(listed_one) - len(listed_two))


def _confirmed(table: CentralTable, found: list[Change]) -> Iterator[Change]:
    """Return the changes that open a zone in the table computed anew, with how many packages they open."""
    for each in found:
        count = int(table.after(each.values()).zone.sum())
        if count:
            yield Change(each.turns, each.package, count)
