"""Concessions: how far each party moved on each issue, in one draw and over many; and red lines given up.

Movement is counted in points of the party's own values, 0 to 100, as the file states them: the same in all draws. It is
above 0 where the signed option gives the party less, on that issue, than its opening.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sim.analysis.trace import Turn
from sim.core.packages import Ints
from sim.results.results import Results, remembered
from sim.results.statistics import counted, mean_of, quantile_of
from sim.scenario import Scenario

LOW, HIGH = 0.1, 0.9  # ends of the spread of movement over runs


def points(scenario: Scenario, party: str, issue: str, option: str) -> float:
    """Return the points of an option to a party, from 0 to 100, at the value in the file."""
    return float(scenario.parties[party].values[issue][option].value)


@dataclass(frozen=True)
class Step:
    """One issue of one party in one draw."""

    issue: str
    opening: str  # opening, until: option in the party's opening and where it ended
    until: str
    before: float  # before, after: points of these to it
    after: float

    @property
    def moved(self) -> bool:
        return self.opening != self.until


@dataclass(frozen=True)
class Account:
    """One party in one draw: its opening, and where it ended."""

    party: str
    opening: Mapping[str, str] | None  # its first offer, None if it never made one
    until: Mapping[str, str] | None  # the package signed; without one, its own last offer, None if it made none
    signed: bool
    # opening_worth, until_worth: its utility of these as it bargained, on its own scale from 0 to 1
    opening_worth: float | None
    until_worth: float | None
    steps: tuple[Step, ...]  # issue by issue, in the order of the file; none without an opening


def accounts(
    scenario: Scenario, turns: Sequence[Turn], package: Mapping[str, str] | None, worth: Mapping[str, float | None]
) -> tuple[Account, ...]:
    """Return the accounts of all parties, in the order of the file.

    Args:
        package: The package signed, None without one; `worth` is each party's utility of it.
    """
    made = []
    for party in scenario.parties:
        own = [(turn.offer, turn.offer_worth) for turn in turns if turn.party == party and turn.offer is not None]
        opening, opening_worth = own[0] if own else (None, None)
        until, until_worth = own[-1] if own else (None, None)
        if package is not None:
            until, until_worth = package, worth[party]
        steps = []
        for issue in scenario.issues if opening and until else ():
            assert opening is not None and until is not None
            worths = (points(scenario, party, issue, text[issue]) for text in (opening, until))
            steps.append(Step(issue, opening[issue], until[issue], *worths))
        made.append(Account(party, opening, until, package is not None, opening_worth, until_worth, tuple(steps)))
    return tuple(made)


@dataclass(frozen=True)
class Movement:
    """One issue of one party over the signed runs in which the party had made an offer of its own."""

    issue: str
    party: str
    n: int  # those runs
    moved: int  # those of them whose package has another option than the party's opening
    mean: float  # points from opening to package; NaN without a run, as are the ends
    low: float
    high: float


@remembered
def movements(results: Results) -> tuple[Movement, ...]:
    """Return how far parties moved, by issue and then by party, both in the order of the file."""
    scenario, rows = results.scenario, []
    found = _changes(results)
    for issue, spec in scenario.issues.items():
        for party in (name for name in scenario.parties if (issue, name) in found):
            counts, worth = found[issue, party], [points(scenario, party, issue, option) for option in spec.options]
            way = Counter[float]()  # runs by points
            for before, after in zip(*np.nonzero(counts), strict=True):
                way[worth[before] - worth[after]] += int(counts[before, after])
            n, stayed = int(counts.sum()), int(np.trace(counts))
            spread = (mean_of(way), quantile_of(way, LOW), quantile_of(way, HIGH))
            rows.append(Movement(issue, party, n, n - stayed, *spread))
    return tuple(rows)


def _changes(results: Results) -> dict[tuple[str, str], Ints]:
    """Count runs by a party's opening option and the signed one, by issue and party, shape (options, options).

    Only signed runs with an opening; options in the order of the file.
    """
    issues = {issue: list(spec.options) for issue, spec in results.scenario.issues.items()}
    openings = {party: f"opening_{party}" for party in results.scenario.parties}
    openings = {party: column for party, column in openings.items() if column in results.columns}
    sizes = {issue: (len(options), len(options)) for issue, options in issues.items()}
    found = {(issue, party): np.zeros(size, np.int64) for issue, size in sizes.items() for party in openings}
    for piece in results.pieces("package", *openings.values()):
        for party, column in openings.items():
            opened, signed = (_options(text, issues) for _, text in piece[[column, "package"]].dropna().items())
            for place, issue in enumerate(issues):
                np.add.at(found[issue, party], (opened[:, place], signed[:, place]), 1)
    return found


def _options(texts: pd.Series, issues: Mapping[str, Sequence[str]]) -> Ints:
    codes, known = pd.factorize(texts)
    places = [
        [options.index(option) for option, options in zip(str(text).split("/"), issues.values(), strict=True)]
        for text in known
    ]
    return np.array(places, np.int64).reshape(-1, len(issues))[codes]


@dataclass(frozen=True)
class GivenUp:
    """A red line over all runs: in how many it was real at the start (`real`), and given up in how many of these."""

    party: str
    line: str
    fell: int
    real: int


@remembered
def lines_given_up(results: Results) -> tuple[GivenUp, ...]:
    """Return how often each red line was given up, in the order of the file; empty where none can be."""
    if "lines_fallen" not in results.columns:
        return ()
    lines = [(party, line.id) for party, spec in results.scenario.parties.items() for line in spec.red_lines]
    columns = [f"input.parties.{party}.red_lines.{line}.real" for party, line in lines]
    real, fell = Counter[str](), Counter[str]()
    for piece in results.pieces("lines_fallen", *columns):
        real.update({name: int(piece[name].astype(bool).sum()) for name in columns})
        for text, runs in counted([piece["lines_fallen"]]).items():
            fell.update(dict.fromkeys(text.split(" + "), runs))
    return tuple(
        GivenUp(party, line, fell[f"{party}.{line}"], real[name])
        for (party, line), name in zip(lines, columns, strict=True)
    )
