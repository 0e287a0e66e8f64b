"""What a package is worth to parties that look past the signature."""

from dataclasses import dataclass

import numpy as np

from sim.ensemble import Ensemble
from sim.issues import Bools, Ints
from sim.mechanisms.option_tables import Combinations
from sim.utility import Floats


def foreseen(ensemble: Ensemble, utility: Floats) -> Floats:
    """Worth of packages by how long they will hold and by the chance that they are refused at home.

    `(1-f) u + f { q [L u + (1-L) b] + (1-q) (r - x) }`: f foresight, q the closed-form chance of all ratifiers, L the
    discounted part of ten years in which the package holds, b the worth of fighting again from the new line, r no-deal
    worth in round 1, x what a refused text costs. Worked out once, before round 1 and without pressure.

    Args:
        ensemble: The draws.
        utility: Worth of all packages, shape (B, N, P).

    Returns:
        The same array where nobody looks ahead; else a new one of the same shape.
    """
    if not ensemble.foresight.any():
        return utility
    no_deal, ahead = ensemble.world.no_deal[:, 0], np.empty_like(utility)
    prospects = _prospects(ensemble, utility, no_deal)
    for b, worth in enumerate(utility):  # draw by draw, so that what is worked on stays in the processor's cache
        passed, shift, kind = prospects.passed(b), prospects.shift(b), prospects.kind(b)
        for n, own in enumerate(worth):
            foresight, free = ensemble.foresight[b, n], no_deal[b, n]
            again = free - prospects.stake[n] * shift  # fighting again, from the new line
            expected = own - again
            expected *= prospects.held[n][b][kind]
            expected += again
            refused = free - ensemble.refusal_cost[b, n]
            expected -= refused
            expected *= passed
            expected += refused
            expected -= own
            expected *= foresight
            np.add(own, expected, out=ahead[b, n])
    return ahead


@dataclass(frozen=True, eq=False)
class _Prospects:
    """Chances, durations and shifts of power, each by the few combinations of options that differ in it.

    Attributes:
        stake: How a shift of power enters each party's worth of fighting again, shape (N,).
        chance, chance_of: Of all ratifiers, shape (B, K), and each package's combination; None without votes.
        moved, moved_of: Share of the stake that moves, shape (B, K), and the combinations; None without a shift.
        held: Discounted part of ten years in which a package holds by its kind, one array a party.
        held_of: Kind of each package; in draws of `absent` packages these take the second half of the kinds.
    """

    stake: Floats
    chance: Floats
    chance_of: Ints | None
    moved: Floats
    moved_of: Ints | None
    held: list[Floats]
    held_of: Combinations | None
    absent: Bools | None

    def passed(self, b: int) -> Floats | float:
        """Chance of all ratifiers in draw b, shape (P,)."""
        return 1.0 if self.chance_of is None else self.chance[b][self.chance_of]

    def shift(self, b: int) -> Floats | float:
        """Share of the stake that moves away from the named side in draw b, shape (P,)."""
        return 0.0 if self.moved_of is None else self.moved[b][self.moved_of]

    def kind(self, b: int) -> Ints:
        """Where `held` has each package in draw b, shape (P,)."""
        if self.held_of is None:
            return np.zeros(1, np.int64)
        index = self.held_of.index
        return index if self.absent is None else index + len(self.held_of) * self.absent[b]


def _prospects(ensemble: Ensemble, utility: Floats, no_deal: Floats) -> _Prospects:
    votes, after, parties = ensemble.world.ratification, ensemble.world.aftermath, ensemble.structure.parties
    unknown = np.ones((len(utility), 1))
    chance, chance_of = unknown, None
    if votes is not None:
        chance, chance_of = votes.chances_over_combinations()[0], votes.static.combinations.index
    moved, moved_of = unknown, None
    held, held_of, absent = len(parties) * [unknown], None, None
    if after is not None:
        guarantor = after.static.guarantor
        n = None if guarantor is None else parties.index(guarantor)
        outlook = after.outlook(None, None if n is None else utility[:, n], None if n is None else no_deal[:, n])
        held = [outlook.part_held_by_combination(discount) for discount in ensemble.discount.T]
        held_of, absent = outlook.static, outlook.absent
        if after.power_shift is not None:
            shifts = after.power_shift.shifts
            moved, moved_of = shifts.over_combinations(), shifts.static.combinations.index
    stake = np.array([_stake(ensemble, party) for party in parties])
    return _Prospects(stake, chance, chance_of, moved, moved_of, held, held_of, absent)


def _stake(ensemble: Ensemble, party: str) -> float:
    """How a shift of power enters a party's worth of fighting again: it loses, gains, or is not concerned."""
    aftermath = ensemble.scenario.aftermath
    power = None if aftermath is None else aftermath.power_shift
    if power is None:
        return 0.0
    if party == power.away_from:
        return 1.0
    return -1.0 if party in power.war_cost else 0.0
