"""Boxes: conditions on inputs that hold together, and how well they tell the runs of interest from the others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import stats

from sim.issues import Bools
from sim.utility import Floats


@dataclass(frozen=True, eq=False)
class Factors:
    """What a box may be a condition on, in n runs.

    Attributes:
        names: Of the columns.
        values: Numbers, or codes of categories from 0, shape (n, columns).
        categories: For each column the number of its categories, 0 for numbers.
    """

    names: tuple[str, ...]
    values: Floats
    categories: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.values)

    def rows(self, which: Bools) -> "Factors":
        """Some of the runs."""
        return Factors(self.names, self.values[which], self.categories)


@dataclass(frozen=True)
class Box:
    """Conditions that hold together; a column without one is free.

    Attributes:
        low, high: Least and largest value by column.
        out: Categories left out, by column.
    """

    low: Mapping[int, float] = field(default_factory=dict)
    high: Mapping[int, float] = field(default_factory=dict)
    out: Mapping[int, frozenset[int]] = field(default_factory=dict)

    @property
    def columns(self) -> list[int]:
        """The columns with a condition."""
        return sorted({*self.low, *self.high, *self.out})

    def holds(self, values: Floats) -> Bools:
        """The runs inside, shape (n,)."""
        inside = np.ones(len(values), bool)
        for column, least in self.low.items():
            inside &= values[:, column] >= least
        for column, most in self.high.items():
            inside &= values[:, column] <= most
        for column, codes in self.out.items():
            inside &= ~np.isin(values[:, column], sorted(codes))
        return inside

    def above(self, column: int, least: float) -> "Box":
        """The same with a least value."""
        return Box({**self.low, column: least}, self.high, self.out)

    def below(self, column: int, most: float) -> "Box":
        """The same with a largest value."""
        return Box(self.low, {**self.high, column: most}, self.out)

    def without(self, column: int, codes: frozenset[int]) -> "Box":
        """The same with exactly these categories of a column left out."""
        kept = {other: left for other, left in self.out.items() if other != column}
        return Box(self.low, self.high, {**kept, column: codes} if codes else kept)

    def free(self, side: str, column: int) -> "Box":
        """The same with one condition, `low`, `high` or `out` of a column, set aside."""
        def kept(part: str, limits: Mapping[int, Any]) -> dict[int, Any]:
            return {other: limit for other, limit in limits.items() if (part, other) != (side, column)}

        return Box(kept("low", self.low), kept("high", self.high), kept("out", self.out))

    def conditions(self) -> list[tuple[str, int]]:
        """Every condition by its side and column, columns in order."""
        sides = (("low", self.low), ("high", self.high), ("out", self.out))
        return [(side, column) for column in self.columns for side, part in sides if column in part]


@dataclass(frozen=True)
class Measure:
    """How a box tells the runs of interest from the others.

    Attributes:
        n: Runs inside.
        cases: Runs of interest inside.
        all_n, all_cases: The same of all runs that were looked at.
    """

    n: int
    cases: int
    all_n: int
    all_cases: int

    @property
    def coverage(self) -> float:
        """Share of all runs of interest that are inside."""
        return self.cases / self.all_cases if self.all_cases else float("nan")

    @property
    def density(self) -> float:
        """Share of the runs inside that are of interest."""
        return self.cases / self.n if self.n else float("nan")

    @property
    def base_rate(self) -> float:
        """Share of all runs that are of interest."""
        return self.all_cases / self.all_n if self.all_n else float("nan")

    @property
    def both(self) -> float:
        """Harmonic mean of coverage and density, 0 if nothing of interest is inside."""
        return 2 * self.cases / (self.n + self.all_cases) if self.cases else 0.0


def measure(box: Box, factors: Factors, cases: Bools, all_n: int = 0, all_cases: int = 0) -> Measure:
    """How a box does on some runs.

    Args:
        box: The conditions.
        factors: The runs.
        cases: Which of them are of interest, shape (n,).
        all_n, all_cases: Runs and runs of interest to compare with; left out: all of these.
    """
    inside = box.holds(factors.values)
    found = int(inside.sum()), int(cases[inside].sum())
    return Measure(*found, all_n or len(cases), all_cases or int(cases.sum()))


def quasi_p(box: Box, factors: Factors, cases: Bools) -> dict[tuple[str, int], float]:
    """For each condition, the chance that as many runs of interest were inside if the condition told nothing.

    Set aside, it leaves a larger box; the density of that is taken as the chance of each run inside to be of interest.

    Source: Bryant & Lempert (2010): a one-sided binomial test.
    """
    inside = box.holds(factors.values)
    n, found = int(inside.sum()), int(cases[inside].sum())
    chances = {}
    for side, column in box.conditions():
        density = measure(box.free(side, column), factors, cases).density
        chances[side, column] = float(stats.binom.sf(found - 1, n, density)) if n else 1.0
    return chances
