"""What a package is worth to parties that look past the signature."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sim.core import package_pass
from sim.core.exact import Floats
from sim.core.packages import Ints, ShortInts
from sim.core.utility import check_weights, worth_of, worth_told
from sim.model.ensemble import Ensemble


def look_ahead(ensemble: Ensemble, utility: Floats) -> None:
    """Change worth of packages into worth by how long they will hold and by the chance that they are refused at home.

    `(1-f) u + f { q [L u + (1-L) b] + (1-q) (r - x) }`: f foresight, q the closed-form chance of all ratifiers, L the
    discounted part of ten years in which the package holds, b the worth of fighting again from the new line, r no-deal
    worth in round 1, x what a refused text costs. Worked out once, before round 1 and without pressure.

    Args:
        ensemble: The draws.
        utility: Worth of all packages, changed in place, shape (B, N, P); as it is where nobody looks ahead.
    """
    if ensemble.foresight.any():
        package_pass.look_ahead(utility, *_told(ensemble))


def foreseen_worth(ensemble: Ensemble, out: Floats | None = None) -> Floats:
    """Worth of all packages as the parties bargain by it, shape (B, N, P); made anew at each call, into `out` if given.

    Of many draws it is made and looked ahead from in one go, with the same bits.
    """
    if len(ensemble) == 1 or not ensemble.foresight.any():
        utility = ensemble.utility(out)
        look_ahead(ensemble, utility)
        return utility
    table, draws = ensemble.structure, len(ensemble)
    check_weights(ensemble.weights)
    utility = np.empty((draws, len(table.parties), len(table.space))) if out is None else out[:draws]
    worth = worth_told(table.space, ensemble.weights, ensemble.option_worth, ensemble.extras())
    told: list[Any] = [*worth, utility, *_told(ensemble)]
    package_pass.foreseen_worths(*told)
    return utility


def foreseen_worth_of(ensemble: Ensemble, packages: Ints, ahead: "Prospects | None" = None) -> Floats:
    """Worth of some packages as the parties bargain by it, shape (B, N, K), with the bits of `foreseen_worth`.

    Args:
        ensemble: The draws.
        packages: Indices, shape (K,).
        ahead: The prospects of these draws, if at hand.
    """
    told = ensemble.structure.space, ensemble.weights, ensemble.option_worth, ensemble.extras()
    draws = len(ensemble)
    worths = [worth_of(*told, np.full(draws, package)) for package in packages.tolist()]
    utility = np.ascontiguousarray(np.array(worths).reshape(-1, draws, ensemble.no_deal.shape[1]).transpose(1, 2, 0))
    if ensemble.foresight.any() and len(packages):
        package_pass.look_ahead(utility, *_told(ensemble, packages, ahead))
    return utility


def _told(ensemble: Ensemble, packages: Ints | None = None, ahead: "Prospects | None" = None) -> tuple[Any, ...]:
    """What the loop is told besides worth, in the order of `package_pass.look_ahead`; of some packages or of all."""
    ahead, no_deal = ahead or prospects(ensemble), np.ascontiguousarray(ensemble.world.no_deal[:, 0])
    if packages is not None:
        of = [np.ascontiguousarray(index[packages]) for index in (ahead.chance_of, ahead.moved_of, ahead.kind_of)]
        ahead = replace(ahead, chance_of=of[0], moved_of=of[1], kind_of=of[2])
    return (
        ahead.chance, ahead.chance_of, ahead.stake, ahead.moved, ahead.moved_of, ahead.held, ahead.kind, ahead.kind_of,
        ahead.least, ahead.guarantor, no_deal, np.ascontiguousarray(ensemble.refusal_cost),
        np.ascontiguousarray(ensemble.foresight),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Prospects:
    """Chances, durations and shifts of power, each by the few combinations of options that differ in it.

    Attributes:
        chance, chance_of: Of all ratifiers, shape (B, K), and each package's combination, shape (P,).
        stake: How a shift of power enters each party's worth of fighting again, shape (N,).
        moved, moved_of: Share of the stake that moves away from the named side, and the combinations, likewise.
        held: Discounted part of ten years in which a package holds, by kind, shape (B, N, kinds).
        kind, kind_of: Kind of each combination, shape (B, K), and the combinations, likewise; with a guarantor first
            the kinds if it acts, then those if it does not, shape (B, 2 K).
        least: Smallest gain for which the guarantor acts, by these combinations, shape (B, K); no rows without one.
        guarantor: Index of the party, 0 for none.
    """

    chance: Floats
    chance_of: ShortInts
    stake: Floats
    moved: Floats
    moved_of: ShortInts
    held: Floats
    kind: ShortInts
    kind_of: ShortInts
    least: Floats
    guarantor: int


def prospects(ensemble: Ensemble) -> Prospects:
    """What lies ahead of packages in these draws: it follows from options alone, not from weights or points."""
    votes, after, parties = ensemble.world.ratification, ensemble.world.aftermath, ensemble.structure.parties
    draws, all_alike = len(ensemble), np.zeros(len(ensemble.structure.space), np.int64)
    chance, chance_of = np.ones((draws, 1)), all_alike
    if votes is not None:
        chance, chance_of = votes.chances_over_combinations()[0], votes.static.combinations.index
    moved, moved_of = np.zeros((draws, 1)), all_alike
    held, kind, kind_of = np.ones((draws, len(parties), 1)), np.zeros((draws, 1), np.int64), all_alike
    least, guarantor = np.zeros((0, 0)), 0
    if after is not None:
        outlook, enough = after.kinds_ahead()
        kind, kind_of = outlook.kind, outlook.static.index
        held = outlook.parts_held_by_kind(ensemble.discount)
        if enough is not None:
            least, guarantor = enough, parties.index(after.static.guarantor)
        if after.power_shift is not None:
            shifts = after.power_shift.shifts
            moved, moved_of = shifts.over_combinations(), shifts.static.combinations.index
    stake = np.array([_stake(ensemble, party) for party in parties])
    chance, moved, held, least = (np.ascontiguousarray(table, np.float64) for table in (chance, moved, held, least))
    short = [np.ascontiguousarray(index, np.int32) for index in (chance_of, moved_of, kind, kind_of)]
    return Prospects(chance, short[0], stake, moved, short[1], held, short[2], short[3], least, guarantor)


def _stake(ensemble: Ensemble, party: str) -> float:
    """How a shift of power enters a party's worth of fighting again: it loses, gains, or is not concerned."""
    aftermath = ensemble.scenario.aftermath
    power = None if aftermath is None else aftermath.power_shift
    if power is None:
        return 0.0
    if party == power.away_from:
        return 1.0
    return -1.0 if party in power.war_cost else 0.0
