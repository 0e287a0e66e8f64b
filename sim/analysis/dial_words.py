"""Numbers of a file in words, as a reader of the file would call them."""

from sim.analysis.changes import Turn
from sim.analysis.dials import Dial
from sim.analysis.words import clean, either, issue_label, option_label, party_label
from sim.scenario import Scenario


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


def value_words(dial: Dial, value: float) -> str:
    """A value with as many digits as its kind bears."""
    return f"{value:.2f}" if dial.kind == "points" else f"{value:.4g}"


def turn_words(scenario: Scenario, turn: Turn) -> str:
    """A number turned: from where to where, and whether that lies in its stated range."""
    return f"{dial_words(scenario, turn.dial)}: {way_words(turn)}, {range_words(turn)}"


def way_words(turn: Turn) -> str:
    """From where to where."""
    return f"{value_words(turn.dial, turn.rounded)} instead of {value_words(turn.dial, turn.dial.value)}"


def range_words(turn: Turn) -> str:
    """Whether a turn stays in the stated range."""
    stated = turn.dial.stated
    if stated is None:
        return "no range stated"
    low, high = (value_words(turn.dial, end) for end in stated)
    return f"{'within' if turn.within else 'outside'} its stated range {low} to {high}"
