"""What each assignment of strategies to parties led to, in every draw, and means over draws with their intervals."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd

from sim.core import exact
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import Bools, Ints
from sim.core.utility import DAYS_PER_MONTH
from sim.model.domain import Structure, structure
from sim.model.ensemble import draw
from sim.model.peace_talks import PeaceTalks
from sim.results.chunks import block_size
from sim.results.columns import solution_parties
from sim.results.results import Z_95, share_interval
from sim.scenario import Fault, Scenario, ScenarioError


@dataclass(frozen=True, eq=False)
class Possible:
    """The gains that the zone of the first round has room for, in each draw; no strategy moves them.

    A party's gain from a package is its worth less that of no deal in round 1. It is told as a share of the largest
    gain that any package of the zone gives the party, so that no scale of worth counts, and these shares are summed.

    Source: Dhillon & Mertens (1999), Relative utilitarianism: utilities normalised to their span, and summed.
    """

    parties: tuple[str, ...]  # whose gains count, in name order
    no_deal: Floats  # worth of no agreement in round 1, shape (n, parties)
    most: Floats  # largest gain of each party in the zone, shape (n, parties); below the tolerance it does not count
    together: Floats  # largest sum of shares that one package of the zone gives, shape (n,); NaN where nobody can gain
    kept: Floats  # what a round of waiting leaves of worth, shape (n, parties)

    def share_reached(self, draws: pd.DataFrame) -> Floats:
        """Share of the possible joint gain that each draw of a results table reached, shape (n,).

        0 where no text came into force; NaN where the zone of the first round has nothing to gain. A text that came
        into force later counts as worth less by what waiting costs. It may lie outside of the first round's zone, and
        then the share may lie outside of [0, 1].
        """
        worth = np.array([draws[f"utility_{name}"].to_numpy(float) for name in self.parties]).T
        waited = draws["round"].to_numpy(float, na_value=np.nan)[:, None] - 1
        counts = self.most > TOLERANCE
        gain = np.power(self.kept, waited) * (worth - self.no_deal)
        shares = np.divide(gain, self.most, out=np.zeros_like(gain), where=counts)
        in_force = draws["outcome"].to_numpy(object) == "in_force"
        return np.where(in_force, _sum(np.nan_to_num(shares)), 0.0) / self.together


def possible(scenario: Scenario, seed: int, count: int, table: Structure | None = None) -> Possible:
    """What there is to gain in draws 0 to `count - 1` of a scenario.

    The zone is that of the first round, as the parties bargain: with foresight. Gains are in worth as results tables
    tell it, without foresight.
    """
    table = table or structure(scenario)
    ensemble, block = draw(scenario, seed, 0, count, table=table), block_size(table)
    counted = solution_parties(ensemble)
    scratch = np.empty((min(block, count), len(table.parties), len(table.space)))
    no_deal, most, together = [], [], []
    for first in range(0, count, block):
        model = PeaceTalks(ensemble[first : first + block], scratch)
        model.step()
        start = model.zones.reservation_value[0][:, counted]
        largest, best = _largest(model.ensemble.utility()[:, counted], start, model.zones.first)
        no_deal.append(start)
        most.append(largest)
        together.append(np.where(best > TOLERANCE, best, np.nan))
        model.__dict__.clear()  # see `hold_talks`
    days = scenario.time.days_per_round
    return Possible(
        parties=tuple(name for name, counts in zip(table.parties, counted, strict=True) if counts),
        no_deal=np.concatenate(no_deal),
        most=np.concatenate(most),
        together=np.concatenate(together),
        kept=exact.power(ensemble.discount[:, counted], days / DAYS_PER_MONTH),
    )


def _largest(worth: Floats, no_deal: Floats, zone: Bools) -> tuple[Floats, Floats]:
    """Largest gain of each party in a zone, and largest sum of shares of it; 0 and NaN where there is none.

    Shapes: worth (B, parties, P), no_deal (B, parties), zone (B, P).
    """
    most = np.zeros(no_deal.shape)
    together = np.full(len(zone), np.nan)
    for b in np.flatnonzero(zone.any(axis=1)):
        gain = worth[b][:, zone[b]] - no_deal[b][:, None]
        most[b] = gain.max(axis=1)
        counts = most[b] > TOLERANCE
        if counts.any():
            together[b] = _sum((gain[counts] / most[b][counts, None]).T).max()
    return most, together


def _sum(shares: Floats) -> Floats:
    """Sum over the last axis by ascending value: exchanging two parties moves no bit."""
    total: Floats = np.zeros(shares.shape[:-1])
    for column in np.moveaxis(np.sort(shares, axis=-1), -1, 0):
        total = total + column
    return total


LEAST_DRAWS = 30  # for an interval: with fewer the mean need not be near normal
BLOCK = 1_000_000  # numbers sorted at once
MOST_NUMBERS = 150_000_000  # worths kept at once: 1.2 GB


@dataclass(frozen=True, eq=False)
class Games:
    """A full grid: every assignment of L strategies to V parties, each over the same n draws."""

    parties: tuple[str, ...]
    assigned: Ints  # index of the strategy of each party at each point, shape (G, V), G = L**V; the last varies fastest
    worth: Floats  # worth to these parties from the start, shape (G, V, n)
    signed: Bools  # whether a text was signed, shape (G, n)
    in_force: Bools  # whether one came into force, shape (G, n)
    joint: Floats  # share of the possible joint gain, shape (G, n); NaN where there is nothing to gain

    @property
    def strategies(self) -> int:
        return int(self.assigned.max()) + 1

    def seats_of(self, strategy: int) -> list[tuple[int, int]]:
        """Points and parties at which a strategy is played; where two parties play it, the point stands twice."""
        return [(int(g), int(v)) for g, v in np.argwhere(self.assigned == strategy)]

    def point(self, strategies: Sequence[int]) -> int:
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
        tables: One a point, in the order of `assignments`; taken one by one, so that not all are held at once.

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
    """Mean over the draws that have a value (NaN: none), with its normal interval; draws are independent."""
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
