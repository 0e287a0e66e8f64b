"""The block `aftermath` inside the program: frozen, tables with the issue whose options they name."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sim.core.packages import Condition
from sim.scenario import aftermath_blocks as blocks
from sim.scenario.block_shapes import (
    Options,
    condition_of,
    number_of,
    number_or_none,
    number_or_table,
    numbers_of,
    numbers_of_each,
)
from sim.scenario.parts import Number


@dataclass(frozen=True)
class Guarantor:
    """Who would act, who would help (only shown), and what acting costs it in its own worth."""

    party: str
    helper: str | None
    cost_of_acting: Number


@dataclass(frozen=True)
class OptionNumbers:
    """Numbers by option of one issue."""

    issue: str
    numbers: dict[str, Number]


@dataclass(frozen=True)
class CredibilityLost:
    """How a promise wears off: shares lost by route, and the route of each option that has one."""

    per_year: dict[str, Number]
    at_change: dict[str, Number]
    first_change_at: date | None
    route: dict[str, str]


@dataclass(frozen=True)
class PowerShift:
    """How options move the balance away from one of two sides, as shares of the stake."""

    months: Number
    discount: Number
    balance_now: Number
    war_cost: dict[str, Number]
    penalty: Number
    away_from: str
    shifts: dict[str, dict[str, Number]]
    surplus: str


@dataclass(frozen=True)
class PullBack:
    """Steps by option of one issue, and what cheating on the last one brings; by side where the file has it so."""

    issue: str
    steps: dict[str, int]
    one_sided: tuple[str, ...] | None
    months: Number | None
    depth_km: Number | None
    gain_of_cheating: Number | dict[str, Number]
    dividend: Number | dict[str, Number]
    discount: Number
    penalty: Number


@dataclass(frozen=True)
class Ratio:
    """Which packages have a feature, how many times the danger that is, how common it is in the reference group."""

    when: Condition
    ratio: Number
    share: Number


@dataclass(frozen=True)
class Hazard:
    """The danger of a break: the law by `survival_12` and one of `shape` and `survival_60`, and what moves it."""

    shape: Number | None
    survival_12: Number
    survival_60: Number | None
    ratios: dict[str, Ratio]
    deterrence: Number
    reference_credibility: Number | None
    if_not_self_enforcing: Number
    if_pull_back_fails: Number
    if_bought_by_pressure: Number


@dataclass(frozen=True)
class AftermathSpec:
    """What comes after signature; None for the parts that the file does not have."""

    guarantor: Guarantor | None
    credibility: OptionNumbers | None
    credibility_lost: CredibilityLost | None
    monitoring: OptionNumbers | None
    power_shift: PowerShift | None
    pull_back: PullBack | None
    hazard: Hazard | None


def issues_with_all(names: Iterable[str], options: dict[str, Any]) -> list[str]:
    """Issues whose options are exactly these."""
    wanted = set(names)
    return [issue for issue, known in options.items() if set(known) == wanted]


def issues_with(names: Iterable[str], options: dict[str, Any]) -> list[str]:
    """Issues that have all these options; those that have no others, if there are such."""
    wanted = set(names)
    containing = [issue for issue, known in options.items() if wanted <= set(known)]
    return issues_with_all(wanted, options) or containing


def aftermath(model: blocks.AftermathModel | None, options: Options) -> AftermathSpec | None:
    """The block inside the program."""
    if model is None:
        return None
    return AftermathSpec(
        guarantor=_guarantor(model.guarantor),
        credibility=_by_option(model.credibility, options),
        credibility_lost=_credibility_lost(model.credibility_lost),
        monitoring=_by_option(model.monitoring, options),
        power_shift=_power_shift(model.power_shift),
        pull_back=_pull_back(model.pull_back, options),
        hazard=_hazard(model.hazard, options),
    )


def _guarantor(model: blocks.GuarantorModel | None) -> Guarantor | None:
    return None if model is None else Guarantor(model.party, model.helper, model.cost_of_acting.number())


def _by_option(table: dict[str, Any] | None, options: Options) -> OptionNumbers | None:
    return None if table is None else OptionNumbers(issues_with_all(table, options)[0], numbers_of(table))


def _credibility_lost(model: blocks.CredibilityLostModel | None) -> CredibilityLost | None:
    if model is None:
        return None
    return CredibilityLost(
        numbers_of(model.per_year), numbers_of(model.at_change_of_president), model.first_change_at, dict(model.route)
    )


def _power_shift(model: blocks.PowerShiftModel | None) -> PowerShift | None:
    if model is None:
        return None
    ((key, shifts),) = (model.model_extra or {}).items()
    return PowerShift(
        months=model.months.number(),
        discount=model.discount.number(),
        balance_now=model.balance_now.number(),
        war_cost=numbers_of(model.war_cost),
        penalty=model.penalty_if_guarantor_acts.number(),
        away_from=key.removeprefix(blocks.AWAY_FROM),
        shifts=numbers_of_each(blocks.ShiftsModel.model_validate(shifts).root),
        surplus=model.surplus,
    )


def _pull_back(model: blocks.PullBackModel | None, options: Options) -> PullBack | None:
    if model is None:
        return None
    return PullBack(
        issue=issues_with(model.steps.keys(), options)[0],
        steps=dict(model.steps),
        one_sided=None if model.one_sided is None else tuple(model.one_sided),
        months=number_or_none(model.months),
        depth_km=number_or_none(model.depth_km),
        gain_of_cheating=number_or_table(model.gain_of_cheating),
        dividend=number_or_table(model.dividend),
        discount=model.discount.number(),
        penalty=model.penalty.number(),
    )


def _hazard(model: blocks.HazardModel | None, options: Options) -> Hazard | None:
    if model is None:
        return None
    return Hazard(
        shape=number_or_none(model.shape),
        survival_12=model.survival_12.number(),
        survival_60=number_or_none(model.survival_60),
        ratios={
            name: Ratio(condition_of(each.when, options), each.ratio.number(), number_of(each.share, 0.0))
            for name, each in (model.ratios or {}).items()
        },
        deterrence=number_of(model.deterrence, 0.0),
        reference_credibility=number_or_none(model.reference_credibility),
        if_not_self_enforcing=number_of(model.if_not_self_enforcing, 1.0),
        if_pull_back_fails=number_of(model.if_pull_back_fails, 1.0),
        if_bought_by_pressure=number_of(model.if_bought_by_pressure, 1.0),
    )
