"""What stands between the parties and each package in one draw, and how much of it would have to give.

Worth is each party's own; margins are worth less the worth of no deal. All searches are over every package, so what
they find is exact: no other change of that kind is smaller.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import Bools, Ints
from sim.core.utility import EVERYBODY
from sim.core.zopa import votes_needed
from sim.model.domain import Structure

RESERVATION_VALUE = "no_deal"  # as in `party.no_deal`, the name of an obstacle


@dataclass(frozen=True, eq=False)
class Table:
    """The packages of one draw in one round, as the parties value them."""

    structure: Structure
    margin: Floats  # worth of packages less the worth of no deal, shape (N, P)
    real: Bools  # red lines that are real, shape (L,)
    quota: int | None = None  # how many signatories are enough; None for all

    @cached_property
    def needed(self) -> Ints:
        """Votes that each package needs, shape (P,)."""
        return votes_needed(self.structure.signs, self.quota)

    @cached_property
    def willing(self) -> Bools:
        """To whom a package is worth no deal or more, shape (N, P)."""
        return np.asarray(self.margin >= -TOLERANCE)

    def clear(self, aside: Collection[int] = ()) -> Bools:
        """Whose real lines a package does not cross, those set aside left out, shape (N, P)."""
        lines, clear = self.structure.lines, np.ones(self.margin.shape, bool)
        real = self._without(aside)
        for n in np.unique(lines.party[real & (lines.party != EVERYBODY)]):
            clear[n] = ~lines.crossed((real & (lines.party == n))[None])[0]
        return clear

    def gone(self, aside: Collection[int] = ()) -> Bools:
        """Packages that an event took off the table, shape (P,)."""
        lines = self.structure.lines
        return np.asarray(lines.crossed((self._without(aside) & (lines.party == EVERYBODY))[None])[0])

    def _without(self, aside: Collection[int]) -> Bools:
        real = self.real.copy()
        real[list(aside)] = False
        return real

    def votes_short(self, aside: Collection[int] = (), free: Collection[int] = ()) -> Ints:
        """How many consents each package lacks, 0 or less for a package of the zone, shape (P,).

        Args:
            aside: Lines set aside.
            free: Parties that consent whatever a package is worth to them, if it crosses none of their lines.
        """
        willing = self.willing.copy()
        willing[list(free)] = True
        consent = self.structure.signs & willing & self.clear(aside)
        short: Ints = self.needed - consent.sum(axis=0)
        short[self.gone(aside)] = len(consent) + 1
        return short

    @property
    def zone(self) -> Bools:
        """Packages that enough signatories could sign, shape (P,)."""
        return np.asarray(self.votes_short() <= 0)

    def opens(self, aside: Collection[int]) -> bool:
        return bool((self.votes_short(aside) <= 0).any())


@dataclass(frozen=True)
class WayOut:
    """One set of obstacles that opens a zone when it is set aside, and how much of the no-deal worths it takes."""

    names: tuple[str, ...]
    falls: Mapping[str, float]  # by how much no deal is worth too much, by party, for `package`
    packages: int  # packages that open when all of the set is set aside
    package: int  # of these the one that takes least in all; ties by the smallest rank

    @property
    def total(self) -> float:
        return float(sum(self.falls.values()))


def way_out(table: Table, names: Sequence[str]) -> WayOut | None:
    """How much a set of obstacles, named as in `blocker`, has to give; None if setting it aside opens nothing."""
    structure = table.structure
    aside = [structure.lines.names.index(name) for name in names if name in structure.lines.names]
    free = [n for n, party in enumerate(structure.parties) if f"{party}.{RESERVATION_VALUE}" in names]
    open_ = np.flatnonzero(table.votes_short(aside, free) <= 0)
    if not len(open_):
        return None
    lacking = np.where(structure.signs[free][:, open_], np.maximum(-table.margin[free][:, open_], 0.0), 0.0)
    total = np.sort(lacking, axis=0).cumsum(axis=0)[-1] if free else np.zeros(len(open_))
    least = np.flatnonzero(total <= total.min() + TOLERANCE)
    best = int(least[structure.space.tie_rank[open_[least]].argmin()])
    falls = {structure.parties[n]: float(lacking[place, best]) for place, n in enumerate(free)}
    return WayOut(tuple(sorted(names)), falls, len(open_), int(open_[best]))


def fall_alone(table: Table, party: int) -> float:
    """By how much the no-deal worth of one party alone is too high for a zone; 0 if there is one, infinite if more
    than that stands in the way."""
    short, signs = table.votes_short(), table.structure.signs[party]
    if (short <= 0).any():
        return 0.0
    near = (short == 1) & signs & ~table.willing[party]
    near[near] = table.clear()[party, near]
    return float(-table.margin[party, near].max()) if near.any() else np.inf
