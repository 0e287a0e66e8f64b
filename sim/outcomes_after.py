"""What became of signed texts: votes at home, the tests of the aftermath, breaks, and the harm of the war."""

from typing import Any

import numpy as np
import numpy.typing as npt

from sim.exact import TOLERANCE
from sim.issues import NO_DEAL, Bools
from sim.mechanisms.judgement import Judgement
from sim.outcomes_ledger import fallen_lines, lines_can_fall
from sim.outcomes_stability import stability_columns
from sim.talks import Talks
from sim.utility import DAYS_PER_MONTH, Floats

AFTER = "after."  # marks these columns among those of a block

Columns = dict[str, npt.NDArray[Any]]


def after_signature(talks: Talks) -> Columns:
    """Columns of the mechanisms that the scenario has, each of shape (B,) and marked with `AFTER`."""
    columns: Columns = {}
    world = talks.ensemble.world
    if np.isfinite(talks.ensemble.walk_away).any():
        columns |= _walking_away(talks)
    if world.ratification is not None:
        columns |= _votes(talks)
    if world.levers is not None:
        columns["bought_by_pressure"] = bought_by_pressure(talks)
    if world.aftermath is not None:
        columns |= judgement(talks).columns()
    if lines_can_fall(world):
        columns |= fallen_lines(talks)
    if world.war is not None:
        columns |= _harm(talks)
    columns |= stability_columns(talks)
    return {AFTER + name: values for name, values in columns.items()}


def _walking_away(talks: Talks) -> Columns:
    """`left_month`, NaN where nobody left, and `zone_ever`, which the outcome of a draw broken off does not tell."""
    left, days = talks.left.max(axis=1), talks.ensemble.scenario.time.days_per_round
    months = np.where(left > 0, (left - 1) * days / DAYS_PER_MONTH, np.nan)
    return {"left_month": months, "zone_ever": talks.zone_ever}


def _votes(talks: Talks) -> Columns:
    approval, signed = talks.approval, talks.signed > 0
    assert approval.ratification is not None
    names = [*approval.ratification.static.ratifiers, ""]  # -1 is nobody
    refused = np.array([names[j] for j in np.where(signed, approval.refused_by, -1)], object)
    return {
        "ratified": signed & approval.passed,
        "refused_by": refused,
        "attempts": approval.attempts,
        "months_to_force": np.where(signed, approval.in_force_month, np.nan),
        "chance_independent": np.where(signed, approval.chance[:, 0], np.nan),
        "chance_shared": np.where(signed, approval.chance[:, 1], np.nan),
    }


def bought_by_pressure(talks: Talks) -> Bools:
    """Signed packages that some signatory that agreed would find worse than no deal without any lever, shape (B,)."""
    draw, signed = np.arange(len(talks.signed)), talks.signed > 0
    k = np.where(signed, talks.signed, 1) - 1
    free = talks.ensemble.world.no_deal[draw, k]
    worse = talks.utility[draw, :, talks.package] < free - TOLERANCE
    agreed = talks.accepted & talks.ensemble.structure.signs[:, talks.package].T
    bought: Bools = signed & (worse & agreed).any(axis=1)
    return bought


def judgement(talks: Talks) -> Judgement:
    """What is to be said of the texts signed, and when they break; where the file has an aftermath."""
    aftermath, signed = talks.ensemble.world.aftermath, talks.signed > 0
    assert aftermath is not None
    month = (talks.signed - 1) * talks.ensemble.scenario.time.days_per_round / DAYS_PER_MONTH
    to_force = np.where(signed & talks.approval.passed, talks.approval.in_force_month, np.nan)
    return aftermath.judge(
        talks.package,
        np.where(signed, month, np.nan),
        to_force,
        *_guarantor(talks),
        bought_by_pressure(talks) if talks.ensemble.world.levers is not None else None,
    )


def _guarantor(talks: Talks) -> tuple[Floats | None, Floats | None]:
    """Worth of the signed package and of no deal to the guarantor, where there is one."""
    aftermath = talks.ensemble.world.aftermath
    if aftermath is None or aftermath.static.guarantor is None:
        return None, None
    n = talks.ensemble.structure.parties.index(aftermath.static.guarantor)
    draw = np.arange(len(talks.package))
    worth = np.where(talks.package == NO_DEAL, np.nan, talks.utility[draw, n, talks.package])
    return worth, talks.no_deal[-1][:, n]


def _harm(talks: Talks) -> Columns:
    """Household-weeks without power and war cost up to the ceasefire, or to the end of the talks without one."""
    war, scenario, parties = talks.ensemble.world.war, talks.ensemble.scenario, talks.ensemble.structure.parties
    assert war is not None
    kept = (talks.signed > 0) & talks.approval.passed
    played = np.where(kept, talks.signed, scenario.time.rounds)
    stops = np.where(kept, talks.approval.ceasefire_month, 0.0)
    harm, money = war.harm(played, stops), war.money(played, stops)
    columns: Columns = {}
    for name in scenario.parties:  # file order
        columns[f"household_weeks_{name}"] = harm[:, parties.index(name)]
        columns[f"war_cost_{name}"] = money[:, parties.index(name)]
    return columns
