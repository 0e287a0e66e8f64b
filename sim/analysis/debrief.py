"""Debriefing: an agreement compared with the frontier, the solutions, ratification and bargaining runs."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.figures import NoAnswer
from sim.analysis.one_package import Bench, Of, OnePackage, bench, one_package, package_named
from sim.analysis.package_changes import Place, place
from sim.analysis.portrait import LINES_OFF, LINES_REAL
from sim.analysis.rendered import Rendered
from sim.analysis.texts import matching, options_named, orders, texts
from sim.core.distances import agreement_distances
from sim.core.packages import NO_DEAL, list_packages
from sim.core.wording import counted
from sim.results.columns import influence, solution_parties
from sim.results.results import run
from sim.scenario import Scenario

DRAWS = 500


@dataclass(frozen=True, eq=False)
class Debrief(Rendered):
    """An agreement, and the alternatives to it.

    Attributes:
        found: Who would sign, red lines crossed, votes at home and durability, at central numbers and over the draws.
        best: Utility of each party's best package beyond none of its own red lines, by party.
        place: Its position relative to the Pareto frontier.
        over: Parties over whom the frontier and the solutions are computed.
        better: One worse for no party counted and best for the one that gains least; None if it is on the frontier.
        gains: Each party's gain by it.
        zone: The packages of the solutions: those acceptable with all lines real or, if there are none, off.
        distances: Shortfalls of `agreement_distances` against that zone, at central numbers; empty without a zone.
        solutions: `solution, package, issues_off` and, by party, `gain_PARTY` against the agreement.
        by, rank, packages: Its rank by a column of `texts`, of how many; 1 is the best. The column is the first of
            `texts.ORDERS` in which fewer than half of the packages share its rank.
        tied: How many others share that rank.
        marks: Its row of `texts`.
        signed, same: Runs of bargaining that sign something, and that sign this package.
    """

    scenario: Scenario = field(repr=False)
    seed: int
    found: OnePackage
    best: dict[str, float]
    place: Place
    over: tuple[str, ...]
    better: dict[str, str] | None
    gains: dict[str, float]
    zone: str
    distances: dict[str, float]
    solutions: pd.DataFrame = field(repr=False)
    by: str
    rank: int
    tied: int
    packages: int
    marks: dict[str, Any] = field(repr=False)
    signed: Of
    same: Of


def package_in_words(scenario: Scenario, text: str) -> dict[str, str]:
    """The options of a whole package; see `options_named`.

    Raises:
        NoAnswer: if a name is unknown, an issue is left open, or the options contradict the rules of the file.
    """
    options = options_named(scenario, text)
    matching(scenario, options)
    left = [issue for issue in scenario.issues if issue not in options]
    if left:
        more = ",".join(f"{issue}={'|'.join(scenario.issues[issue].options)}" for issue in left)
        raise NoAnswer(f"this text leaves {counted(len(left), 'issue')} open; add an option of each: {more}")
    return {issue: options[issue] for issue in scenario.issues}


def debrief(scenario: Scenario, text: str, draws: int = DRAWS, seed: int = 1) -> Debrief:
    """Compare an agreement with its alternatives; `draws` runs are played. For errors see `package_in_words`."""
    options = package_in_words(scenario, text)
    at = bench(scenario, seed, draws)
    package = at.structure.space.index_of(options)
    found, name = one_package(at, package), "/".join(options.values())
    zone = LINES_REAL if at.portrait.candidates[LINES_REAL].any() else LINES_OFF
    where, table = place(at, package), texts(scenario, draws, seed)
    row = table[table["package"] == name].iloc[0].to_dict()
    rising = [column for column in orders(scenario) if column != "least_regret"]
    tied = {column: int((table[column] == row[column]).sum()) - 1 for column in rising}
    by = next((column for column in rising if tied[column] < len(table) / 2), rising[-1])
    counts = run(scenario, draws, seed).packages_signed
    better = None if where.better == NO_DEAL else at.options(where.better)
    gain = at.portrait.utility[:, where.better] - at.portrait.utility[:, package]
    gains = {party: float(gain[at.parties.index(party)]) for party in scenario.parties} if better else {}
    return Debrief(
        scenario=scenario,
        seed=seed,
        found=found,
        best=dict(zip(at.portrait.best["party"], at.portrait.best["best_worth"], strict=True)),
        place=where,
        over=at.portrait.solution_parties,
        better=better,
        gains=gains,
        zone=zone,
        distances=_distances(at, package, zone),
        solutions=_solutions(at, package, zone),
        by=by,
        rank=int((table[by] > row[by]).sum()) + 1,
        tied=tied[by],
        packages=len(table),
        marks={str(key): value for key, value in row.items()},
        signed=Of(sum(counts.values()), draws),
        same=Of(counts.get(name, 0), draws),
    )


def _distances(at: Bench, package: int, zone: str) -> dict[str, float]:
    """Return shortfalls against the solutions of the zone, without foresight; missing solutions are left out."""
    candidates = at.portrait.candidates[zone]
    if not candidates.any():
        return {}
    found = agreement_distances(
        lambda draws, packages, free: at.portrait.utility[:, packages],
        at.portrait.no_deal[None],
        at.structure.signs,
        list_packages(candidates[None]),
        solution_parties(at.at_value),
        influence(at.at_value),
        at.structure.space.packages,
        np.array([package]),
    )
    return {name: float(values[0]) for name, values in found.items() if not name.startswith("issues_off")}


def _solutions(at: Bench, package: int, zone: str) -> pd.DataFrame:
    rows, space = [], at.structure.space
    for row in at.portrait.solutions.to_dict("records"):
        if row["candidates"] != zone or not isinstance(row["package"], str):
            continue
        other = package_named(at.scenario, row["package"])
        gains = {
            f"gain_{party}": float(at.portrait.utility[n, other] - at.portrait.utility[n, package])
            for party, n in ((party, at.parties.index(party)) for party in at.scenario.parties)
        }
        off = int((space.packages[other] != space.packages[package]).sum())
        rows.append({"solution": row["solution"], "package": row["package"], "issues_off": off, **gains})
    return pd.DataFrame(rows)
