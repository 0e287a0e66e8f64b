"""Tables, draw by draw, from which a page computes the results of any package."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.analysis.texts import MONTHS, month_of, orders
from sim.core.exact import TOLERANCE, Floats
from sim.core.package_pass import LEAST_LASTING
from sim.core.packages import Condition
from sim.mechanisms.events import NEVER as NOT_GIVEN
from sim.mechanisms.option_tables import Combinations
from sim.model.domain import red_lines, structure
from sim.model.ensemble import Ensemble, draw
from sim.model.foresight import prospects
from sim.model.world import steps_back_by_option
from sim.scenario import Scenario

Clauses = list[dict[int, list[int]]]  # of a condition: the options that match, by issue, both by index


@dataclass(frozen=True, eq=False)
class Tables:
    """The tables that `marks` uses for a package tabled in one round, by option or by combination of few options."""

    layout: dict[str, Any]  # what is the same in all draws, as JSON; issues, options and parties in name order
    arrays: dict[str, npt.NDArray[Any]]  # the draw axis first


def tables(scenario: Scenario, draws: int, seed: int = 1, round: int = 1) -> Tables:
    """Make the tables of draws 0 to `draws - 1` of a seed, for packages tabled in a round."""
    table = structure(scenario)
    ensemble = draw(scenario, seed, 0, draws, table=table)
    world, space = ensemble.world, table.space
    pressure, real = world.before_any_offer(ensemble.real, round)
    no_deal, ahead = world.no_deal_now(pressure, round), prospects(ensemble)
    sizes = [len(issue.options) for issue in space.issues]
    worth = ensemble.weights[..., None] * ensemble.option_worth
    arrays: dict[str, npt.NDArray[Any]] = {
        "worth": np.concatenate([worth[:, :, i, :size] for i, size in enumerate(sizes)], axis=2),
        "extras": np.array([extra.adds for extra in ensemble.extras()]).reshape(-1, draws).T,
        "real": real, "no_deal": no_deal, "free": world.reservation_value[:, round - 1], "looks": ahead.looks,
        "foreseen_from": ahead.reservation_value, "refusal_cost": ahead.refusal_cost,
    }  # fmt: skip
    layout: dict[str, Any] = {
        "n": draws, "tolerance": TOLERANCE, "least": LEAST_LASTING,
        "by": orders(scenario)[0], "parties": list(table.parties), "middle": len(space.halves[0].issues),
        "issues": [[issue.name, list(issue.options)] for issue in space.issues],
        "signs": [_clauses(ensemble, scenario.parties[name].signs) for name in table.parties],
        "quota": ensemble.protocol.quota, "pressed": bool(pressure.any()), "stake": ahead.stake.tolist(),
        "rules": [
            {"id": rule.id, "if": _clauses(ensemble, rule.if_), "then": _clauses(ensemble, rule.then)}
            for rule in scenario.consistency
        ],
        "lines": list(_lines(ensemble)), "extras": list(_extras(ensemble)),
    }  # fmt: skip
    layout["commitments"], costs = [], []
    for word in world.commitments:
        binds = (word.from_round != NOT_GIVEN) & (word.from_round <= round)
        costs.append(np.where(binds, word.cost_per_step, 0.0))
        steps = {i: by_option.tolist() for i, by_option in steps_back_by_option(word, table).items()}
        layout["commitments"].append({"party": table.parties.index(word.party), "steps": steps})
    arrays["commitments"] = np.array(costs).reshape(-1, draws).T
    first, month = world.no_deal_now(world.before_any_offer(ensemble.real, 1)[0], 1), month_of(ensemble, round)
    _votes(ensemble, month, first - no_deal, layout, arrays)
    _shifts(ensemble, layout, arrays)
    _aftermath(ensemble, month, layout, arrays)
    return Tables(layout, arrays)


def _clauses(ensemble: Ensemble, condition: Condition) -> Clauses:
    names = [issue.name for issue in ensemble.structure.space.issues]
    options = [issue.options for issue in ensemble.structure.space.issues]
    return [
        {i: sorted(options[i].index(option) for option in clause[name]) for i, name in enumerate(names)
         if name in clause}
        for clause in condition.clauses
    ]  # fmt: skip


def _lines(ensemble: Ensemble) -> Iterator[dict[str, Any]]:
    laid = {line[0]: line for line in red_lines(ensemble.scenario, ensemble.structure.parties)}
    for name in ensemble.structure.lines.names:
        _, owner, never, unless = laid[name]
        yield {"name": name, "party": owner, "never": _clauses(ensemble, never), "unless": _clauses(ensemble, unless)}


def _extras(ensemble: Ensemble) -> Iterator[dict[str, Any]]:
    """Return the recipient of each side payment, and the conditions of the packages with it."""
    scenario, carrots, mediation = ensemble.scenario, ensemble.world.carrots, ensemble.scenario.mediation
    for site in ensemble.structure.linkages:
        _, name, _, linkage_id, _ = site.path.split(".")
        linkage = next(linkage for linkage in scenario.parties[name].linkages if linkage.id == linkage_id)
        yield {"party": site.party, "meets": [_clauses(ensemble, linkage.when)], "not": []}
    if carrots is not None and mediation is not None and mediation.carrots is not None:
        when = [_clauses(ensemble, offer.when) for offer in mediation.carrots.offers]
        for holds in carrots.static.holds:
            met, unmet = ([when[k] for k in np.flatnonzero(chosen)] for chosen in (holds, ~holds))
            for party in np.unique(carrots.static.party[holds]).tolist():
                yield {"party": party, "meets": met, "not": unmet}


def _votes(
    ensemble: Ensemble, month: Floats, fell: Floats, layout: dict[str, Any], arrays: dict[str, Any]
) -> None:
    """Return probabilities with each ratifier by combination: given the shared surprise, and as used by foresight."""
    votes = ensemble.world.ratification
    if votes is None:
        return
    draws, cells = len(ensemble), votes.static.cells
    _, example = np.unique(cells, return_index=True)
    given = votes.at(month, fell).chances_given_shared()[0].reshape(draws, -1)[:, example]
    seen = [given, votes.chance] if arrays["looks"].any() else [given]
    arrays["chances"], index = _distinct(np.concatenate(seen, axis=1))
    first, *foreseen = np.split(index, len(seen))
    layout["votes"] = _combinations(ensemble, votes.static.combinations) | {
        "ratifiers": [votes.static.ratifiers[j] for j in votes.static.by_order],
        "by_order": votes.static.by_order.tolist(),
        "given": first[cells].tolist(), "foreseen": foreseen[0][cells].tolist() if foreseen else [],
    }  # fmt: skip


def _shifts(ensemble: Ensemble, layout: dict[str, Any], arrays: dict[str, Any]) -> None:
    after = ensemble.world.aftermath
    if after is not None and after.power_shift is not None and arrays["looks"].any():
        shifts = after.power_shift.shifts
        layout["shifts"] = _combinations(ensemble, shifts.static.combinations)["issues"]
        arrays["shift_base"], arrays["shifts"] = shifts.base, shifts.numbers


def _aftermath(ensemble: Ensemble, month: Floats, layout: dict[str, Any], arrays: dict[str, Any]) -> None:
    """Survival of packages by kind, and the kind of each combination, with a guarantor that acts or does not."""
    after = ensemble.world.aftermath
    if after is None:
        return
    outlook, enough = after.kinds_ahead(month, MONTHS)
    held = [outlook.held[:, :, place] for place in range(len(MONTHS))]
    if layout["pressed"]:
        pressed = after.kinds_ahead(month, MONTHS, True)[0].held
        held += [pressed[:, :, place] for place in range(len(MONTHS))]
    looks = arrays["looks"]
    if looks.any():
        parts = np.where(looks[:, :, None], prospects(ensemble).held, 0.0)
        held += [parts[:, n] for n in range(looks.shape[1])]
    arrays["held"], index = _distinct(np.concatenate(held, axis=1))
    lowest = outlook.kind.min(axis=0)
    raised = outlook.kind - lowest
    arrays["raised"] = raised > 0  # by the same number wherever a shift of power undoes the deal
    layout["after"] = _combinations(ensemble, outlook.static) | {
        "held": index.reshape(len(held), -1).tolist(), "lowest": lowest.tolist(), "step": int(raised.max(initial=0)),
    }  # fmt: skip
    if enough is not None:
        arrays["enough"], least = _distinct(enough)
        guarantor = ensemble.structure.parties.index(str(after.static.guarantor))
        layout["after"] |= {"enough": least.tolist(), "guarantor": guarantor}


def _combinations(ensemble: Ensemble, found: Combinations) -> dict[str, Any]:
    names = [issue.name for issue in ensemble.structure.space.issues]
    issues = [names.index(issue.name) for issue in found.half.issues]
    return {"issues": issues, "options": found.half.options.tolist()}


def _distinct(columns: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return the distinct columns of a table, and the index of each."""
    found: dict[bytes, int] = {}
    index = np.array([found.setdefault(column.tobytes(), len(found)) for column in columns.T], np.int64)
    first = np.unique(index, return_index=True)[1]
    return columns[:, first], index
