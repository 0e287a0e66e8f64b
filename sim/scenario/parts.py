"""The parts of a scenario inside the program: frozen, checked, conditions without `anything_but`."""

from dataclasses import dataclass
from typing import Any

from sim.issues import ALWAYS, NEVER, Condition
from sim.issues import Rule as BareRule
from sim.scenario.numbers import Number, Status

ZERO = Number(0.0)


@dataclass(frozen=True)
class Time:
    """How long they talk: rounds, and days from one to the next."""

    rounds: int
    days_per_round: float


@dataclass(frozen=True)
class Deliverable:
    """An option that may turn out impossible to deliver, and what it is then worth."""

    chance: Number
    otherwise: str


@dataclass(frozen=True)
class IssueSpec:
    """A question on the table.

    Attributes:
        label: What charts and tables call it.
        options: Option names with their labels, in file order.
        deliverable: Options that may turn out impossible to deliver.
        scale: Where each option lies from 0 to 100, None for evenly spaced.
        controlled_by: Who changes it: a party alone, or several together.
    """

    label: str
    options: dict[str, str]
    deliverable: dict[str, Deliverable]
    scale: dict[str, float] | None = None
    controlled_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule(BareRule):
    """A consistency rule with its reason."""

    because: str = ""


@dataclass(frozen=True)
class RedLine:
    """Packages a party never signs, unless a condition lifts the line."""

    id: str
    never: Condition
    unless: Condition
    hardness: Number
    drawn_with: str | None = None
    because: str = ""


@dataclass(frozen=True)
class Linkage:
    """Worth that only a combination of options has."""

    id: str
    when: Condition
    adds: Number
    because: str = ""


@dataclass(frozen=True)
class StrategySpec:
    """A strategy by name, with the parameters that the file sets; numbers are `Number`, the rest is as written."""

    name: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class ProtocolSpec:
    """A protocol by name, with the parameters that the file sets."""

    name: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class PartySpec:
    """A side with preferences of its own.

    Attributes:
        values: Points from 0 to 100 by issue and option.
        walk_away: Worth of leaving the talks; None if it never leaves.
        opens_with: Proposals that it puts on the table as its first offers, one after the other.
    """

    label: str
    kind: str | None
    speakers: tuple[str, ...]
    signs: Condition
    weights: dict[str, Number]
    values: dict[str, dict[str, Number]]
    values_within: float | None
    no_deal: Number
    discount_per_month: Number
    influence: Number
    red_lines: tuple[RedLine, ...]
    linkages: tuple[Linkage, ...]
    opens_with: tuple[str, ...]
    strategy: StrategySpec
    foresight: Number = ZERO
    refusal_cost: Number = ZERO
    walk_away: Number | None = None


@dataclass(frozen=True)
class Proposal:
    """A text really on the table; issues it does not name are open."""

    label: str
    from_: str | None
    package: dict[str, str]
    status: Status | None
    source: tuple[str, ...]
    note: str


def condition(clauses: list[dict[str, tuple[frozenset[str], bool]]], options: dict[str, frozenset[str]]) -> Condition:
    """A condition over options that match.

    Args:
        clauses: For each clause, for each issue: the options named, and whether all but these match.
        options: All options of each issue.
    """
    return Condition(
        tuple(
            {issue: options[issue] - named if negated else named for issue, (named, negated) in clause.items()}
            for clause in clauses
        )
    )


def signature(word: str) -> Condition:
    """The condition that `signs: always` or `signs: never` stands for."""
    return ALWAYS if word == "always" else NEVER
