"""Two parties' worth of all packages at central numbers, and the points worth a name among them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from sim.analysis.portrait import LINES_OFF, LINES_REAL, portrait
from sim.charts.text import clean, listed
from sim.core.exact import Floats
from sim.core.packages import ALWAYS, NEVER, Bools
from sim.core.pareto import distinct_vectors, pareto_frontier
from sim.results.labels import SOLUTIONS
from sim.scenario import Scenario

SAME_PLACE = 1e-6  # worths closer than this share a mark


@dataclass(frozen=True)
class Mark:
    """A named point, or for a text that leaves issues open the range over its completions.

    Attributes:
        tag: What stands in the picture: a number for a solution, a letter for a proposal.
        name: What stands in the list.
        kind: `solution` or `proposal`.
        low: Least worth to the two parties.
        high: Most worth to them.
    """

    tag: str
    name: str
    kind: str
    low: tuple[float, float]
    high: tuple[float, float]

    @property
    def middle(self) -> tuple[float, float]:
        return (self.low[0] + self.high[0]) / 2, (self.low[1] + self.high[1]) / 2


@dataclass(frozen=True, eq=False)
class Scene:
    """What the frontier chart shows at central numbers.

    Attributes:
        pair: The two parties, in file order.
        why: Why these two.
        utility: Worth of all consistent packages to them, shape (2, P).
        no_deal: Shape (2,).
        frontier: Worths on the Pareto frontier of the two over all consistent packages, left to right, shape (2, V).
        zones: Packages acceptable to all who must sign, with red lines off and with all of them real, shape (P,) each.
        reading: Of which zone the reference solutions are.
        marks: Solutions, then proposals.
    """

    pair: tuple[str, str]
    why: str
    utility: Floats
    no_deal: tuple[float, float]
    frontier: Floats
    zones: dict[str, Bools]
    reading: str
    marks: tuple[Mark, ...]


def chosen_pair(scenario: Scenario) -> tuple[tuple[str, str], str]:
    """The two parties shown, and why these: belligerents, else who always signs, else who sometimes does."""
    parties = scenario.parties
    if len(parties) < 2:
        name = next(iter(parties))
        return (name, name), "the only party"
    choices = (
        ("the two belligerents", "the first two belligerents",
         [n for n, p in parties.items() if p.kind == "belligerent"]),
        ("the two whose consent every package needs", "the first two whose consent every package needs",
         [n for n, p in parties.items() if p.signs == ALWAYS]),
        ("the two who sign some packages", "the first two who sign some packages",
         [n for n, p in parties.items() if p.signs != NEVER]),
    )  # fmt: skip
    for just_two, first_two, names in choices:
        if len(names) >= 2:
            return (names[0], names[1]), just_two if len(names) == 2 else first_two
    names = list(parties)
    return (names[0], names[1]), "the first two in the file"


@lru_cache(maxsize=8)
def scene(scenario: Scenario) -> Scene:
    """Work out the scene of a scenario; it is the same for all its results."""
    at = portrait(scenario)
    pair, why = chosen_pair(scenario)
    rows = [at.parties.index(name) for name in pair]
    utility = at.utility[rows]
    frontier, _ = distinct_vectors(utility[:, pareto_frontier(utility)])
    reading = LINES_REAL if at.candidates[LINES_REAL].any() else LINES_OFF
    return Scene(
        pair=pair,
        why=why,
        utility=utility,
        no_deal=(float(at.no_deal[rows[0]]), float(at.no_deal[rows[1]])),
        frontier=frontier[:, np.argsort(frontier[0], kind="stable")],
        zones={LINES_OFF: at.candidates[LINES_OFF], LINES_REAL: at.candidates[LINES_REAL]},
        reading=reading,
        marks=(*_solutions(at.solutions, pair, reading), *_proposals(scenario, at.proposals, pair)),
    )


def _solutions(table: pd.DataFrame, pair: tuple[str, str], reading: str) -> Iterator[Mark]:
    """One mark a place: solutions that pick packages of the same worth share it."""
    found: list[tuple[tuple[float, float], list[str]]] = []
    for row in table[table["candidates"].isin([reading, "all packages"])].to_dict("records"):
        place = (float(row[f"worth_{pair[0]}"]), float(row[f"worth_{pair[1]}"]))
        if not all(np.isfinite(place)):
            continue
        name = SOLUTIONS.get(str(row["solution"]), str(row["solution"]).replace("_", " "))
        for other, names in found:
            if max(abs(other[0] - place[0]), abs(other[1] - place[1])) < SAME_PLACE:
                names.append(name)
                break
        else:
            found.append((place, [name]))
    for number, (place, names) in enumerate(found, start=1):
        label = listed(names)
        yield Mark(str(number), label[0].upper() + label[1:], "solution", place, place)


def _proposals(scenario: Scenario, table: pd.DataFrame, pair: tuple[str, str]) -> Iterator[Mark]:
    count = 0
    for name, proposal in scenario.proposals.items():
        rows = table[table["proposal"] == name].set_index("party")
        worths = rows[["worth_least", "worth_most"]].astype(float).to_dict("index")
        ends = [(worths[party]["worth_least"], worths[party]["worth_most"]) for party in pair]
        if not all(np.isfinite(end) for party in ends for end in party):
            continue  # no consistent package completes it
        tag = chr(65 + count % 26) + str(count // 26 or "")
        count += 1
        yield Mark(tag, clean(proposal.label), "proposal", (ends[0][0], ends[1][0]), (ends[0][1], ends[1][1]))
