"""Obstacles between the parties and each package in one draw, and how much of them would have to change.

Utility is each party's own; margins are utility less reservation value. All searches are exhaustive over packages, so
their results are exact.
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

RESERVATION_VALUE = "no_deal"  # suffix of an obstacle, as in `party.no_deal`


@dataclass(frozen=True, eq=False)
class Table:
    """The packages of one draw in one round, with the parties' margins."""

    structure: Structure
    margin: Floats  # utility of packages less reservation value, shape (N, P)
    real: Bools  # red lines that are real, shape (L,)
    quota: int | None = None  # how many signatories are enough; None for all

    @cached_property
    def needed(self) -> Ints:
        """Votes that each package needs, shape (P,)."""
        return votes_needed(self.structure.signs, self.quota)

    @cached_property
    def willing(self) -> Bools:
        """Parties with a nonnegative margin, shape (N, P)."""
        return np.asarray(self.margin >= -TOLERANCE)

    def clear(self, aside: Collection[int] = ()) -> Bools:
        """Return parties whose real lines a package does not cross, without those set aside, shape (N, P)."""
        lines, clear = self.structure.lines, np.ones(self.margin.shape, bool)
        real = self._without(aside)
        for n in np.unique(lines.party[real & (lines.party != EVERYBODY)]):
            clear[n] = ~lines.crossed((real & (lines.party == n))[None])[0]
        return clear

    def gone(self, aside: Collection[int] = ()) -> Bools:
        """Packages that an event removed, shape (P,)."""
        lines = self.structure.lines
        return np.asarray(lines.crossed((self._without(aside) & (lines.party == EVERYBODY))[None])[0])

    def _without(self, aside: Collection[int]) -> Bools:
        real = self.real.copy()
        real[list(aside)] = False
        return real

    def votes_short(self, aside: Collection[int] = (), free: Collection[int] = ()) -> Ints:
        """Return how many consents each package lacks, 0 or less for a package of the zone, shape (P,).

        Args:
            aside: Lines set aside.
            free: Parties that consent at any utility, if a package crosses none of their lines.
        """
        willing = self.willing.copy()
        willing[list(free)] = True
        consent = self.structure.signs & willing & self.clear(aside)
        short: Ints = self.needed - consent.sum(axis=0)
        short[self.gone(aside)] = len(consent) + 1
        return short

    @property
    def zone(self) -> Bools:
        """Return packages that enough signatories could sign, shape (P,)."""
        return np.asarray(self.votes_short() <= 0)

    def opens(self, aside: Collection[int]) -> bool:
        return bool((self.votes_short(aside) <= 0).any())


@dataclass(frozen=True)
class WayOut:
    """One set of obstacles that opens a zone when it is set aside, and the required fall of its reservation values."""

    names: tuple[str, ...]
    falls: Mapping[str, float]  # required fall of each party's reservation value for `package`
    packages: int  # packages that open when all of the set is set aside
    package: int  # of these the one that needs least in all; ties by the smallest rank

    @property
    def total(self) -> float:
        return float(sum(self.falls.values()))


def way_out(table: Table, names: Sequence[str]) -> WayOut | None:
    """Change required of a set of obstacles, named as in `blocker`; None if setting it aside opens nothing."""
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
    """Return the fall of one reservation value that alone opens a zone; 0 if there is one, infinite if impossible."""
    short, signs = table.votes_short(), table.structure.signs[party]
    if (short <= 0).any():
        return 0.0
    near = (short == 1) & signs & ~table.willing[party]
    near[near] = table.clear()[party, near]
    return float(-table.margin[party, near].max()) if near.any() else np.inf
