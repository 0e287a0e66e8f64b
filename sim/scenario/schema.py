"""The shape of a scenario file: its blocks, their keys and the kinds of values they take.

What holds between keys (names that exist, weights that sum to 1) is in `checks`; the parameters of a strategy or a
protocol are in the registries. The models take the plain values of a file, after `extends` and `set`.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, WrapValidator
from pydantic_core import PydanticCustomError

from sim.scenario.aftermath_blocks import AftermathModel
from sim.scenario.block_shapes import Chance
from sim.scenario.event_blocks import MOST_EVENTS, EventModel
from sim.scenario.parts import Status
from sim.scenario.pressure_blocks import GivingWayModel, MediationModel
from sim.scenario.ratification_blocks import RatificationModel
from sim.scenario.shapes import (
    ConditionModel,
    Date,
    Discount,
    Keys,
    Label,
    Name,
    Names,
    NumberModel,
    OneOrMoreNames,
    Points,
    Positive,
    Share,
    Strict,
    Text,
    always_or_never,
    found,
)
from sim.scenario.war_blocks import WarModel

MOST_ISSUES = 40  # more cannot have two options each and stay under the cap on packages
MOST_OPTIONS = 250  # an option index is one byte

Free = dict[str, Any]


def _whole(value: Any) -> Any:
    """Nothing but a whole number: to Python, 1.0 and true equal 1."""
    if type(value) is not int:
        raise PydanticCustomError("at", "{said}", {"said": f"{found(value)} is not one of 1"})
    return value


class TimeModel(Strict):
    """How long they talk."""

    rounds: Annotated[int, Field(ge=1, le=10_000)] = Field(description="Number of rounds until the deadline.")
    days_per_round: Annotated[float, Field(gt=0, le=3660)] = Field(description="Days from one round to the next.")


class DeliverableModel(Strict):
    """Who promises an option may be unable to deliver it."""

    chance: Share = Field(description="Chance that the option can be had.")
    otherwise: Name = Field(description="The option of the same issue that it is worth when it cannot be had.")


class IssueModel(Strict):
    """A question on the table, and the answers that would settle it."""

    label: Label | None = Field(None, description="What the issue is called in charts and tables.")
    options: Annotated[dict[Name, Label], Field(min_length=1, max_length=MOST_OPTIONS)] = Field(
        description="Options with their labels, in order from one end to the other."
    )
    deliverable: dict[Name, DeliverableModel] | None = Field(
        None, description="Options that may turn out impossible to deliver."
    )
    scale: dict[Name, Annotated[float, Field(ge=0, le=100)]] | None = Field(
        None,
        description="Where each option lies from 0 to 100; left out: evenly spaced. For the weighted mean position.",
    )
    controlled_by: OneOrMoreNames | None = Field(
        None,
        description="The party that can change it alone; of several, none can. For stability; left out: nobody can.",
    )


class RuleModel(Strict):
    """Packages that cannot exist: where `if` holds, `then` must hold too."""

    id: Name = Field(description="Name of the rule.")
    if_: ConditionModel | None = Field(None, alias="if", description="When the rule applies; left out: always.")
    then: ConditionModel = Field(description="What a package must then meet.")
    because: Text | None = Field(None, description="Why such a package cannot exist.")


class RedLineModel(Strict):
    """Packages a party never signs."""

    id: Name = Field(description="Name of the line.")
    never: ConditionModel = Field(description="What the party does not sign.")
    unless: ConditionModel | None = Field(None, description="What lifts the line: an offer with a condition.")
    hardness: Share = Field(description="Chance that the line is real in a draw; 1: always.")
    drawn_with: Name | None = Field(None, description="Lines of this name share draw and hardness: all real or none.")
    because: Text | None = Field(None, description="Why.")


class LinkageModel(Strict):
    """Worth that only a combination of options has."""

    id: Name = Field(description="Name of the linkage.")
    when: ConditionModel = Field(description="The combination.")
    adds: NumberModel = Field(description="Worth added, on the party's scale from 0 to 1; may be negative.")
    because: Text | None = Field(None, description="Why.")


class NamedModel(Strict):
    """A strategy or protocol by name; its parameters are checked against the registry."""

    model_config = ConfigDict(extra="allow")

    name: str


Signs = Annotated[Literal["always", "never"] | ConditionModel, WrapValidator(always_or_never)]


class PartyModel(Strict):
    """A side with preferences of its own."""

    label: Label | None = Field(None, description="What the party is called in charts and tables.")
    kind: Literal["belligerent", "mediator", "supporter"] | None = Field(
        None, description="Who fights, who mediates, who supports."
    )
    speakers: list[Label] | None = Field(None, description="Who speaks for it. Shown, never computed from.")
    signs: Signs = Field("always", description="always, never, or a condition: which packages need its signature.")
    weights: dict[Name, Share] = Field(description="Importance of each issue; the weights sum to 1.")
    values: dict[Name, dict[Name, Points]] = Field(
        description="Points of each option, 0 to 100; 100 is the party's best on that issue."
    )
    values_within: Annotated[float, Field(ge=0, le=100)] | None = Field(
        None, description="Draws every option within so many points, the order in an issue kept."
    )
    no_deal: Share = Field(description="Worth of no agreement, on the party's own scale from 0 to 1.")
    discount_per_month: Discount | None = Field(
        None, description="What a month of waiting leaves of worth; left out: 1."
    )
    foresight: Chance | None = Field(
        None, description="How far it looks past the signature, from 0 (not at all) to 1; left out: 0."
    )
    refusal_cost: Chance | None = Field(
        None, description="Worth that a text costs it which is signed and then refused at home; left out: 0."
    )
    walk_away: Share | None = Field(
        None,
        description="Worth of leaving the talks, from 0 to 1: it leaves once it can expect less at the table; "
        "left out: it never leaves.",
    )
    influence: Positive | None = Field(
        None, description="Weight in mean position, Nash product by influence and opposition; left out: 1."
    )
    red_lines: Annotated[list[RedLineModel], Field(max_length=200)] | None = Field(
        None, description="What the party does not sign, and how hard each line is."
    )
    linkages: Annotated[list[LinkageModel], Field(max_length=200)] | None = Field(
        None, description="Worth that only a combination of options has."
    )
    opens_with: OneOrMoreNames | None = Field(
        None,
        description="Drafts: the proposal it puts on the table when it makes its first offer, or a list of them, one "
        "an offer, before it makes its own.",
    )
    strategy: NamedModel | None = Field(None, description="How it offers and accepts; left out: time_dependent.")


class ProposalModel(Strict):
    """A text really on the table, scored beside every result."""

    label: Label | None = Field(None, description="What the proposal is called.")
    from_: Name | None = Field(None, alias="from", description="The party that made it.")
    package: Annotated[dict[Name, Name], Field(min_length=1)] = Field(
        description="An option for each issue it settles."
    )
    status: Status | None = Field(None, description="Whether the text was read in a source.")
    source: Keys | None = Field(None, description="Keys of `sources`.")
    note: Text | None = Field(None, description="A remark for the reader.")


class SolutionsModel(Strict):
    """Over whom the reference solutions are taken."""

    parties: Names = Field(description="Parties whose gains count in Nash and the other solutions.")


class ScenarioModel(Strict):
    """A scenario of peacesim: who sits at the table, what is on it, and what each side can live with."""

    schema_: Annotated[Literal[1], BeforeValidator(_whole)] = Field(
        alias="schema", description="Version of this file format: 1."
    )
    id: Name = Field(description="Short name; the results folder starts with it.")
    title: Label = Field(description="Title of charts and reports.")
    as_of: Date | None = Field(None, description="Date on which the talks start.")
    about: Text | None = Field(None, description="What the scenario is about. Shown, never computed from.")
    disclaimer: Text | None = Field(None, description="Shown beside results.")
    headline: Names | None = Field(None, description="Issues in which results are first told; left out: all.")
    not_at_the_table: list[Label] | None = Field(
        None, description="Who is affected and not heard. Shown, never computed from."
    )
    time: TimeModel = Field(description="How long they talk.")
    lines: Literal["by_party", "together", "each"] = Field(
        "by_party",
        description="How red lines share a draw: one a party and name, one a name for all parties, or one a line.",
    )
    giving_way: GivingWayModel | None = Field(
        None, description="How real red lines are given up as the months pass; left out: never."
    )
    issues: Annotated[dict[Name, IssueModel], Field(min_length=1, max_length=MOST_ISSUES)] = Field(
        description="What is on the table."
    )
    consistency: Annotated[list[RuleModel], Field(max_length=500)] | None = Field(
        None, description="Packages that cannot exist; gone before anything else."
    )
    parties: Annotated[dict[Name, PartyModel], Field(min_length=1, max_length=30)] = Field(
        description="Who sits at the table."
    )
    protocol: NamedModel | None = Field(
        None, description="Who moves when and what binds; left out: alternating_offers."
    )
    proposals: Annotated[dict[Name, ProposalModel], Field(max_length=500)] | None = Field(
        None, description="Texts really on the table."
    )
    mediation: MediationModel | None = Field(None, description="Who mediates, and by what means.")
    war: WarModel | None = Field(None, description="The war that goes on while they talk.")
    events: Annotated[list[EventModel], Field(max_length=MOST_EVENTS)] | None = Field(
        None, description="What happens at a date or by chance while they talk."
    )
    ratification: RatificationModel | None = Field(
        None, description="Who must still say yes after the signature; left out: nobody."
    )
    aftermath: AftermathModel | None = Field(None, description="Whether what was signed holds.")
    solutions: SolutionsModel | None = Field(None, description="Over whom the reference solutions are taken.")
    status_quo: Annotated[dict[Name, Name], Field(min_length=1)] | None = Field(
        None, description="The option of every issue as things stand; `show` tells whether anybody would change them."
    )
    sweep: dict[str, Annotated[list[Any], Field(min_length=1)]] | None = Field(
        None, description="Paths with the values they take in turn; several make a grid."
    )
    history: Free | None = Field(None, description="What really came of it. Shown, never computed from.")
    expected: Free | None = Field(None, description="What the file says of itself. Shown, never computed from.")
    sources: dict[str, Text] | None = Field(None, description="Sources by key.")
