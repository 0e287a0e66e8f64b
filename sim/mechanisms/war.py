"""The war during the talks: front, wear, strikes and costs, and their effects on reservation values.

The front is counted in one direction, which the file names; who gains by it follows from the signs of
`no_deal_per_1000_km2` alone. So exchanging two parties leaves every path of the front unchanged and mirrors all that
follows from it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import Field

from sim.core.exact import Floats
from sim.core.fields import SHOWN, Block, Date, Free, Label, Name, Names, Open, PartyName
from sim.core.mechanism import KEY, Bound, Drawing, Mechanism, Place, mechanism_of
from sim.core.numbers import Amount, ChanceNumber, Change, Number
from sim.core.packages import Ints
from sim.core.wording import meant, quoted
from sim.mechanisms import MECHANISMS
from sim.mechanisms.drawn_numbers import standard_normal
from sim.mechanisms.events import Events
from sim.mechanisms.strikes import OutagesSpec, Span, Strikes, StrikeSpec, sides_of

MOST_STRIKES = 50
HELD_BY = "_held_by_"


class FrontSpec(Open):
    """The line between the armies, counted in one direction."""

    pattern = rf"^[A-Za-z0-9_][A-Za-z0-9_-]*{HELD_BY}[A-Za-z0-9_][A-Za-z0-9_-]*$"
    kind = ChanceNumber
    only_shown = True
    hint = f"PLACE{HELD_BY}PARTY"

    unit: Label = Field("", description="What is counted, and toward whom. Descriptive only.")
    drift_per_month: Number = Field(Number(0), description="Mean gain a month, in that unit; left out: 0.")
    sd_per_month: Amount = Field(
        Number(0), description="Standard deviation of a month's gain about that mean; left out: 0."
    )
    no_deal_per_1000_km2: dict[PartyName, Number] = Field(
        {}, description="Change of a party's no-deal value by 1,000 units of gain; minus for the one that loses."
    )

    @property
    def shown(self) -> dict[str, Number]:
        """Shares of places held, by key of the file; descriptive only."""
        return self.model_extra or {}


class WarSpec(Block):
    """The war during the talks."""

    since: Date | None = Field(
        None, description="When it began: the start of the hindcast. No run is computed from it."
    )
    front: FrontSpec | None = Field(None, description="The line between the armies.")
    no_deal_falls_per_month: dict[PartyName, Change] = Field(
        {}, description="Fall of a party's no-deal value a month."
    )
    cost_unit: Label = Field("", description="The unit of `cost_per_month`, such as billion US dollars.")
    cost_per_month: dict[PartyName, Amount] = Field(
        {}, description="Monthly cost of the war to a party. Reported beside utility, never part of it."
    )
    strikes: Annotated[dict[Name, StrikeSpec], Field(max_length=MOST_STRIKES)] = Field(
        {}, description="Strikes by side, as PARTY_on_PARTY."
    )
    outages: OutagesSpec | None = Field(None, description="Homes without power; left out: none are counted.")
    claimed_losses_per_month: Annotated[dict[PartyName, Number], SHOWN] | None = Field(
        None, description="Claims about killed and wounded. Descriptive only."
    )
    spillover: Free | None = Field(None, description="Effects of the war elsewhere. Descriptive only.")

    @property
    def shown(self) -> dict[str, Any]:
        """The descriptive blocks, by key of the file."""
        shown = {"claimed_losses_per_month": self.claimed_losses_per_month, "spillover": self.spillover}
        return {key: value for key, value in shown.items() if value is not None}


@dataclass(frozen=True, eq=False)
class Clock:
    """Months at which each round is played, shape (R,): the same in all draws."""
    months: Floats


class Pace(NamedTuple):
    """Factors on the rates of the war, round by round, relative to the file."""

    drift: Floats  # on the drift of the front in the time before each round, shape (B, R); so are the next three
    sd: Floats  # on its standard deviation
    wear: Floats  # on the monthly fall of reservation values
    cost: Floats  # on monthly costs
    waves: Floats  # on the mean number of waves in that time, shape (B, R, S)
    at_once: Floats  # on waves that events add at the date of a round, shape (B, R, S)


@dataclass(frozen=True, eq=False)
class Walk(Bound):
    """The components of the front's path."""

    drift: Floats  # mean gain in a round, shape (B,)
    spread: Floats  # its standard deviation, shape (B,)
    noise: Floats  # standard normal, 0 before the first round, shape (B, R)
    shift: Floats  # what events of a round add, shape (B, R)

    def path(self, drift: Floats | None = None, sd: Floats | None = None) -> Floats:
        """Return the gain of the side toward which the front is counted, at the date of each round, shape (B, R).

        A random walk with drift from 0 in round 1. Shifts by an event take effect at the date of its round.

        Args:
            drift, sd: Factors on both in the time before each round, shape (B, R); 1 if not given.
        """
        gain = self.drift[:, None] if drift is None else self.drift[:, None] * drift
        spread = self.spread[:, None] if sd is None else self.spread[:, None] * sd
        gain, noise = np.broadcast_to(gain, self.noise.shape), spread * self.noise
        front = self.shift.copy()
        for k in range(1, front.shape[1]):
            front[:, k] = front[:, k - 1] + gain[:, k] + noise[:, k] + self.shift[:, k]
        return front


@MECHANISMS.register
@dataclass(frozen=True, eq=False)
class War(Mechanism):
    """The war in all rounds of all draws, independent of the talks."""

    key = "war"
    block = WarSpec
    about = "The war during the talks."
    names = MappingProxyType({"strikes": "strike"})

    static: Clock
    front: Floats  # gains of the named side since the talks began, in the file's unit, shape (B, R)
    strikes: Strikes  # waves, hits and homes without power
    front_worth: Floats  # effect of 1,000 units of front on a party's reservation value, shape (B, N)
    wear: Floats  # monthly fall of it, shape (B, N)
    hardship_worth: Floats  # effect of a million household-weeks without power on its side, shape (B, N)
    cost_per_month: Floats  # money, in the file's unit, shape (B, N)
    walk: Walk
    # months of war that do not count, up to a round, below 0 as `Pace` has it: of wear, and of money, shape (B, R)
    spared: Floats
    unpaid: Floats

    @classmethod
    def check(cls, at: Place, names: Names) -> None:
        for key, front in at["front"].items():
            holder = key.rpartition(HELD_BY)[2]
            named = any(key.endswith(f"{HELD_BY}{party}") for party in names.parties)
            if key not in FrontSpec.model_fields and re.fullmatch(FrontSpec.pattern, key) and not named:
                message = f"no party is called {quoted(holder)}{meant(holder, names.parties)}"
                front.fault(message, KEY, "war.front")
        known = [f"{by}_on_{on}" for by in names.parties for on in names.parties if by != on]
        for key, strike in at["strikes"].items():
            if sides_of(key, names.parties) is None:
                message = f"{quoted(key)} does not name two parties as PARTY_on_PARTY{meant(key, known)}"
                strike.fault(message, KEY, "war.strikes")
        if at["cost_per_month"] and not at["cost_unit"]:
            at["cost_per_month"].fault("money needs a unit: give `war.cost_unit`, such as billion US dollars", KEY)
        months, seen = at["outages"]["winter"]["months"], set()
        for month in months.entries():
            if (month.text or "") in seen:
                month.fault(f"{quoted(month.text or '')} stands twice; once would do", path=months.path)
            seen.add(month.text or "")
        if months and not at.root["as_of"]:
            months.fault("winter needs a date to count from; give the scenario `as_of`")

    @classmethod
    def complete(cls, block: WarSpec, scenario: Any) -> None:
        for name, strike in block.strikes.items():
            strike._sides = sides_of(name, list(scenario.parties)) or ("", "")

    @classmethod
    def draw(cls, block: WarSpec, drawing: Drawing) -> "War":
        source, nothing = drawing.source, np.zeros(drawing.source.count)

        def by_party(path: str, given: Mapping[str, Number]) -> Floats:
            parties = drawing.table.parties
            columns = [source.number(f"{path}.{n}", given[n]) if n in given else nothing for n in parties]
            return np.array(columns).T

        of_front = block.front.no_deal_per_1000_km2 if block.front else {}
        of_outages = block.outages.no_deal_per_million_household_weeks if block.outages else {}
        walk = _walk(block.front, drawing)
        return cls(
            static=Clock(drawing.months()),
            front=walk.path(),
            strikes=Strikes.draw(block, drawing),
            front_worth=by_party("war.front.no_deal_per_1000_km2", of_front),
            wear=by_party("war.no_deal_falls_per_month", block.no_deal_falls_per_month),
            hardship_worth=by_party("war.outages.no_deal_per_million_household_weeks", of_outages),
            cost_per_month=by_party("war.cost_per_month", block.cost_per_month),
            walk=walk,
            spared=np.zeros_like(walk.noise),
            unpaid=np.zeros_like(walk.noise),
        )

    def at_pace(self, pace: Pace) -> "War":
        """Return the same war with the same random numbers, fought at another pace."""
        months = np.diff(self.static.months, prepend=0.0)
        return replace(
            self,
            front=self.walk.path(pace.drift, pace.sd),
            strikes=self.strikes.fought(pace.waves, pace.at_once),
            spared=np.cumsum(months * (pace.wear - 1), axis=1),
            unpaid=np.cumsum(months * (pace.cost - 1), axis=1),
        )

    def __repr__(self) -> str:
        return f"War({self.front.shape[1]} rounds, {len(self.front)} draws; {self.strikes!r})"

    def hardship(self) -> Floats:
        """Return million household-weeks without power on each party's side up to a round, shape (R, B, N)."""
        return np.cumsum(self.strikes.household_weeks(), axis=0) / 1e6

    def harm(self, played: Ints, months_after: Floats, spans: Sequence[Span] = ()) -> Floats:
        """Return household-weeks without power on each party's side until the ceasefire, shape (B, N).

        Those up to the last round played are as drawn; the rest is at its mean (`Strikes.weeks_after`).

        Args:
            played: Last round played: of signature, or the last of the talks; from 1, shape (B,).
            months_after: From then to the ceasefire, 0 or more, shape (B,).
            spans: Parts of that time in which it is fought at another pace.
        """
        so_far = np.cumsum(self.strikes.household_weeks(), axis=0)[played - 1, np.arange(len(played))]
        return so_far + self.strikes.weeks_after(played, months_after, spans)

    def money(self, played: Ints, months_after: Floats, spans: Sequence[Span] = ()) -> Floats:
        """Cost of the war to each party from the first round to the ceasefire, shape (B, N); arguments as in `harm`."""
        months = self.static.months[played - 1] + months_after + self.unpaid[np.arange(len(played)), played - 1]
        for span in spans:
            months = months + span.cost * span.months
        return self.cost_per_month * months[:, None]

    def moves_no_deal(self) -> dict[str, Floats]:
        """What the war has added to each party's reservation value by each round, by the key of the rate, (R, B, N)."""
        front, months = self.front.T[:, :, None], (self.static.months + self.spared).T[:, :, None]
        return {
            "war.front.no_deal_per_1000_km2": self.front_worth * front / 1000,
            "war.no_deal_falls_per_month": -self.wear * months,
            "war.outages.no_deal_per_million_household_weeks": self.hardship_worth * self.hardship(),
        }


def moves_no_deal(war: War | None, events: Events | None) -> dict[str, Floats]:
    """Return what was added to each party's reservation value by each round, by the key of its cause, (R, B, N)."""
    moves = war.moves_no_deal() if war else {}
    return moves | {"events": events.no_deal_shifts()} if events else moves


def _walk(spec: FrontSpec | None, drawing: Drawing) -> Walk:
    source, months, events = drawing.source, drawing.months_per_round, mechanism_of(drawing.before, Events)
    nothing, noise = np.zeros(source.count), np.zeros((source.count, drawing.rounds))
    if spec is None:
        return Walk(nothing, nothing, noise, noise)
    for k in range(1, drawing.rounds):
        noise[:, k] = standard_normal(source, f"war.front.{k + 1}")
    return Walk(
        drift=source.number("war.front.drift_per_month", spec.drift_per_month) * months,
        spread=source.number("war.front.sd_per_month", spec.sd_per_month) * np.sqrt(months),
        noise=noise,
        shift=events.front_shift().T if events else np.zeros_like(noise),
    )
