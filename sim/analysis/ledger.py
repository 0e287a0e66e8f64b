"""From opening to text: how far each party moved on each issue, in one draw and over many; and red lines given up.

Movement is counted in points of the party's own values, 0 to 100, as the file states them: the same in all draws. It is
above 0 where the text is worth less to the party, on that issue, than what it put on the table first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from sim.analysis.turns import Turn
from sim.issues import Ints
from sim.results import Results
from sim.scenario import Scenario
from sim.utility import Floats

LOW, HIGH = 0.1, 0.9  # ends of the spread of movement over runs


def points(scenario: Scenario, party: str, issue: str, option: str) -> float:
    """What an option is worth to a party on its own scale from 0 to 100, at the value in the file."""
    return float(scenario.parties[party].values[issue][option].value)


@dataclass(frozen=True)
class Step:
    """One issue of one party in one draw.

    Attributes:
        issue: Its name.
        opening, until: Option in the party's opening and where it ended.
        before, after: What these are worth to it, in points.
    """

    issue: str
    opening: str
    until: str
    before: float
    after: float

    @property
    def moved(self) -> bool:
        """Whether it ended elsewhere than it opened."""
        return self.opening != self.until


@dataclass(frozen=True)
class Account:
    """One party in one draw: what it put on the table first, and where it ended.

    Attributes:
        party: Its name.
        opening: The first package that it put on the table, None if it never did.
        until: The text signed; without one, its own last offer, None if it made none.
        signed: Whether `until` is the text signed.
        opening_worth, until_worth: What these were worth to it as it bargained, on its own scale from 0 to 1.
        steps: Issue by issue, in the order of the file; none without an opening.
    """

    party: str
    opening: Mapping[str, str] | None
    until: Mapping[str, str] | None
    signed: bool
    opening_worth: float | None
    until_worth: float | None
    steps: tuple[Step, ...]


def accounts(
    scenario: Scenario, turns: Iterable[Turn], package: Mapping[str, str] | None, worth: Mapping[str, float | None]
) -> tuple[Account, ...]:
    """The accounts of all parties, in the order of the file.

    Args:
        scenario: Whose points count.
        turns: All turns of a draw, in order.
        package: The text signed, None without one; `worth` is what it is worth to each party.
    """
    offers: dict[str, list[Turn]] = {party: [] for party in scenario.parties}
    for turn in turns:
        if turn.offer is not None:
            offers[turn.party].append(turn)
    made = []
    for party, own in offers.items():
        opening, opening_worth = (own[0].offer, own[0].offer_worth) if own else (None, None)
        until, until_worth = (own[-1].offer, own[-1].offer_worth) if own else (None, None)
        if package is not None:
            until, until_worth = package, worth[party]
        way = () if opening is None or until is None else _steps(scenario, party, opening, until)
        made.append(Account(party, opening, until, package is not None, opening_worth, until_worth, way))
    return tuple(made)


def _steps(scenario: Scenario, party: str, opening: Mapping[str, str], until: Mapping[str, str]) -> tuple[Step, ...]:
    return tuple(
        Step(issue, opening[issue], until[issue], points(scenario, party, issue, opening[issue]),
             points(scenario, party, issue, until[issue]))
        for issue in scenario.issues
    )  # fmt: skip


@dataclass(frozen=True)
class Movement:
    """One issue of one party over the runs in which a text was signed and the party had made an offer of its own.

    Attributes:
        issue, party: Their names.
        n: Those runs.
        moved: Those of them whose text has another option than the party's opening.
        mean: Points from opening to text; NaN without a run, as are the ends.
        low, high: Their 10th and 90th percentile.
    """

    issue: str
    party: str
    n: int
    moved: int
    mean: float
    low: float
    high: float


def movements(results: Results) -> tuple[Movement, ...]:
    """How far parties moved, by issue and then by party, both in the order of the file; worked out once a result."""
    if results not in _moved:
        _moved[results] = _movements(results)
    return _moved[results]


_moved: WeakKeyDictionary[Results, tuple[Movement, ...]] = WeakKeyDictionary()


def _movements(results: Results) -> tuple[Movement, ...]:
    scenario = results.scenario
    found = {
        party: _texts(results, party) for party in scenario.parties if f"opening_{party}" in results.draws.columns
    }
    rows = []
    for place, issue in enumerate(scenario.issues):
        names = list(scenario.issues[issue].options)
        for party, (opening, signed) in found.items():
            worth = np.array([points(scenario, party, issue, option) for option in names], np.float64)
            before, after = opening.option(place, names), signed.option(place, names)
            way, moved = worth[before] - worth[after], int(np.count_nonzero(before != after))
            rows.append(Movement(issue, party, len(way), moved, *_spread(way)))
    return tuple(rows)


@dataclass(frozen=True)
class _Texts:
    """Packages as text, a run each: there are far fewer of them than runs.

    Attributes:
        which: Index into `options` of each run.
        options: Of each package that occurs, in the file's order of issues.
    """

    which: Ints
    options: list[list[str]]

    def option(self, place: int, names: Sequence[str]) -> Ints:
        """Index, in `names`, of the option of one issue in each run."""
        return np.array([names.index(each[place]) for each in self.options], np.int64)[self.which]


def _texts(results: Results, party: str) -> tuple[_Texts, _Texts]:
    """The party's opening and the text signed, in the runs that have both."""
    columns = results.draws[[f"opening_{party}", "package"]].dropna()
    coded = [pd.factorize(columns[name]) for name in columns]
    opening, signed = (_Texts(which, [str(text).split("/") for text in texts]) for which, texts in coded)
    return opening, signed


def _spread(way: Floats) -> tuple[float, float, float]:
    """Mean, 10th and 90th percentile."""
    if not len(way):
        return np.nan, np.nan, np.nan
    low, high = np.quantile(way, [LOW, HIGH])
    return float(way.mean()), float(low), float(high)


@dataclass(frozen=True)
class GivenUp:
    """A red line over all runs.

    Attributes:
        party, line: Whose, and its id.
        fell: Runs in which it was real at the start and fell.
        real: Runs in which it was real at the start.
    """

    party: str
    line: str
    fell: int
    real: int


def lines_given_up(results: Results) -> tuple[GivenUp, ...]:
    """How often each red line fell, in the order of the file; none where no line can fall."""
    if "lines_fallen" not in results.draws.columns:
        return ()
    fallen = [set(str(text).split(" + ")) for text in results.draws["lines_fallen"].dropna()]
    rows = []
    for party, spec in results.scenario.parties.items():
        for line in spec.red_lines:
            real = results.draws[f"input.parties.{party}.red_lines.{line.id}.real"]
            fell = sum(f"{party}.{line.id}" in names for names in fallen)
            rows.append(GivenUp(party, line.id, fell, int(real.astype(bool).sum())))
    return tuple(rows)
