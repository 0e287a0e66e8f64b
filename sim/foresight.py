"""What a package is worth to parties that look past the signature."""

from dataclasses import dataclass

import numpy as np

from sim import kernels
from sim.ensemble import Ensemble
from sim.issues import Bools, Ints
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
    no_deal, ahead = np.ascontiguousarray(ensemble.world.no_deal[:, 0]), np.empty_like(utility)
    prospects = _prospects(ensemble, utility, no_deal)
    kernels.look_ahead(
        utility, prospects.chance, prospects.chance_of, prospects.stake, prospects.moved, prospects.moved_of, no_deal,
        prospects.held, prospects.held_of, prospects.absent, np.ascontiguousarray(ensemble.refusal_cost),
        np.ascontiguousarray(ensemble.foresight), ahead,
    )  # fmt: skip
    return ahead


@dataclass(frozen=True, eq=False)
class _Prospects:
    """Chances, durations and shifts of power, each by the few combinations of options that differ in it.

    Attributes:
        stake: How a shift of power enters each party's worth of fighting again, shape (N,).
        chance, chance_of: Of all ratifiers, shape (B, K), and each package's combination, shape (P,).
        moved, moved_of: Share of the stake that moves away from the named side, and the combinations, likewise.
        held, held_of: Discounted part of ten years in which a package holds, shape (B, N, K), and its kind, likewise.
        absent: Packages at which the guarantor would not act, shape (B, P), or no rows: they take the second half of
            the kinds.
    """

    stake: Floats
    chance: Floats
    chance_of: Ints
    moved: Floats
    moved_of: Ints
    held: Floats
    held_of: Ints
    absent: Bools


def _prospects(ensemble: Ensemble, utility: Floats, no_deal: Floats) -> _Prospects:
    votes, after, parties = ensemble.world.ratification, ensemble.world.aftermath, ensemble.structure.parties
    draws, all_alike = len(utility), np.zeros(utility.shape[2], np.int64)
    chance, chance_of = np.ones((draws, 1)), all_alike
    if votes is not None:
        chance, chance_of = votes.chances_over_combinations()[0], votes.static.combinations.index
    moved, moved_of = np.zeros((draws, 1)), all_alike
    held, held_of, absent = np.ones((draws, len(parties), 1)), all_alike, np.zeros((0, 0), bool)
    if after is not None:
        guarantor = after.static.guarantor
        n = None if guarantor is None else parties.index(guarantor)
        outlook = after.outlook(None, None if n is None else utility[:, n], None if n is None else no_deal[:, n])
        held_of = outlook.static.index
        by_party = [outlook.part_held_by_combination(discount) for discount in ensemble.discount.T]
        if outlook.absent is not None:
            absent = outlook.absent
        held = np.array(by_party).transpose(1, 0, 2)
        if after.power_shift is not None:
            shifts = after.power_shift.shifts
            moved, moved_of = shifts.over_combinations(), shifts.static.combinations.index
    stake = np.array([_stake(ensemble, party) for party in parties])
    tables = [np.ascontiguousarray(table, np.float64) for table in (chance, moved, held)]
    return _Prospects(stake, tables[0], chance_of, tables[1], moved_of, tables[2], held_of, absent)


def _stake(ensemble: Ensemble, party: str) -> float:
    """How a shift of power enters a party's worth of fighting again: it loses, gains, or is not concerned."""
    aftermath = ensemble.scenario.aftermath
    power = None if aftermath is None else aftermath.power_shift
    if power is None:
        return 0.0
    if party == power.away_from:
        return 1.0
    return -1.0 if party in power.war_cost else 0.0
