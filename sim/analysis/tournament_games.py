"""What each assignment of strategies to parties led to, in every draw, and means over draws with their intervals."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd

from sim.analysis.tournament_possible import Possible
from sim.issues import Bools, Ints
from sim.results import Z_95, share_interval
from sim.scenario import Fault, ScenarioError
from sim.utility import Floats

LEAST_DRAWS = 30  # for an interval: with fewer the mean need not be near normal
BLOCK = 1_000_000  # numbers sorted at once
MOST_NUMBERS = 150_000_000  # worths kept at once: 1.2 GB


@dataclass(frozen=True, eq=False)
class Games:
    """A full grid: every assignment of L strategies to V parties, each over the same n draws.

    Attributes:
        parties: Those whose strategies vary, in the order of the file.
        assigned: Index of the strategy of each party at each point, shape (G, V), G = L**V; the last varies fastest.
        worth: Worth to these parties from the start, shape (G, V, n).
        signed: Whether a text was signed, shape (G, n).
        in_force: Whether one came into force, shape (G, n).
        joint: Share of the possible joint gain, shape (G, n); NaN where there is nothing to gain.
    """

    parties: tuple[str, ...]
    assigned: Ints
    worth: Floats
    signed: Bools
    in_force: Bools
    joint: Floats

    @property
    def strategies(self) -> int:
        """How many strategies meet, L."""
        return int(self.assigned.max()) + 1

    def seats_of(self, strategy: int) -> list[tuple[int, int]]:
        """Points and parties at which a strategy is played; where two parties play it, the point stands twice."""
        return [(int(g), int(v)) for g, v in np.argwhere(self.assigned == strategy)]

    def point(self, strategies: Sequence[int]) -> int:
        """The point at which the parties play these strategies."""
        place = 0
        for strategy in strategies:
            place = place * self.strategies + strategy
        return place


def assignments(strategies: int, parties: int) -> Ints:
    """Every assignment of strategies to parties, shape (strategies ** parties, parties); the last varies fastest."""
    return np.array(list(product(range(strategies), repeat=parties)), np.int64).reshape(-1, parties)


def games_of(
    parties: Sequence[str], strategies: int, draws: int, tables: Iterable[pd.DataFrame], ruler: Possible
) -> Games:
    """Keep of each results table what a tournament is about.

    Args:
        parties: Those whose strategies vary.
        strategies: How many strategies meet.
        draws: Rows of each table.
        tables: One a point, in the order of `assignments`; taken one by one, so that not all are held at once.
        ruler: What there is to gain in these draws.

    Raises:
        ScenarioError: if there are more numbers than memory should hold.
    """
    assigned = assignments(strategies, len(parties))
    check_size(len(assigned), len(parties), draws)
    games = Games(
        parties=tuple(parties),
        assigned=assigned,
        worth=np.empty((len(assigned), len(parties), draws)),
        signed=np.empty((len(assigned), draws), bool),
        in_force=np.empty((len(assigned), draws), bool),
        joint=np.empty((len(assigned), draws)),
    )
    for g, table in zip(range(len(assigned)), tables, strict=True):
        for v, party in enumerate(parties):
            games.worth[g, v] = table[f"worth_{party}"].to_numpy(float)
        games.signed[g] = table["package"].notna().to_numpy(bool)
        games.in_force[g] = table["outcome"].to_numpy(object) == "in_force"
        games.joint[g] = ruler.share_reached(table)
    return games


def check_size(points: int, parties: int, draws: int) -> None:
    """Refuse what memory should not hold.

    Raises:
        ScenarioError: with the number of draws that would do.
    """
    most = MOST_NUMBERS // (points * (parties + 1))
    if draws > most:
        said = f"{points:,} points of {draws:,} draws are more than is held in memory; at most {most:,} draws would do"
        raise ScenarioError([Fault("-n", 1, 1, said)])


class Mean(NamedTuple):
    """A mean over n draws with the ends of its 95 % interval, NaN where there are too few."""

    value: float
    low: float
    high: float
    n: int


def mean_of(values: Floats) -> Mean:
    """Mean over the draws that have a value, with its normal interval; draws are independent of each other.

    Args:
        values: One a draw, NaN where there is none, shape (n,).
    """
    known = values[~np.isnan(values)]
    if not len(known):
        return Mean(np.nan, np.nan, np.nan, 0)
    mean = float(known.mean())
    if len(known) < LEAST_DRAWS:
        return Mean(mean, np.nan, np.nan, len(known))
    half = Z_95 * float(known.std(ddof=1)) / float(np.sqrt(len(known)))
    return Mean(mean, mean - half, mean + half, len(known))


def share_of(values: Floats) -> Mean:
    """The same of shares from 0 to 1, one a draw, with Wilson's interval.

    A draw's share is over several games in one world, so it varies less than one game and more than as many worlds
    would. The interval is that of so many runs that their share would vary as the mean of these does; where all draws
    are alike, of n runs.

    Source: Wilson (1927), score interval; Kish (1965), effective sample size.
    """
    mean, n = float(values.mean()), len(values)
    if n < LEAST_DRAWS:
        return Mean(mean, np.nan, np.nan, n)
    spread = float(values.var(ddof=1))
    runs = mean * (1 - mean) * n / spread if spread > 0 and 0 < mean < 1 else float(n)
    low, high = share_interval(mean * runs, runs)
    return Mean(mean, low, high, n)


def mean_over(rows: Sequence[Floats | Bools], draws: int) -> Floats:
    """Mean of several rows of draws in each draw, shape (draws,); by ascending value: exchanging rows moves no bit."""
    mean, step = np.empty(draws), max(1, BLOCK // len(rows))
    for first in range(0, draws, step):
        block = np.array([row[first : first + step] for row in rows], float)
        block.sort(axis=0)
        mean[first : first + step] = np.add.reduce(block, axis=0) / len(rows)
    return mean


def deviations(games: Games, point: int) -> Iterator[tuple[int, int, int]]:
    """Every change of one party's strategy at a point: the party, its other strategy, and the point this leads to."""
    here = games.assigned[point].tolist()
    for v in range(len(games.parties)):
        for other in range(games.strategies):
            if other != here[v]:
                yield v, other, games.point([*here[:v], other, *here[v + 1 :]])
