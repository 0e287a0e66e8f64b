"""What adds up over draws without rounding, in whatever order: sums, and numbers read from counts.

A sum of floats depends on the order in which they are added; a mean of means on how the draws were cut. Here a sum is a
whole number, so the mean is the exact one, rounded once, whatever the pieces and whichever came first.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from sim.utility import Floats

UNIT = 1126  # sums count in units of 2 ** -1126: every float is a whole number of them
_DIGITS, _HALF = 53, 26  # of a float; of its lower half


@dataclass(frozen=True)
class ExactSum:
    """A sum of floats as a whole number.

    Attributes:
        count: How many were added; NaN is a missing number and is not.
        units: Their sum, in units of 2 ** -1126.
        beyond: Sum of the infinite ones among them, 0.0 if there is none.
    """

    count: int = 0
    units: int = 0
    beyond: float = 0.0

    @classmethod
    def of(cls, values: Floats) -> "ExactSum":
        """Add up values, any shape; NaN is left out."""
        known = values[~np.isnan(values)]
        finite = known[np.isfinite(known)]
        beyond = sum(set(known[~np.isfinite(known)].tolist()), 0.0)  # both infinities make NaN
        mantissas, exponents = np.frexp(finite)
        whole = np.ldexp(mantissas, _DIGITS).astype(np.int64)
        units = 0
        for exponent in np.unique(exponents).tolist():
            part = whole[exponents == exponent]
            high, low = int((part >> _HALF).sum()), int((part & ((1 << _HALF) - 1)).sum())  # neither can overflow
            units += ((high << _HALF) + low) << (exponent - _DIGITS + UNIT)
        return cls(len(known), units, beyond)

    def __add__(self, other: "ExactSum") -> "ExactSum":
        return ExactSum(self.count + other.count, self.units + other.units, self.beyond + other.beyond)

    def __str__(self) -> str:
        return f"sum of {self.count:,} numbers, mean {self.mean:g}"

    @property
    def mean(self) -> float:
        """The exact mean, rounded once; NaN of no numbers."""
        if not self.count:
            return math.nan
        return self.beyond or self.units / (self.count << UNIT)


def counted(parts: "Iterable[pd.Series[Any]]") -> dict[Any, int]:
    """How often each value occurs in the parts of a column, missing ones left out; sorted by value."""
    counts = Counter[Any]()
    for part in parts:
        counts.update({value: int(count) for value, count in part.value_counts().items()})
    return dict(sorted(counts.items()))


def median_of(counts: Mapping[float, int]) -> float:
    """The median of numbers of which it is known how often each occurs; NaN of none."""
    n = sum(counts.values())
    return (value_at(counts, (n - 1) // 2) + value_at(counts, n // 2)) / 2 if n else math.nan


def mean_of(counts: Mapping[float, int]) -> float:
    """The exact mean of numbers of which it is known how often each occurs, rounded once; NaN of none."""
    n = sum(counts.values())
    total = sum((Fraction(value) * count for value, count in counts.items()), Fraction(0))
    return float(total / n) if n else math.nan


def quantile_of(counts: Mapping[float, int], level: float) -> float:
    """A quantile of numbers of which it is known how often each occurs, as `between_ranks` defines it; NaN of none."""
    n = sum(counts.values())
    if not n:
        return math.nan
    lower, upper = ranks_around(n, level)
    return between_ranks(value_at(counts, lower), value_at(counts, upper), n, level)


def value_at(counts: Mapping[float, int], rank: int) -> float:
    """The number at a rank, from 0, once all are sorted."""
    for value in sorted(counts):
        rank -= counts[value]
        if rank < 0:
            return float(value)
    raise ValueError("there are fewer numbers")


def ranks_around(n: int, level: float) -> tuple[int, int]:
    """The ranks, from 0, between which a quantile of n sorted numbers lies."""
    lower = math.floor(level * (n - 1))
    return lower, min(lower + 1, n - 1)


def between_ranks(lower: float, upper: float, n: int, level: float) -> float:
    """A quantile from the numbers at the ranks around it: linear between them (Hyndman & Fan 1996, definition 7).

    The bits are those of `np.quantile`, which goes from the nearer end.
    """
    part = level * (n - 1) - math.floor(level * (n - 1))
    step = upper - lower
    return upper - step * (1 - part) if part >= 0.5 else lower + step * part
