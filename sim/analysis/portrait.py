"""A scenario as it stands at central numbers, before anybody bargains."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.portrait_around import Around, around
from sim.analysis.portrait_stability import stability_table
from sim.analysis.rendered import Rendered
from sim.core import solutions
from sim.core.exact import TOLERANCE, Floats
from sim.core.fair_division import AdjustedWinner, adjusted_winner
from sim.core.packages import NO_DEAL, Bools, Condition, Ints
from sim.core.pareto import distinct_vectors, pareto_frontier
from sim.core.positions import best_positions, even_scale, nearest_to_position, weighted_mean
from sim.core.streams import law_mean
from sim.core.utility import EVERYBODY
from sim.core.zopa import acceptable
from sim.model.ensemble import Ensemble, central
from sim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

LINES_OFF, LINES_REAL = "lines off", "all lines real"
RULES = (
    solutions.nash,
    solutions.kalai_smorodinsky,
    solutions.kalai_smorodinsky_spread,
    solutions.egalitarian,
    solutions.utilitarian,
)


@dataclass(frozen=True, eq=False)
class Portrait(Rendered):
    """A scenario with every number at its value: what there is to agree on, and what theory would pick.

    Tables are in the file's order; arrays have parties in name order.

    Attributes:
        raw_count: Packages before consistency.
        utility: Of the consistent packages, shape (N, P).
        no_deal: Utility of no agreement, shape (N,).
        candidates: The zones, each a mask of shape (P,): with lines off, all lines real, and without one party's lines.
        solution_parties: Over whom solutions are taken, in file order.
        zones: Size of each zone and of its Pareto frontier over the solution parties.
        red_lines: Every line with the mean of its hardness: the share of draws in which it is real.
        fair_division: Adjusted winner and the table of its shares, None but for two parties with additive utility.
        proposals: Texts on the table: utility, margin and lines crossed, least and most over the completions.
        stability: Whether anybody would change alone what it controls, from the status quo and the proposals.
        around: Tables of pressure, war, votes at home and what comes after signature.
    """

    scenario: Scenario = field(repr=False)
    parties: tuple[str, ...]
    raw_count: int
    utility: Floats = field(repr=False)
    no_deal: Floats = field(repr=False)
    candidates: dict[str, Bools] = field(repr=False)
    solution_parties: tuple[str, ...]
    zones: "pd.DataFrame" = field(repr=False)
    best: "pd.DataFrame" = field(repr=False)
    red_lines: "pd.DataFrame" = field(repr=False)
    solutions: "pd.DataFrame" = field(repr=False)
    positions: "pd.DataFrame" = field(repr=False)
    fair_division: "tuple[AdjustedWinner, pd.DataFrame] | None" = field(repr=False)
    proposals: "pd.DataFrame" = field(repr=False)
    stability: "pd.DataFrame" = field(repr=False)
    around: Around = field(repr=False)


def portrait(scenario: Scenario) -> Portrait:
    """Work out what a scenario holds at central numbers. Draws nothing.

    Raises:
        ValueError: if no package is consistent, or there are too many raw ones.
    """
    at = _Central(scenario, central(scenario))
    return Portrait(
        scenario=scenario,
        parties=at.names,
        raw_count=at.ensemble.structure.space.raw_count,
        utility=at.utility,
        no_deal=at.reservation_value,
        candidates=at.zones,
        solution_parties=tuple(name for name in scenario.parties if at.counting[at.names.index(name)]),
        zones=_zone_table(at),
        best=_best_table(at),
        red_lines=_line_table(at),
        solutions=_solution_table(at),
        positions=_position_table(at),
        fair_division=_fair_division(at),
        proposals=_proposal_table(at),
        stability=stability_table(scenario, at.structure, at.utility),
        around=around(at.ensemble, at.utility),
    )


class _Central:
    """The scenario's one central draw, and what several tables need of it."""

    def __init__(self, scenario: Scenario, ensemble: Ensemble) -> None:
        structure = ensemble.structure
        self.scenario, self.ensemble, self.structure = scenario, ensemble, structure
        self.names = structure.parties
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
        self.scale = _scale(scenario, self.ensemble)
        points = structure.central_points
        self.standing = best_positions(points, self.scale)
        self.mean = weighted_mean(
            self.standing[self.counting], self.weights[self.counting], self.influence[self.counting]
        )
        nearest, self.distance = nearest_to_position(self.mean, self.scale, structure.space.packages)
        self.nearest = nearest[np.argsort(structure.space.tie_rank[nearest], kind="stable")]

    def _zones(self) -> Iterator[tuple[str, Bools]]:
        lines = self.structure.lines
        red = lines.party != EVERYBODY  # what events may take off the table is still on it
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

    def by_party(self, prefix: str, values: Floats) -> dict[str, float]:
        return {f"{prefix}_{self.names[n]}": float(values[n]) for n in self.in_file_order}


def _scale(scenario: Scenario, ensemble: Ensemble) -> Floats:
    """Place of every option from 0 to 100, in name order, shape (I, O), NaN beyond an issue's options."""
    issues = ensemble.structure.space.issues
    scale = np.full((len(issues), max(len(issue.options) for issue in issues)), np.nan)
    for i, issue in enumerate(issues):
        spec = scenario.issues[issue.name]
        places = spec.scale or dict(zip(spec.options, even_scale(len(spec.options)).tolist(), strict=True))
        for o, option in enumerate(issue.options):
            scale[i, o] = places[option]
    return scale


def _zone_table(at: _Central) -> "pd.DataFrame":
    """Columns: candidates, packages, frontier (packages on it), distinct (different worths among these)."""
    import pandas as pd

    rows = []
    for name, zone in at.zones.items():
        worth = at.utility[at.counting][:, zone]
        frontier = worth[:, pareto_frontier(worth)]
        rows.append({
            "candidates": name,
            "packages": worth.shape[1],
            "frontier": frontier.shape[1],
            "distinct": distinct_vectors(frontier)[0].shape[1],
        })
    return pd.DataFrame(rows)


def _best_table(at: _Central) -> "pd.DataFrame":
    """Columns: party, no_deal, could_sign (packages worth no deal or more, behind no line of its own), best_worth and
    best_package among packages behind no line of its own (of several the one that offers prefer), tied."""
    import pandas as pd

    lines, rows = at.structure.lines, []
    for n in at.in_file_order:
        worth, behind = at.utility[n], lines.crossed((lines.party == n)[None])[0]
        open_to_it = np.flatnonzero(~behind)
        best = open_to_it[worth[open_to_it] >= worth[open_to_it].max(initial=-np.inf) - TOLERANCE]
        first = int(best[at.structure.space.tie_rank[best].argmin()]) if len(best) else NO_DEAL
        rows.append({
            "party": at.names[n],
            "no_deal": float(at.reservation_value[n]),
            "could_sign": int(np.count_nonzero(worth[open_to_it] >= at.reservation_value[n] - TOLERANCE)),
            "best_worth": float(worth[first]) if len(best) else np.nan,
            "best_package": at.package_text(first) if len(best) else None,
            "tied": len(best),
        })
    return pd.DataFrame(rows)


def _line_table(at: _Central) -> "pd.DataFrame":
    """Columns: party, line, hardness (its value), mean_hardness, law (value, range and law in a word), drawn_with,
    packages (how many cross it where the party signs)."""
    import pandas as pd

    lines, rows = at.structure.lines, []
    for party, spec in at.scenario.parties.items():
        for line in spec.red_lines:
            number = line.hardness
            mean = number.value
            if number.low is not None and number.high is not None:
                mean = law_mean(number.law, number.low, number.value, number.high)
            one = np.array([name == f"{party}.{line.id}" for name in lines.names])
            rows.append({
                "party": party,
                "line": line.id,
                "hardness": number.value,
                "mean_hardness": mean,
                "law": str(number),
                "drawn_with": line.drawn_with or "",
                "packages": int(lines.crossed(one[None]).sum()),
            })
    return pd.DataFrame(rows, columns=["party", "line", "hardness", "mean_hardness", "law", "drawn_with", "packages"])


def _solution_table(at: _Central) -> "pd.DataFrame":
    """Columns: candidates, solution, package (the first of those that tie), tied, packages (all that tie, at most 50),
    value (what was made largest; for the nearest to the mean position the distance), worth_PARTY, left_out, note."""
    import pandas as pd

    found = [
        (reading, solution)
        for reading in (LINES_OFF, LINES_REAL)
        for solution in _solutions(at, at.zones[reading])
    ]
    nearest = at.nearest
    mean = solutions.Solution(
        "nearest_to_mean_position", nearest, at.utility[:, nearest[0]], at.distance, (), "distance in points"
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


def _position_table(at: _Central) -> "pd.DataFrame":
    """Columns: issue, position_PARTY, mean (by influence x weight, over the solution parties), nearest (the option or
    options of the packages nearest to the mean)."""
    import pandas as pd

    nearest = [at.structure.space.options_of(package) for package in at.nearest.tolist()]
    columns = [issue.name for issue in at.structure.space.issues]
    return pd.DataFrame([
        {
            "issue": issue,
            **at.by_party("position", at.standing[:, columns.index(issue)]),
            "mean": at.mean[columns.index(issue)],
            "nearest": tuple(option for option in spec.options if option in {package[issue] for package in nearest}),
        }
        for issue, spec in at.scenario.issues.items()
    ])


def _fair_division(at: _Central) -> "tuple[AdjustedWinner, pd.DataFrame] | None":
    """Columns: issue, points_A, points_B (of 100), share_A, share_B, in the file's order of the two parties."""
    import pandas as pd

    pair = [n for n in at.in_file_order if at.counting[n]]
    if len(pair) != 2 or any(extra.party in pair and extra.adds.any() for extra in at.ensemble.extras()):
        return None
    won = adjusted_winner(at.weights[pair[0]], at.weights[pair[1]])
    columns = [issue.name for issue in at.structure.space.issues]
    a, b = (at.names[n] for n in pair)
    rows = []
    for issue in at.scenario.issues:
        i = columns.index(issue)
        share = float(won.shares_to_a[i])
        points = {f"points_{at.names[n]}": 100 * float(at.weights[n, i]) for n in pair}
        rows.append({"issue": issue, **points, f"share_{a}": share, f"share_{b}": 1 - share})
    return won, pd.DataFrame(rows)


PROPOSAL_COLUMNS = (
    "proposal", "completions", "party", "signs", "worth_least", "worth_most", "no_deal", "margin_least", "margin_most",
    "lines_crossed", "lines_at_stake",
)  # fmt: skip


def _proposal_table(at: _Central) -> "pd.DataFrame":
    """One row a proposal and party: least and most over the consistent packages that complete the text.

    Columns: proposal, completions, party, signs (yes, no, depends), worth_least, worth_most, no_deal, margin_least,
    margin_most, lines_crossed (by every completion), lines_at_stake (by some of them).
    """
    import pandas as pd

    rows = []
    for name, proposal in at.scenario.proposals.items():
        text = Condition(({issue: frozenset([option]) for issue, option in proposal.package.items()},))
        completions = np.flatnonzero(at.structure.space.holds(text))
        for n in at.in_file_order:
            rows.append({"proposal": name, "completions": len(completions), "party": at.names[n],
                         **_scored(at, n, completions)})  # fmt: skip
    return pd.DataFrame(rows, columns=list(PROPOSAL_COLUMNS))


def _scored(at: _Central, n: int, completions: Ints) -> dict[str, Any]:
    lines, own, no_deal = at.structure.lines, at.structure.lines.party == n, float(at.reservation_value[n])
    worth, signs = at.utility[n, completions], at.structure.signs[n, completions]
    crossed = lines.crosses[lines.pattern[completions]][:, own]
    names = [name.partition(".")[2] for name, mine in zip(lines.names, own, strict=True) if mine]
    some = np.logical_or.reduce(crossed)
    every = np.logical_and.reduce(crossed) & some  # a text without a completion crosses nothing
    least, most = (float(worth.min()), float(worth.max())) if len(worth) else (np.nan, np.nan)
    return {
        "signs": "no" if not signs.any() else "yes" if signs.all() else "depends",
        "worth_least": least,
        "worth_most": most,
        "no_deal": no_deal,
        "margin_least": least - no_deal,
        "margin_most": most - no_deal,
        "lines_crossed": tuple(name for name, is_crossed in zip(names, every, strict=True) if is_crossed),
        "lines_at_stake": tuple(
            name for name, always, ever in zip(names, every, some, strict=True) if ever and not always
        ),
    }
