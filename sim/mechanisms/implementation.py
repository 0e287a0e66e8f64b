"""The findings on a signed agreement: commitment tests, hazard, and month of breakdown."""

from dataclasses import dataclass

import numpy as np

from sim.core.exact import Floats
from sim.core.packages import Bools, Ints

CAUSES = ("", "none", "several", "guarantor_absent", "credibility_lost", "not_self_enforcing", "pull_back_fails",
          "bought_by_pressure")  # fmt: skip
NO_BREAK, NO_CAUSE, SEVERAL, ABSENT, LOST, POWER, PULL_BACK, PRESSURE = range(len(CAUSES))


@dataclass(frozen=True, eq=False)
class CommitmentTest:
    """Whether a party gains by breaking an agreement; all of one shape."""

    fails: Bools  # whether `needed` exceeds `there`
    # what would just keep the peace, inf if nothing is enough: the penalty on the rising side as a share of the stake;
    # or steps of the pull-back, NaN where none is reciprocal
    needed: Floats
    there: Floats  # actual value: credibility x penalty; or steps

    @classmethod
    def none(cls, shape: tuple[int, ...]) -> "CommitmentTest":
        missing = np.full(shape, np.nan)
        return cls(np.zeros(shape, bool), missing, missing)


@dataclass(frozen=True)
class Factors:
    """Factors on the hazard of a break in each year in force, each of shape (B, years)."""

    features: Floats  # ratios of features present or absent, relative to the reference group
    deterrence: Floats  # a guarantee, with its credibility in that year
    not_self_enforcing: Floats  # a shift of power that undoes the agreement
    pull_back_fails: Floats  # a pull-back on whose last step cheating pays
    bought_by_pressure: Floats  # bought by pressure, as the pressure fades
    stages: Floats | None = None  # stages that were kept or broken before; None where the file has none

    @property
    def product(self) -> Floats:
        """Q, shape (B, years)."""
        tests = self.not_self_enforcing * self.pull_back_fails
        product = self.features * self.deterrence * tests * self.bought_by_pressure
        return product if self.stages is None else product * self.stages


@dataclass(frozen=True, eq=False)
class Judgement:
    """The findings on one signed package a draw; NaN and False where none was signed.

    All of shape (B,) unless stated otherwise. Values after entry into force are NaN where that never comes: `by_year`,
    `factors`, survival, `break_month`.
    """

    # g0, chance at signature that the guarantor acts, its own interest left aside; NaN without guarantees
    promised: Floats
    credibility: Floats  # the same given the guarantor's own interest
    by_year: Floats  # credibility at the start of each year in force, shape (B, years)
    guarantor_absent: Bools  # the agreement gains the guarantor less than acting would cost it
    bought_by_pressure: Bools  # as passed to `judge`
    shift: Floats  # share of the stake moved away from the side that the file names; NaN where it has no power shift
    power: CommitmentTest  # whether the shift undoes the agreement, penalty needed and there
    pull_back: CommitmentTest  # whether cheating on the last step pays, steps needed and there
    factors: Factors  # on the hazard
    # survival_12, survival_60: share of such agreements that hold 12 and 60 months from entry into force
    survival_12: Floats
    survival_60: Floats
    break_month: Floats  # months from entry into force to the break; inf if it outlasts 50 years
    cause: Ints  # index into `CAUSES`, what made the break likelier, shape (B,)

    def held(self, months: float) -> Bools:
        """Return whether it is in force and not broken for so many months, shape (B,)."""
        return np.greater(self.break_month, months)

    def columns(self) -> dict[str, np.ndarray]:
        """One column a finding; factors on the hazard are those of the first year, and `hazard` is their product."""
        factors = {f"hazard_{name}": each[:, 0] for name, each in vars(self.factors).items() if each is not None}
        return {
            "credibility_promised": self.promised,
            "credibility": self.credibility,
            "credibility_year_1": self.by_year[:, 0],
            "credibility_year_5": self.by_year[:, 4],
            "guarantor_absent": self.guarantor_absent,
            "power_shift": self.shift,
            "fails_power": self.power.fails,
            "penalty_needed": self.power.needed,
            "penalty_there": self.power.there,
            "fails_pull_back": self.pull_back.fails,
            "steps_needed": self.pull_back.needed,
            "steps_there": self.pull_back.there,
            "bought_by_pressure": self.bought_by_pressure,
            **factors,
            "hazard": self.factors.product[:, 0],
            "survival_12": self.survival_12,
            "survival_60": self.survival_60,
            "held_12": self.held(12),
            "held_60": self.held(60),
            "break_month": self.break_month,
            "break_cause": np.array(CAUSES, object)[self.cause],
        }
