"""`show`: the war that goes on while they talk, and what it makes of no deal."""

import math
from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType

from sim.analysis.layout import heading, number, paragraph, table
from sim.analysis.portrait import Portrait
from sim.analysis.words import clean, either, party_label
from sim.cli.showing_around import STATED, by_party, side_by_side
from sim.scenario import Scenario, WarSpec

LAUNCHES = {
    "waves_per_month": "waves a month",
    "drones_per_wave": "drones a wave",
    "drones_intercepted": "share of them stopped",
    "missiles_per_wave": "missiles a wave",
    "missiles_intercepted": "share of them stopped",
    "households_per_hit": "homes cut off by a hit",
}
HARM = {
    "hits_per_month": "hits a month",
    "household_weeks_per_month": "household-weeks a month",
    "household_weeks_per_month_in_winter": "the same in winter",
}
MOVERS = {
    "from_front": "by the front",
    "from_wear": "by wear",
    "from_outages": "by outages",
    "from_events": "by events",
}


def war(shown: Portrait) -> Iterator[RenderableType]:
    """The front, wear, money and strikes as stated; what they come to at central numbers."""
    spec = shown.scenario.war
    if spec is not None:
        stated = list(_stated(shown.scenario, spec))
        yield from [heading(f"The war goes on while they talk {STATED}"), *stated] if stated else []
        yield from _strikes(shown, spec)
    yield from _path(shown)


def _stated(scenario: Scenario, spec: WarSpec) -> Iterator[RenderableType]:
    front, outages = spec.front, spec.outages
    if front is not None:
        unit = f" ({clean(front.unit)})" if front.unit else ""
        gains = f"Front: {front.drift_per_month} a month, standard deviation {front.sd_per_month}{unit}."
        yield paragraph(gains, 2)
    if outages is not None:
        winter = ""
        if outages.winter_factor is not None:
            months = either(map(str, outages.winter_months), "and")
            winter = f" In winter (months {months}) a hit cuts off {outages.winter_factor} times as many."
        half = outages.repair_half_life_days
        yield paragraph(f"Half of the homes without power are back in {half} days.{winter}", 2)
    columns = {
        "1,000 of front add": front.no_deal_per_1000_km2 if front else {},
        "a month takes": spec.no_deal_falls_per_month,
        "a million household-weeks add": outages.no_deal_per_million_household_weeks if outages else {},
    }
    given = {head: numbers for head, numbers in columns.items() if numbers}
    if given:
        rows = [
            [party.label, *(numbers.get(name) for numbers in given.values())]
            for name, party in scenario.parties.items()
        ]
        yield table(["", *given], rows)
        yield paragraph(f"{', '.join(dict.fromkeys(head.split()[-1] for head in given))}: of no-deal worth.", 2)
    if spec.cost_per_month:
        money = by_party(scenario, spec.cost_per_month)
        yield paragraph(f"Money a month, in the file's unit and no part of worth: {money}.", 2)


def _strikes(shown: Portrait, spec: WarSpec) -> Iterator[RenderableType]:
    if not spec.strikes:
        return
    yield heading(f"Strikes {STATED}, and what they do at central numbers")
    heads = [_sides(shown.scenario, strike) for strike in spec.strikes.values()]
    stated = [(words, [getattr(strike, key) for strike in spec.strikes.values()]) for key, words in LAUNCHES.items()]
    found = shown.around.strikes.set_index("strike").loc[list(spec.strikes)]
    harm = [(words, [whole(value) for value in found[key]]) for key, words in HARM.items()]
    rows = [row for row in [*stated, *harm] if any(cell is not None for cell in row[1])]
    yield from side_by_side(heads, rows)
    if spec.outages is not None:
        yield paragraph("household-weeks: homes without power x weeks, all that a month of waves adds.", 2)


def _sides(scenario: Scenario, strike: Any) -> str:
    return f"{party_label(scenario, strike.by)} on {party_label(scenario, strike.on)}"


def whole(value: float) -> str | None:
    """A count with three digits that matter, such as 2,450,000; None if there is none."""
    if math.isnan(value):
        return None
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if rounded >= 100 else f"{rounded:g}"


def _path(shown: Portrait) -> Iterator[RenderableType]:
    scenario, path = shown.scenario, shown.around.no_deal_path
    rounds = sorted(set(path["round"]))
    last = path[path["round"] == path["round"].max()].set_index("party")
    movers = {column: words for column, words in MOVERS.items() if (last[column] != 0).any()}
    if not movers:
        return
    yield heading("No-deal worth as the months pass, at central numbers and without levers")
    at = path.set_index(["round", "party"])["no_deal"]
    rows = [
        [
            party.label,
            *(number(at[k, name]) for k in rounds),
            *(_moved(last.at[name, column]) for column in movers),
        ]
        for name, party in scenario.parties.items()
    ]
    yield table(["", *(f"round {k}" for k in rounds), *movers.values()], rows)
    yield paragraph(f"by: what has moved it up to round {rounds[-1]}; it stays between 0 and 1.", 2)
    steady = list(_steady(scenario))
    if steady:
        yield paragraph(f"Here {either(steady, 'and')}.", 2)


def _steady(scenario: Scenario) -> Iterator[str]:
    """How what is uncertain runs on the steady path."""
    if scenario.war is not None and scenario.war.front is not None:
        yield "the front moves by its drift"
    if scenario.war is not None and scenario.war.strikes:
        yield "waves come at their mean"
    if any(event.chance is not None or event.chance_per_month is not None for event in scenario.events):
        yield "events that may happen or not are left out"


def _moved(worth: Any) -> str | None:
    return number(float(worth), sign=True) if worth else None
