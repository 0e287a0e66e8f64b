"""The parts of a scenario that every negotiation has: time, issues, parties, protocol and proposals."""

from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import AfterValidator, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from sim.core.conditions import When, WhenOrAlways
from sim.core.fields import (
    MOST_SHORT,
    Block,
    Each,
    Finite,
    Form,
    Ids,
    IssueName,
    Keys,
    Label,
    Listed,
    Many,
    Month,
    Name,
    OneOrMore,
    OptionName,
    PartyName,
    Refers,
    Short,
    SourceDate,
    Status,
    Text,
    Texts,
    fault,
    labelled,
)
from sim.core.numbers import Chance, Discount, Number, Points, Positive, Share
from sim.core.packages import ALWAYS, NEVER
from sim.core.registry import Registry
from sim.core.wording import quoted
from sim.protocols import PROTOCOLS
from sim.scenario.registered import parameters
from sim.strategies import STRATEGIES

MOST_ISSUES = 40  # with two options each, more exceed the limit on packages
MOST_OPTIONS = 250  # an option index is one byte
DEFAULT_PROTOCOL = "alternating_offers"
DEFAULT_STRATEGY = "time_dependent"


class Time(Block):
    """The duration of the talks."""

    rounds: Annotated[int, Field(ge=1, le=10_000)] = Field(description="Number of rounds until the deadline.")
    days_per_round: Annotated[float, Field(gt=0, le=3660)] = Field(description="Days from one round to the next.")


class Deliverable(Block):
    """Who promises an option may be unable to deliver it."""

    chance: Share = Field(description="Probability that the option is delivered.")
    otherwise: OptionName = Field(description="The option of the same issue that counts if it is not delivered.")


class IssueSpec(Block):
    """An issue under negotiation, and its options."""

    label: Label = Field("", description="Label of the issue in charts and tables.")
    short: Short | None = Field(None, description=f"The same in at most {MOST_SHORT} letters, for charts and tables.")
    options: Annotated[dict[Name, Label], Field(min_length=1, max_length=MOST_OPTIONS)] = Field(
        description=f"Options with their labels, in order from one end to the other; at most {MOST_OPTIONS}."
    )
    short_options: dict[OptionName, Short] = Field(
        {}, description=f"Labels of options in at most {MOST_SHORT} letters, for charts and tables."
    )
    deliverable: dict[OptionName, Deliverable] = Field(
        {}, description="Options that may not be delivered."
    )
    scale: Annotated[
        dict[OptionName, Annotated[float, Field(ge=0, le=100)]], Each("no place on the scale for")
    ] | None = Field(
        None,
        description="Position of each option from 0 to 100; left out: evenly spaced. For the weighted mean position.",
    )
    controlled_by: OneOrMore[PartyName] = Field(
        (),
        description="The party that can change it alone; of several, none can. For stability; left out: nobody can.",
    )

    @model_validator(mode="after")
    def _short_labels_differ(self) -> Self:
        texts = list(self.short_options.values())
        for text in texts:
            if texts.count(text) > 1:
                raise fault(f"two options have the short label {quoted(text)}; tell them apart", "short_options")
        return self


class Rule(Block):
    """Packages that cannot exist: where `if` holds, `then` must hold too."""

    id: Name = Field(description="Name of the rule.")
    if_: When = Field(ALWAYS, alias="if", description="When the rule applies; left out: always.")
    then: When = Field(description="What a package must then meet.")
    because: Text = Field("", description="Why such a package cannot exist.")


class RedLine(Block):
    """Packages a party never signs."""

    id: Name = Field(description="Name of the line.")
    never: When = Field(description="What the party does not sign.")
    unless: When = Field(NEVER, description="The condition that lifts the line.")
    hardness: Share = Field(description="Chance that the line is real in a draw; 1: always.")
    drawn_with: Name | None = Field(None, description="Lines of this name share draw and hardness: all real or none.")
    short: Short | None = Field(None, description=f"Label in charts, in at most {MOST_SHORT} letters.")
    because: Text = Field("", description="Why.")


class Linkage(Block):
    """Utility that only a combination of options adds."""

    id: Name = Field(description="Name of the linkage.")
    when: When = Field(description="The combination.")
    adds: Number = Field(description="Utility added, on the party's scale from 0 to 1; may be negative.")
    because: Text = Field("", description="Why.")


class NamedModel(Block):
    """A strategy or protocol by name; its parameters are checked against the registry."""

    model_config = ConfigDict(extra="allow")

    name: str


class StrategySpec(NamedTuple):
    """A strategy by name, with the parameters that the file sets; numbers are `Number`, the rest is as written."""

    name: str
    parameters: dict[str, Any]


class ProtocolSpec(NamedTuple):
    """A protocol by name, with the parameters that the file sets."""

    name: str
    parameters: dict[str, Any]


def _named(spec: type[StrategySpec] | type[ProtocolSpec], registry: Registry[Any]) -> Form:
    def into(model: NamedModel, _: Any) -> StrategySpec | ProtocolSpec:
        return spec(model.name, parameters(model.name, model.model_extra or {}, registry))

    return Form(NamedModel, into)


class PartySpec(Block):
    """A party with its own preferences."""

    label: Label = Field("", description="Label of the party in charts and tables.")
    kind: Literal["belligerent", "mediator", "supporter"] | None = Field(
        None, description="Belligerent, mediator or supporter."
    )
    speakers: Many[Label] = Field((), description="Who speaks for it. Descriptive only.")
    signs: WhenOrAlways = Field(ALWAYS, description="always, never, or a condition: which packages need its signature.")
    weights: Annotated[dict[IssueName, Share], Each("no weight for")] = Field(
        description="Importance of each issue; the weights sum to 1."
    )
    values: Annotated[
        dict[IssueName, Annotated[dict[OptionName, Points], Each("no points for")]], Each("no points for")
    ] = Field(description="Points of each option, 0 to 100; 100 is the party's best on that issue.")
    values_within: Annotated[float, Field(ge=0, le=100)] | None = Field(
        None, description="Draws every option within so many points, preserving the order in an issue."
    )
    no_deal: Share = Field(description="Value of no agreement, on the party's own scale from 0 to 1.")
    discount_per_month: Discount = Field(Number(1), description="Discount factor a month; left out: 1.")
    foresight: Chance = Field(
        Number(0),
        description="Chance that in a run it looks past the signature, to votes at home and to how long a deal holds; "
        "left out: 0.",
    )
    refusal_cost: Chance = Field(
        Number(0), description="Worth that a text costs it which is signed and then refused at home; left out: 0."
    )
    walk_away: Share | None = Field(
        None,
        description="Worth of leaving the talks, from 0 to 1: it leaves once it can expect less at the table; "
        "left out: it never leaves.",
    )
    influence: Positive = Field(
        Number(1), description="Weight in mean position, Nash product by influence and opposition; left out: 1."
    )
    red_lines: Annotated[tuple[RedLine, ...], Listed(None, 200), Ids("red line")] = Field(
        (), description="What the party does not sign, with the hardness of each line."
    )
    linkages: Annotated[tuple[Linkage, ...], Listed(None, 200), Ids("linkage")] = Field(
        (), description="Utility that only a combination of options adds."
    )
    opens_with: OneOrMore[Annotated[Name, Refers("proposal")]] = Field(
        (),
        description="Drafts: the proposal it puts on the table when it makes its first offer, or a list of them, one "
        "an offer, before it makes its own.",
    )
    strategy: Annotated[StrategySpec, _named(StrategySpec, STRATEGIES)] = Field(
        StrategySpec(DEFAULT_STRATEGY, {}), description="Its strategy; left out: time_dependent."
    )


class Proposal(Block):
    """A proposal on record, scored beside every result; issues that it does not name are open."""

    label: Label = Field("", description="Label of the proposal.")
    from_: PartyName | None = Field(None, alias="from", description="The party that made it.")
    package: Annotated[dict[IssueName, OptionName], Field(min_length=1)] = Field(
        description="An option for each issue it settles."
    )
    status: Status | None = Field(None, description="Whether its text was read in a source.")
    source: Keys = Field((), description="Keys of `sources`.")
    note: Text = Field("", description="A remark for the reader.")


class Solutions(Block):
    """Parties over which solutions are computed."""

    parties: Annotated[tuple[PartyName, ...], Listed(1)] = Field(
        description="Parties whose gains count in Nash and the other solutions."
    )


class Source(Block):
    """The source of a number or a text: one string, or details by key."""

    publisher: Label = Field("", description="Who published it.")
    title: Text = Field("", description="Its title or content; a source that is one string is its title.")
    date: SourceDate = Field(
        "", description="When it was published: day, month or year. `check` notes one later than `as_of`."
    )
    address: Text = Field("", description="Its address. Shown, never opened.")
    note: Text = Field("", description="A remark for the reader.")

    @model_validator(mode="before")
    @classmethod
    def _of_text(cls, value: Any) -> Any:
        return {"title": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        reference = handler(core)
        target = handler.resolve_ref_schema(reference)
        mapping = dict(target)
        target.clear()
        target.update(anyOf=[{"type": "string", "minLength": 1, "maxLength": 10_000}, mapping])
        return reference

    def __str__(self) -> str:
        return ", ".join(filter(None, (self.publisher, self.title, self.date, self.address, self.note)))


PAST_OF_PARTY = ("no_deal", "no_deal_change", "households_cut", "household_weeks")
PAST = ("front", "lines_fallen")  # figures of the hindcast; the others are one a party


class Known(Block):
    """What is known of the past, compared with the hindcast."""

    what: Label = Field(
        description="A figure of the hindcast: no_deal.PARTY, no_deal_change.PARTY, households_cut.PARTY, "
        "household_weeks.PARTY, support.RATIFIER, front or lines_fallen."
    )
    from_: Month | None = Field(
        None, alias="from", description="Month from which a change or a total counts; left out: `war.since`."
    )
    month: Month = Field(description="Month that it concerns, or up to which it counts: 2024-02, or a day.")
    value: Finite = Field(description="What is known: a poll as a share, a total in the unit of the file.")
    source: Texts = Field(description="Keys of `sources`: where it is known from.")
    note: Text = Field("", description="A remark for the reader.")


Issues = Annotated[dict[IssueName, IssueSpec], Field(min_length=1, max_length=MOST_ISSUES), AfterValidator(labelled)]
Rules = Annotated[tuple[Rule, ...], Listed(None, 500), Ids("rule")]
Parties = Annotated[dict[PartyName, PartySpec], Field(min_length=1, max_length=30), AfterValidator(labelled)]
Proposals = Annotated[dict[Name, Proposal], Field(max_length=500), AfterValidator(labelled)]
Protocol = Annotated[ProtocolSpec, _named(ProtocolSpec, PROTOCOLS)]
