"""The games of a tournament, every assignment of strategies to parties in every draw, and the tables made of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

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

FIGURES = {
    "own": "own worth",
    "joint": "joint worth, share of the possible",
    "agreement": "agreement signed",
    "in_force": "agreement in force",
}
SHARES = ("agreement", "in_force")
NUMBERS = ("value", "low", "high", "n")
Names = Sequence[str]
LEAST_DRAWS = 30  # for an interval: with fewer the mean may be far from normal
BLOCK = 1_000_000  # numbers sorted at once
MOST_NUMBERS = 150_000_000  # utilities in memory at once: 1.2 GB


@dataclass(frozen=True, eq=False)
class Possible:
    """The gains possible in the zone of the first round, in each draw, whatever the strategies.

    A party's gain from a package is its utility less its reservation value in round 1. It is measured as a share of the
    largest gain that any package of the zone gives the party, independent of the scale of utility, and these are
    summed.

    Source: Dhillon & Mertens (1999), Relative utilitarianism: utilities normalised to their span, and summed.
    """

    parties: tuple[str, ...]  # parties whose gains count, in name order
    no_deal: Floats  # reservation values in round 1, shape (n, parties)
    most: Floats  # largest gain of each party in the zone, shape (n, parties); below the tolerance it does not count
    together: Floats  # largest sum of shares that one package of the zone gives, shape (n,); NaN where nobody can gain
    discount: Floats  # discount factor of a round, shape (n, parties)

    def share_reached(self, draws: pd.DataFrame) -> Floats:
        """Return the share of the possible joint gain reached in each draw of a results table, shape (n,).

        0 where no package came into force; NaN where the zone of the first round has nothing to gain. A package that
        came into force later is discounted. It may lie outside of the first round's zone, and then the share may lie
        outside of [0, 1].
        """
        worth = np.array([draws[f"utility_{name}"].to_numpy(float) for name in self.parties]).T
        waited = draws["round"].to_numpy(float, na_value=np.nan)[:, None] - 1
        counts = self.most > TOLERANCE
        gain = np.power(self.discount, waited) * (worth - self.no_deal)
        shares = np.divide(gain, self.most, out=np.zeros_like(gain), where=counts)
        in_force = draws["outcome"].to_numpy(object) == "in_force"
        return np.where(in_force, _sum(np.nan_to_num(shares)), 0.0) / self.together


def possible(scenario: Scenario, seed: int, count: int, table: Structure | None = None) -> Possible:
    """Return the possible gains in draws 0 to `count - 1` of a scenario.

    The zone is that of the first round, as the parties bargain: with foresight. Gains are in utility as in results
    tables, without foresight.
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
        discount=exact.power(ensemble.discount[:, counted], days / DAYS_PER_MONTH),
    )


def _largest(worth: Floats, no_deal: Floats, zone: Bools) -> tuple[Floats, Floats]:
    """Largest gain of each party in a zone, and the largest sum of shares of it; 0 and NaN where there is none.

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


@dataclass(frozen=True, eq=False)
class Games:
    """A full grid: every assignment of L strategies to V parties, each over the same n draws."""

    parties: tuple[str, ...]
    assigned: Ints  # index of the strategy of each party at each point, shape (G, V), G = L**V; the last varies fastest
    worth: Floats  # utility of these parties from the start, shape (G, V, n)
    signed: Bools  # whether a package was signed, shape (G, n)
    in_force: Bools  # whether one came into force, shape (G, n)
    joint: Floats  # share of the possible joint gain, shape (G, n); NaN where there is nothing to gain

    @property
    def strategies(self) -> int:
        return int(self.assigned.max()) + 1

    @property
    def draws(self) -> int:
        return int(self.worth.shape[2])

    @cached_property
    def means(self) -> Floats:
        """Mean utility of each party, shape (G, V)."""
        return np.asarray(self.worth.mean(axis=2))

    def is_equilibrium(self, point: int) -> bool:
        """Whether no party's mean utility rises beyond the tolerance by a unilateral change of strategy."""
        best = [self.means[self.choices(point, v), v].max() for v in range(len(self.parties))]
        return bool((best <= self.means[point] + TOLERANCE).all())

    def seats_of(self, strategy: int) -> list[tuple[int, int]]:
        """Points and parties at which a strategy is played; where two parties play it, the point occurs twice."""
        return [(int(g), int(v)) for g, v in np.argwhere(self.assigned == strategy)]

    def choices(self, point: int, party: int) -> list[int]:
        """Points at which a party plays each of the strategies, in order, and the others play as at a point."""
        step = self.strategies ** (len(self.parties) - 1 - party)
        first = point - int(self.assigned[point, party]) * step
        return [first + strategy * step for strategy in range(self.strategies)]


def assignments(strategies: int, parties: int) -> Ints:
    """Every assignment of strategies to parties, shape (strategies ** parties, parties); the last varies fastest."""
    return np.array(list(product(range(strategies), repeat=parties)), np.int64).reshape(-1, parties)


def games_of(
    parties: Sequence[str], strategies: int, draws: int, tables: Iterable[pd.DataFrame], ruler: Possible
) -> Games:
    """Reduce each results table to the figures of a tournament.

    Args:
        tables: One a point, in the order of `assignments`; taken one by one, so that not all are in memory at once.

    Raises:
        ScenarioError: if there are more numbers than fit into memory.
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
            games.worth[g, v] = table[f"discounted_{party}"].to_numpy(float)
        games.signed[g] = table["package"].notna().to_numpy(bool)
        games.in_force[g] = table["outcome"].to_numpy(object) == "in_force"
        games.joint[g] = ruler.share_reached(table)
    return games


def check_size(points: int, parties: int, draws: int) -> None:
    """Refuse more numbers than fit into memory.

    Raises:
        ScenarioError: with the number of draws that would do.
    """
    most = MOST_NUMBERS // (points * (parties + 1))
    if draws > most:
        much = f"{points:,} points of {draws:,} draws are more than is held in memory; at most {most:,} draws would do"
        raise ScenarioError([Fault("-n", 1, 1, much)])


class Mean(NamedTuple):
    """A mean over n draws with the ends of its 95 % interval, NaN where there are too few."""

    value: float
    low: float
    high: float
    n: int

    def ends(self) -> dict[str, float]:
        return {"low": self.low, "high": self.high, "n": self.n}


def mean_of(values: Floats) -> Mean:
    """Return the mean over the draws that have a value (NaN: none), with its normal interval; draws are independent."""
    known = values[~np.isnan(values)]
    if not len(known):
        return Mean(np.nan, np.nan, np.nan, 0)
    mean = float(known.mean())
    if len(known) < LEAST_DRAWS:
        return Mean(mean, np.nan, np.nan, len(known))
    half = Z_95 * float(known.std(ddof=1)) / float(np.sqrt(len(known)))
    return Mean(mean, mean - half, mean + half, len(known))


def share_of(values: Floats) -> Mean:
    """Return the mean of shares from 0 to 1, one a draw, with Wilson's interval.

    A draw's share is over several games in one world, so it varies less than one game and more than as many independent
    ones. The interval uses the effective number of runs, whose share would vary as the mean of these does; where all
    draws are alike, n.

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
    """Mean of several rows in each draw, shape (draws,); by ascending value: exchanging rows moves no bit."""
    mean, step = np.empty(draws), max(1, BLOCK // len(rows))
    for first in range(0, draws, step):
        block = np.array([row[first : first + step] for row in rows], float)
        block.sort(axis=0)
        mean[first : first + step] = np.add.reduce(block, axis=0) / len(rows)
    return mean


# The tables: strategies compared, met, and in equilibrium.


def plays(party: str) -> str:
    return f"plays_{party}"


def figure_table(games: Games, labels: Names, figures: Names) -> pd.DataFrame:
    """One row a strategy and figure: its mean over all seats at which it is played, and its difference from the field.

    The field is the mean over all strategies in the same draw, so the difference is free of what is common to a draw.
    """
    rows = list[dict[str, Any]]()
    for figure in figures:
        by_point = games.joint if figure == "joint" else _shares(games, figure)  # one value a draw, whatever the seat
        by_draw = [
            mean_over([games.worth[g, v] if figure == "own" else by_point[g] for g, v in seats], games.draws)
            for seats in map(games.seats_of, range(len(labels)))
        ]
        estimate = share_of if figure in SHARES else mean_of
        rows += _against_field(labels, by_draw, estimate, figure=figure)
    return pd.DataFrame(rows)


def seat_table(games: Games, labels: Names) -> pd.DataFrame:
    """Return one row a strategy and party: the party's utility with it, over all that the others play."""
    rows = list[dict[str, Any]]()
    for v, party in enumerate(games.parties):
        places = [np.flatnonzero(games.assigned[:, v] == s) for s in range(len(labels))]
        by_draw = [mean_over([games.worth[g, v] for g in here], games.draws) for here in places]
        rows += _against_field(labels, by_draw, mean_of, party=party)
    return pd.DataFrame(rows)


def meeting_table(games: Games, labels: Names) -> pd.DataFrame:
    """Return one row a pair: a strategy's utility where another party plays the other one; empty for one party."""
    rows = []
    for a, label in enumerate(labels):
        for b, other in enumerate(labels) if len(games.parties) > 1 else ():
            pairs = [(at, w) for at in games.seats_of(a) for w in np.flatnonzero(games.assigned[at[0]] == b)]
            numbers = mean_of(mean_over([games.worth[at] for at, w in pairs if w != at[1]], games.draws))
            rows.append({"label": label, "other": other} | numbers._asdict())
    return pd.DataFrame(rows, columns=["label", "other", *NUMBERS])


def point_table(games: Games, labels: Names, figures: Names) -> pd.DataFrame:
    """Return one row an assignment: each party's strategy and utility, and whether it is an equilibrium."""
    rows = []
    for point in range(len(games.assigned)):
        row = _played(games, labels, point)
        row |= {f"discounted_{party}": games.means[point, v] for v, party in enumerate(games.parties)}
        row["joint"] = mean_of(games.joint[point]).value
        row |= {figure: float(_shares(games, figure)[point].mean()) for figure in figures if figure in SHARES}
        rows.append(row | {"equilibrium": games.is_equilibrium(point)})
    return pd.DataFrame(rows)


def _played(games: Games, labels: Names, point: int) -> dict[str, Any]:
    return {plays(party): labels[s] for party, s in zip(games.parties, games.assigned[point], strict=True)}


def equilibrium_table(games: Games, labels: Names) -> pd.DataFrame:
    """Return one row an equilibrium in pure strategies, with the unilateral change that would cost least.

    Returns:
        `plays_<party>` for each party, `symmetric` (all play the same), `party`, `to` (its other strategy), and
        `loss, low, high, n`: its loss by the change, with its paired interval.
    """
    rows = []
    for point in filter(games.is_equilibrium, range(len(games.assigned))):
        seats = range(len(games.parties))
        changes = [(v, s, to) for v in seats for s, to in enumerate(games.choices(point, v)) if to != point]
        gains = np.array([games.means[to, v] - games.means[point, v] for v, _, to in changes])
        least = [changes[k] for k in _best(gains)]
        v, other, to = min(least, key=lambda change: (change[0], labels[change[1]]))
        loss = mean_of(games.worth[point, v] - games.worth[to, v])
        row = _played(games, labels, point) | {"symmetric": len(set(games.assigned[point].tolist())) == 1}
        rows.append(row | {"party": games.parties[v], "to": labels[other], "loss": loss.value} | loss.ends())
    columns = [*map(plays, games.parties), "symmetric", "party", "to", "loss", "low", "high", "n"]
    return pd.DataFrame(rows, columns=columns)


def reply_table(games: Games, labels: Names) -> pd.DataFrame:
    """Return one row a best reply of a party to what the others play; a row each where several tie.

    Returns:
        `party`, `plays_<party>` for each party (None for itself), `reply`, `own` (its mean utility), and `ahead, low,
        high, n`: its lead over the next best strategy, with its paired interval; NaN if all tie.
    """
    rows = []
    for v, party in enumerate(games.parties):
        for point in np.flatnonzero(games.assigned[:, v] == 0).tolist():
            choices = games.choices(point, v)
            means = games.means[choices, v]
            best = _best(means)
            rest = [s for s in range(len(labels)) if s not in best]
            met = _played(games, labels, point) | {plays(party): None}
            for reply in sorted(best, key=lambda s: labels[s]):
                ahead = Mean(np.nan, np.nan, np.nan, games.draws)
                if rest:
                    second = rest[min(_best(means[rest]), key=lambda at: labels[rest[at]])]
                    ahead = mean_of(games.worth[choices[reply], v] - games.worth[choices[second], v])
                own = {"reply": labels[reply], "own": float(means[reply])}
                rows.append({"party": party} | met | own | {"ahead": ahead.value} | ahead.ends())
    return pd.DataFrame(rows)


def _best(means: Floats) -> list[int]:
    """Return the places of the largest numbers, within the tolerance."""
    return [int(place) for place in np.flatnonzero(means >= means.max() - TOLERANCE)]


def _shares(games: Games, figure: str) -> Bools:
    return games.signed if figure == "agreement" else games.in_force


def _against_field(
    labels: Names, by_draw: Sequence[Floats], estimate: Callable[[Floats], Mean], **key: str
) -> Iterator[dict[str, Any]]:
    """Return the numbers of each strategy, and of its difference from the mean of all in the same draw."""
    field = mean_over(by_draw, len(by_draw[0]))
    for label, values in zip(labels, by_draw, strict=True):
        difference = mean_of(values - field)
        yield {"label": label} | key | estimate(values)._asdict() | {
            "difference": difference.value, "difference_low": difference.low, "difference_high": difference.high
        }  # fmt: skip
