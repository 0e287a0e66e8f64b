"""The parts of a scenario inside the program: frozen, checked, conditions without `anything_but`."""

from dataclasses import dataclass
from typing import Any, Literal

from sim.core.packages import ALWAYS, NEVER, Condition
from sim.core.packages import Rule as BareRule

Law = Literal["triangular", "uniform", "normal", "beta"]
Status = Literal["sourced", "assumption", "mixed"]

MIDDLE_LAWS = ("uniform", "normal")  # their value is the middle of the range and nothing else
DEFAULT_LAW: Law = "triangular"


@dataclass(frozen=True)
class Number:
    """A number, drawn anew in every run if it has a range.

    Attributes:
        value: The central number.
        low, high: The range (5th and 95th percentile of a `normal`), None if the number is certain.
        law: How it is drawn between them.
        status: Whether the number was read in a source, is an assumption, or a judgement made from a sourced fact.
        source: Keys of `sources`.
        note: A remark for the reader.
    """

    value: float
    low: float | None = None
    high: float | None = None
    law: Law = DEFAULT_LAW
    status: Status | None = None
    source: tuple[str, ...] = ()
    note: str = ""

    @property
    def uncertain(self) -> bool:
        """Whether it differs from draw to draw."""
        return self.low is not None and self.high is not None and self.low < self.high

    def __float__(self) -> float:
        return float(self.value)

    def same_law(self, other: "Number") -> bool:
        """Whether both are drawn alike: value, range and law."""
        return self._drawn == other._drawn

    @property
    def _drawn(self) -> tuple[object, ...]:
        return (self.value, self.low, self.high, self.law) if self.uncertain else (self.value,)

    def __str__(self) -> str:
        spread = f" [{self.low:g}, {self.high:g}]" if self.uncertain else ""
        law = f" {self.law}" if self.uncertain and self.law != DEFAULT_LAW else ""
        return f"{self.value:g}{spread}{law}"


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
