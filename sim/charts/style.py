"""Neutral colours and outcome labels of all charts.

Source: Okabe & Ito (2008), Color Universal Design.
"""

from dataclasses import dataclass

from sim.core.wording import counted
from sim.results import stages
from sim.results.format import LEAST_GROUP, of_hundred
from sim.results.labels import OUTCOMES, SIGNED
from sim.results.results import Results
from sim.results.stages import is_voted_on
from sim.scenario import Scenario

BLACK, GREEN, BLUE, VERMILLION, PURPLE = "#000000", "#009E73", "#0072B2", "#D55E00", "#CC79A7"
ORANGE, SKY = "#B87A00", "#2E8FC7"  # darker than in the source, whose own have 2.3:1 on white; a mark needs 3:1

INK = "#1A1A1A"  # text
SOFT = "#595959"  # secondary text; 7:1 on white
RULE = "#D4D4D4"  # thin lines
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
    """Return the style by party, which depends on its position in the file only."""
    return {name: PARTY_STYLES[place % len(PARTY_STYLES)] for place, name in enumerate(scenario.parties)}


OUTCOME_WORDS = {name: labels.title for name, labels in OUTCOMES.items()}


def ink_on(shade: tuple[float, float, float, float], ink: str = INK) -> str:
    """The colour of text on a shade: white where that is dark."""
    return "white" if 0.299 * shade[0] + 0.587 * shade[1] + 0.114 * shade[2] < 0.55 else ink


def in_force_or_signed(results: Results) -> str:
    """Name the agreements that count: without ratification, signed ones."""
    return "in force" if is_voted_on(results) else "signed"


def outcome_label(results: Results, outcome: str) -> str:
    """Return the label of an outcome; without ratification, `in force` is `signed`."""
    if outcome == "in_force" and getattr(results.scenario, "ratification", None) is None:
        return SIGNED.title
    return OUTCOME_WORDS.get(outcome, outcome.replace("_", " "))


def without_agreement(results: Results) -> dict[str, int]:
    """Return the number of unsigned runs, by outcome."""
    counts = stages.without_agreement(results)
    kinds = ["no_zone", "deadline", *(name for name in OUTCOME_WORDS if name not in ("no_zone", "deadline"))]
    found = {name: counts.get(name, 0) for name in kinds}
    return {name: count for name, count in found.items() if count or name in ("no_zone", "deadline")}


def agreement_sentence(results: Results, share: str) -> str:
    """Describe how many runs signed, given the formatted share."""
    if results.n == 1:
        return f"{'An' if results.agreements else 'No'} agreement was signed in the one run."
    if not results.agreements:
        return f"No agreement was signed in any of {results.n:,} runs."
    return f"An agreement was signed in {share} of {results.n:,} runs."


def signed_of(results: Results) -> str:
    """Describe in how many runs an agreement is signed, or in how many nothing is, as the title of a slide."""
    signed, n = results.agreements, results.n
    if n < LEAST_GROUP:
        return f"An agreement is signed in {signed} of {counted(n, 'run')}"
    if not signed:
        return f"Nothing is signed in any of {n:,} runs"
    if 2 * signed <= n:
        return f"In {of_hundred(n - signed, n)} runs nothing is signed"
    return f"In {of_hundred(signed, n)} runs an agreement is signed"


def begun(results: Results) -> str:
    """Name the start of an agreement's duration."""
    return "entry into force" if is_voted_on(results) else "signature"
