"""Colours, line styles and markers: fixed by a party's place in the file, told apart in grey and by the colour-blind.

Source: Okabe & Ito (2008), Color Universal Design.
"""

from dataclasses import dataclass

from sim.scenario import Scenario

BLACK, GREEN, BLUE, VERMILLION, PURPLE = "#000000", "#009E73", "#0072B2", "#D55E00", "#CC79A7"
ORANGE, SKY = "#B87A00", "#2E8FC7"  # darker than in the source, whose own have 2.3:1 on white; a mark needs 3:1

INK = "#1A1A1A"  # text
SOFT = "#595959"  # secondary text; 7:1 on white
RULE = "#D4D4D4"  # thin lines
PALE = "#F1F1F1"  # what is empty
NEUTRAL = "#7C8FA3"  # bars that belong to no party
NEUTRAL_PALE = "#CBD3DB"

Dash = str | tuple[int, tuple[float, ...]]


@dataclass(frozen=True)
class PartyStyle:
    """How a party is drawn on every chart."""

    colour: str
    dash: Dash
    marker: str


PARTY_STYLES = (
    PartyStyle(BLUE, "-", "o"),
    PartyStyle(VERMILLION, (0, (5, 1.5)), "s"),
    PartyStyle(GREEN, (0, (5, 1.5, 1, 1.5)), "^"),
    PartyStyle(PURPLE, (0, (1.5, 1.2)), "D"),
    PartyStyle(ORANGE, (0, (5, 1, 1, 1, 1, 1)), "v"),
    PartyStyle(SKY, (0, (8, 2)), "P"),
    PartyStyle(BLACK, (0, (3, 3)), "X"),
)


def party_styles(scenario: Scenario) -> dict[str, PartyStyle]:
    """Style by party; it follows the party's place in the file and nothing else."""
    return {name: PARTY_STYLES[place % len(PARTY_STYLES)] for place, name in enumerate(scenario.parties)}
