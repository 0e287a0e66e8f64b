"""The block `war`: the front, wear and tear, strikes, outages and money while they talk."""

from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any

from pydantic import Field

from sim.scenario.block_shapes import (
    AboveNothing,
    Amount,
    Chance,
    Change,
    Open,
    Shown,
    Told,
    number_of,
    number_or_none,
    numbers_of,
)
from sim.scenario.parts import Number
from sim.scenario.shapes import Date, Label, Name, NumberModel, Strict

MOST_STRIKES = 50


class FrontModel(Open):
    """The line between the armies, counted in one direction."""

    pattern = r"^[A-Za-z0-9_][A-Za-z0-9_-]*_held_by_[A-Za-z0-9_][A-Za-z0-9_-]*$"
    kind = Chance
    hint = "PLACE_held_by_PARTY"

    unit: Label | None = Field(None, description="What is counted, and toward whom. Shown, never computed from.")
    drift_per_month: NumberModel | None = Field(None, description="Mean gain a month, in that unit; left out: 0.")
    sd_per_month: Amount | None = Field(
        None, description="Standard deviation of a month's gain about that mean; left out: 0."
    )
    no_deal_per_1000_km2: dict[Name, NumberModel] | None = Field(
        None, description="What 1,000 units of gain add to the no-deal worth of a party; minus for the one that loses."
    )


class StrikeModel(Told):
    """Strikes of one side on another: launches x (1 - share intercepted) = hits, and hits cut households off."""

    waves_per_month: Amount = Field(description="Mean number of waves a month; they come by chance.")
    drones_per_wave: Amount | None = Field(None, description="Drones launched in a wave; left out: none.")
    missiles_per_wave: Amount | None = Field(None, description="Missiles launched in a wave; left out: none.")
    drones_intercepted: Chance | None = Field(None, description="Share of the drones stopped; left out: 0.")
    missiles_intercepted: Chance | None = Field(None, description="Share of the missiles stopped; left out: 0.")
    households_per_hit: Amount | None = Field(None, description="Households that a hit cuts off; left out: none.")


class WinterModel(Strict):
    """When a hit cuts off more homes."""

    months: Annotated[list[Annotated[int, Field(ge=1, le=12)]], Field(min_length=1, max_length=12)] = Field(
        description="Months of the calendar; 1 is January."
    )
    factor: Amount = Field(description="How many times as many households a hit then cuts off.")


class OutagesModel(Told):
    """Homes without power, until they are repaired."""

    repair_half_life_days: AboveNothing = Field(description="Days in which half of the homes without power are back.")
    winter: WinterModel | None = Field(None, description="When a hit cuts off more homes.")
    no_deal_per_million_household_weeks: dict[Name, NumberModel] | None = Field(
        None, description="What a million household-weeks without power on its side add to a party's no-deal worth."
    )
    regions: Shown | None = Field(None, description="Where homes are cut off. Shown, never computed from.")


class WarModel(Strict):
    """The war goes on while they talk."""

    since: Date | None = Field(None, description="When it began. Shown, never computed from.")
    front: FrontModel | None = Field(None, description="The line between the armies.")
    no_deal_falls_per_month: dict[Name, Change] | None = Field(
        None, description="What another month of war takes from a party's no-deal worth."
    )
    cost_per_month: dict[Name, Amount] | None = Field(
        None, description="Money that a month of war costs a party. Reported beside worth, never part of it."
    )
    strikes: Annotated[dict[Name, StrikeModel], Field(max_length=MOST_STRIKES)] | None = Field(
        None, description="Strikes by side, as PARTY_on_PARTY."
    )
    outages: OutagesModel | None = Field(None, description="Homes without power; left out: none are counted.")
    claimed_losses_per_month: dict[Name, NumberModel] | None = Field(
        None, description="What is claimed of killed and wounded. Shown, never computed from."
    )
    spillover: Shown | None = Field(None, description="What the war does elsewhere. Shown, never computed from.")


@dataclass(frozen=True)
class Front:
    """The front: gain a month in its unit, and what 1,000 of it add to no-deal worth; `shown` is only shown."""

    unit: str
    drift_per_month: Number
    sd_per_month: Number
    no_deal_per_1000_km2: dict[str, Number]
    shown: dict[str, Number] = field(default_factory=dict)


@dataclass(frozen=True)
class Strike:
    """Strikes of one party on another; a number left out is None and counts as 0."""

    by: str
    on: str
    waves_per_month: Number
    drones_per_wave: Number | None
    missiles_per_wave: Number | None
    drones_intercepted: Number | None
    missiles_intercepted: Number | None
    households_per_hit: Number | None


@dataclass(frozen=True)
class Outages:
    """Homes without power: half are back in so many days; `regions` is only shown."""

    repair_half_life_days: Number
    winter_months: tuple[int, ...]
    winter_factor: Number | None
    no_deal_per_million_household_weeks: dict[str, Number]
    regions: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class WarSpec:
    """The war: what moves no-deal worth, harm and money; `shown` holds what is only shown, by key of the file."""

    since: date | None
    front: Front | None
    no_deal_falls_per_month: dict[str, Number]
    cost_per_month: dict[str, Number]
    strikes: dict[str, Strike]
    outages: Outages | None
    shown: dict[str, Any] = field(default_factory=dict)


def sides_of(strike: str, parties: list[str]) -> tuple[str, str] | None:
    """Who strikes whom, by a name `<by>_on_<on>`; None unless it names two parties in exactly one way."""
    found = [(by, on) for by in parties for on in parties if by != on and strike == f"{by}_on_{on}"]
    return found[0] if len(found) == 1 else None


def war(model: WarModel | None, parties: list[str]) -> WarSpec | None:
    """The block inside the program."""
    if model is None:
        return None
    shown: dict[str, Any] = {}
    if model.claimed_losses_per_month is not None:
        shown["claimed_losses_per_month"] = numbers_of(model.claimed_losses_per_month)
    if model.spillover is not None:
        shown["spillover"] = model.spillover
    return WarSpec(
        since=model.since,
        front=_front(model.front),
        no_deal_falls_per_month=numbers_of(model.no_deal_falls_per_month),
        cost_per_month=numbers_of(model.cost_per_month),
        strikes={name: _strike(name, strike, parties) for name, strike in (model.strikes or {}).items()},
        outages=_outages(model.outages),
        shown=shown,
    )


def _front(model: FrontModel | None) -> Front | None:
    if model is None:
        return None
    return Front(
        unit=model.unit or "",
        drift_per_month=number_of(model.drift_per_month, 0.0),
        sd_per_month=number_of(model.sd_per_month, 0.0),
        no_deal_per_1000_km2=numbers_of(model.no_deal_per_1000_km2),
        shown={key: Chance.model_validate(value).number() for key, value in (model.model_extra or {}).items()},
    )


def _strike(name: str, model: StrikeModel, parties: list[str]) -> Strike:
    sides = sides_of(name, parties)
    assert sides is not None, "the checks let no other name through"
    return Strike(
        *sides,
        waves_per_month=model.waves_per_month.number(),
        drones_per_wave=number_or_none(model.drones_per_wave),
        missiles_per_wave=number_or_none(model.missiles_per_wave),
        drones_intercepted=number_or_none(model.drones_intercepted),
        missiles_intercepted=number_or_none(model.missiles_intercepted),
        households_per_hit=number_or_none(model.households_per_hit),
    )


def _outages(model: OutagesModel | None) -> Outages | None:
    if model is None:
        return None
    return Outages(
        repair_half_life_days=model.repair_half_life_days.number(),
        winter_months=tuple(model.winter.months) if model.winter else (),
        winter_factor=model.winter.factor.number() if model.winter else None,
        no_deal_per_million_household_weeks=numbers_of(model.no_deal_per_million_household_weeks),
        regions=dict(model.regions or {}),
    )
