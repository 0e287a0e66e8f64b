"""A scenario at central numbers, before any bargaining."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.parameters import mean_hardness
from sim.analysis.portrait_around import Around, around
from sim.analysis.rendered import Rendered
from sim.core import solutions
from sim.core.exact import TOLERANCE, Floats
from sim.core.fair_division import AdjustedWinner, adjusted_winner
from sim.core.packages import NO_DEAL, Bools, Condition, Ints
from sim.core.pareto import distinct_vectors, pareto_frontier
from sim.core.positions import best_positions, even_scale, nearest_to_position, weighted_mean
from sim.core.stability import KINDS, NOBODY, Surroundings, stability, surroundings
from sim.core.utility import EVERYBODY
from sim.core.zopa import acceptable
from sim.model.ensemble import Ensemble, central
from sim.scenario import IssueSpec, Scenario

LINES_OFF, LINES_REAL = "lines off", "all lines real"
STATUS_QUO = "status_quo"
MOST_COMPLETIONS = 100  # of a package that leaves issues open, for its stability
RULES = (
    solutions.nash,
    solutions.kalai_smorodinsky,
    solutions.kalai_smorodinsky_spread,
    solutions.egalitarian,
    solutions.utilitarian,
)
LINE_COLUMNS = ("party", "line", "hardness", "mean_hardness", "law", "drawn_with", "packages")
PROPOSAL_COLUMNS = (
    *("proposal", "completions", "party", "signs", "worth_least", "worth_most", "no_deal"),
    *("margin_least", "margin_most", "lines_crossed", "lines_at_stake"),
)
STABILITY_COLUMNS = ("state", "completions", "party", *KINDS, "move")


@dataclass(frozen=True, eq=False)
class Portrait(Rendered):
    """A scenario with every number at its value: its ZOPA, and the packages that bargaining theory selects.

    Tables are in the file's order; arrays have parties in name order.

    Attributes:
        raw_count: Packages before consistency.
        utility: Of the consistent packages, shape (N, P).
        no_deal: Utility of no agreement, shape (N,).
        candidates: The zones, each a mask of shape (P,): with lines off, all lines real, and without one party's lines.
        solution_parties: Parties over whom solutions are computed, in file order.
        zones: Size of each zone and of its Pareto frontier over the solution parties.
        red_lines: Every line with the mean of its hardness: the share of draws in which it is real.
        fair_division: Adjusted winner and the table of its shares, None but for two parties with additive utility.
        proposals: Utility, margin and lines crossed of proposals, least and most over the completions.
        stability: Whether any party would change what it controls, from the status quo and the proposals.
        around: Tables of leverage, war, ratification and aftermath.
    """

    scenario: Scenario = field(repr=False)
    parties: tuple[str, ...]
    raw_count: int
    utility: Floats = field(repr=False)
    no_deal: Floats = field(repr=False)
    candidates: dict[str, Bools] = field(repr=False)
    solution_parties: tuple[str, ...]
    zones: pd.DataFrame = field(repr=False)
    best: pd.DataFrame = field(repr=False)
    red_lines: pd.DataFrame = field(repr=False)
    solutions: pd.DataFrame = field(repr=False)
    positions: pd.DataFrame = field(repr=False)
    fair_division: tuple[AdjustedWinner, pd.DataFrame] | None = field(repr=False)
    proposals: pd.DataFrame = field(repr=False)
    stability: pd.DataFrame = field(repr=False)
    around: Around = field(repr=False)


def portrait(scenario: Scenario) -> Portrait:
    """Analyse a scenario at central numbers. Draws nothing.

    Raises:
        ValueError: if no package is consistent, or there are too many raw ones.
    """
    at = _Central(scenario, central(scenario))
    return Portrait(
        scenario=scenario,
        parties=at.names,
        raw_count=at.structure.space.raw_count,
        utility=at.utility,
        no_deal=at.reservation_value,
        candidates=at.zones,
        solution_parties=tuple(name for name in scenario.parties if at.counting[at.names.index(name)]),
        zones=pd.DataFrame([_zone_row(at, name, zone) for name, zone in at.zones.items()]),
        best=pd.DataFrame([_best_row(at, n) for n in at.in_file_order]),
        red_lines=pd.DataFrame(list(_line_rows(at)), columns=list(LINE_COLUMNS)),
        solutions=_solution_table(at),
        positions=_position_table(at),
        fair_division=_fair_division(at),
        proposals=pd.DataFrame(list(_proposal_rows(at)), columns=list(PROPOSAL_COLUMNS)),
        stability=pd.DataFrame(list(_stability_rows(at)), columns=list(STABILITY_COLUMNS), dtype=object),
        around=around(at.ensemble, at.utility),
    )


def option_places(issue: IssueSpec) -> dict[str, float]:
    """Return the position of each option of an issue, from 0 to 100: as in the file, else evenly spaced."""
    return issue.scale or dict(zip(issue.options, even_scale(len(issue.options)).tolist(), strict=True))


class _Central:
    """The scenario's one central draw, and what several tables need of it."""

    def __init__(self, scenario: Scenario, ensemble: Ensemble) -> None:
        structure = ensemble.structure
        self.scenario, self.ensemble, self.structure = scenario, ensemble, structure
        self.names, self.columns = structure.parties, [issue.name for issue in structure.space.issues]
        self.in_file_order = [self.names.index(name) for name in scenario.parties]
        self.utility, self.reservation_value = ensemble.utility()[0], ensemble.reservation_value[0]
        self.weights = ensemble.weights[0]
        self.influence = np.array([float(scenario.parties[name].influence) for name in self.names])
        named = scenario.solution_parties
        self.counting = (
            solutions.parties_by_default(structure.signs)
            if named is None
            else np.array([name in named for name in self.names])
        )
        self.zones = dict(self._zones())
        issues = structure.space.issues
        scale = np.full((len(issues), max(len(issue.options) for issue in issues)), np.nan)
        for i, issue in enumerate(issues):
            places = option_places(scenario.issues[issue.name])
            scale[i, : len(issue.options)] = [places[option] for option in issue.options]
        self.positions = best_positions(structure.central_points, scale)
        self.mean = weighted_mean(
            self.positions[self.counting], self.weights[self.counting], self.influence[self.counting]
        )
        nearest, self.distance = nearest_to_position(self.mean, scale, structure.space.packages)
        self.nearest = nearest[np.argsort(structure.space.tie_rank[nearest], kind="stable")]

    def _zones(self) -> Iterator[tuple[str, Bools]]:
        lines = self.structure.lines
        red = lines.party != EVERYBODY  # before events remove any
        yield LINES_OFF, self._zone(np.zeros_like(red))
        for n in self.in_file_order:
            if (lines.party == n).any():
                yield f"lines of {self.names[n]} off", self._zone(red & (lines.party != n))
        yield LINES_REAL, self._zone(red)

    def _zone(self, real: Bools) -> Bools:
        table, quota = self.structure, self.ensemble.protocol.quota
        zone: Bools = acceptable(
            self.utility[None], self.reservation_value[None], table.signs, table.lines, real[None], quota
        )[0]
        return zone

    def package_text(self, package: int) -> str:
        options = self.structure.space.options_of(package)
        return "/".join(options[issue] for issue in self.scenario.issues)

    def completions(self, text: dict[str, str]) -> Ints:
        """Return the consistent packages that complete a package with open issues."""
        return np.flatnonzero(self.structure.space.holds(Condition.of(text)))

    def by_party(self, prefix: str, values: Floats) -> dict[str, float]:
        return {f"{prefix}_{self.names[n]}": float(values[n]) for n in self.in_file_order}


def _zone_row(at: _Central, name: str, zone: Bools) -> dict[str, Any]:
    """Return candidates, packages, frontier (packages on it), distinct (different utilities among these)."""
    worth = at.utility[at.counting][:, zone]
    frontier = worth[:, pareto_frontier(worth)]
    distinct = distinct_vectors(frontier)[0].shape[1]
    return {"candidates": name, "packages": worth.shape[1], "frontier": frontier.shape[1], "distinct": distinct}


def _best_row(at: _Central, n: int) -> dict[str, Any]:
    """party, no_deal, could_sign (packages that it could sign), best_worth and
    best_package among packages that cross no line of its own (of ties the one that offers prefer), tied."""
    lines = at.structure.lines
    worth, behind = at.utility[n], lines.crossed((lines.party == n)[None])[0]
    open_to_it = np.flatnonzero(~behind)
    best = open_to_it[worth[open_to_it] >= worth[open_to_it].max(initial=-np.inf) - TOLERANCE]
    first = int(best[at.structure.space.tie_rank[best].argmin()]) if len(best) else NO_DEAL
    return {
        "party": at.names[n],
        "no_deal": float(at.reservation_value[n]),
        "could_sign": int(np.count_nonzero(worth[open_to_it] >= at.reservation_value[n] - TOLERANCE)),
        "best_worth": float(worth[first]) if len(best) else np.nan,
        "best_package": at.package_text(first) if len(best) else None,
        "tied": len(best),
    }


def _line_rows(at: _Central) -> Iterator[tuple[Any, ...]]:
    """`law` is value, range and law in a word; `packages` how many cross it where the party signs."""
    lines, means = at.structure.lines, mean_hardness(at.scenario)
    for party, spec in at.scenario.parties.items():
        for line in spec.red_lines:
            name, number = f"{party}.{line.id}", line.hardness
            crossed = lines.crossed(np.array([each == name for each in lines.names])[None]).sum()
            yield party, line.id, number.value, means[name], str(number), line.drawn_with or "", int(crossed)


def _solution_table(at: _Central) -> pd.DataFrame:
    """Columns: candidates, solution, package (the first of those that tie), tied, packages (all that tie, at most 50),
    value (what was made largest; for the nearest to the mean position the distance), worth_PARTY, left_out, note."""
    found = [
        (reading, solution)
        for reading in (LINES_OFF, LINES_REAL)
        for solution in _solutions(at, at.zones[reading])
    ]
    mean = solutions.Solution(
        "nearest_to_mean_position", at.nearest, at.utility[:, at.nearest[0]], at.distance, (), "distance in points"
    )
    return pd.DataFrame([
        {
            "candidates": reading,
            "solution": solution.name,
            "package": at.package_text(solution.package) if len(solution.packages) else None,
            "tied": len(solution.packages),
            "packages": tuple(at.package_text(p) for p in solution.packages[:50].tolist()),
            "value": solution.value,
            **at.by_party("worth", solution.worth),
            "left_out": ", ".join(at.names[n] for n in solution.left_out),
            "note": solution.note,
        }
        for reading, solution in [*found, ("all packages", mean)]
    ])


def _solutions(at: _Central, candidates: Bools) -> Iterator[solutions.Solution]:
    problem, rank = (at.utility, at.reservation_value, candidates, at.counting), at.structure.space.tie_rank
    for rule in RULES:
        yield rule(*problem, rank)
    influence = at.influence[at.counting]
    if (influence != influence[0]).any():
        yield solutions.asymmetric_nash(*problem, at.influence, rank)


def _position_table(at: _Central) -> pd.DataFrame:
    """Columns: issue, position_PARTY, mean (by influence x weight, over the solution parties), nearest (the option or
    options of the packages nearest to the mean)."""
    nearest = [at.structure.space.options_of(package) for package in at.nearest.tolist()]
    return pd.DataFrame([
        {
            "issue": issue,
            **at.by_party("position", at.positions[:, at.columns.index(issue)]),
            "mean": at.mean[at.columns.index(issue)],
            "nearest": tuple(option for option in spec.options if option in {package[issue] for package in nearest}),
        }
        for issue, spec in at.scenario.issues.items()
    ])


def _fair_division(at: _Central) -> tuple[AdjustedWinner, pd.DataFrame] | None:
    """Columns: issue, points_A, points_B (of 100), share_A, share_B, in the file's order of the two parties."""
    pair = [n for n in at.in_file_order if at.counting[n]]
    if len(pair) != 2 or any(extra.party in pair and extra.adds.any() for extra in at.ensemble.extras()):
        return None
    won = adjusted_winner(at.weights[pair[0]], at.weights[pair[1]])
    a, b = (at.names[n] for n in pair)
    rows = []
    for issue in at.scenario.issues:
        i = at.columns.index(issue)
        share = float(won.shares_to_a[i])
        points = {f"points_{at.names[n]}": 100 * float(at.weights[n, i]) for n in pair}
        rows.append({"issue": issue, **points, f"share_{a}": share, f"share_{b}": 1 - share})
    return won, pd.DataFrame(rows)


def _proposal_rows(at: _Central) -> Iterator[tuple[Any, ...]]:
    """Return one row a proposal and party: least and most over the consistent packages that complete it.

    `signs` is yes, no or depends; `lines_crossed` by every completion, `lines_at_stake` by some of them.
    """
    lines = at.structure.lines
    for proposal, spec in at.scenario.proposals.items():
        completions = at.completions(spec.package)
        for n in at.in_file_order:
            own, no_deal = lines.party == n, float(at.reservation_value[n])
            worth, signs = at.utility[n, completions], at.structure.signs[n, completions]
            crossed = lines.crosses[lines.pattern[completions]][:, own]
            names = np.array([name.partition(".")[2] for name in lines.names], object)[own]
            some = np.logical_or.reduce(crossed)
            every = np.logical_and.reduce(crossed) & some  # a package without a completion crosses nothing
            least, most = (float(worth.min()), float(worth.max())) if len(worth) else (np.nan, np.nan)
            signing = "no" if not signs.any() else "yes" if signs.all() else "depends"
            numbers = least, most, no_deal, least - no_deal, most - no_deal
            behind = tuple(names[every]), tuple(names[some & ~every])
            yield proposal, len(completions), at.names[n], signing, *numbers, *behind


def _stability_rows(at: _Central) -> Iterator[tuple[Any, ...]]:
    """One row a state and party that controls an issue alone, then one for all of them; empty where no party does.

    Columns: state (`status_quo` or a proposal), completions (consistent packages that it can mean), party (None for all
    together), nash, gmr, smr and seq (in how many of these it is stable; None if there are none or more than 100), move
    (the party's best unilateral move from a state that means one package; empty if there is none).
    """
    space, owner = at.structure.space, at.structure.owner
    states = {} if at.scenario.status_quo is None else {STATUS_QUO: at.scenario.status_quo}
    states |= {name: proposal.package for name, proposal in at.scenario.proposals.items()}
    for state, package in states.items() if (owner != NOBODY).any() else ():
        completions, found = at.completions(package), []
        for each in completions.tolist() if len(completions) <= MOST_COMPLETIONS else ():
            near = surroundings(space.packages, owner, len(at.names), each)
            found.append((near, stability(at.utility[None][:, :, near.packages], near)))
        for name in (*at.scenario.parties, None):
            n = None if name is None else at.names.index(name)
            if n is None or n in owner:
                who: Any = slice(None) if n is None else n
                stable = [sum(bool(getattr(each, kind)[0, who].all()) for _, each in found) for kind in KINDS]
                move = "" if n is None or len(found) != 1 else _best_move(at, found[0][0], n)
                yield state, len(completions), name, *(stable if found else [None] * len(KINDS)), move


def _best_move(at: _Central, near: Surroundings, n: int) -> str:
    """Return a party's best unilateral change, as `issue: option`; empty if there is none."""
    space, worth = at.structure.space, at.utility[n]
    own = near.packages[near.moves[n].of == near.moves[n].of[near.here]]
    here = int(near.packages[near.here])
    best = own[worth[own] >= worth[own].max() - TOLERANCE]
    if worth[best[0]] <= worth[here] + TOLERANCE:
        return ""
    before, after = space.options_of(here), space.options_of(int(best[space.tie_rank[best].argmin()]))
    return ", ".join(f"{issue}: {option}" for issue, option in after.items() if option != before[issue])
