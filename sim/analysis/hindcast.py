"""The past that the monthly rates of a scenario imply, from `as_of` back to the start of the war.

What the talks count from their first day on (drift of the front, wear, homes without power, erosion of red lines) is
counted back from that day, all at its mean and without dated events. If that past is implausible, a rate is too high.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pandas as pd

from sim.analysis.figures import NoAnswer
from sim.analysis.rendered import Rendered
from sim.core import exact
from sim.core.exact import TOLERANCE, Floats
from sim.core.numbers import Number
from sim.core.utility import DAYS_PER_MONTH, EVERYBODY
from sim.model.ensemble import Ensemble, draw
from sim.scenario import Scenario

DRAWS = 2_000
LEVELS = (0.05, 0.1, 0.5, 0.9, 0.95)  # quantiles over the draws
CREDIBLE = (0.02, 0.98)  # plausible bounds of support at home
MOST_TIMES = 120  # dates at which the no-deal value is computed
CAUSES = {  # what moves the no-deal value, and the path of its rate
    "front": "war.front.no_deal_per_1000_km2",
    "wear": "war.no_deal_falls_per_month",
    "strikes": "war.outages.no_deal_per_million_household_weeks",
}


@dataclass(frozen=True, eq=False)
class Rates:
    """The monthly rates of some draws; a span is given in days since the war began, its ends of shape (K,)."""

    drawn: Ensemble
    since: date
    days: float  # of the whole past

    def _number(self, path: str, stated: Number) -> Floats:
        return np.asarray(self.drawn.inputs.get(path, np.full(len(self.drawn), stated.value)), np.float64)

    def front(self, begin: Floats, end: Floats) -> Floats:
        """Gain of the side toward which the front is counted, in the file's unit, shape (B, K)."""
        war = self.drawn.scenario.war
        drift = war.front.drift_per_month if war is not None and war.front is not None else Number(0)
        return self._number("war.front.drift_per_month", drift)[:, None] * (end - begin) / DAYS_PER_MONTH

    def households_cut(self, begin: Floats, end: Floats) -> Floats:
        """Households that strikes cut off on each party's side, shape (B, K, N)."""
        war = self.drawn.world.war
        if war is None:
            return np.zeros((len(self.drawn), len(begin), len(self.drawn.structure.parties)))
        return war.strikes.mean_cut(self.since, begin, end)

    def household_weeks(self, begin: Floats, end: Floats) -> Floats:
        """Household-weeks without power on each party's side from these, shape (B, K, N)."""
        cut, war = self.households_cut(begin, end), self.drawn.world.war
        return cut if war is None else cut * war.strikes.lasting[:, None, None]

    def changes(self, begin: Floats, end: Floats) -> Floats:
        """What each of `CAUSES` adds to the no-deal value from begin to end, shape (B, K, causes, N)."""
        war = self.drawn.world.war
        if war is None:
            return np.zeros((len(self.drawn), len(begin), len(CAUSES), len(self.drawn.structure.parties)))
        front = war.front_worth[:, None] * self.front(begin, end)[:, :, None] / 1000
        wear = -war.wear[:, None] * ((end - begin) / DAYS_PER_MONTH)[:, None]
        strikes = war.hardship_worth[:, None] * self.household_weeks(begin, end) / 1e6
        return np.stack([front, wear, strikes], axis=2)

    def no_deal(self, time: Floats) -> Floats:
        """No-deal value at some times, neither clipped nor moved by events, shape (B, K, N)."""
        return self.drawn.reservation_value[:, None] - self.no_deal_change(time, np.full(len(time), self.days))

    def no_deal_change(self, begin: Floats, end: Floats) -> Floats:
        """Change of the no-deal value, shape (B, K, N)."""
        return np.asarray(self.changes(begin, end).sum(axis=2))

    def lines_fallen(self, begin: Floats, end: Floats) -> Floats:
        """Share of the red lines that would have been given up without leverage, shape (B, K)."""
        law, rules = self.drawn.scenario.giving_way, self.drawn.world.giving_way
        own = self.drawn.structure.lines.party != EVERYBODY
        if law is None or rules is None or not own.any():
            return np.zeros((len(self.drawn), len(begin)))
        pace = self._number("giving_way.per_month", law.per_month)[:, None] * (end - begin) / DAYS_PER_MONTH
        may_fall = np.isfinite(rules.endurance[:, own]).mean(axis=1)[:, None]
        return np.asarray(may_fall * (1 - exact.exp(-pace)))

    def support(self, time: Floats) -> Floats:
        """Share in favour with each ratifier at some times, before effects of a package, shape (B, K, J)."""
        votes, block = self.drawn.world.ratification, self.drawn.scenario.ratification
        if votes is None or block is None:
            return np.zeros((len(self.drawn), len(time), 0))
        now = [self._number(f"ratification.ratifiers.{name}.support", block.ratifiers[name].support)
               for name in votes.static.ratifiers]  # fmt: skip
        share = np.clip(np.array(now).reshape(-1, len(self.drawn)).T, 0, 1)[:, None]
        certain = (share <= 0) | (share >= 1)
        odds = np.divide(share, 1 - share, out=np.ones_like(share), where=~certain)
        return np.where(certain, share, exact.logistic(exact.log(odds) - self.support_moved(time).sum(axis=2)))

    def support_moved(self, time: Floats) -> Floats:
        """Log-odds that drift and the war have added to support since some times, shape (B, K, 2, J)."""
        votes = self.drawn.world.ratification
        assert votes is not None
        drift = votes.drift[:, None] * ((self.days - time) / DAYS_PER_MONTH)[:, None]
        fell = -self.no_deal_change(time, np.full(len(time), self.days))[:, :, votes.static.party]
        return np.stack([drift, votes.follows[:, None] * fell], axis=2)

    def figure(self, what: str, begin: float, end: float) -> Floats:
        """A figure that a file may know, in every draw, shape (B,)."""
        kind, _, party = what.partition(".")
        first, last = np.array([begin]), np.array([end])
        if kind == "support":
            assert self.drawn.world.ratification is not None
            return self.support(last)[:, 0, self.drawn.world.ratification.static.ratifiers.index(party)]
        found: Floats = self.no_deal(last) if kind == "no_deal" else getattr(self, kind)(first, last)
        return found[:, 0, self.drawn.structure.parties.index(party)] if party else found[:, 0]


@dataclass(frozen=True, eq=False)
class Hindcast(Rendered):
    """The past that a scenario's rates imply; `low, median, high` are 10, 50 and 90 % of the draws.

    Attributes:
        worth: No-deal value by `party` and `date`.
        causes: What each cause adds to it from `as_of` back to `since`, by `party`, `cause` and `path` of the rate.
        outside: Parties whose median no-deal value at `since` is below 0 or above 1: `party, median, low, high, share`
            of draws outside, and the `path` of the rate with the largest effect, `adds`.
        support: Share in favour at home at `since`, before effects of a package, by `ratifier` whose support moves:
            `now` (the median), `low, median, high`, the `path` of the rate that moves it most, and whether `credible`.
        totals: From `since` to `as_of`: `what`, as in `known`, where it is not 0.
        known: The known facts, beside the draws: `what, begin, end, value, source, low` (5 %), `median, high`
            (95 %), `inside`.
    """

    scenario: Scenario
    seed: int
    n: int
    since: date
    as_of: date
    worth: pd.DataFrame = field(repr=False)
    causes: pd.DataFrame = field(repr=False)
    outside: pd.DataFrame = field(repr=False)
    support: pd.DataFrame = field(repr=False)
    totals: pd.DataFrame = field(repr=False)
    known: pd.DataFrame = field(repr=False)

    @property
    def months(self) -> float:
        return (self.as_of - self.since).days / DAYS_PER_MONTH

    def overview(self) -> tuple[str, pd.DataFrame]:
        then = self.worth[self.worth["date"] == self.since]
        return f"No-deal value on {self.since}, played back: {self.scenario.title}", then


def hindcast(scenario: Scenario, draws: int = DRAWS, seed: int = 1, since: date | None = None) -> Hindcast:
    """Play the monthly rates of a scenario back from `as_of`.

    Args:
        draws: Of the uncertain numbers; the first draws of any run with this seed.
        since: Where the past begins; left out: `war.since`.

    Raises:
        NoAnswer: if the file lacks a date, or nothing lies between.
    """
    begin, as_of = since or (scenario.war.since if scenario.war else None), scenario.as_of
    if begin is None or as_of is None:
        key, what = ("as_of", "the day of the talks") if begin else ("war.since", "the day on which the war began")
        raise NoAnswer(f"there is no past to play back to: {key} is missing; add {what}")
    if begin >= as_of:
        raise NoAnswer(f"there is no past to play back to: war.since, {begin}, is not before as_of, {as_of}")
    days = (as_of - begin).days
    at_once = scenario.model_copy(update={"time": scenario.time.model_copy(update={"rounds": 1})})  # no talks are held
    rates = Rates(draw(at_once, seed, 0, draws), begin, days)
    causes = pd.DataFrame(_causes(rates, scenario))
    return Hindcast(
        scenario, seed, draws, begin, as_of, pd.DataFrame(_worth(rates, scenario)), causes,
        pd.DataFrame(_outside(rates, scenario, causes),
                     columns=["party", "median", "low", "high", "share", "path", "adds"]),
        pd.DataFrame(_support(rates), columns=["ratifier", "now", "low", "median", "high", "path", "credible"]),
        pd.DataFrame(_totals(rates, scenario), columns=["what", "low", "median", "high"]),
        pd.DataFrame(_known(rates, scenario), columns=["what", "begin", "end", "value", "source", "low", "median",
                                                       "high", "inside"]),
    )  # fmt: skip


def _middle(values: Floats) -> dict[str, float]:
    return dict(zip(("low", "median", "high"), np.quantile(values, LEVELS[1:4]).tolist(), strict=True))


def _worth(rates: Rates, scenario: Scenario) -> Iterator[dict[str, object]]:
    steps = min(MOST_TIMES, max(1, round(rates.days / DAYS_PER_MONTH)))
    times = np.linspace(0, rates.days, steps + 1)
    found = rates.no_deal(times)
    for party in scenario.parties:
        of_party = found[:, :, rates.drawn.structure.parties.index(party)]
        for k, time in enumerate(times.tolist()):
            yield {"party": party, "date": rates.since + timedelta(round(time)), **_middle(of_party[:, k])}


def _causes(rates: Rates, scenario: Scenario) -> Iterator[dict[str, object]]:
    added = 0 - rates.changes(np.zeros(1), np.full(1, rates.days))[:, 0]
    for party in scenario.parties:
        n = rates.drawn.structure.parties.index(party)
        for c, (cause, path) in enumerate(CAUSES.items()):
            yield {"party": party, "cause": cause, "path": f"{path}.{party}", **_middle(added[:, c, n])}


def _outside(rates: Rates, scenario: Scenario, causes: pd.DataFrame) -> Iterator[dict[str, object]]:
    for party in scenario.parties:
        worth = rates.figure(f"no_deal.{party}", 0, 0)
        found = _middle(worth)
        if -TOLERANCE <= found["median"] <= 1 + TOLERANCE:
            continue
        sign = 1 if found["median"] > 1 else -1
        driver = max(causes[causes["party"] == party].to_dict("records"), key=lambda row: sign * row["median"])
        share = float(((worth < -TOLERANCE) | (worth > 1 + TOLERANCE)).mean())
        yield {"party": party, **found, "share": share, "path": driver["path"], "adds": driver["median"]}


def _support(rates: Rates) -> Iterator[dict[str, object]]:
    votes, begin = rates.drawn.world.ratification, np.zeros(1)
    if votes is None:
        return
    moved, now, then = (each[:, 0] for each in (
        rates.support_moved(begin), rates.support(np.full(1, float(rates.days))), rates.support(begin)))  # fmt: skip
    for j, name in enumerate(votes.static.ratifiers):
        if not moved[:, :, j].any():
            continue
        rate = ("support_drift_per_month", "follows_no_deal")[np.abs(np.median(moved[:, :, j], axis=0)).argmax()]
        today, past = float(np.median(now[:, j])), _middle(then[:, j])
        outside = CREDIBLE[0] <= today <= CREDIBLE[1] and not CREDIBLE[0] <= past["median"] <= CREDIBLE[1]
        yield {"ratifier": name, "now": today, **past, "path": f"ratification.ratifiers.{name}.{rate}",
               "credible": not outside}  # fmt: skip


def _totals(rates: Rates, scenario: Scenario) -> Iterator[dict[str, object]]:
    by_party = [f"{kind}.{party}" for kind in ("households_cut", "household_weeks") for party in scenario.parties]
    for what in [*by_party, "front", "lines_fallen"]:
        values = rates.figure(what, 0, rates.days)
        if values.any():
            yield {"what": what, **_middle(values)}


def _known(rates: Rates, scenario: Scenario) -> Iterator[dict[str, object]]:
    for entry in scenario.known:
        spans = [min(max((day - rates.since).days, 0), rates.days) for day in (entry.from_ or rates.since, entry.month)]
        low, _, median, _, high = np.quantile(rates.figure(entry.what, *spans), LEVELS).tolist()
        days = dict(zip(("begin", "end"), (rates.since + timedelta(span) for span in spans), strict=True))
        inside = bool(low - TOLERANCE <= entry.value <= high + TOLERANCE)
        yield {"what": entry.what, **days, "value": entry.value, "source": ", ".join(entry.source),
               "low": low, "median": median, "high": high, "inside": inside}  # fmt: skip
