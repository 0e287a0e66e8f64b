"""The block `aftermath`: guarantees, shifts of power, pull-backs and the danger that an agreement breaks."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, RootModel, model_validator

from sim.scenario.block_shapes import (
    AboveNothing,
    Amount,
    AmountOrTable,
    AnyNumber,
    Chance,
    Change,
    Lasting,
    NumberOrTable,
    Open,
    Told,
    said_at,
)
from sim.scenario.shapes import ConditionModel, Date, Name, Strict

AWAY_FROM = "away_from_"
AT_CHANGE = "at_change_of_president"
MOST_RATIOS = 100


class GuarantorModel(Told):
    """Who would act if the agreement is broken, if acting is worth it."""

    party: Name = Field(description="The party that guarantees.")
    helper: Name | None = Field(None, description="A party that would help. Shown, never computed from.")
    cost_of_acting: Amount = Field(
        description="What acting costs it, on its own scale: it does not act for an agreement that is worth less to it."
    )


class CredibilityLostModel(Told):
    """How a promise wears off, by the route on which it was approved."""

    per_year: dict[Name, Chance] | None = Field(None, description="Share lost each year, by route.")
    at_change_of_president: dict[Name, Chance] | None = Field(
        None, description="Share lost at each change of government after signature, by route."
    )
    first_change_at: Date | None = Field(
        None, description="Date of the first change of government; one follows every four years."
    )
    route: dict[Name, Name] = Field(
        description="The route of each option of `credibility`; one without a route loses nothing."
    )


class ShiftsModel(RootModel[dict[Name, dict[Name, Change]]]):
    """How far an option moves the balance away from the side named, by issue; minus is toward it."""


class PowerShiftModel(Open):
    """Would the side that an agreement makes weaker rather fight now? (Powell 2006)"""

    pattern = rf"^{AWAY_FROM}[A-Za-z0-9_][A-Za-z0-9_-]*$"
    kind = ShiftsModel
    hint = f"{AWAY_FROM}PARTY"

    months: Amount = Field(description="Time in which the shift happens. Shown; `discount` is over it.")
    discount: Lasting = Field(description="What is left of worth after that time.")
    balance_now: Chance = Field(description="Share of the stake that the side named would get by war now.")
    war_cost: dict[Name, Amount] = Field(description="Share of the stake that war costs each of the two sides.")
    penalty_if_guarantor_acts: Amount = Field(
        description="What the guarantor's acting costs the side that grows stronger, as a share of the stake."
    )
    surplus: Literal["flow", "all_to_riser"] = Field(
        "flow",
        description="flow: what peace saves is shared as it comes; all_to_riser: the stronger side later takes it all.",
    )


class PullBackModel(Told):
    """Armies that leave in steps: does either side gain by cheating on the last one?"""

    steps: Annotated[dict[Name, Annotated[int, Field(ge=0, le=10_000)]], Field(min_length=1)] = Field(
        description="Steps by option of one issue; an option left out has none."
    )
    one_sided: AnyNumber | None = Field(
        None,
        description="Options in which one side alone leaves: a shift of power, not a pull-back. "
        "Left out: those of a single step; an empty list: none.",
    )
    months: Amount | None = Field(None, description="How long it takes. Shown, never computed from.")
    depth_km: Amount | None = Field(None, description="How deep it goes. Shown, never computed from.")
    gain_of_cheating: NumberOrTable = Field(
        description="Gain from cheating on the whole pull-back: one number, or one by side."
    )
    dividend: AmountOrTable = Field(
        description="Worth a period once all have pulled back, in the same unit: one number, or one by side."
    )
    discount: Lasting = Field(description="What is left of worth after a period.")
    penalty: Amount = Field(description="Cost of being seen to cheat, x credibility of the guarantee; the same unit.")


class RatioModel(Told):
    """Something that makes a break likelier (above 1) or less likely."""

    when: ConditionModel = Field(description="Packages that have it.")
    ratio: Amount = Field(description="How many times the danger it then is.")
    share: Chance | None = Field(None, description="How common it is in the group behind `survival_12`; left out: 0.")


class HazardModel(Told):
    """The danger of a break, month by month after entry into force."""

    shape: AboveNothing | None = Field(
        None, description="Shape of the Weibull law; below 1: agreements that fail do so early. This or survival_60."
    )
    survival_12: Lasting = Field(description="Share of agreements that holds 12 months.")
    survival_60: Lasting | None = Field(None, description="Share that holds 60 months. This or shape.")
    ratios: Annotated[dict[Name, RatioModel], Field(max_length=MOST_RATIOS)] | None = Field(
        None, description="What makes a break likelier or less likely."
    )
    deterrence: Chance | None = Field(
        None, description="Share of the danger that a promise believed for certain takes away; left out: 0."
    )
    reference_credibility: Chance | None = Field(
        None, description="Mean credibility of promises in the group behind `survival_12`; left out: 0."
    )
    if_not_self_enforcing: Amount | None = Field(
        None, description="How many times the danger, if a shift of power undoes the agreement; left out: 1."
    )
    if_pull_back_fails: Amount | None = Field(
        None, description="How many times the danger, if cheating on the pull-back pays; left out: 1."
    )
    if_bought_by_pressure: Amount | None = Field(
        None, description="How many times the danger, once the pressure that bought it is gone; left out: 1."
    )

    @model_validator(mode="after")
    def _one_law(self) -> Self:
        if self.shape is not None and self.survival_60 is not None:
            raise said_at("survival_60", "shape, survival_12 and survival_60 together say too much; keep shape or this")
        if self.shape is None and self.survival_60 is None:
            raise said_at("survival_12", "one more number is needed for the law; `shape` or `survival_60` would do")
        if self.survival_60 is not None and _central(self.survival_60) >= _central(self.survival_12):
            raise said_at("survival_60", "fewer agreements hold 60 months than 12; a number below survival_12 would do")
        return self


def _central(model: Any) -> float:
    return float(model.number())


class AftermathModel(Strict):
    """Does it hold? Signed, ratified and holding are three answers."""

    guarantor: GuarantorModel | None = Field(None, description="Who would act if the agreement is broken.")
    credibility: dict[Name, Chance] | None = Field(
        None, description="Chance that the guarantor acts if called, by option of one issue; all its options."
    )
    credibility_lost: CredibilityLostModel | None = Field(None, description="How the promise wears off.")
    monitoring: dict[Name, Chance] | None = Field(
        None, description="Chance that a breach is seen and named, by option of one issue; all its options."
    )
    power_shift: PowerShiftModel | None = Field(
        None, description="How options move the balance of power, and what follows from it."
    )
    pull_back: PullBackModel | None = Field(None, description="The steps in which armies leave.")
    hazard: HazardModel | None = Field(None, description="The danger of a break.")
