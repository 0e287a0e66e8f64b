"""The war goes on while they talk: the front, wear and tear, strikes and money, and what they make of no deal.

The front is counted in one direction, which the file names; who gains by it is said by the signs of
`no_deal_per_1000_km2` and by nothing else. So exchanging two parties leaves every path of the front as it is and
mirrors all that follows from it.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.core import exact
from sim.core.exact import Floats
from sim.core.packages import Ints
from sim.mechanisms.bound import Rows, Source, Table, rows_of
from sim.mechanisms.events import DAYS_PER_MONTH, Events
from sim.mechanisms.strikes import Strikes

SMALLEST = 2.0**-54  # in place of a uniform that is 0, whose normal quantile is infinite


@dataclass(frozen=True, eq=False)
class Clock:
    """What is the same in all draws.

    Attributes:
        months: At which each round is played, shape (R,).
    """

    months: Floats


@dataclass(frozen=True, eq=False)
class War:
    """The war in all rounds of all draws, whatever the parties say.

    Attributes:
        static: The clock.
        front: What the named side has gained since the talks began, in the file's unit, shape (B, R).
        strikes: Waves, hits and homes without power.
        front_worth: What 1,000 units of front add to a party's no-deal worth, shape (B, N).
        wear: What a month takes from it, shape (B, N).
        hardship_worth: What a million household-weeks without power on its side add to it, shape (B, N).
        cost_per_month: Money, in the file's unit, shape (B, N).
    """

    static: Clock
    front: Floats
    strikes: Strikes
    front_worth: Floats
    wear: Floats
    hardship_worth: Floats
    cost_per_month: Floats

    @classmethod
    def bind(
        cls,
        spec: Any,
        source: Source,
        table: Table,
        rounds: int,
        days_per_round: float,
        as_of: datetime.date | None,
        events: Events | None = None,
    ) -> "War | None":
        """Draw the war of all rounds; None where the file has none.

        Args:
            spec: The war as the file describes it.
            source: Where numbers and uniforms come from.
            table: Names the parties.
            rounds, days_per_round: The clock.
            as_of: First day of the talks; winter is told from it.
            events: What shifts the front and adds waves.
        """
        if spec is None:
            return None

        def by_party(path: str, numbers: Mapping[str, Any] | None) -> Floats:
            given, nothing = numbers or {}, np.zeros(source.count)
            columns = [source.number(f"{path}.{n}", given[n]) if n in given else nothing for n in table.parties]
            return np.array(columns).T

        of_front = spec.front.no_deal_per_1000_km2 if spec.front else None
        of_outages = spec.outages.no_deal_per_million_household_weeks if spec.outages else None
        return cls(
            static=Clock(np.arange(rounds, dtype=np.float64) * (days_per_round / DAYS_PER_MONTH)),
            front=_front(spec.front, source, rounds, days_per_round, events),
            strikes=Strikes.bind(spec, source, table, rounds, days_per_round, as_of, events),
            front_worth=by_party("war.front.no_deal_per_1000_km2", of_front),
            wear=by_party("war.no_deal_falls_per_month", spec.no_deal_falls_per_month),
            hardship_worth=by_party("war.outages.no_deal_per_million_household_weeks", of_outages),
            cost_per_month=by_party("war.cost_per_month", spec.cost_per_month),
        )

    def __repr__(self) -> str:
        return f"War({self.front.shape[1]} rounds, {len(self.front)} draws; {self.strikes!r})"

    def rows(self, rows: Rows) -> "War":
        """Some of the draws."""
        return rows_of(self, rows)

    def hardship(self) -> Floats:
        """Million household-weeks without power on each party's side up to a round, shape (R, B, N)."""
        return np.cumsum(self.strikes.household_weeks(), axis=0) / 1e6

    def harm(self, played: Ints, months_after: Floats) -> Floats:
        """Household-weeks without power on each party's side until the ceasefire, shape (B, N).

        Those up to the last round played are as drawn; the rest is at its mean (`Strikes.weeks_after`).

        Args:
            played: Last round played: of signature, or the last of the talks; from 1, shape (B,).
            months_after: From then to the ceasefire, 0 or more, shape (B,).
        """
        so_far = np.cumsum(self.strikes.household_weeks(), axis=0)[played - 1, np.arange(len(played))]
        return so_far + self.strikes.weeks_after(played, months_after)

    def money(self, played: Ints, months_after: Floats) -> Floats:
        """What the war costs each party from the first round to the ceasefire, shape (B, N); arguments as in `harm`."""
        return self.cost_per_month * (self.static.months[played - 1] + months_after)[:, None]

    def path(self, no_deal: Floats) -> Floats:
        """No-deal worth as the war moves it, neither cut to [0, 1] nor touched by events, shape (R, B, N)."""
        front, months = self.front.T[:, :, None], self.static.months[:, None, None]
        worth = no_deal + self.front_worth * front / 1000 - self.wear * months
        return worth + self.hardship_worth * self.hardship()


def no_deal_path(no_deal: Floats, rounds: int, war: War | None, events: Events | None) -> Floats:
    """What no agreement is worth in each round, before levers.

    Args:
        no_deal: Worth in round 1 before anything moves, shape (B, N).
        rounds: Number of rounds, R.
        war, events: What moves it; None for neither.

    Returns:
        Worth in [0, 1], shape (R, B, N). A lever on a party takes its share of this.
    """
    worth = war.path(no_deal) if war else np.broadcast_to(no_deal, (rounds, *no_deal.shape))
    if events:
        worth = worth + events.no_deal_shifts()
    return np.minimum(np.maximum(worth, 0.0), 1.0)


def _front(spec: Any, source: Source, rounds: int, days_per_round: float, events: Events | None) -> Floats:
    """Gain of the side toward which the front is counted, at the date of each round, shape (B, R).

    A random walk with drift that begins at 0 in round 1. What an event shifts is gained at the date of its round.
    """
    front = np.zeros((source.count, rounds))
    shift = events.front_shift().T if events else np.zeros_like(front)
    if spec is None:
        return front
    months = days_per_round / DAYS_PER_MONTH
    drift = source.number("war.front.drift_per_month", spec.drift_per_month) * months
    spread = source.number("war.front.sd_per_month", spec.sd_per_month) * np.sqrt(months)
    front[:, 0] = shift[:, 0]
    for k in range(1, rounds):
        z = exact.normal_quantile(np.maximum(source.uniform(f"war.front.{k + 1}"), SMALLEST))
        front[:, k] = front[:, k - 1] + drift + spread * z + shift[:, k]
    return front
