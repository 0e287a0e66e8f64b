"""Utility of packages to parties with foresight: see `Prospects`."""

from typing import Any

import numpy as np

from sim.core import package_pass
from sim.core.compiled import worth_compiling
from sim.core.exact import Floats
from sim.core.package_pass import Prospects, no_prospects, value_in_round
from sim.core.packages import Ints
from sim.core.utility import worth_of
from sim.mechanisms.option_tables import Combinations, combinations
from sim.model.ensemble import Ensemble

FORESIGHT_STEPS = 8  # of a package to a party
OF_DRAWS = ("looks", "chance", "moved", "held", "kind", "least", "reservation_value", "refusal_cost", "entry")


def net_utility(ensemble: Ensemble, out: Floats | None = None) -> tuple[Floats, Prospects]:
    """Return the utility of all packages, net of risks to parties with foresight, shape (B, N, P); and the prospects.

    A package is acceptable to a party in a round exactly where this is its reservation value or more.

    Args:
        ensemble: The draws.
        out: Output array, if given.
    """
    utility, ahead = ensemble.utility(out), prospects(ensemble)
    deduct_risks(utility, ahead)
    return utility, ahead


def net_utility_anew(ensemble: Ensemble, ahead: Prospects, rows: Ints) -> Floats:
    """Net utility of all packages in some draws whose weights are others now, shape (rows, N, P).

    The `entry` of each package is written to the prospects of these draws.
    """
    utility = ensemble[rows].utility()
    if ahead.looks[rows].any():
        tables: dict[str, Any] = {name: getattr(ahead, name) for name in OF_DRAWS if len(getattr(ahead, name))}
        tables = {name: np.ascontiguousarray(table[rows]) for name, table in tables.items()}
        mine = ahead._replace(**tables)
        deduct_risks(utility, mine)
        ahead.entry[rows] = mine.entry
    return utility


def net_utility_of(ensemble: Ensemble, packages: Ints, ahead: Prospects | None = None) -> tuple[Floats, Prospects]:
    """Return the same of some packages, shape (B, N, K), bit for bit.

    Args:
        ensemble: The draws.
        packages: Indices, shape (K,).
        ahead: The prospects of these draws, if available.
    """
    utility, ahead = utility_of(ensemble, packages), prospects_of(ahead or prospects(ensemble), packages)
    deduct_risks(utility, ahead)
    return utility, ahead


def utility_of(ensemble: Ensemble, packages: Ints) -> Floats:
    """Utility of some packages without regard to risks, shape (B, N, K), bit for bit that of `Ensemble.utility`."""
    domain = ensemble.structure.space, ensemble.weights, ensemble.option_worth, ensemble.extras()
    return np.ascontiguousarray(worth_of(*domain, packages[None, :]).transpose(0, 2, 1))


def foreseen_margins(ensemble: Ensemble, packages: Ints | None = None) -> Floats:
    """Return margins of packages in round 1, as the parties bargain, shape (B, N, K)."""
    utility, ahead = net_utility(ensemble) if packages is None else net_utility_of(ensemble, packages)
    free = ensemble.world.reservation_value[:, 0]
    margins: Floats = value_in_round(utility, ahead, free) - free[:, :, None]
    return margins


def deduct_risks(utility: Floats, prospects: Prospects) -> None:
    """Make utility net of risks, in place, to the parties with foresight, shape (B, N, K)."""
    if prospects.looks.any():
        worth_compiling(package_pass.apply_foresight, FORESIGHT_STEPS * utility.size)(utility, prospects)


def charge_commitments(ensemble: Ensemble, utility: Floats, ahead: Prospects, packages: Ints, k: int) -> None:
    """Charge going back on public commitments made by round k to the utility of some packages, (B, N, K), in place."""
    world, parties = ensemble.world, ensemble.structure.parties
    for word, steps in zip(world.commitments, world.static, strict=True):
        bound, back = np.flatnonzero((word.from_round > 0) & (word.from_round <= k)), steps[packages]
        charge = worth_compiling(package_pass.charge_commitment, len(bound) * len(back))
        charge(utility, ahead, bound, parties.index(word.party), np.ascontiguousarray(word.cost_per_step), back)


def prospects_of(ahead: Prospects, packages: Ints) -> Prospects:
    """The prospects of some packages."""
    entry = np.zeros((len(ahead.entry), len(packages)), np.int32)
    return ahead._replace(combination=np.ascontiguousarray(ahead.combination[packages]), entry=entry)


def prospects(ensemble: Ensemble) -> Prospects:
    """Compute the prospects of packages in these draws: they follow from options alone, not from weights or points."""
    looks, space = np.ascontiguousarray(ensemble.looks_ahead), ensemble.structure.space
    if not looks.any():
        return no_prospects(len(looks), looks.shape[1], len(space))
    votes, after, parties = ensemble.world.ratification, ensemble.world.aftermath, ensemble.structure.parties
    tables: list[Combinations] = [] if votes is None else [votes.static.combinations]
    least, guarantor, held, power = None, 0, np.ones((len(looks), len(parties), 1)), None
    if after is not None:
        outlook, least = after.kinds_ahead()
        held, power = outlook.parts_held_by_kind(ensemble.discount), after.power_shift
        tables += [outlook.static] + ([] if power is None else [power.shifts.static.combinations])
        guarantor = 0 if least is None else parties.index(after.static.guarantor)
    joint = combinations(space, {issue.name for table in tables for issue in table.half.issues})

    def spread(table: Any, of: Combinations) -> Any:
        return np.take(table, of.index[joint.example], axis=1)

    shape = len(looks), len(joint)
    chance, moved, kind = np.ones(shape), np.zeros(shape), np.zeros(shape, np.int32)
    if votes is not None:
        chance = spread(votes.chances_over_combinations()[0], votes.static.combinations)
    if after is not None:
        halves = np.split(outlook.kind.astype(np.int32), 1 if least is None else 2, axis=1)
        kind = np.concatenate([spread(half, outlook.static) for half in halves], axis=1)
    if power is not None:
        moved = spread(power.shifts.over_combinations(), power.shifts.static.combinations)
    lowest, highest = ensemble.world.reservation_range()
    return Prospects(
        looks=looks,
        combination=np.ascontiguousarray(joint.index, np.int32),
        chance=chance,
        moved=moved,
        stake=np.array([_stake(ensemble, party) for party in parties]),
        kind=kind,
        held=np.ascontiguousarray(held),
        least=np.zeros((0, 0)) if least is None else spread(least, outlook.static),
        guarantor=guarantor,
        reservation_value=np.ascontiguousarray(ensemble.world.reservation_value[:, 0]),
        refusal_cost=np.ascontiguousarray(ensemble.refusal_cost),
        lowest=lowest,
        highest=highest,
        entry=np.zeros((len(looks), len(space)), np.int32),
    )


def _stake(ensemble: Ensemble, party: str) -> float:
    """How a shift of power enters a party's utility of fighting again: it loses, gains, or is not concerned."""
    aftermath = ensemble.scenario.aftermath
    power = None if aftermath is None else aftermath.power_shift
    if power is None:
        return 0.0
    if party == power.away_from:
        return 1.0
    return -1.0 if party in power.war_cost else 0.0
