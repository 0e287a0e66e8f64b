"""The number at a rank of a column too long to hold: found exactly, in a few passes over its pieces.

Every float has one of 2 ** 64 keys, which stand in the same order. A pass counts how many values lie in each of 4,096
equal parts of the span of keys in which a rank lies; the next looks into the one part that has it. Once few enough
values are left they are held and sorted. So it takes six passes at most and mostly one to three, room that does not
grow with the column, and gives the same answer whatever the pieces and their order.

A sum of floats depends on the order in which they are added; a mean of means on how the draws were cut. Here a sum is a
whole number, so the mean is the exact one, rounded once, whatever the pieces and whichever came first.
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
    """A sum of floats as a whole number.

    `math.fsum` adds up one column that it has to itself; this adds up many in one pass over the pieces, which may come
    in any order, and rounds a mean once.
    """

    count: int = 0  # how many were added; NaN is a missing number and is not
    units: int = 0  # their sum, in units of 2 ** -1126
    beyond: float = 0.0  # sum of the infinite ones among them, 0.0 if there is none

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


MOST_HELD = 1 << 20  # values at once, of all columns together: 8 MB
PARTS_LOG = 12  # a span is counted in 2 ** 12 parts; the first are those of one sign and exponent
WHOLE_LOG = 64

Keys = npt.NDArray[np.uint64]
Read = Callable[[], Iterator[Mapping[str, Floats]]]


@dataclass(frozen=True)
class Place:
    """A number of a column, and how many are smaller and as large, itself counted, once the column is sorted."""

    value: float
    below: int
    equal: int


def quantiles(read: Read, levels: Sequence[float]) -> dict[str, tuple[float, ...]]:
    """Quantiles of several columns at levels from 0 to 1, linear between ranks; NaN for a column without a number.

    `read` gives the pieces of the columns, from the first, each time it is called; NaN is a missing number.
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
    """The numbers at some ranks, from 0, of several columns; missing numbers (NaN) stand last, 0.0 and -0.0 are equal.

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
    """One pass: count all spans, and hold those that are small; at the first pass that shows on the way."""
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
    """Keys among which some ranks of a column lie."""

    name: str
    ranks: tuple[int, ...]
    below: int = 0  # how many values lie below the span
    size: int = 0  # how many lie in it; 0 as long as that is not known
    low: int = 0  # its first key
    log: int = WHOLE_LOG  # it has 2 ** log keys
    held: list[Keys] | None = None  # its values as the last pass found them; None if they are too many
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
        """Note the ranks whose values are known now; the parts in which the others lie."""
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
    """Keys in the order of the values: as bits, floats from 0 on stand in order, those below in reverse."""
    plain = np.where(np.isnan(values), np.nan, values + 0.0)  # one NaN, and no -0.0
    bits = np.ascontiguousarray(plain).view(np.uint64)
    keys: Keys = np.where(bits & _SIGN, ~bits, bits | _SIGN)
    return keys


def _value(key: int) -> float:
    bits = key ^ (1 << 63) if key >> 63 else key ^ ((1 << 64) - 1)
    return float(np.array(bits, np.uint64).view(np.float64))
