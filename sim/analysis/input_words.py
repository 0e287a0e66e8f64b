"""Paths of uncertain inputs in words, and their values with the digits that their range allows."""

import math
import re
from collections.abc import Callable

from sim.analysis.parameters import Dial, Turn
from sim.analysis.words import clean, either, issue_label, option_label, party_label
from sim.scenario import Scenario

PARTY = {  # what a party's number is, by the rest of its path
    "no_deal": "no-deal worth of {}",
    "discount_per_month": "monthly discount of {}",
    "foresight": "foresight of {}",
    "refusal_cost": "what a text refused at home costs {}",
    "walk_away": "what walking away is worth to {}",
    "influence": "influence of {}",
}
BLOCKS = {  # inputs around the table; `*` is a party, an event or a lever
    "giving_way.per_month": "monthly pace at which red lines give way",
    "giving_way.lever_adds": "what a lever adds to the pace at which red lines give way",
    "mediation.levers.*.lowers_no_deal_by": 'what the lever "{}" takes off no deal',
    "events.*.commits.costs_per_step": 'cost of a step back from the public word "{}"',
    "events.*.at.chance": 'chance of the event "{}"',
    "events.*.chance_per_month": 'monthly chance of the event "{}"',
    "war.front.drift_per_month": "monthly drift of the front",
    "war.front.no_deal_per_1000_km2.*": "what 1,000 km2 of front add to the no-deal worth of {}",
    "war.no_deal_falls_per_month.*": "what a month of war takes off the no-deal worth of {}",
    "war.outages.no_deal_per_million_household_weeks.*":
        "what a million household-weeks without power add to the no-deal worth of {}",
    "war.cost_per_month.*": "what a month of war costs {}",
}  # fmt: skip
UNITS = {"per_month": "a month", "per_year": "a year"}


def input_words(scenario: Scenario, path: str) -> str:
    """What an input is, as in `no-deal worth of Russia`; of a lot, the line that is real or not.

    Paths without words of their own are read out: blocks from the outside in, names of the file by their labels.
    """
    block, *rest = path.split(".")
    if block == "parties" and rest[0] in scenario.parties:
        return _of_party(scenario, rest[0], rest[1:])
    if block == "issues" and rest[1:2] == ["deliverable"]:
        option = option_label(scenario, rest[0], rest[2])
        return f'chance that {issue_label(scenario, rest[0])}: "{option}" is delivered'
    if block == "ratification" and rest[0] == "ratifiers":
        return _of_ratifier(scenario, rest[1], rest[2:])
    for pattern, words in BLOCKS.items():
        found = re.fullmatch(pattern.replace(".", r"\.").replace("*", "([^.]+)"), path)
        if found:
            return words.format(*(_name(scenario, name) for name in found.groups()))
    return f"{_plain(block)}: {', '.join(_name(scenario, part) for part in rest)}"


def _of_party(scenario: Scenario, name: str, rest: list[str]) -> str:
    who = party_label(scenario, name)
    if rest[0] in PARTY:
        return PARTY[rest[0]].format(who)
    if rest[0] == "weights":
        return f"weight of {issue_label(scenario, rest[1])} for {who}"
    if rest[0] == "values":
        return f'points of {who} for {issue_label(scenario, rest[1])}: "{option_label(scenario, rest[1], rest[2])}"'
    if rest[0] == "red_lines":
        line = f'red line "{_plain(rest[1])}" of {who}'
        return f"{line} is real" if rest[2] == "real" else f"{_plain(rest[2])} of the {line}"
    if rest[0] == "linkages":
        return f'what the linkage "{_plain(rest[1])}" adds for {who}'
    if rest[0] == "strategy":
        return f"{_plain(rest[1])} of the strategy of {who}"
    return f"{', '.join(map(_plain, rest))} of {who}"


def _of_ratifier(scenario: Scenario, name: str, rest: list[str]) -> str:
    ratification = scenario.ratification
    known = ratification is not None and name in ratification.ratifiers
    label = clean(ratification.ratifiers[name].label or name) if ratification is not None and known else _plain(name)
    if rest == ["support"]:
        return f"support in {label}"
    if rest == ["months"]:
        return f"months until {label} votes"
    return f"{label}, {', '.join(map(_plain, rest))}"


def _name(scenario: Scenario, part: str) -> str:
    return party_label(scenario, part) if part in scenario.parties else _plain(part)


def _plain(name: str) -> str:
    """A name of the file as words."""
    for unit, words in UNITS.items():
        name = re.sub(f"_{unit}$", f" {words}", name)
    return clean(name.replace("_", " "))


def digits_of_range(low: float, high: float) -> int:
    """Digits after the point of a value between two others: steps of a tenth to a hundredth of the way."""
    width = abs(high - low)
    return 2 if not width > 0 or not math.isfinite(width) else max(0, 1 - math.floor(math.log10(width) + 1e-9))


def rounded(value: float, low: float, high: float, toward: Callable[[float], float] = round) -> float:
    """A value with the digits that the range of its input allows: the nearest, or by `math.floor` or `math.ceil`."""
    width = abs(high - low)
    if not width > 0 or not math.isfinite(width):
        return value
    step = 10.0 ** (math.floor(math.log10(width) + 1e-9) - 1)
    return round(toward(value / step) * step, digits_of_range(low, high))


def value_words(value: float, low: float, high: float) -> str:
    """A value with the digits that the range of its input allows, as text."""
    return f"{rounded(value, low, high):,.{digits_of_range(low, high)}f}"


def dial_words(scenario: Scenario, dial: Dial) -> str:
    """What a number is about."""
    parts = dial.path.split(".")
    if dial.kind == "delivery":
        return f'chance that "{option_label(scenario, parts[1], parts[3])}" can be had'
    who = party_label(scenario, parts[1])
    if dial.kind == "hardness":
        also = [_line_name(path, parts[1]) for path in dial.others]
        shared = f", drawn with {either(also, 'and')}" if also else ""
        return f"hardness of the red line {clean(parts[3])} of {who}{shared}"
    if dial.kind == "weight":
        return f"weight of {issue_label(scenario, parts[3])} for {who}"
    if dial.kind == "points":
        return f'points of "{option_label(scenario, parts[3], parts[4])}" ({clean(parts[3])}) for {who}'
    if dial.kind == "linkage":
        return f"worth of the linkage {clean(parts[3])} to {who}"
    words = {"no_deal": "what no deal is worth to", "foresight": "foresight of"}
    return f"{words.get(dial.kind, 'what a text refused at home costs')} {who}"


def _line_name(path: str, party: str) -> str:
    """A red line by its id, with its party where that is another."""
    _, owner, _, line, _ = path.split(".")
    return clean(line if owner == party else f"{owner}.{line}")


def changed_value_words(dial: Dial, value: float) -> str:
    """A value with as many digits as its kind bears."""
    return f"{value:.2f}" if dial.kind == "points" else f"{value:.4g}"


def turn_words(scenario: Scenario, turn: Turn) -> str:
    """A number turned: from where to where, and whether that lies in its stated range."""
    return f"{dial_words(scenario, turn.dial)}: {way_words(turn)}, {range_words(turn)}"


def way_words(turn: Turn) -> str:
    """From where to where."""
    before, after = (changed_value_words(turn.dial, value) for value in (turn.dial.value, turn.rounded))
    return f"{after} instead of {before}"


def range_words(turn: Turn) -> str:
    """Whether a turn stays in the stated range."""
    stated = turn.dial.stated
    if stated is None:
        return "no range stated"
    low, high = (changed_value_words(turn.dial, end) for end in stated)
    return f"{'within' if turn.within else 'outside'} its stated range {low} to {high}"
