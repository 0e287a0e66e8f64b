"""Columns of signed packages: ratification, the tests of the aftermath, breaks, and the harm of the war."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.core.compiled import worth_compiling
from sim.core.exact import TOLERANCE, Floats
from sim.core.histograms import Turns, note_first_offers
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.core.stability import KINDS, NOBODY, stability, surroundings
from sim.core.state import ARE_OFFERS
from sim.core.utility import DAYS_PER_MONTH
from sim.mechanisms.implementation import Judgement
from sim.mechanisms.stages import ENDINGS
from sim.model.agenda import items_of
from sim.model.talks import Talks
from sim.model.world import World


def names_joined(names: Sequence[str], marked: Bools, between: str) -> npt.NDArray[np.object_]:
    """Join the names that each draw marks; shape (B,) of marks of shape (B, names)."""
    if not len(names):
        return np.full(len(marked), "", object)
    packed = np.packbits(marked, axis=1)
    kinds, first, which = np.unique(
        packed.view(f"S{packed.shape[1]}").ravel(), return_index=True, return_inverse=True
    )  # fmt: skip
    texts = np.empty(len(kinds), object)
    texts[:] = [between.join(name for name, is_one in zip(names, marked[b], strict=True) if is_one) for b in first]
    return texts[which]


def text_of_codes(codes: Ints, names: Sequence[str]) -> Any:
    """Convert codes of names to a text column; missing where the code is -1."""
    return pd.array([*names, pd.NA], "string").take(codes)


def text_or_missing(texts: npt.NDArray[np.object_]) -> Any:
    """Convert texts to a column; missing where they are empty or None."""
    codes, kinds = pd.factorize(texts)
    return pd.array([kind or pd.NA for kind in kinds] + [pd.NA], "string").take(codes)


Columns = dict[str, npt.NDArray[Any]]


def openings(talks: Talks) -> Ints:
    """Return the first package that each party itself offered, `NO_DEAL` if none, shape (B, N)."""
    draws = len(talks.signed)
    first = np.full((draws, len(talks.ensemble.structure.parties)), NO_DEAL)
    for each in talks.moves:
        turns = Turns(*(np.ascontiguousarray(part, np.int64) for part in (each.who, each.did, each.package)))
        worth_compiling(note_first_offers, turns.did.size)(turns, ARE_OFFERS, first)
        if (first != NO_DEAL).all():
            break
    return first


def fallen_in(talks: Talks) -> Ints:
    """Return the round from which a red line that was real at the start no longer is, 0 for never, shape (B, L)."""
    gone = talks.ensemble.real & ~talks.real_by_round
    return np.where(gone.any(axis=0), gone.argmax(axis=0) + 1, 0)


def lines_can_fall(world: World) -> bool:
    """Return whether the file has anything by which red lines are given up."""
    by_events = world.events is not None and world.events.fells_lines
    return world.giving_way is not None or by_events


def fallen_lines(talks: Talks) -> Columns:
    """Return the columns of red lines given up, shape (B,).

    `lines_fallen`, all lines given up, and `first_fallen`, those of the earliest such round: names in name order,
    joined by ` + `, empty if none. `fallen_month`: months from the start to that round, else NaN.
    """
    names, fell = talks.ensemble.structure.lines.names, fallen_in(talks)
    some = (fell > 0).any(axis=1)
    first = np.where(fell > 0, fell, np.iinfo(np.int64).max).min(axis=1, initial=np.iinfo(np.int64).max)
    months = (first - 1) * talks.ensemble.scenario.time.days_per_round / DAYS_PER_MONTH
    return {
        "lines_fallen": names_joined(names, fell > 0, " + "),
        "first_fallen": names_joined(names, (fell > 0) & (fell == first[:, None]), " + "),
        "fallen_month": np.where(some, months, np.nan),
    }


def stability_columns(talks: Talks) -> Columns:
    """Return `stable_nash`, `stable_gmr`, `stable_smr`, `stable_seq`: signed and stable for every party, shape (B,).

    Utilities are those of the bargaining. No column where no party controls an issue alone.
    """
    table = talks.ensemble.structure
    if (table.owner == NOBODY).all():
        return {}
    columns: Columns = {f"stable_{kind}": np.zeros(len(talks.package), bool) for kind in KINDS}
    for package in np.unique(talks.package[talks.package != NO_DEAL]).tolist():
        draws = np.flatnonzero(talks.package == package)
        around = surroundings(table.space.packages, table.owner, len(table.parties), package)
        rows, packages = np.repeat(draws, len(around.packages)), np.tile(around.packages, len(draws))
        worth = talks.value_of(rows, packages, talks.reservation_value[-1][rows].T)
        worth = worth.reshape(len(table.parties), len(draws), -1).swapaxes(0, 1)
        for kind, by_party in stability(worth, around)._asdict().items():
            columns[f"stable_{kind}"][draws] = by_party.all(axis=1)
    return columns


AFTER = "after."  # marks these columns among those of a block


def after_signature(talks: Talks) -> Columns:
    """Return the columns of the scenario's mechanisms, each of shape (B,) and marked with `AFTER`."""
    columns: Columns = {}
    world = talks.ensemble.world
    if any(party.walk_away is not None for party in talks.ensemble.scenario.parties.values()):
        left, days = talks.left.max(axis=1), talks.ensemble.scenario.time.days_per_round
        columns["left_month"] = np.where(left > 0, (left - 1) * days / DAYS_PER_MONTH, np.nan)
        columns["zone_ever"] = talks.zone_ever  # which the outcome of a draw broken off does not show
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
    if world.war is not None or world.events is not None or world.stages is not None:
        columns["no_deal_outside"] = world.outside().mean(axis=1)
    columns |= stage_columns(talks) | agenda_columns(talks)
    columns |= stability_columns(talks)
    return {AFTER + name: values for name, values in columns.items()}


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
    """Whether a consenting signatory would find the signed package worse than no deal without leverage, shape (B,)."""
    draw, signed = np.arange(len(talks.signed)), talks.signed > 0
    k = np.where(signed, talks.signed, 1) - 1
    free = talks.ensemble.world.reservation_value[draw, k]
    worse = talks.net_utility[draw, :, talks.package] < free - TOLERANCE
    agreed = talks.accepted & talks.ensemble.structure.signs[:, talks.package].T
    bought: Bools = signed & (worse & agreed).any(axis=1)
    return bought


def judgement(talks: Talks) -> Judgement:
    """Return the durability of signed packages, and when they break; where the file has an aftermath."""
    aftermath, signed, stages = talks.ensemble.world.aftermath, talks.signed > 0, talks.ensemble.world.stages
    assert aftermath is not None
    month = (talks.signed - 1) * talks.ensemble.scenario.time.days_per_round / DAYS_PER_MONTH
    to_force = np.where(signed & talks.approval.passed, talks.approval.in_force_month, np.nan)
    return aftermath.judge(
        talks.package,
        np.where(signed, month, np.nan),
        to_force,
        *_guarantor(talks),
        bought_by_pressure(talks) if talks.ensemble.world.levers is not None else None,
        None if stages is None else stages.record(np.maximum(talks.signed, 1)),
    )


def _guarantor(talks: Talks) -> tuple[Floats | None, Floats | None]:
    """Return the guarantor's utility of the signed package and of no deal, if there is one."""
    aftermath = talks.ensemble.world.aftermath
    if aftermath is None or aftermath.static.guarantor is None:
        return None, None
    n = talks.ensemble.structure.parties.index(aftermath.static.guarantor)
    worth = np.where(talks.package == NO_DEAL, np.nan, talks.plain_of(talks.package)[:, n])
    return worth, talks.reservation_value[-1][:, n]


def last_played(talks: Talks) -> tuple[Ints, Bools]:
    """Return the last round of war and stages, and whether an agreement is in force, shape (B,).

    That of the signature of what comes into force, else the last of the talks.
    """
    in_force = (talks.signed > 0) & talks.approval.passed
    return np.where(in_force, talks.signed, talks.ensemble.scenario.time.rounds), in_force


def stage_columns(talks: Talks) -> Columns:
    """For each stage, in the order of the file, the month of its agreement, how it ended and how long it held."""
    stages = talks.ensemble.world.stages
    if stages is None:
        return {}
    played, in_force = last_played(talks)
    agreed, months, ended = stages.at_the_end(played, in_force)
    since, ids = stages.static.months[np.maximum(stages.agreed, 1) - 1], [each.id for each in stages.static.specs]
    columns: Columns = {}
    for e in (ids.index(stage.id) for stage in talks.ensemble.scenario.stages):
        columns[f"stage_{ids[e]}"] = np.where(agreed[:, e], since[:, e], np.nan)
        columns[f"stage_{ids[e]}_ended"] = np.where(agreed[:, e], np.array(ENDINGS, object)[ended[:, e]], "")
        columns[f"stage_{ids[e]}_months"] = np.where(agreed[:, e], months[:, e], np.nan)
    return columns


def agenda_columns(talks: Talks) -> Columns:
    """For each issue, where there is an agenda, the round in which it was closed for good, at signature at the latest.

    Missing where it is open at the end.
    """
    columns: Columns = {}
    for i, item in enumerate(items_of(talks.ensemble) if talks.closed else ()):
        in_round = np.where(talks.closed[-1][:, i] > 0, talks.closed[-1][:, i], talks.signed)
        columns |= {f"closed_round_{issue}": np.where(in_round > 0, in_round, np.nan) for issue in item}
    return columns


def _harm(talks: Talks) -> Columns:
    """Return household-weeks without power and war cost up to the ceasefire, or to the end of the talks without one."""
    war, scenario, parties = talks.ensemble.world.war, talks.ensemble.scenario, talks.ensemble.structure.parties
    assert war is not None
    played, in_force = last_played(talks)
    stops = np.where(in_force, talks.approval.ceasefire_month, 0.0)
    stages = talks.ensemble.world.stages
    spans = () if stages is None else stages.spans(played, in_force, stops)
    harm, money = war.harm(played, stops, spans), war.money(played, stops, spans)
    columns: Columns = {}
    for name in scenario.parties:  # file order
        columns[f"household_weeks_{name}"] = harm[:, parties.index(name)]
        columns[f"war_cost_{name}"] = money[:, parties.index(name)]
    return columns
