"""The block `ratification`: who must still say yes after the signature, when, and with what chance."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import Field, WrapValidator, model_validator

from sim.core.packages import ALWAYS, NEVER, Condition
from sim.scenario.block_shapes import (
    Amount,
    AmountOrTable,
    Chance,
    Options,
    Threshold,
    Told,
    condition_of,
    number_of,
    number_or_table,
    numbers_of_each,
    said_at,
)
from sim.scenario.parts import Number
from sim.scenario.shapes import ConditionModel, Label, Name, Names, NumberModel, Strict, always_or_never

MOST_RATIFIERS, MOST_VOTES, MOST_MILESTONES = 50, 20, 50

When = Annotated[Literal["always", "never"] | ConditionModel, WrapValidator(always_or_never)]


class AfterRefusalModel(Strict):
    """What follows when a signed text is refused at home."""

    name: Literal["end", "resume"] = Field(
        description="end: it is over; resume: they talk again, the same text cannot be asked for again."
    )
    months_lost: Annotated[float, Field(ge=0, le=1200)] | None = Field(
        None, description="With resume: months until they talk again; left out: 0."
    )
    at_most: Annotated[int, Field(ge=0, le=1000)] | None = Field(
        None, description="With resume: how often; left out: 1."
    )


class MilestoneModel(Strict):
    """Something that votes may have to wait for."""

    by: Name | None = Field(None, description="The issue whose option says when; `months` then has each option.")
    months: AmountOrTable = Field(description="Months after signature, or after the milestone named in `after`.")
    after: Name | None = Field(None, description="The milestone it follows; left out: the signature.")


class VoteModel(Strict):
    """A vote, and how much it takes."""

    id: Name = Field(description="Name of the vote.")
    when: When = Field("always", description="Which packages need it: always, never or a condition.")
    at_least: Threshold | None = Field(None, description="It passes at this share in favour or above, as 226/450.")
    more_than: Threshold | None = Field(None, description="It passes above this share in favour, as 1/2.")
    needs: Names | None = Field(None, description="Milestones that must come first.")

    @model_validator(mode="after")
    def _takes_one_share(self) -> Self:
        if self.at_least is not None and self.more_than is not None:
            raise said_at("more_than", "a vote has one threshold; keep `at_least` or this")
        if self.at_least is None and self.more_than is None:
            raise said_at("id", "it is not said what this vote takes; `at_least: 226/450` or `more_than: 1/2` would do")
        if self.more_than == 1:
            raise said_at("more_than", "nothing passes with more than all; `at_least: 1/1` would do")
        return self


class RatifierModel(Told):
    """A body that votes on what was signed."""

    label: Label | None = Field(None, description="What it is called.")
    party: Name = Field(description="The party whose text it is asked about.")
    order: Annotated[int, Field(ge=1, le=1000)] = Field(
        description="When its turn comes: 1 first; the same number votes side by side."
    )
    when: When = Field("always", description="Which packages it votes on: always, never or a condition.")
    votes: Annotated[list[VoteModel], Field(min_length=1, max_length=MOST_VOTES)] = Field(
        description="Its votes; all share its surprise, and all must pass."
    )
    barred_when: ConditionModel | None = Field(
        None, description="Packages on which it cannot vote at all: refused at once."
    )
    support: Chance = Field(description="Share in favour that is expected before the shifts.")
    error: Chance = Field(description="Standard error on that share.")
    months: Amount = Field(description="Months from its turn, and the milestones it waits for, to the vote.")
    shifts: dict[Name, dict[Name, NumberModel]] | None = Field(
        None, description="What an option adds to the log-odds of support, by issue; 0.4 is about 10 points near half."
    )


class RatificationModel(Strict):
    """Who must still say yes after the signature."""

    after_refusal: AfterRefusalModel | None = Field(None, description="What follows a refusal; left out: it is over.")
    shared_error: Chance | None = Field(
        None, description="How far surprises in different votes go together, from 0 to 1; left out: 0."
    )
    milestones: Annotated[dict[Name, MilestoneModel], Field(max_length=MOST_MILESTONES)] | None = Field(
        None,
        description="What votes may wait for. When the fighting stops is called ceasefire; without it: at signature.",
    )
    ratifiers: Annotated[dict[Name, RatifierModel], Field(max_length=MOST_RATIFIERS)] = Field(
        description="The bodies that vote; none, as {}, if no vote is needed."
    )


@dataclass(frozen=True)
class AfterRefusal:
    """What follows a refusal: `end`, or `resume` after some months, at most so often."""

    name: str
    months_lost: float
    at_most: int


@dataclass(frozen=True)
class Milestone:
    """Months after signature or after another milestone: one number, or one by option of the issue `by`."""

    by: str | None
    months: Number | dict[str, Number]
    after: str | None


@dataclass(frozen=True)
class VoteSpec:
    """A vote: which packages need it, the share it takes (above it if `strict`), and what must come first."""

    id: str
    when: Condition
    threshold: Fraction
    strict: bool
    needs: tuple[str, ...]


@dataclass(frozen=True)
class RatifierSpec:
    """A body that votes; shifts are in log-odds, by issue and option."""

    label: str
    party: str
    order: int
    when: Condition
    votes: tuple[VoteSpec, ...]
    barred_when: Condition
    support: Number
    error: Number
    months: Number
    shifts: dict[str, dict[str, Number]]


@dataclass(frozen=True)
class RatificationSpec:
    """Who must still say yes, and what follows a no."""

    after_refusal: AfterRefusal
    shared_error: Number
    milestones: dict[str, Milestone]
    ratifiers: dict[str, RatifierSpec]


def ratification(model: RatificationModel | None, options: Options) -> RatificationSpec | None:
    """The block inside the program."""
    if model is None:
        return None
    return RatificationSpec(
        after_refusal=_after_refusal(model.after_refusal),
        shared_error=number_of(model.shared_error, 0.0),
        milestones={
            name: Milestone(each.by, number_or_table(each.months), each.after)
            for name, each in (model.milestones or {}).items()
        },
        ratifiers={name: _ratifier(name, each, options) for name, each in model.ratifiers.items()},
    )


def _after_refusal(model: AfterRefusalModel | None) -> AfterRefusal:
    if model is None or model.name == "end":
        return AfterRefusal("end", 0.0, 0)
    return AfterRefusal("resume", float(model.months_lost or 0), 1 if model.at_most is None else model.at_most)


def _ratifier(name: str, model: RatifierModel, options: Options) -> RatifierSpec:
    return RatifierSpec(
        label=model.label or name,
        party=model.party,
        order=model.order,
        when=condition_of(model.when, options, ALWAYS),
        votes=tuple(_vote(vote, options) for vote in model.votes),
        barred_when=condition_of(model.barred_when, options, NEVER),
        support=model.support.number(),
        error=model.error.number(),
        months=model.months.number(),
        shifts=numbers_of_each(model.shifts),
    )


def _vote(model: VoteModel, options: Options) -> VoteSpec:
    threshold = model.at_least if model.at_least is not None else model.more_than
    assert threshold is not None
    return VoteSpec(
        model.id, condition_of(model.when, options, ALWAYS), threshold, model.at_least is None, tuple(model.needs or ())
    )
