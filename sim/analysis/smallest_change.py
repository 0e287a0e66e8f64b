"""The smallest change of one number, or of two, after which some package is acceptable to all who sign it.

At central numbers worth is affine in each number alone: a weight that is turned rescales the others of its party, so
its worth is affine too. So for each package the value at which it becomes acceptable is a quotient, and the smallest
change is the smallest of these over all packages. Nothing is sampled and nothing is left out. What is found is then
looked at once more by working out the table anew with the numbers found.

Changes of different numbers are compared by the width of their stated ranges: a change of cost 1 is as long as the
range of its number is wide. A number without a range counts by its whole scale.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from sim.analysis.central_table import CentralTable
from sim.analysis.dials import REAL_ABOVE, Dial
from sim.exact import TOLERANCE
from sim.issues import Bools, Ints
from sim.utility import Floats

SLACK = 1e-12  # what a limit may be passed by rounding
SLOPE = 1e-12  # below which worth does not move with a number
ROOM = 2_000_000  # costs compared at once


@dataclass(frozen=True)
class Turn:
    """A number turned: which, and to what value."""

    dial: Dial
    value: float

    @property
    def change(self) -> float:
        """How far."""
        return self.value - self.dial.value

    @property
    def rounded(self) -> float:
        """The value with few digits, rounded away from where the number stands: what opens still opens."""
        step = 10.0 ** -(2 if self.dial.kind == "points" else 4)
        away = np.ceil if self.change > 0 else np.floor
        return float(np.clip(np.round(away(self.value / step - SLACK * np.sign(self.change)) * step, 10),
                             self.dial.low, self.dial.high))

    @property
    def cost(self) -> float:
        """The same in widths of its stated range."""
        return abs(self.change) / self.dial.unit

    @property
    def within(self) -> bool:
        """Whether it stays in the stated range; False for a number without one."""
        stated = self.dial.stated
        return stated is not None and stated[0] - SLACK <= self.value <= stated[1] + SLACK


@dataclass(frozen=True)
class Change:
    """One number or two that are turned so that a zone opens.

    Attributes:
        turns: Which, the first in the order of the file first.
        package: The package that becomes acceptable.
        packages: How many become acceptable with it, itself included, as worked out anew.
    """

    turns: tuple[Turn, ...]
    package: int
    packages: int

    @property
    def cost(self) -> float:
        """The costs of all turns added up."""
        return float(sum(turn.cost for turn in self.turns))

    def values(self) -> dict[str, float]:
        """The numbers of the file that have another value, by path."""
        return {path: value for turn in self.turns for path, value in turn.dial.at(turn.value).items()}


@dataclass(frozen=True)
class Opening:
    """What opens a zone at central numbers.

    Attributes:
        packages: Packages that are acceptable without any change; with some, the rest is empty.
        one: For every number that opens a zone when turned alone, its smallest such change, the cheapest first.
        two: The cheapest change of two numbers of each two parties, of a line and a party, and of two lines, as far as
            they are cheaper than any one number; the cheapest first.
        untold: Changes found that the table worked out anew does not bear out, and which are not listed: the will of a
            guarantor jumps in them.
    """

    packages: int
    one: tuple[Change, ...]
    two: tuple[Change, ...]
    untold: int = 0

    @property
    def best(self) -> Change | None:
        """The cheapest change of all; None if a zone is open, or nothing found opens one."""
        return min((*self.one[:1], *self.two[:1]), key=lambda change: change.cost, default=None)


def opening(table: CentralTable) -> Opening:
    """Search all numbers and pairs of them; see the module."""
    now = table.now
    count = int(now.zone.sum())
    if count:
        return Opening(count, (), ())
    search = _Search(table)
    one = sorted(search.one(), key=_order)
    least = min((change.cost for change in one), default=np.inf)
    two = sorted((change for change in search.two() if change.cost < least * (1 - SLACK)), key=_order)
    told_one, told_two = (
        tuple(told for each in found if (told := _borne_out(table, each)) is not None) for found in (one, two)
    )
    return Opening(0, told_one, told_two, len(one) + len(two) - len(told_one) - len(told_two))


def _order(change: Change) -> tuple[float, tuple[str, ...]]:
    return round(change.cost, 12), tuple(turn.dial.path for turn in change.turns)


def _borne_out(table: CentralTable, change: Change) -> Change | None:
    """The change with the packages that it opens; None if it opens none."""
    zone = table.after(change.values(), [turn.dial.kind for turn in change.turns]).zone
    return Change(change.turns, change.package, int(zone.sum())) if zone.any() else None


class _Search:
    """The searches over one table. `aside` are lines set aside."""

    def __init__(self, table: CentralTable) -> None:
        self.table, self.now, self.signs = table, table.now, table.structure.signs
        self.lines = [dial for dial in table.hardness if dial.value > REAL_ABOVE]
        self.party = {name: n for n, name in enumerate(table.structure.parties)}
        asides: list[tuple[int, ...]] = [(), *(dial.lines for dial in self.lines)]
        self.short = {aside: self.now.votes_short(aside) for aside in asides}
        self.clear = {aside: self.now.clear(aside) for aside in asides}
        near = (self.short[()] == 2) | np.logical_or.reduce([short == 1 for short in self.short.values()])
        self.near: Ints = np.flatnonzero(near)  # packages that two numbers could bring in, or one
        self.change = {dial.path: self._needed(dial) for dial in table.dials if dial.party is not None}

    def _needed(self, dial: Dial) -> Floats:
        """By how much a dial must be turned for each near package to be worth no deal to its party; NaN if it cannot.

        A package that is already worth it needs none of it.
        """
        assert dial.party is not None
        n, far = self.party[dial.party], dial.far
        own = self.now.margin[n, self.near]
        needed = np.full(len(self.near), np.nan)
        if far == dial.value or not len(self.near):
            return needed
        slope = (self.table.margins(dial, far)[n, self.near] - own) / (far - dial.value)
        moves = (np.abs(slope) > SLOPE) & (own < -TOLERANCE)
        needed[moves] = -own[moves] / slope[moves]
        value = dial.value + needed
        needed[(value < dial.low - SLACK) | (value > dial.high + SLACK)] = np.nan
        return needed

    def one(self) -> Iterator[Change]:
        """Every number that opens a zone alone."""
        yield from self._alone(())
        for dial in self.lines:
            if self.now.opens(dial.lines):
                yield self._lines_aside(dial)
        if self.table.quota is None:
            for dial in self.table.dials:
                if dial.party is None and (change := self._of_all(dial)) is not None:
                    yield change

    def _alone(self, aside: tuple[int, ...]) -> Iterator[Change]:
        """Numbers of one party that open a zone, with lines set aside or none."""
        for dial in self.table.dials:
            if dial.party is None:
                continue
            wanted = self._blocked_by(self.party[dial.party], aside)
            change = np.where(wanted, np.abs(self.change[dial.path]), np.nan)
            if np.isfinite(change).any():
                place = self._first(change)
                yield Change((self._turned(dial, place),), int(self.near[place]), 0)

    def _blocked_by(self, n: int, aside: tuple[int, ...]) -> Bools:
        """Near packages that lack but one consent, and would have it if they were worth more to party n."""
        blocked: Bools = (self.short[aside][self.near] == 1) & self._unwilling(n, aside)
        return blocked

    def _unwilling(self, n: int, aside: tuple[int, ...]) -> Bools:
        near = self.near
        unwilling: Bools = self.signs[n, near] & ~self.now.willing[n, near] & self.clear[aside][n, near]
        return unwilling

    def _turned(self, dial: Dial, place: int) -> Turn:
        return Turn(dial, float(np.clip(dial.value + self.change[dial.path][place], dial.low, dial.high)))

    def _first(self, cost: Floats) -> int:
        """The near package of smallest cost; ties by rank."""
        tied = np.flatnonzero(cost <= np.nanmin(cost) + SLACK)
        return int(tied[self.table.structure.space.tie_rank[self.near[tied]].argmin()])

    def _lines_aside(self, *dials: Dial) -> Change:
        aside = tuple(line for dial in dials for line in dial.lines)
        zone = np.flatnonzero(self.now.votes_short(aside) <= 0)
        package = int(zone[self.table.structure.space.tie_rank[zone].argmin()])
        return Change(tuple(Turn(dial, REAL_ABOVE) for dial in dials), package, 0)

    def _of_all(self, dial: Dial) -> Change | None:
        """The smallest turn of a number that moves the worth of all parties alike."""
        now, far = self.now.margin, dial.far
        slope = (self.table.margins(dial, far) - now) / (far - dial.value)
        with np.errstate(divide="ignore", invalid="ignore"):
            at = np.where(np.abs(slope) > SLOPE, -now / slope, np.nan)
        asked = self.signs
        stuck = (asked & (np.abs(slope) <= SLOPE) & (now < -TOLERANCE)).any(axis=0)
        least = np.where(asked & (slope > SLOPE), at, -np.inf).max(axis=0)
        most = np.where(asked & (slope < -SLOPE), at, np.inf).min(axis=0)
        turn = np.where(least > 0, least, np.where(most < 0, most, 0.0))
        value = dial.value + turn
        behind = ~self.clear[()].all(axis=0) | self.now.gone()
        fits = ~behind & ~stuck & (least <= most) & (value >= dial.low - SLACK) & (value <= dial.high + SLACK)
        found = np.flatnonzero(fits)
        if not len(found):
            return None
        size = np.abs(turn[found])
        tied = found[size <= size.min() + SLACK]
        package = int(tied[self.table.structure.space.tie_rank[tied].argmin()])
        return Change((Turn(dial, float(np.clip(value[package], dial.low, dial.high))),), package, 0)

    # Two numbers.

    def two(self) -> Iterator[Change]:
        """The cheapest two numbers for each pair of those that must give way, for packages that need both."""
        for first, second in combinations(self.party, 2):
            yield from self._two_parties(first, second)
        for line in self.lines:
            if not self.now.opens(line.lines):
                cheapest: dict[str | None, Change] = {}
                for change in self._alone(line.lines):
                    owner = change.turns[0].dial.party
                    if owner not in cheapest or change.cost < cheapest[owner].cost:
                        cheapest[owner] = change
                for change in cheapest.values():
                    yield Change((Turn(line, REAL_ABOVE), *change.turns), change.package, 0)
        for one, other in combinations(self.lines, 2):
            alone = any(self.now.opens(dial.lines) for dial in (one, other))
            if not alone and self.now.opens((*one.lines, *other.lines)):
                yield self._lines_aside(one, other)

    def _two_parties(self, first: str, second: str) -> Iterator[Change]:
        """The cheapest number of each of two parties, for packages that lack the consent of these two alone."""
        n, m = self.party[first], self.party[second]
        wanted = np.flatnonzero((self.short[()][self.near] == 2) & self._unwilling(n, ()) & self._unwilling(m, ()))
        if not len(wanted):
            return
        (own, cost), (others, other_cost) = self._cheapest(first, wanted), self._cheapest(second, wanted)
        total = cost + other_cost
        if np.isfinite(total).any():
            tied = np.flatnonzero(total <= np.nanmin(total) + SLACK)
            best = int(tied[self.table.structure.space.tie_rank[self.near[wanted[tied]]].argmin()])
            place = int(wanted[best])
            turns = self._turned(own[best], place), self._turned(others[best], place)
            yield Change(turns, int(self.near[place]), 0)

    def _cheapest(self, party: str, places: Ints) -> tuple[list[Dial], Floats]:
        """For some near packages, the number of a party that costs least, and what it costs; NaN if none does."""
        own = [dial for dial in self.table.dials if dial.party == party]
        costs = np.array([np.abs(self.change[dial.path][places]) / dial.unit for dial in own])
        filled = np.where(np.isnan(costs), np.inf, costs)
        best = filled.argmin(axis=0)
        least = filled[best, np.arange(len(places))]
        return [own[k] for k in best.tolist()], np.where(np.isinf(least), np.nan, least)


def owners(change: Change) -> Sequence[str | None]:
    """Whose numbers are turned."""
    return [turn.dial.party for turn in change.turns]
