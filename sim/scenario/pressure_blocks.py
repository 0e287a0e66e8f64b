"""The blocks `giving_way` and `mediation`: lines that wear out; the mediator's levers, carrots and bias."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, GetJsonSchemaHandler, Tag
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from sim.core.packages import Condition
from sim.scenario.block_shapes import Amount, Chance, Options, Told, condition_of, number_of, said_at
from sim.scenario.parts import Number
from sim.scenario.shapes import ConditionModel, Name, NumberModel, Strict, Text

MOST_LEVERS = 50
MOST_CARROTS = 100


class GivingWayModel(Strict):
    """How a real red line is given up as the months pass; the same law for every line."""

    per_month: Amount = Field(description="Pace at which lines fall: 0.01 is about one real line in a hundred a month.")
    lever_adds: Amount | None = Field(
        None, description="How many times that pace a lever at full strength adds on its party's lines; left out: 0."
    )


class FromMonthModel(Strict):
    """From when on a lever is pulled."""

    month: Annotated[float, Field(ge=0, le=1200)] = Field(description="Months after the first round.")


def _pulled(value: Any) -> str:
    return "[month]" if isinstance(value, dict) else "[word]"


Pulled = Annotated[
    Annotated[Literal["never", "on_refusal"], Tag("[word]")] | Annotated[FromMonthModel, Tag("[month]")],
    Discriminator(_pulled),
]


class LeverModel(Told):
    """What the mediator can do to the worth of fighting on of one party."""

    party: Name = Field(description="The party it is pulled on.")
    lowers_no_deal_by: Chance = Field(description="Share of that party's no-deal worth that it takes at full strength.")
    pulled: Pulled = Field(
        "on_refusal",
        description="never; on_refusal: while that party alone stands in the way of the mediator's last offer; or "
        "from a month on, as {month: 6}. Events may pull it too.",
    )


class SweptModel(NumberModel):
    """A number from -0.9 to 0.9 that is the same in every draw: to see what it does, it is swept."""

    low, high = -0.9, 0.9

    def _check_range(self, low: float, high: float) -> None:
        raise said_at(
            "range",
            "a bias is not drawn anew in every run; give one number, and sweep it: "
            "`--vary mediation.bias.by=-0.5:0.5:5`",
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        reference = super().__get_pydantic_json_schema__(core, handler)
        target = handler.resolve_ref_schema(reference)
        target["description"] = f"{cls.wanted().capitalize()}, or {{value, status, source, note}}."
        for key in ("range", "law"):
            del target["anyOf"][1]["properties"][key]
        return reference


class BiasModel(Strict):
    """Toward which side the mediator leans when it makes its own offers."""

    toward: Name = Field(description="The belligerent it leans toward.")
    by: SweptModel = Field(
        description="How far: known shares of that side are divided by 1 + by, those of other belligerents by 1 - by, "
        "before the smallest is looked for. 0: nowhere; below 0: away from it."
    )


class CarrotModel(Strict):
    """Worth that the mediator adds to packages, for one party."""

    id: Name = Field(description="Name of the offer.")
    party: Name = Field(description="The party it is made to.")
    when: ConditionModel = Field(description="The packages that it comes with.")
    adds: Amount = Field(description="Worth added, on that party's scale from 0 to 1, while the budget lasts.")
    because: Text | None = Field(None, description="Why.")


class CarrotsModel(Strict):
    """Extra worth that the mediator can add to packages."""

    budget: Amount = Field(description="The most it adds to one package, over all parties; all offers are cut alike.")
    offers: Annotated[list[CarrotModel], Field(min_length=1, max_length=MOST_CARROTS)] = Field(
        description="What it adds, for whom, and to which packages."
    )


class MediationModel(Strict):
    """Who mediates, and by what means."""

    mediator: Name = Field(description="The party that mediates; its `kind` is mediator.")
    levers: Annotated[dict[Name, LeverModel], Field(max_length=MOST_LEVERS)] | None = Field(
        None, description="Means of pressure, by name."
    )
    step_per_round: Chance | None = Field(
        None, description="Strength that a lever gains or loses in a round, from 0 to 1; needed where there are levers."
    )
    fades_per_year: Chance | None = Field(
        None, description="Share of the pressure that is gone each year after signature; left out: 0."
    )
    bias: BiasModel | None = Field(None, description="Toward which side it leans in its own offers; left out: neither.")
    carrots: CarrotsModel | None = Field(None, description="Extra worth that it can add to packages.")


@dataclass(frozen=True)
class GivingWay:
    """How real red lines give way: pace a month, and how many times that pace a lever at full strength adds."""

    per_month: Number
    lever_adds: Number


@dataclass(frozen=True)
class Lever:
    """Pressure on a party: share of its no-deal worth at full strength; `never`, `on_refusal` or a month."""

    party: str
    lowers_no_deal_by: Number
    pulled: str | float


@dataclass(frozen=True)
class Bias:
    """Toward which belligerent the mediator leans, away from which others, and how far."""

    toward: str
    away_from: tuple[str, ...]
    by: Number


@dataclass(frozen=True)
class Carrot:
    """Worth that the mediator adds for one party to the packages in which a condition holds."""

    id: str
    party: str
    when: Condition
    adds: Number
    because: str = ""


@dataclass(frozen=True)
class CarrotsSpec:
    """What the mediator adds to packages, and the most it adds to one."""

    budget: Number
    offers: tuple[Carrot, ...]


@dataclass(frozen=True)
class MediationSpec:
    """Who mediates, with which levers; steps are in strength a round, fading is a share a year."""

    mediator: str
    levers: dict[str, Lever]
    step_per_round: Number
    fades_per_year: Number
    bias: Bias | None = None
    carrots: CarrotsSpec | None = None


def giving_way(model: GivingWayModel | None) -> GivingWay | None:
    """The block inside the program."""
    return None if model is None else GivingWay(model.per_month.number(), number_of(model.lever_adds, 0.0))


def mediation(model: MediationModel | None, kinds: Mapping[str, str | None], options: Options) -> MediationSpec | None:
    """The block inside the program.

    Args:
        model: As read.
        kinds: What each party is, by name.
        options: All options of each issue.
    """
    if model is None:
        return None
    return MediationSpec(
        mediator=model.mediator,
        levers={
            name: Lever(
                lever.party,
                lever.lowers_no_deal_by.number(),
                lever.pulled if isinstance(lever.pulled, str) else float(lever.pulled.month),
            )
            for name, lever in (model.levers or {}).items()
        },
        step_per_round=number_of(model.step_per_round, 0.0),
        fades_per_year=number_of(model.fades_per_year, 0.0),
        bias=_bias(model.bias, kinds),
        carrots=_carrots(model.carrots, options),
    )


def _bias(model: BiasModel | None, kinds: Mapping[str, str | None]) -> Bias | None:
    if model is None:
        return None
    away_from = sorted(name for name, kind in kinds.items() if kind == "belligerent" and name != model.toward)
    return Bias(model.toward, tuple(away_from), model.by.number())


def _carrots(model: CarrotsModel | None, options: Options) -> CarrotsSpec | None:
    if model is None:
        return None
    offers = (
        Carrot(each.id, each.party, condition_of(each.when, options), each.adds.number(), each.because or "")
        for each in model.offers
    )
    return CarrotsSpec(model.budget.number(), tuple(offers))
