"""Shifting power: would the side that an agreement weakens rather fight now than sign?

Source: Powell (2006), war as a commitment problem. If the balance moves far and fast enough, no credible promise for
later is large enough, and no division of the stake, however generous, prevents war today.
"""

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field, PrivateAttr, RootModel

from sim.core import exact
from sim.core.exact import TOLERANCE, Floats
from sim.core.fields import IssueName, Open, OptionName, PartyName
from sim.core.mechanism import KEY, Bound, Place, Source
from sim.core.numbers import Amount, Chance, Change, Lasting, Number
from sim.core.packages import PackageSpace
from sim.core.wording import listed, quoted, shown
from sim.mechanisms.drawn_numbers import (
    along,
    discount_factor,
    not_negative,
    numbers_by_option,
    share,
)
from sim.mechanisms.implementation import CommitmentTest
from sim.mechanisms.option_tables import OptionSum

AWAY_FROM = "away_from_"


class Shifts(RootModel[dict[IssueName, dict[OptionName, Change]]]):
    """How far an option moves the balance away from the side named, by issue; minus is toward it."""


class PowerShiftSpec(Open):
    """Would the side that an agreement weakens rather fight now? (Powell 2006)"""

    pattern = rf"^{AWAY_FROM}[A-Za-z0-9_][A-Za-z0-9_-]*$"
    kind = Shifts
    hint = f"{AWAY_FROM}PARTY"

    _patience: dict[str, Number] = PrivateAttr({})

    months: Amount = Field(description="Time in which the shift happens.")
    discount: Lasting | None = Field(
        None, description="Discount factor over that time; left out: `discount_per_month` of the weaker side."
    )
    balance_now: Chance = Field(description="Share of the stake that the side named would get by war now.")
    war_cost: dict[PartyName, Amount] = Field(description="Share of the stake that war costs each of the two sides.")
    penalty_if_guarantor_acts: Amount = Field(
        description="What the guarantor's action costs the side that grows stronger, as a share of the stake."
    )
    surplus: Literal["flow", "all_to_riser"] = Field(
        "flow",
        description="flow: what peace saves is shared period by period; all_to_riser: the stronger side takes all.",
    )

    @property
    def penalty(self) -> Number:
        return self.penalty_if_guarantor_acts

    @property
    def away_from(self) -> str:
        """The side from which the balance moves."""
        return next(iter(self.model_extra or {})).removeprefix(AWAY_FROM)

    @property
    def shifts(self) -> dict[str, dict[str, Number]]:
        shifts: dict[str, dict[str, Number]] = next(iter((self.model_extra or {}).values())).root
        return shifts

    @classmethod
    def check(cls, at: Place) -> None:
        away, cost = [key for key in at.keys if re.fullmatch(cls.pattern, key)], at["war_cost"]
        sides = cost.keys
        if cost.is_mapping and len(sides) != 2:
            cost.fault(f"{listed(sides)} where two sides would do", KEY)
        for key in away:
            side = key.removeprefix(AWAY_FROM)
            if sides and side not in sides:
                message = f"{quoted(side)} is none of the sides in `war_cost`; {listed(sides, 'or')} would do"
                at[key].fault(message, KEY, at.path)
        if not away:
            table = f"{AWAY_FROM}{shown(next(iter(sides), 'PARTY'))}"
            at.fault(f"it is not said how options move the balance; a table `{table}` would do", KEY)
        for key in away[1:]:
            message = f"{shown(away[0])} says it already; write what moves it the other way with a minus sign there"
            at[key].fault(message, KEY, at.path)


def power_test(
    shift: Floats,
    balance: Floats,
    cost_named: Floats,
    cost_other: Floats,
    discount: tuple[Floats, Floats],
    penalty: Floats,
    surplus: str = "flow",
) -> CommitmentTest:
    """Compare the declining side's gain from fighting now with the most that peace can offer it.

    The declining side D is the named side where the shift is above 0, the other side where it is below; R is the
    other one. p and p' are D's share by war before and after, p' = p - |shift|, not below 0: nobody loses more than
    it holds. A shift of 0 passes: waiting then costs D nothing.

    `flow`: D is promised all but what R would get by war, flow by flow. It fights now if
    p - p' > (1-d)(1-p') + cD + d (cR + gK); needed gK* = max(0, [(p-p') - (1-d)(1-p') - cD]/d - cR).
    `all_to_riser`: R takes the whole surplus later, and D is left with what it would get by war. It fights now if
    d p2 - p1 - cD (1-d) > 0, p1 and p2 R's share before and after. A penalty on R then adds to the surplus that R
    takes, D gains nothing by it, and no penalty is enough.

    Args:
        shift: Share of the stake moved away from the named side by a war fought later; below 0: toward it.
        balance: Share that the named side would get by a war fought now, in [0, 1].
        cost_named, cost_other: War costs of the two sides, shares of the stake, 0 or more.
        discount: d over the time in which the shift happens, in (0, 1], of the named and of the other side.
        penalty: gK, what guarantees would cost the stronger side for breaking the peace, 0 or more.
        surplus: `flow` or `all_to_riser`.

    Shapes are broadcast together.

    Source: Powell (2006).
    """
    away = shift >= 0
    before = np.where(away, balance, 1 - balance)
    cost_d, cost_r = np.where(away, cost_named, cost_other), np.where(away, cost_other, cost_named)
    after, patience = np.maximum(before - np.abs(shift), 0.0), np.where(away, *discount)
    if surplus == "flow":
        gain = (before - after) - (1 - patience) * (1 - after) - cost_d
        needed = np.maximum(gain / patience - cost_r, 0.0)
        fails = gain > patience * (cost_r + penalty) + TOLERANCE
    else:
        fails = patience * (1 - after) - (1 - before) - cost_d * (1 - patience) > TOLERANCE
        needed = np.where(fails, np.inf, 0.0)
    return CommitmentTest(fails, needed + np.zeros_like(penalty), penalty + np.zeros_like(needed))


@dataclass(frozen=True, eq=False)
class PowerShift(Bound):
    """Shifts of the balance by package, in each draw."""

    shifts: OptionSum  # share of the stake moved away from the named side; below 0 toward it
    balance: Floats  # share that the named side would get by war now, shape (B,)
    cost_named: Floats  # cost_named, cost_other: war costs, shares of the stake, shape (B,)
    cost_other: Floats
    # over the time in which the shift happens, of the named and of the other side, shape (B,)
    discount_named: Floats
    discount_other: Floats
    penalty: Floats  # what the guarantor's action would cost the rising side, as a share of the stake, shape (B,)
    static: str  # who takes the surplus, `flow` or `all_to_riser`

    @classmethod
    def draw(cls, spec: PowerShiftSpec | None, source: Source, space: PackageSpace) -> "PowerShift | None":
        """Draw the numbers of `power_shift`; None where the file has none."""
        if spec is None:
            return None
        named = spec.away_from
        (other,) = (side for side in sorted(spec.war_cost) if side != named)
        path = "aftermath.power_shift"
        moved = {
            issue: numbers_by_option(source, f"{path}.away_from_{named}.{issue}", spec.shifts[issue])
            for issue in sorted(spec.shifts)
        }
        cost = numbers_by_option(source, f"{path}.war_cost", spec.war_cost)
        months = not_negative(source.number(f"{path}.months", spec.months))

        def discount(side: str) -> Floats:
            if spec.discount is not None:
                return discount_factor(source.number(f"{path}.discount", spec.discount))
            monthly = source.number(f"parties.{side}.discount_per_month", spec._patience[side])
            return discount_factor(exact.power(monthly, months))

        return cls(
            shifts=OptionSum.over(space, np.zeros(source.count), moved),
            balance=share(source.number(f"{path}.balance_now", spec.balance_now)),
            cost_named=not_negative(cost[named]),
            cost_other=not_negative(cost[other]),
            discount_named=discount(named),
            discount_other=discount(other),
            penalty=not_negative(source.number(f"{path}.penalty_if_guarantor_acts", spec.penalty)),
            static=spec.surplus,
        )

    def test(self, shift: Floats, credibility: Floats) -> CommitmentTest:
        """Test whether these shifts undo an agreement, given the probability that a guarantor acts; both (B, ...)."""
        return power_test(
            shift,
            along(self.balance, shift),
            along(self.cost_named, shift),
            along(self.cost_other, shift),
            (along(self.discount_named, shift), along(self.discount_other, shift)),
            along(self.penalty, shift) * credibility,
            self.static,
        )
