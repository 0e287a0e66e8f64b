"""The aftermath of a signature: does the agreement hold?

Signed, ratified and holding are three results. This module computes the third: the credibility of a guarantee, whether
a shift of power or a phased withdrawal gives a party a reason to break the agreement, and when it breaks.

Tests use the credibility at signature; its later decay enters the hazard of the years after. Without guarantees in the
file nothing depends on a guarantor: penalties then count in full and there is no deterrence.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from sim.core.exact import TOLERANCE, Floats
from sim.core.fields import Block, ByOption, Name, Names, by_option, issues_with_all
from sim.core.mechanism import KEY, Drawing, Mechanism, Place, mechanism_of
from sim.core.numbers import Chance
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.mechanisms import MECHANISMS
from sim.mechanisms.credibility import (
    Credibility,
    CredibilityLostSpec,
    GuarantorSpec,
    changes_between,
    credibility_by_year,
    least_gain,
)
from sim.mechanisms.drawn_numbers import along, not_negative, numbers_by_option, share
from sim.mechanisms.durability import MONTHS, SPAN_MIDDLES, TEN_YEARS, YEARS, Hazard, HazardSpec, Outlook
from sim.mechanisms.implementation import ABSENT, NO_BREAK, NO_CAUSE, SEVERAL, CommitmentTest, Factors, Judgement
from sim.mechanisms.mediation import Mediation
from sim.mechanisms.option_tables import Combinations, OptionSum, combinations
from sim.mechanisms.phased_withdrawal import PullBack, PullBackSpec
from sim.mechanisms.power_shift import PowerShift, PowerShiftSpec

Lookup = Callable[[OptionSum], Floats]
ChanceByOption = Annotated[ByOption, by_option(dict[Name, Chance], issues_with_all)]


class AftermathSpec(Block):
    """Durability: signed, ratified and holding are three results."""

    guarantor: GuarantorSpec | None = Field(None, description="The guarantor, which would act on a breach.")
    credibility: ChanceByOption | None = Field(
        None, description="Chance that the guarantor acts if called, by option of one issue; all its options."
    )
    credibility_lost: CredibilityLostSpec | None = Field(None, description="The decay of credibility.")
    monitoring: ChanceByOption | None = Field(
        None, description="Chance that a breach is seen and named, by option of one issue; all its options."
    )
    power_shift: PowerShiftSpec | None = Field(
        None, description="How options move the balance of power, and the test of it."
    )
    pull_back: PullBackSpec | None = Field(None, description="Withdrawal in steps.")
    hazard: HazardSpec | None = Field(None, description="The hazard of a break.")


@dataclass(frozen=True)
class Ground:
    """What is the same in all draws."""

    guarantor: str | None  # the guarantor; None where the file has none
    all: Combinations  # combinations of all issues that anything here depends on
    danger: Combinations  # combinations of the issues that the hazard depends on, a shift of power left aside


@MECHANISMS.register
@dataclass(frozen=True, eq=False)
class Aftermath(Mechanism):
    """The aftermath in each draw."""

    key = "aftermath"
    block = AftermathSpec
    about = "Durability of a signed agreement."

    credibility: Credibility | None  # credibility of guarantees, and its decay
    cost_of_acting: Floats  # of the guarantor, in its own utility, shape (B,); 0 where there is none
    monitoring: OptionSum | None  # probability that a breach is seen
    power_shift: PowerShift | None  # power_shift, pull_back, hazard: the two tests, and the hazard of a break
    pull_back: PullBack | None
    hazard: Hazard | None
    hold: Floats  # uniform of the break, shape (B,)
    static: Ground

    @classmethod
    def check(cls, at: Place, names: Names) -> None:
        for table in ("credibility", "monitoring"):
            at[table].must_be_of_one_issue(names, whole=True)
        GuarantorSpec.check(at["guarantor"])
        for key in ("guarantor", "credibility_lost"):
            if at[key] and not at["credibility"]:
                message = "without `credibility` this has no effect; give the credibility of the promise by option"
                at[key].fault(message, KEY)
        if at["credibility_lost"].is_mapping:
            CredibilityLostSpec.check(at["credibility_lost"], at["credibility"])
        if at["power_shift"].is_mapping:
            PowerShiftSpec.check(at["power_shift"])
        if at["pull_back"].is_mapping:
            PullBackSpec.check(at["pull_back"], names)

    @classmethod
    def complete(cls, block: AftermathSpec, scenario: Any) -> None:
        if block.power_shift is not None:
            sides = block.power_shift.war_cost
            block.power_shift._patience = {side: scenario.parties[side].discount_per_month for side in sides}

    @classmethod
    def draw(cls, block: AftermathSpec, drawing: Drawing) -> "Aftermath":
        """Draw all numbers of `aftermath`; leverage fades at the rate of the mediation."""
        source, space = drawing.settled, drawing.table.space
        cost = fades = zeros = np.zeros(source.count)
        mediation = mechanism_of(drawing.before, Mediation)
        if mediation is not None:
            fades = mediation.levers.fades_per_year
        if block.guarantor is not None:
            cost = not_negative(source.number("aftermath.guarantor.cost_of_acting", block.guarantor.cost_of_acting))
        monitoring = None
        if block.monitoring is not None:
            seen = numbers_by_option(source, "aftermath.monitoring", block.monitoring.numbers)
            seen = {option: share(values) for option, values in seen.items()}
            monitoring = OptionSum.over(space, zeros, {block.monitoring.issue: seen})
        danger = combinations(space, _danger_issues(block))
        moved = set(block.power_shift.shifts) if block.power_shift is not None else set()
        return cls(
            credibility=Credibility.draw(block.credibility, block.credibility_lost, drawing),
            cost_of_acting=cost,
            monitoring=monitoring,
            power_shift=PowerShift.draw(block.power_shift, source, space),
            pull_back=PullBack.draw(block.pull_back, source, space),
            hazard=Hazard.draw(block.hazard, source, danger, fades),
            hold=source.uniform("hold"),
            static=Ground(
                guarantor=None if block.guarantor is None else block.guarantor.party,
                all=combinations(space, _danger_issues(block) | moved),
                danger=danger,
            ),
        )

    def judge(
        self,
        packages: Ints,
        signed_month: Floats,
        months_to_force: Floats,
        guarantor_utility: Floats | None = None,
        guarantor_no_deal: Floats | None = None,
        bought: Bools | None = None,
        record: Floats | None = None,
    ) -> Judgement:
        """Test the package signed in each draw, and draw when it breaks.

        Args:
            packages: Package signed, `NO_DEAL` where there is none, shape (B,).
            signed_month: Months from the scenario's date to signature, shape (B,).
            months_to_force: Months from signature to entry into force; NaN where it was refused, shape (B,).
            guarantor_utility, guarantor_no_deal: The guarantor's utility of the package and of no deal at signature,
                shape (B,); needed where the file has a guarantor.
            bought: Whether some signatory would find it worse than no deal without leverage, shape (B,).
            record: Factors of earlier stages on credibility and on the hazard, shape (B, 2); None without stages.

        A ValueError if there is a guarantor without these utilities.
        """

        def lookup(table: OptionSum) -> Floats:
            return table.of(packages)

        signed = packages != NO_DEAL
        gain = self._gain(guarantor_utility, guarantor_no_deal)
        promised = self._promised(lookup, np.where(signed, 0.0, np.nan))
        if record is not None:
            promised = np.minimum(promised * record[:, 0], 1.0)
        absent = np.less(gain, least_gain(promised, self.cost_of_acting))  # comparisons with NaN are False
        believed = np.where(absent, 0.0, promised)
        shift = np.full(len(packages), np.nan) if self.power_shift is None else lookup(self.power_shift.shifts)
        by_year = self._by_year(lookup, believed, signed_month, signed_month + months_to_force)
        power, pull_back = self._power(shift, believed), self._pull_back(lookup, believed)
        paid = np.zeros(len(packages), bool) if bought is None else bought & signed
        factors = self._factors(packages, by_year, power.fails, pull_back.fails, paid, months_to_force)
        if record is not None:
            factors = replace(factors, stages=record[:, 1:] * np.ones_like(by_year))
        survival_12, survival_60, month = np.full((3, len(packages)), np.nan)
        if self.hazard is not None:
            survival_12, survival_60 = self.hazard.law.survival(factors.product, np.array([12.0, 60.0])).T
            month = self.hazard.law.break_month(factors.product, self.hold)
        return Judgement(
            promised=promised,
            credibility=believed,
            by_year=by_year,
            guarantor_absent=absent,
            bought_by_pressure=paid,
            shift=shift,
            power=power,
            pull_back=pull_back,
            factors=factors,
            survival_12=survival_12,
            survival_60=survival_60,
            break_month=month,
            cause=self._cause(month, factors, promised, absent),
        )

    def kinds_ahead(
        self, in_force_month: Floats | None = None, months: Floats = SPAN_MIDDLES, bought: bool = False
    ) -> tuple[Outlook, Floats | None]:
        """Return how long each kind of package would hold once in force, for foresight.

        The guarantor's interest is left open, so that survival is computed once for all parties.

        Args:
            in_force_month: Months from the scenario's date to signature and entry into force, taken as one; 0 if not
                given, shape (B,).
            months: At which survival is evaluated, up to ten years after entry into force, shape (spans,).
            bought: Whether leverage bought the package.

        Returns:
            The outlook, and the smallest gain for which the guarantor acts, by combination, shape (B, K); None where
            there is no guarantor.
        """
        month = np.zeros(len(self.hold)) if in_force_month is None else in_force_month
        where, danger = self.static.all, self.static.danger
        promised_all = self._promised(_lookup_at(where.example), np.zeros((len(month), len(where))))
        least = None
        if self.static.guarantor is not None:
            least = least_gain(promised_all, self.cost_of_acting[:, None])
        shift = np.zeros_like(promised_all)
        if self.power_shift is not None:
            shift = _lookup_at(where.example)(self.power_shift.shifts)
        factors, kind, kinds = [], [], 0
        for acts in (True, False) if least is not None else (True,):
            undone = self._power(shift, promised_all if acts else np.zeros_like(promised_all)).fails
            kind.append(kinds + danger.index[where.example] + len(danger) * undone)
            factors += self._factors_ahead(month, acts, bool(undone.any()))
            kinds = len(danger) * len(factors)
        together = np.concatenate(factors, axis=1)
        held = np.ones((len(month), kinds, len(months)))
        if self.hazard is not None:
            pressed = self.hazard.of_pressure(np.full(len(month), bought), np.zeros(len(month)), TEN_YEARS)
            held = self.hazard.law.survival(together * pressed[:, None], months)
        return Outlook(held, np.concatenate(kind, axis=1), where), least

    def _factors_ahead(self, month: Floats, acts: bool, any_undone: bool) -> list[Floats]:
        """Q of ten years by combination, (B, K, years): without a shift of power that undoes the deal, and with one.

        The latter only if there is any, which saves half the work of most blocks and moves no bit.
        """
        danger = self.static.danger
        lookup = _lookup_at(danger.example)
        promised = self._promised(lookup, np.zeros((len(month), len(danger))))
        believed = promised if acts else np.zeros_like(promised)
        if self.hazard is None:
            return (1 + any_undone) * [np.ones((len(month), len(danger), TEN_YEARS))]
        by_year = self._by_year(lookup, believed, month, month, TEN_YEARS)
        tests = np.where(self._pull_back(lookup, believed).fails, along(self.hazard.pull_back_fails, believed), 1.0)
        features = self.hazard.features(self.hazard.static[None])
        factors = (features * tests)[..., None] * self._deterrence(by_year)
        return [factors, along(self.hazard.not_self_enforcing, factors) * factors][: 1 + any_undone]

    def _promised(self, lookup: Lookup, otherwise: Floats) -> Floats:
        return otherwise * np.nan if self.credibility is None else lookup(self.credibility.promised)

    def _gain(self, utility: Floats | None, reservation_value: Floats | None) -> Floats:
        """What packages add for the guarantor, of the shape of `utility`; NaN, shape (B,), where there is none."""
        if self.static.guarantor is None:
            return np.full(len(self.hold), np.nan)
        if utility is None or reservation_value is None:
            raise ValueError(f"the will of {self.static.guarantor} to act needs its worth of packages and of no deal")
        return utility - along(reservation_value, utility)

    def _by_year(
        self, lookup: Lookup, believed: Floats, signed: Floats, in_force: Floats, years: int = YEARS
    ) -> Floats:
        """Credibility at the start of each year in force, NaN where that never comes, shape (B, ..., years)."""
        if self.credibility is None:
            return np.full((*believed.shape, years), np.nan)
        starts = in_force[:, None] + 12.0 * np.arange(years)
        changes = changes_between(self.credibility.first_change, signed[:, None], starts)
        changes = changes.reshape(len(signed), *(1 for _ in believed.shape[1:]), years)
        by_year = credibility_by_year(believed, lookup(self.credibility.loss), lookup(self.credibility.jump), changes)
        return np.where(along(np.isnan(in_force), by_year), np.nan, by_year)

    def _acting(self, believed: Floats) -> Floats:
        return np.ones_like(believed) if self.credibility is None else believed

    def _power(self, shift: Floats, believed: Floats) -> CommitmentTest:
        if self.power_shift is None:
            return CommitmentTest.none(shift.shape)
        return self.power_shift.test(shift, self._acting(believed))

    def _pull_back(self, lookup: Lookup, believed: Floats) -> CommitmentTest:
        if self.pull_back is None:
            return CommitmentTest.none(believed.shape)
        monitoring = np.ones_like(believed) if self.monitoring is None else lookup(self.monitoring)
        return self.pull_back.test(lookup(self.pull_back.steps), self._acting(believed), monitoring)

    def _deterrence(self, by_year: Floats) -> Floats:
        if self.credibility is None or self.hazard is None:
            return np.ones_like(by_year)
        return self.hazard.deterred(by_year)

    def _factors(
        self, packages: Ints, by_year: Floats, fails_power: Bools, fails_pull_back: Bools, bought: Bools,
        to_force: Floats,
    ) -> Factors:  # fmt: skip
        in_force = np.where((packages != NO_DEAL) & ~np.isnan(to_force), 1.0, np.nan)[:, None] + np.zeros(YEARS)
        hazard = self.hazard
        if hazard is None:
            return Factors(*(5 * [in_force * np.nan]))
        present = hazard.static[self.static.danger.index[packages]]

        def where(fails: Bools, factor: Floats) -> Floats:
            return np.where(fails, factor, 1.0)[:, None] * in_force

        return Factors(
            features=hazard.features(present)[:, None] * in_force,
            deterrence=np.where(np.isnan(in_force), np.nan, self._deterrence(by_year)),
            not_self_enforcing=where(fails_power, hazard.not_self_enforcing),
            pull_back_fails=where(fails_pull_back, hazard.pull_back_fails),
            bought_by_pressure=hazard.of_pressure(bought, to_force / MONTHS, YEARS) * in_force,
        )

    def _cause(self, month: Floats, factors: Factors, promised: Floats, absent: Bools) -> Ints:
        """An index into `CAUSES`: the largest factor above 1 that faults of the deal have in the year of the break.

        `guarantor_absent` and `credibility_lost` are relative to the promise kept in full. It is `none` where there is
        no fault (the baseline hazard), `several` where two are equally large, empty where nothing breaks. Breaks are
        random: a cause made this one likelier, it did not decide it.
        """
        breaks = np.isfinite(month)
        row = np.arange(len(month))
        year = np.minimum(np.floor(np.where(breaks, month, 0.0) / MONTHS), YEARS - 1).astype(np.int64)
        full = self._deterrence(promised[:, None])[:, 0]
        lost = np.where(breaks & (full > 0), factors.deterrence[row, year] / np.where(full > 0, full, 1.0), 1.0)
        faults = np.array([
            np.where(absent, lost, 1.0),
            np.where(absent, 1.0, lost),
            factors.not_self_enforcing[row, year],
            factors.pull_back_fails[row, year],
            factors.bought_by_pressure[row, year],
        ])  # fmt: skip
        largest = faults.max(axis=0)
        alike = (faults >= largest - TOLERANCE).sum(axis=0) > 1
        cause = np.where(alike, SEVERAL, faults.argmax(axis=0) + ABSENT)
        cause = np.where(largest > 1 + TOLERANCE, cause, NO_CAUSE)
        return np.where(breaks, cause, NO_BREAK)


def _lookup_at(examples: Ints) -> Lookup:
    return lambda table: table.over_combinations()[:, table.static.combinations.index[examples]]


def _danger_issues(spec: AftermathSpec) -> set[str]:
    named = {part.issue for part in (spec.credibility, spec.monitoring, spec.pull_back) if part is not None}
    ratios = {} if spec.hazard is None else spec.hazard.ratios
    return named.union(*(ratio.when.issues() for ratio in ratios.values()))
