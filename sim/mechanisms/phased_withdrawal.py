"""Phased reciprocal withdrawal: does either side gain by cheating on the last step?

An option in which one side alone leaves is not reciprocal: it is a shift of power, not a pull-back. An option of a
single step is treated as such an exit, since the first side has then left before the other responds; where the file
lists its `one_sided` options, that list counts instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from sim.core.exact import TOLERANCE, Floats
from sim.core.fields import AnyTexts, ByOption, Name, Names, Sourced, by_option, issues_with
from sim.core.mechanism import KEY, Bound, Place, Source
from sim.core.numbers import Amount, AmountByParty, Lasting, NumberByParty, is_table
from sim.core.packages import PackageSpace
from sim.core.wording import listed
from sim.mechanisms.drawn_numbers import along, discount_factor, not_negative, numbers_by_option, record_only
from sim.mechanisms.implementation import CommitmentTest
from sim.mechanisms.option_tables import OptionSum


class PullBackSpec(Sourced):
    """Armies that leave in steps: does either side gain by cheating on the last one?"""

    steps_by_option: Annotated[
        ByOption,
        by_option(Annotated[dict[Name, Annotated[int, Field(ge=0, le=10_000)]], Field(min_length=1)], issues_with),
    ] = Field(alias="steps", description="Steps by option of one issue; an option left out has none.")
    one_sided: AnyTexts | None = Field(
        None,
        description="Options in which only one side leaves: a shift of power, not a pull-back. "
        "Left out: those of a single step; an empty list: none.",
    )
    months: Amount | None = Field(None, description="How long it takes. Descriptive only.")
    depth_km: Amount | None = Field(None, description="How deep it goes. Descriptive only.")
    gain_of_cheating: NumberByParty = Field(
        description="Gain from cheating on the whole pull-back: one number, or one by side."
    )
    dividend: AmountByParty = Field(
        description="Benefit a period once all have pulled back, in the same unit: one number, or one by side."
    )
    discount: Lasting = Field(description="Discount factor a period.")
    penalty: Amount = Field(description="Cost of being seen to cheat, x credibility of the guarantee; the same unit.")

    @property
    def issue(self) -> str:
        return self.steps_by_option.issue

    @property
    def steps(self) -> dict[str, int]:
        return self.steps_by_option.numbers

    @staticmethod
    def check(at: Place, names: Names) -> None:
        at["steps"].must_be_of_one_issue(names, whole=False)
        at["one_sided"].must_name(at["steps"].keys, "option in steps")
        sides: list[str] = []
        for table in (at["gain_of_cheating"], at["dividend"]):
            if table.is_mapping and is_table(table.keys):
                if len(table.keys) != 2 or (sides and set(sides) != set(table.keys)):
                    table.fault(f"{listed(table.keys)} where {listed(sides) if sides else 'two sides'} would do", KEY)
                sides = sides or table.keys


def steps_needed(gain: Floats, dividend: Floats, penalty: Floats, monitoring: Floats, discount: Floats) -> Floats:
    """Fewest equal steps in which a reciprocal withdrawal is honoured; inf where no number of steps is enough.

    max(1, ceil(bracket / P)) with bracket = (a - v)/(d m) - v/(1 - d): the last step, with nothing to come after it,
    is the most tempting. A quotient above an integer by rounding alone does not need another step.

    Args:
        gain: a, gain from cheating on the whole pull-back.
        dividend: v, benefit a period once all is done, 0 or more.
        penalty: P, cost of being seen to cheat, 0 or more.
        monitoring: m, probability of being seen, in [0, 1]; unseen, a side that gains more than the dividend cheats.
        discount: d a step, in [0, 1].

    Shapes are broadcast together.
    """
    tempted = gain - dividend
    seen = discount * monitoring
    forgone = np.where(discount < 1, dividend / np.where(discount < 1, 1 - discount, 1.0), np.inf)
    forgone = np.where(dividend > 0, forgone, 0.0)
    unseen = np.where(tempted > TOLERANCE, np.inf, 0.0)
    temptation = np.where(seen > 0, tempted / np.where(seen > 0, seen, 1.0), unseen)
    # A dividend that is never discounted outweighs any gain, seen or not.
    bracket = np.where(np.isinf(forgone), -np.inf, temptation - np.where(np.isinf(forgone), 0.0, forgone))
    with np.errstate(over="ignore"):  # a tiny penalty overflows to infinity
        enough = np.ceil(bracket / np.where(penalty > 0, penalty, 1.0) - TOLERANCE)
    needed = np.where(penalty > 0, np.maximum(enough, 1.0), np.inf)
    return np.where(bracket <= TOLERANCE, 1.0, needed)


@dataclass(frozen=True, eq=False)
class PullBack(Bound):
    """The steps of a withdrawal, and the gains from cheating, in each draw."""

    steps: OptionSum  # steps of reciprocal options; 0 for all others
    # gain, dividend: a and v of each side, a tuple of shape (B,); one entry where the file has one number for both
    gain: tuple[Floats, ...]
    dividend: tuple[Floats, ...]
    # discount, penalty: d a step and what being seen to cheat costs where a guarantor acts, shape (B,)
    discount: Floats
    penalty: Floats

    @classmethod
    def draw(cls, spec: PullBackSpec | None, source: Source, space: PackageSpace) -> "PullBack | None":
        """Draw the numbers of `pull_back`; None where the file has none."""
        if spec is None:
            return None
        path = "aftermath.pull_back"
        record_only(source, f"{path}.months", spec.months)
        record_only(source, f"{path}.depth_km", spec.depth_km)
        steps = {option: np.full(source.count, float(n)) for option, n in reciprocal_steps(spec).items()}
        gain = _by_side(source, f"{path}.gain_of_cheating", spec.gain_of_cheating)
        dividend = tuple(map(not_negative, _by_side(source, f"{path}.dividend", spec.dividend)))
        sides = max(len(gain), len(dividend))
        return cls(
            steps=OptionSum.over(space, np.zeros(source.count), {spec.issue: steps}),
            gain=gain * (sides // len(gain)),
            dividend=dividend * (sides // len(dividend)),
            discount=discount_factor(source.number(f"{path}.discount", spec.discount)),
            penalty=not_negative(source.number(f"{path}.penalty", spec.penalty)),
        )

    def test(self, there: Floats, credibility: Floats, monitoring: Floats) -> CommitmentTest:
        """Test whether these steps bind both sides: equal steps do at the last, for the side that is tempted most.

        Args:
            there: From `steps`, shape (B, ...).
            credibility, monitoring: In [0, 1], shape (B, ...).
        """
        penalty, discount = along(self.penalty, there) * credibility, along(self.discount, there)
        needed = np.ones_like(there)
        for gain, dividend in zip(self.gain, self.dividend, strict=True):
            of_side = steps_needed(along(gain, there), along(dividend, there), penalty, monitoring, discount)
            needed = np.maximum(needed, of_side)
        in_steps = there > 0
        missing = np.where(in_steps, 0.0, np.nan)
        return CommitmentTest(in_steps & (needed > there), needed + missing, there + missing)


def reciprocal_steps(spec: PullBackSpec) -> dict[str, int]:
    """Return the steps of options in which both sides leave in turn, which `one_sided` or a single step excludes."""
    single = [option for option, steps in spec.steps.items() if steps == 1]
    one_sided = single if spec.one_sided is None else spec.one_sided
    return {option: int(spec.steps[option]) for option in sorted(spec.steps) if option not in one_sided}


def _by_side(source: Source, path: str, number: Any) -> tuple[Floats, ...]:
    if isinstance(number, Mapping):
        return tuple(numbers_by_option(source, path, number).values())
    return (source.number(path, number),)
