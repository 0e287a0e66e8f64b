"""Exact order statistics and means of columns too long for memory, in a few passes over their pieces.

Every float maps to one of 2 ** 64 keys in the same order. A pass counts the values in each of 4,096 equal parts of the
span of keys that has a rank; the next refines that part. Once few enough values are left they are stored and sorted. So
it takes at most six passes and mostly one to three, memory independent of the column, and the result depends neither on
the pieces nor on their order.

A sum of floats depends on the order of addition, a mean of means on how the draws were cut. Here a sum is an integer,
so the mean is exact, rounded once, whatever the pieces and their order.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.core.exact import Floats

UNIT = 1126  # sums count in units of 2 ** -1126: every float is a whole number of them
_DIGITS, _HALF = 53, 26  # of a float; of its lower half


@dataclass(frozen=True)
class ExactSum:
    """A sum of floats as an integer.

    `math.fsum` sums one column at a time; this sums many in one pass over the pieces, in any order, and rounds a mean
    once.
    """

    count: int = 0  # count of numbers added; NaN is missing and not counted
    units: int = 0  # their sum, in units of 2 ** -1126
    beyond: float = 0.0  # sum of the infinite ones, 0.0 if there are none

    @classmethod
    def of(cls, values: Floats) -> "ExactSum":
        """Sum values of any shape; NaN is left out."""
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
    """Count each value in the parts of a column, missing ones left out; sorted by value."""
    counts = Counter[Any]()
    for part in parts:
        counts.update({value: int(count) for value, count in part.value_counts().items()})
    return dict(sorted(counts.items()))


def median_of(counts: Mapping[float, int]) -> float:
    """Return the median of values with their counts; NaN of none."""
    n = sum(counts.values())
    return (value_at(counts, (n - 1) // 2) + value_at(counts, n // 2)) / 2 if n else math.nan


def mean_of(counts: Mapping[float, int]) -> float:
    """Return the exact mean of values with their counts, rounded once; NaN of none."""
    n = sum(counts.values())
    total = sum((Fraction(value) * count for value, count in counts.items()), Fraction(0))
    return float(total / n) if n else math.nan


def quantile_of(counts: Mapping[float, int], level: float) -> float:
    """Return a quantile of values with their counts, as `between_ranks` defines it; NaN of none."""
    n = sum(counts.values())
    if not n:
        return math.nan
    lower, upper = ranks_around(n, level)
    return between_ranks(value_at(counts, lower), value_at(counts, upper), n, level)


def value_at(counts: Mapping[float, int], rank: int) -> float:
    """Return the value at a rank, from 0, of sorted values with their counts."""
    for value in sorted(counts):
        rank -= counts[value]
        if rank < 0:
            return float(value)
    raise ValueError("there are fewer numbers")


def ranks_around(n: int, level: float) -> tuple[int, int]:
    """Return the ranks, from 0, around a quantile of n sorted numbers."""
    lower = math.floor(level * (n - 1))
    return lower, min(lower + 1, n - 1)


def between_ranks(lower: float, upper: float, n: int, level: float) -> float:
    """Interpolate a quantile between the numbers at the ranks around it (Hyndman & Fan 1996, definition 7).

    The bits are those of `np.quantile`, which starts from the nearer end.
    """
    part = level * (n - 1) - math.floor(level * (n - 1))
    step = upper - lower
    return upper - step * (1 - part) if part >= 0.5 else lower + step * part


MOST_HELD = 1 << 20  # values at once, of all columns together: 8 MB
PARTS_LOG = 12  # a span is counted in 2 ** 12 parts; the first are those of one sign and exponent
WHOLE_LOG = 64

Keys = npt.NDArray[np.uint64]
Read = Callable[[], Iterator[Mapping[str, Floats]]]


@dataclass(frozen=True)
class Place:
    """A number of a column, and how many are smaller and as large, itself included, in sorted order."""

    value: float
    below: int
    equal: int


def quantiles(read: Read, levels: Sequence[float]) -> dict[str, tuple[float, ...]]:
    """Return quantiles of several columns at levels from 0 to 1, linear between ranks; NaN for an empty column.

    `read` gives the pieces of the columns, from the first, at each call; NaN is a missing number.
    """
    counts: dict[str, int] = {}
    for piece in read():
        for name, values in piece.items():
            counts[name] = counts.get(name, 0) + int((~np.isnan(values)).sum())
    wanted = {name: {rank for level in levels for rank in ranks_around(n, level)} for name, n in counts.items() if n}
    places = places_of(read, wanted)

    def at(name: str, n: int, level: float) -> float:
        low, high = (places[name][rank].value for rank in ranks_around(n, level))
        return between_ranks(low, high, n, level)

    return {name: tuple(at(name, n, level) if n else np.nan for level in levels) for name, n in counts.items()}


def places_of(read: Read, ranks: Mapping[str, Iterable[int]]) -> dict[str, dict[int, Place]]:
    """Return the numbers at some ranks, from 0, of several columns; NaN sorts last, 0.0 and -0.0 are equal.

    `read` is as for `quantiles`; ranks are given by column, each below its length.
    """
    found: dict[str, dict[int, Place]] = {name: {} for name in ranks}
    spans = [_Span(name, tuple(sorted(its))) for name, its in ranks.items()]
    spans = [span for span in spans if span.ranks]
    while spans:
        _scan(read, spans)
        spans = [part for span in spans for part in span.settle(found[span.name])]
    return found


def _scan(read: Read, spans: Sequence["_Span"]) -> None:
    """Make one pass: count all spans, and store those that are small."""
    left = MOST_HELD
    for span in sorted(spans, key=lambda span: span.size):
        span.begin(hold=span.size <= left)
        left -= span.size
    by_name: dict[str, list[_Span]] = {}
    for span in spans:
        by_name.setdefault(span.name, []).append(span)
    held = 0
    for piece in read():
        for name, its in by_name.items():
            keys = _keys(piece[name])
            held += sum(span.take(keys) for span in its)
        if held > MOST_HELD:
            for span in spans:
                span.held, held = None, 0


@dataclass
class _Span:
    """A range of keys that has some ranks of a column."""

    name: str
    ranks: tuple[int, ...]
    below: int = 0  # number of values below the span
    size: int = 0  # number of values in it; 0 as long as unknown
    low: int = 0  # its first key
    log: int = WHOLE_LOG  # it has 2 ** log keys
    held: list[Keys] | None = None  # its values in the last pass; None if too many
    counts: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))  # of its parts

    @property
    def part_log(self) -> int:
        """A part has 2 ** part_log keys."""
        return max(0, self.log - PARTS_LOG)

    def begin(self, hold: bool) -> None:
        self.held = [] if hold else None
        self.counts = np.zeros(1 << (self.log - self.part_log), np.int64)

    def take(self, keys: Keys) -> int:
        offsets = keys - np.uint64(self.low)  # below the span they wrap round, to above it
        if self.log < WHOLE_LOG:
            offsets = offsets[offsets < np.uint64(1 << self.log)]
        parts = (offsets >> np.uint64(self.part_log)).astype(np.int64)
        self.counts += np.bincount(parts, minlength=len(self.counts))
        if self.held is None:
            return 0
        self.held.append(offsets)
        return len(offsets)

    def settle(self, found: dict[int, Place]) -> Iterator["_Span"]:
        """Record the ranks whose values are known now; return the parts that have the others."""
        if self.held is not None:
            offsets = np.sort(np.concatenate(self.held))
            for rank in self.ranks:
                offset = offsets[rank - self.below]
                first, last = (int(np.searchsorted(offsets, offset, side)) for side in ("left", "right"))
                found[rank] = Place(_value(self.low + int(offset)), self.below + first, last - first)
            return
        ends = self.below + np.cumsum(self.counts)
        places = np.searchsorted(ends, self.ranks, side="right")
        for part in np.unique(places).tolist():
            ranks = tuple(rank for rank, place in zip(self.ranks, places, strict=True) if place == part)
            size, low = int(self.counts[part]), self.low + (part << self.part_log)
            below = int(ends[part]) - size
            if self.part_log:
                yield _Span(self.name, ranks, below, size, low, self.part_log)
            else:
                found.update(dict.fromkeys(ranks, Place(_value(low), below, size)))


_SIGN = np.uint64(1 << 63)


def _keys(values: Floats) -> Keys:
    """Map values to keys in their order: bits of floats from 0 on are in order, those below in reverse."""
    plain = np.where(np.isnan(values), np.nan, values + 0.0)  # one NaN, and no -0.0
    bits = np.ascontiguousarray(plain).view(np.uint64)
    keys: Keys = np.where(bits & _SIGN, ~bits, bits | _SIGN)
    return keys


def _value(key: int) -> float:
    bits = key ^ (1 << 63) if key >> 63 else key ^ ((1 << 64) - 1)
    return float(np.array(bits, np.uint64).view(np.float64))
