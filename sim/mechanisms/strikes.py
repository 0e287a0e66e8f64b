"""Strikes of one side on another, and the outages they cause.

Waves follow a Poisson process between two rounds; waves that an event adds come at the date of its round. Each cuts
households off, and of those without power half are back after every half-life.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import Field, PrivateAttr

from sim.core import exact
from sim.core.exact import Floats
from sim.core.fields import Block, Free, Listed, PartyName, Sourced
from sim.core.mechanism import Bound, Drawing, Source, mechanism_of
from sim.core.numbers import AboveNothing, Amount, Chance, Number
from sim.core.packages import Bools, Ints
from sim.core.utility import DAYS_PER_MONTH
from sim.mechanisms.drawn_numbers import not_negative, share, side_by_side, sum_ascending
from sim.mechanisms.events import Events

REACH = 10.0  # standard deviations: a uniform has 53 bits, and a Poisson law less than 2**-53 beyond
SHORTEST_HALF_LIFE = 1 / 24  # days; a normal law extends beyond its range, also below 0


class StrikeSpec(Sourced):
    """Strikes of one side on another: launches x (1 - share intercepted) = hits, and hits cut households off."""

    _sides: tuple[str, str] = PrivateAttr(("", ""))

    waves_per_month: Amount = Field(description="Mean number of waves a month, a Poisson process.")
    drones_per_wave: Amount | None = Field(None, description="Drones launched in a wave; left out: none.")
    missiles_per_wave: Amount | None = Field(None, description="Missiles launched in a wave; left out: none.")
    drones_intercepted: Chance | None = Field(None, description="Share of the drones stopped; left out: 0.")
    missiles_intercepted: Chance | None = Field(None, description="Share of the missiles stopped; left out: 0.")
    households_per_hit: Amount | None = Field(None, description="Households that a hit cuts off; left out: none.")

    @property
    def by(self) -> str:
        return self._sides[0]

    @property
    def on(self) -> str:
        return self._sides[1]


class WinterSpec(Block):
    """The months in which a hit cuts off more homes."""

    months: Annotated[tuple[Annotated[int, Field(ge=1, le=12)], ...], Listed(1, 12)] = Field(
        description="Months of the calendar; 1 is January."
    )
    factor: Amount = Field(description="Factor on the households that a hit then cuts off.")


class OutagesSpec(Sourced):
    """Homes without power, until they are repaired."""

    repair_half_life_days: AboveNothing = Field(description="Half-life in days of homes without power.")
    winter: WinterSpec | None = Field(None, description="The months in which a hit cuts off more homes.")
    no_deal_per_million_household_weeks: dict[PartyName, Number] = Field(
        {}, description="Change of a party's no-deal value by a million household-weeks without power on its side."
    )
    regions: Free = Field({}, description="Where homes are cut off. Descriptive only.")

    @property
    def winter_months(self) -> tuple[int, ...]:
        """Months of the calendar in which a hit cuts off more homes."""
        return self.winter.months if self.winter else ()

    @property
    def winter_factor(self) -> Number | None:
        """Factor on the homes that a hit then cuts off, None without a winter."""
        return self.winter.factor if self.winter else None


def sides_of(strike: str, parties: list[str]) -> tuple[str, str] | None:
    """Return attacker and target of a name `<by>_on_<on>`; None unless it names two parties in exactly one way."""
    found = [(by, on) for by in parties for on in parties if by != on and strike == f"{by}_on_{on}"]
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True, eq=False)
class Campaigns:
    """What is the same in all draws."""

    ids: tuple[str, ...]  # of the strikes, sorted; the strike axis
    on: tuple[int, ...]  # index of the party struck, by strike
    parties: int  # number of parties
    days_per_round: float
    start: datetime.date | None  # first day of the talks, None if the file has no date
    winter: tuple[int, ...]  # months of the calendar in which a hit cuts off more homes; 1 is January


class Span(NamedTuple):
    """A time after the last round played in which the war is fought at another pace; one draw a row.

    Where several overlap, each has the factor with it and all longer ones, less the factor without it.
    """

    months: Floats  # duration, shape (B,)
    waves: Floats  # added to the factor on the waves of each strike, shape (B, S)
    cost: Floats  # added to the factor on monthly costs, shape (B,)


@dataclass(frozen=True, eq=False)
class Strikes(Bound):
    """Strikes between rounds and what they do to households."""

    static: Campaigns
    waves: Floats  # waves since the round before and with the events of the round, shape (B, R, S)
    hits: Floats  # hits in them, shape (B, R, S)
    dark: Floats  # households without power at the date of the round, shape (B, R, S)
    weeks: Floats  # household-weeks without power since the round before, shape (B, R, S)
    rate: Floats  # waves a month without events, shape (B, S)
    cut: Floats  # households that a wave cuts off outside winter, shape (B, S)
    lasting: Floats  # mean weeks without power of a household cut off, half / (7 ln 2), shape (B,)
    winter_factor: Floats  # factor on the homes that a wave cuts off in winter, shape (B,)
    half_life: Floats  # half-life of outages in days, shape (B,)
    through: Floats  # hits of a wave, shape (B, S)
    chance: Floats  # uniforms of the waves between two rounds, 0 before the first, shape (B, R, S)
    extra: Floats  # waves that events add at the date of a round, shape (B, R, S)

    @classmethod
    def draw(cls, spec: Any, drawing: Drawing) -> "Strikes":
        source, rounds, events = drawing.source, drawing.rounds, mechanism_of(drawing.before, Events)
        ids, homes = tuple(sorted(spec.strikes)), spec.outages
        static = Campaigns(
            ids,
            tuple(drawing.table.parties.index(spec.strikes[strike].on) for strike in ids),
            len(drawing.table.parties),
            drawing.days_per_round,
            drawing.as_of,
            tuple(homes.winter_months) if homes else (),
        )
        half_life, winter_factor = _outages(homes, source)
        waves_and_hits = [_wave(spec.strikes[strike], f"war.strikes.{strike}", source) for strike in ids]
        rate, through, households = (side_by_side([wave[i] for wave in waves_and_hits], source.count) for i in range(3))
        chance, extra = (np.zeros((source.count, rounds, len(ids))) for _ in range(2))
        for s, strike in enumerate(ids):
            for k in range(1, rounds):  # no time passes before round 1
                chance[:, k, s] = source.uniform(f"war.strikes.{strike}.{k + 1}")
            if events:
                extra[:, :, s] = events.extra_waves(strike).T
        cut, none = households * through if homes else np.zeros_like(through), np.zeros_like(chance)
        drawn = cls(
            static, none, none, none, none, rate, cut, _lasting(half_life) / 7, winter_factor, half_life, through,
            chance, extra,
        )  # fmt: skip
        return drawn.fought()

    def fought(self, between: Floats | None = None, at_once: Floats | None = None) -> "Strikes":
        """Return the same strikes with more or fewer waves, from the same uniforms.

        Args:
            between: Factor on the mean number of waves since the round before, shape (B, R, S); 1 if not given.
            at_once: Factor on the waves of events, shape (B, R, S); 1 if not given.
        """
        regular, rounds = np.zeros_like(self.chance), self.chance.shape[1]
        mean = self.rate * (self.static.days_per_round / DAYS_PER_MONTH)
        for s in range(len(self.static.ids)):
            if between is None:
                regular[:, 1:, s] = poisson(self.chance[:, 1:, s].T, mean[:, s]).T
            else:
                for k in range(1, rounds):
                    regular[:, k, s] = poisson(self.chance[:, k, s], mean[:, s] * between[:, k, s])
        extra = self.extra if at_once is None else self.extra * at_once
        factor = np.where(winter_rounds(self.static, rounds), self.winter_factor[:, None], 1.0)  # (B, R)
        cut_off = self.cut[:, None] * factor[:, :, None]
        dark, weeks = outages(regular * cut_off, extra * cut_off, self.half_life, self.static.days_per_round)
        waves = regular + extra
        return replace(self, waves=waves, hits=waves * self.through[:, None], dark=dark, weeks=weeks)

    def __repr__(self) -> str:
        return f"Strikes({', '.join(self.static.ids) or 'none'}; {self.waves.shape[1]} rounds, {len(self.waves)} draws)"

    def household_weeks(self) -> Floats:
        """Return household-weeks without power on each party's side since the round before, shape (R, B, N)."""
        return self._by_party(self.weeks.swapaxes(0, 1))

    def mean_weeks(self, months: Floats, share: Floats) -> Floats:
        """Return the mean household-weeks on each party's side caused by so many months of waves from each round on.

        Args:
            months: 0 or more, shape (B, R).
            share: Share of the waves of each strike that counts, also below 0, shape (B, S).

        Returns:
            Household-weeks, shape (B, R, N).
        """
        begin = np.arange(months.shape[1]) * self.static.days_per_round + np.zeros_like(months)
        weighted = self._weighted_months(self.static, begin, months * DAYS_PER_MONTH, self.winter_factor[:, None])
        by_strike = (share * self.rate * self.cut * self.lasting[:, None])[:, None] * weighted[:, :, None]
        return self._by_party(by_strike)

    def weeks_after(self, played: Ints, months: Floats, spans: Sequence[Span] = ()) -> Floats:
        """Return the household-weeks still to come on each party's side if the war outlasts the talks.

        Homes without power at that date, and every further wave until the ceasefire, each with all the weeks it adds,
        also those after the ceasefire. Waves are at their mean, which needs no further draws; there are no more events.

        Args:
            played: Round with which the talks end, from 1, shape (B,).
            months: From then to the ceasefire, 0 or more, shape (B,).
            spans: Parts of that time with more or fewer waves.

        Returns:
            Household-weeks, shape (B, N).

        A ValueError if a number of months is negative or not finite.
        """
        if not (np.isfinite(months) & (months >= 0)).all():
            raise ValueError("months until the ceasefire must be finite and not negative")
        begin: Floats = (played - 1) * np.float64(self.static.days_per_round)
        weighted = self._weighted_months(self.static, begin, months * DAYS_PER_MONTH, self.winter_factor)
        to_come = self.rate * self.cut * weighted[:, None]
        for span in spans:
            weighted = self._weighted_months(self.static, begin, span.months * DAYS_PER_MONTH, self.winter_factor)
            to_come = to_come + span.waves * self.rate * self.cut * weighted[:, None]
        now = self.dark[np.arange(len(played)), played - 1]
        return self._by_party((now + to_come) * self.lasting[:, None])

    def mean_cut(self, start: datetime.date, begin: Floats, end: Floats) -> Floats:
        """Return the mean households cut off on each party's side between two times, without events, shape (B, K, N).

        Times are in days from `start`, 0 or more, shape (K,). Times `lasting` they are household-weeks.
        """
        static = replace(self.static, start=start)
        weighted = self._weighted_months(static, begin, end - begin, self.winter_factor[:, None])
        return self._by_party((self.rate * self.cut)[:, None, :] * weighted[:, :, None])

    @staticmethod
    def _weighted_months(static: Campaigns, begin: Floats, days: Floats, factor: Floats) -> Floats:
        winter_days = _winter_days(static, begin, begin + days)
        weighted: Floats = (days - winter_days) + factor * winter_days
        return weighted / DAYS_PER_MONTH

    def _by_party(self, by_strike: Floats) -> Floats:
        def on_party(n: int) -> Floats:
            parts = [by_strike[..., s] for s, struck in enumerate(self.static.on) if struck == n]
            return sum_ascending(parts, by_strike.shape[:-1])

        return np.stack([on_party(n) for n in range(self.static.parties)], axis=-1)


def outages(spread: Floats, at_once: Floats, half_life: Floats, days_per_round: float) -> tuple[Floats, Floats]:
    """Return households without power at the date of each round, and household-weeks between two rounds.

    Of households without power half are back after every half-life. A household is cut off for half / ln 2 days on
    average, so the household-days of a time are that many times the households cut off in it less those still to come:
    the exact integral.

    Args:
        spread: Households cut off evenly through the time before a round, shape (B, R, S).
        at_once: Households cut off at the date of a round, shape (B, R, S).
        half_life: Days, above 0, shape (B,).
        days_per_round: Days between two rounds, above 0.

    Returns:
        Households at the date of each round and household-weeks since the round before, each (B, R, S); the first
        round has no time before it.
    """
    lasting = _lasting(half_life)[:, None]  # days
    left_of_start = exact.power(0.5, days_per_round / half_life)[:, None]
    left_of_spread = np.minimum((1 - left_of_start) * (lasting / days_per_round), 1.0)
    dark, weeks = np.zeros_like(spread), np.zeros_like(spread)
    dark[:, 0] = at_once[:, 0]
    for k in range(1, spread.shape[1]):
        left = dark[:, k - 1] * left_of_start + spread[:, k] * left_of_spread
        weeks[:, k] = (dark[:, k - 1] + spread[:, k] - left) * lasting / 7
        dark[:, k] = left + at_once[:, k]
    return dark, weeks


def poisson(u: Floats, mean: Floats) -> Floats:
    """Sample Poisson numbers by inversion, from a table made for each mean.

    The table sums probabilities within ten standard deviations, each relative to the lowest number's, by the ratio of
    neighbouring ones, so that it needs no exponential and works for any mean.

    Args:
        u: Uniforms in [0, 1), shape (..., B).
        mean: 0 or more, finite, shape (B,).

    Returns:
        The smallest number whose cumulative probability exceeds u, shape (..., B).

    A ValueError if a mean is negative or not finite.
    """
    if not (np.isfinite(mean) & (mean >= 0)).all():
        raise ValueError("the mean of a Poisson law must be finite and not negative")
    reach = REACH * np.sqrt(mean)
    lowest = np.floor(np.maximum(mean - reach, 0.0))
    # All tables have the length of the longest: entries beyond a table's own reach move no bit of it.
    steps = int((np.ceil(mean + reach + 2 * REACH) - lowest).max(initial=1))
    ratios = mean / (lowest + np.arange(1, steps)[:, None])
    heap = np.cumsum(np.cumprod(np.vstack([np.ones(mean.shape), ratios]), axis=0), axis=0)
    level = u * heap[-1]
    number = np.zeros(u.shape)
    for height in heap:
        number = number + (height <= level)
    return lowest + number


def _wave(strike: Any, path: str, source: Source) -> tuple[Floats, Floats, Floats]:
    def drawn(name: str) -> Floats:
        number = getattr(strike, name)
        return np.zeros(source.count) if number is None else not_negative(source.number(f"{path}.{name}", number))

    drones = drawn("drones_per_wave") * (1 - share(drawn("drones_intercepted")))
    missiles = drawn("missiles_per_wave") * (1 - share(drawn("missiles_intercepted")))
    return drawn("waves_per_month"), drones + missiles, drawn("households_per_hit")


def _outages(spec: OutagesSpec | None, source: Source) -> tuple[Floats, Floats]:
    if spec is None:
        return np.ones(source.count), np.ones(source.count)
    half_life = source.number("war.outages.repair_half_life_days", spec.repair_half_life_days)
    factor = np.ones(source.count)
    if spec.winter_factor is not None:
        factor = not_negative(source.number("war.outages.winter.factor", spec.winter_factor))
    return np.maximum(half_life, SHORTEST_HALF_LIFE), factor


def _lasting(half_life: Floats) -> Floats:
    return half_life * exact.INVERSE_LN2


def _is_winter(static: Campaigns, days: Ints) -> Bools:
    if static.start is None:
        return np.zeros(days.shape, bool)
    months = (np.datetime64(static.start, "D") + days).astype("datetime64[M]").astype(np.int64) % 12 + 1
    return np.isin(months, static.winter)


def winter_rounds(static: Campaigns, rounds: int) -> Bools:
    """Return whether the date of a round is in winter, shape (R,)."""
    return _is_winter(static, np.floor(np.arange(rounds) * static.days_per_round).astype(np.int64))


def _winter_days(static: Campaigns, begin: Floats, end: Floats) -> Floats:
    """Return the days of winter between two times, in days from the first of the talks, shape (B,)."""
    days = np.arange(int(np.ceil(end.max(initial=0))) + 1)
    before = np.concatenate([[0], np.cumsum(_is_winter(static, days))])  # whole days of winter before each day

    def until(time: Floats) -> Floats:
        day = np.floor(time).astype(np.int64)
        days_of_winter: Floats = before[day] + (time - day) * (before[day + 1] - before[day])
        return days_of_winter

    return until(end) - until(begin)
