"""Utility of packages to parties that look past the signature."""

import numpy as np

from sim.core import package_pass
from sim.core.compiled import worth_compiling
from sim.core.exact import Floats
from sim.core.package_pass import Prospects
from sim.core.packages import Ints
from sim.core.utility import worth_of
from sim.model.ensemble import Ensemble

FORESIGHT_STEPS = 8  # of a package to a party


def look_ahead(ensemble: Ensemble, utility: Floats) -> None:
    """Discount the utility of packages by how long they will hold and by the chance that they are refused at home.

    `(1-f) u + f { q [L u + (1-L) b] + (1-q) (r - x) }`: f foresight, q the closed-form chance of all ratifiers, L the
    discounted part of ten years in which the package holds, b the utility of fighting again from the new line, r the
    reservation value in round 1, x what a refused text costs. Worked out once, before round 1 and without pressure.

    Args:
        ensemble: The draws.
        utility: Of all packages, changed in place, shape (B, N, P); as it is where nobody looks ahead.
    """
    if ensemble.foresight.any():
        _apply(utility, prospects(ensemble))


def foreseen_worth(ensemble: Ensemble, out: Floats | None = None) -> Floats:
    """Utility of all packages as the parties bargain by it, shape (B, N, P); written to `out` if given."""
    utility = ensemble.utility(out)
    look_ahead(ensemble, utility)
    return utility


def foreseen_worth_of(ensemble: Ensemble, packages: Ints, ahead: Prospects | None = None) -> Floats:
    """Utility of some packages as the parties bargain by it, shape (B, N, K), with the bits of `foreseen_worth`.

    Args:
        ensemble: The draws.
        packages: Indices, shape (K,).
        ahead: The prospects of these draws, if at hand.
    """
    domain = ensemble.structure.space, ensemble.weights, ensemble.option_worth, ensemble.extras()
    draws = len(ensemble)
    columns = [worth_of(*domain, np.full(draws, package)) for package in packages.tolist()]
    utility = np.ascontiguousarray(
        np.array(columns).reshape(-1, draws, ensemble.reservation_value.shape[1]).transpose(1, 2, 0)
    )
    if ensemble.foresight.any() and len(packages):
        ahead = ahead or prospects(ensemble)
        chance_of, moved_of, kind_of = (
            np.ascontiguousarray(index[packages]) for index in (ahead.chance_of, ahead.moved_of, ahead.kind_of)
        )
        ahead = ahead._replace(chance_of=chance_of, moved_of=moved_of, kind_of=kind_of)
        _apply(utility, ahead)
    return utility


def _apply(utility: Floats, prospects: Prospects) -> None:
    worth_compiling(package_pass.apply_foresight, FORESIGHT_STEPS * utility.size)(utility, prospects)


def prospects(ensemble: Ensemble) -> Prospects:
    """Compute the prospects of packages in these draws: they follow from options alone, not from weights or points."""
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
    return Prospects(
        chance, short[0], stake, moved, short[1], held, short[2], short[3], least, guarantor,
        np.ascontiguousarray(ensemble.world.reservation_value[:, 0]), np.ascontiguousarray(ensemble.refusal_cost),
        np.ascontiguousarray(ensemble.foresight),
    )  # fmt: skip


def _stake(ensemble: Ensemble, party: str) -> float:
    """How a shift of power enters a party's utility of fighting again: it loses, gains, or is not concerned."""
    aftermath = ensemble.scenario.aftermath
    power = None if aftermath is None else aftermath.power_shift
    if power is None:
        return 0.0
    if party == power.away_from:
        return 1.0
    return -1.0 if party in power.war_cost else 0.0
