"""Patient rule induction: a box is found by peeling thin slices off, each where it helps most, and pasting some back.

Source: Friedman & Fisher (1999), also for comparing slices of different sizes; for choosing between boxes by coverage,
density and number of conditions, Bryant & Lempert (2010).
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from sim.core.exact import Floats
from sim.core.packages import Bools, Ints
from sim.results.labels import rounded
from sim.results.results import share_interval

PEEL = 0.05  # of the runs in the box: a slice
LEAST_SHARE, LEAST_RUNS = 0.05, 20  # of all runs, and runs, that a box holds
LEAST_CASES = 40  # runs of interest, and runs that are not, in both halves together
SIGNIFICANT = 0.05  # p-value of a condition


@dataclass(frozen=True, eq=False)
class Factors:
    """Candidate columns for conditions of a box, in n runs."""

    names: tuple[str, ...]
    values: Floats  # numbers, or codes of categories from 0, shape (n, columns)
    categories: tuple[int, ...]  # for each column the number of its categories, 0 for numbers

    def __len__(self) -> int:
        return len(self.values)

    def rows(self, which: Bools) -> "Factors":
        return Factors(self.names, self.values[which], self.categories)


@dataclass(frozen=True)
class Box:
    """A conjunction of conditions; a column without one is free."""

    low: Mapping[int, float] = field(default_factory=dict)  # low, high: least and largest value by column
    high: Mapping[int, float] = field(default_factory=dict)
    out: Mapping[int, frozenset[int]] = field(default_factory=dict)  # categories left out, by column

    @property
    def columns(self) -> list[int]:
        return sorted({*self.low, *self.high, *self.out})

    def holds(self, values: Floats) -> Bools:
        """Return the runs inside, shape (n,)."""
        inside = np.ones(len(values), bool)
        for column, least in self.low.items():
            inside &= values[:, column] >= least
        for column, most in self.high.items():
            inside &= values[:, column] <= most
        for column, codes in self.out.items():
            inside &= ~np.isin(values[:, column], sorted(codes))
        return inside

    def above(self, column: int, least: float) -> "Box":
        return Box({**self.low, column: least}, self.high, self.out)

    def below(self, column: int, most: float) -> "Box":
        return Box(self.low, {**self.high, column: most}, self.out)

    def without(self, column: int, codes: frozenset[int]) -> "Box":
        """Return the box with exactly these categories of a column left out."""
        others = {other: left for other, left in self.out.items() if other != column}
        return Box(self.low, self.high, {**others, column: codes} if codes else others)

    def free(self, side: str, column: int) -> "Box":
        """Return the box without one condition, `low`, `high` or `out` of a column."""
        limits: dict[str, Mapping[int, Any]] = {"low": self.low, "high": self.high, "out": self.out}
        limits[side] = {other: limit for other, limit in limits[side].items() if other != column}
        return Box(**limits)

    def conditions(self) -> list[tuple[str, int]]:
        """Return every condition by its side and column, columns in order."""
        sides = (("low", self.low), ("high", self.high), ("out", self.out))
        return [(side, column) for column in self.columns for side, limits in sides if column in limits]


@dataclass(frozen=True)
class Measure:
    """How a box separates the runs of interest (`cases`) from the others, inside it and over all runs (`all_`)."""

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
    """Measure a box on some runs, compared with totals other than its own where these are given; `cases` is (n,)."""
    inside = box.holds(factors.values)
    found = int(inside.sum()), int(cases[inside].sum())
    return Measure(*found, all_n or len(cases), all_cases or int(cases.sum()))


def quasi_p(box: Box, factors: Factors, cases: Bools) -> dict[tuple[str, int], float]:
    """Return for each condition the probability of as many runs of interest inside if it had no effect.

    Without it the box is larger; the density of that is the probability of each run inside to be of interest.

    Source: Bryant & Lempert (2010): a one-sided binomial test.
    """
    from scipy import stats  # takes half a second to import

    inside = box.holds(factors.values)
    n, found = int(inside.sum()), int(cases[inside].sum())
    chances = {}
    for side, column in box.conditions():
        density = measure(box.free(side, column), factors, cases).density
        chances[side, column] = float(stats.binom.sf(found - 1, n, density)) if n else 1.0
    return chances


def peel(factors: Factors, cases: Bools, columns: Sequence[int] | None = None, share: float = PEEL) -> list[Box]:
    """Return boxes from all runs to few, each a slice smaller than the one before; `cases` has shape (n,).

    A slice is the share of the runs in the box with the lowest or the highest values of a number, or one category. The
    one with the largest gain in density for each run given up is removed; ties by needing no further column, then by
    column. It ends when none gains, or the box would have too few runs.
    """
    allowed = range(len(factors.names)) if columns is None else sorted(columns)
    least = max(LEAST_RUNS, int(np.ceil(LEAST_SHARE * len(factors))))
    box, rows, found = Box(), np.arange(len(factors)), [Box()]
    while True:
        density, best, best_rank = cases[rows].mean() if len(rows) else 0.0, None, (0.0, False)
        for smaller, stays in _slices(box, factors, rows, allowed, share):
            left = int(stays.sum())
            if left < least or left == len(rows):
                continue
            gain = (cases[rows[stays]].mean() - density) / (len(rows) - left)
            rank = (gain, len(smaller.columns) == len(box.columns))
            if gain > 0 and rank > best_rank:
                best, best_rank = (smaller, stays), rank
        if best is None:
            return found
        box, rows = best[0], rows[best[1]]
        found.append(box)


def _slices(
    box: Box, factors: Factors, rows: Ints, columns: Sequence[int], share: float
) -> Iterator[tuple[Box, Bools]]:
    """Yield smaller boxes, and which of the runs in the box stay."""
    values, size = factors.values[rows], max(1, int(share * len(rows)))
    for column in columns:
        x = values[:, column]
        if factors.categories[column]:
            left_out = box.out.get(column, frozenset())
            for code in np.unique(x).astype(int).tolist():
                yield box.without(column, left_out | {code}), x != code
            continue
        if size >= len(x):
            continue
        lowest, highest = np.partition(x, [size - 1, len(x) - size])[[size - 1, len(x) - size]]
        for stays, is_low in ((x > lowest, True), (x < highest, False)):
            if stays.any():
                edge = _between(lowest, x[stays].min()) if is_low else _between(x[stays].max(), highest)
                yield box.above(column, edge) if is_low else box.below(column, edge), stays


def _between(low: float, high: float) -> float:
    return float(low + (high - low) / 2)


def paste(box: Box, factors: Factors, cases: Bools, share: float = PEEL) -> Box:
    """Widen a box again wherever its density rises by it, by a slice at a time, the largest gain first."""
    while True:
        now = measure(box, factors, cases)
        wider = [(measure(each, factors, cases), each) for each in _wider(box, factors, share)]
        gains = [(found.density, -place, each) for place, (found, each) in enumerate(wider) if found.n > now.n]
        best = max(gains, key=lambda gain: gain[:2], default=None)
        if best is None or not best[0] > now.density:
            return box
        box = best[2]


def _wider(box: Box, factors: Factors, share: float) -> Iterator[Box]:
    size = max(1, int(share * int(box.holds(factors.values).sum())))
    for side, column in box.conditions():
        if side == "out":
            for code in sorted(box.out[column]):
                yield box.without(column, box.out[column] - {code})
            continue
        free = box.free(side, column)
        x = factors.values[free.holds(factors.values), column]
        beyond = np.sort(x[x < box.low[column]])[::-1] if side == "low" else np.sort(x[x > box.high[column]])
        if len(beyond) <= size:
            yield free
        else:
            edge = _between(*sorted(beyond[size - 1 : size + 1].tolist()))
            yield free.above(column, edge) if side == "low" else free.below(column, edge)


def best_by_both(boxes: Sequence[Box], factors: Factors, cases: Bools) -> int:
    """Return the place of the box with the largest harmonic mean of coverage and density; of ties the first."""
    return int(np.argmax([measure(box, factors, cases).both for box in boxes]))


def first_dense(boxes: Sequence[Box], factors: Factors, cases: Bools, density: float) -> int:
    """Return the place of the box with the most coverage of those at least so dense; if none is, of the densest."""
    found = [measure(box, factors, cases) for box in boxes]
    dense = [place for place, each in enumerate(found) if each.density >= density]
    if dense:
        return max(dense, key=lambda place: (found[place].coverage, -place))
    return max(range(len(found)), key=lambda place: (found[place].density, -place))


def most_informative(box: Box, factors: Factors, cases: Bools, count: int) -> list[int]:
    """Return the columns of a box, at most so many, without which its density would fall most."""
    lost: dict[int, float] = {}
    for column in box.columns:
        free = box
        for side, other in box.conditions():
            free = free.free(side, other) if other == column else free
        lost[column] = measure(box, factors, cases).density - measure(free, factors, cases).density
    return sorted(sorted(lost, key=lambda column: (-lost[column], column))[:count])


@dataclass(frozen=True, eq=False)
class Found:
    """One box, and in `tradeoff` the boxes it was chosen from.

    Columns: `coverage, density` on the search half, `told_coverage, told_density` on the other, `inputs` (how many have
    conditions), `mass` (share of all runs inside), `chosen`.
    """

    box: Box
    searched: Measure
    tested: Measure  # on the other half of the runs: this is what is reported
    p: Mapping[tuple[str, int], float]  # for each condition the quasi-p-value on the other half
    tradeoff: pd.DataFrame


def find_boxes(
    factors: Factors, cases: Bools, half: Bools, most_inputs: int, most_boxes: int, density: float | None
) -> list[Found]:
    """Find boxes one after the other, each among the runs outside of those before."""
    found: list[Found] = []
    left = np.ones(len(cases), bool)
    totals = [(int(side.sum()), int(cases[side].sum())) for side in (half, ~half)]
    while len(found) < most_boxes:
        search, test = left & half, left & ~half
        if min(int(cases[search].sum()), int((~cases[search]).sum())) < LEAST_CASES // 2:
            break
        one = _box(factors, cases, search, test, totals, most_inputs, density)
        if one is None:
            break
        found.append(one)
        left &= ~one.box.holds(factors.values)
    return found


def _box(
    factors: Factors, cases: Bools, search: Bools, test: Bools, totals: Sequence[tuple[int, int]], most_inputs: int,
    density: float | None,
) -> Found | None:  # fmt: skip
    """Find one box among the runs that are left; None where nothing distinguishes them."""
    seen, of_interest = factors.rows(search), cases[search]

    def choose(boxes: Sequence[Box]) -> int:
        wanted = density is not None
        return first_dense(boxes, seen, of_interest, density or 0) if wanted else best_by_both(boxes, seen, of_interest)

    boxes = peel(seen, of_interest)
    place = choose(boxes)
    columns = most_informative(boxes[place], seen, of_interest, most_inputs)
    if not columns:
        return None
    later = [column for each in boxes[place:] for column in each.columns if column not in columns]
    columns += list(dict.fromkeys(later))[: most_inputs - len(columns)]
    boxes = peel(seen, of_interest, columns)
    place = choose(boxes)
    box = boxes[place] if density is not None else paste(boxes[place], seen, of_interest)
    box = _significant_only(_rounded(box, factors, inward=density is not None), seen, of_interest)
    rest, of_rest = factors.rows(test), cases[test]
    tested = measure(box, rest, of_rest, *totals[1])
    if not box.conditions() or share_interval(tested.cases, tested.n)[0] <= tested.base_rate:
        return None
    rows = []
    for k, each in enumerate(boxes):
        own, other = measure(each, seen, of_interest, *totals[0]), measure(each, rest, of_rest, *totals[1])
        rows.append({
            "coverage": own.coverage, "density": own.density,
            "told_coverage": other.coverage, "told_density": other.density,
            "inputs": len(each.columns), "mass": own.n / own.all_n, "chosen": k == place,
        })  # fmt: skip
    tradeoff = pd.DataFrame(rows)
    return Found(box, measure(box, seen, of_interest, *totals[0]), tested, quasi_p(box, rest, of_rest), tradeoff)


def _rounded(box: Box, factors: Factors, inward: bool) -> Box:
    """Round the box's limits to the digits that the range of each input allows, to the nearest or inwards."""

    def limits(given: Mapping[int, float], inside: Callable[[float], float]) -> dict[int, float]:
        ends = {column: (factors.values[:, column].min(), factors.values[:, column].max()) for column in given}
        way = inside if inward else round
        return {k: rounded(value, float(ends[k][0]), float(ends[k][1]), way) for k, value in given.items()}

    return Box(limits(box.low, math.ceil), limits(box.high, math.floor), box.out)


def _significant_only(box: Box, factors: Factors, cases: Bools) -> Box:
    """Return the box without insignificant conditions, the least significant removed first."""
    while box.conditions():
        chances = quasi_p(box, factors, cases)
        worst = max(chances, key=lambda condition: chances[condition])
        if chances[worst] <= SIGNIFICANT:
            return box
        box = box.free(*worst)
    return box
